"""Produces one record at a time, with ``acks=all`` and idempotence; each is an event of the journal."""

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any, Final

from kafka import errors

from embedded_server.contracts.kafka import NO_TIMESTAMP, Compression, ProduceOutcome, RecordStatus
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.journal import Journal, JournalClosed
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.clients.faults import About, problem_of_blocking
from embedded_server.kafka.clients.producer import Producer, open_producer_blocking
from embedded_server.kafka.clients.refused_batches import REFUSED_WHOLE
from embedded_server.kafka.problems import PartitionUnknown
from embedded_server.kafka.records.events import Previews, RecordEvents
from embedded_server.kafka.records.murmur import partition_of
from embedded_server.kafka.records.prepare import Prepared

ANSWER_LIMIT_S: Final = 20.0
"""How long one record is tried for; then nobody knows whether it is there."""
KEPT_LIMIT_S: Final = 1.0
CLOSE_LIMIT_S: Final = 1.0
_UNKNOWN: Final = (errors.KafkaTimeoutError, errors.KafkaConnectionError, errors.RequestTimedOutError, errors.IllegalStateError)


@dataclass(slots=True)
class _Lane:
    """A producer for one record at a time."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    producer: Producer | None = None


class Producing:
    """Single records to every connection."""

    def __init__(self, clients: Clients, journal: Journal, previews: Previews) -> None:
        self._clients = clients
        self._journal = journal
        self._previews = previews
        self._lanes: dict[tuple[str, Compression], _Lane] = {}

    async def produce(self, profile: Profile, record: Prepared, compression: Compression) -> ProduceOutcome:
        """Produce one record and answer where it is.

        Raises a `UserFacingError` where it was not taken. Where the connection is lost before the broker has answered, the outcome is
        ``unacknowledged``. A refusal is an event of the journal, too.
        """
        await self._clients.reachable(profile.id)
        await self._previews.prepare(profile.id)
        lane = self._lanes.setdefault((profile.id, compression), _Lane())
        maker = RecordEvents(profile.id, profile.name, record.topic, self._previews)
        async with lane.turn:
            try:
                outcome = await self._send(lane, profile, record, compression)
            except LinkProblem:
                raise
            except Exception:
                refused = ProduceOutcome(RecordStatus.REFUSED, record.topic, -1 if record.partition is None else record.partition)
                await self._keep(maker, record, refused, compression)
                raise
            finally:
                if self._lanes.get((profile.id, compression)) is not lane:  # dropped meanwhile: nobody else would close it
                    await _close(lane)
        await self._keep(maker, record, outcome, compression)
        return outcome

    async def drop(self, connection: str = "") -> None:
        """Close a connection's producers, or all."""
        keys = [key for key in self._lanes if not connection or key[0] == connection]
        lanes = [self._lanes.pop(key) for key in keys]
        await asyncio.gather(*(_close(lane) for lane in lanes))

    # -- inside

    async def _send(self, lane: _Lane, profile: Profile, record: Prepared, compression: Compression) -> ProduceOutcome:
        if lane.producer is None:
            lane.producer = await asyncio.to_thread(
                open_producer_blocking, profile, compression=compression, delivery_limit_s=ANSWER_LIMIT_S
            )
        producer = lane.producer
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        sent = [-1]

        def send() -> None:
            try:
                partition = _partition(producer, record)
                sent[0], future = producer.send(record.topic, partition, record.timestamp, record.key, record.value, record.headers)
            except Exception as exc:
                raise problem_of_blocking(exc, profile, producer.manager, About(record.topic, size=record.size)) from exc
            future.add_callback(lambda metadata: _soon(loop, answer, metadata, None))
            future.add_errback(lambda exc: _soon(loop, answer, None, exc))

        await asyncio.to_thread(send)
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S + CLOSE_LIMIT_S):
                metadata = await answer
        except (TimeoutError, *_UNKNOWN):
            lane.producer = None
            await asyncio.to_thread(producer.close, 0.0)
            return ProduceOutcome(RecordStatus.UNACKNOWLEDGED, record.topic, sent[0])
        except errors.KafkaError as exc:
            if not isinstance(exc, REFUSED_WHOLE):  # what became of its sequence numbers is not known
                lane.producer = None
                await asyncio.to_thread(producer.close, 0.0)
            about = About(record.topic, sent[0], size=record.size)
            raise await asyncio.to_thread(problem_of_blocking, exc, profile, None, about) from exc
        return ProduceOutcome(RecordStatus.ACKNOWLEDGED, record.topic, metadata.partition, metadata.offset, metadata.timestamp)

    async def _keep(self, maker: RecordEvents, record: Prepared, outcome: ProduceOutcome, compression: Compression) -> None:
        """Let the event be there for who asks for it next; a journal that cannot write holds no answer back for long."""
        timestamp = outcome.timestamp if outcome.timestamp != NO_TIMESTAMP else record.timestamp
        stamp = time.time_ns() // 1_000_000 if timestamp is None else timestamp
        raw = (outcome.offset, stamp, record.key, record.value, record.headers)
        (event,) = maker.produced(outcome.partition, [raw], outcome.status, compression)
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(KEPT_LIMIT_S):
                await self._journal.append_durably(event)


async def _close(lane: _Lane) -> None:
    """Close its producer; the next record through it opens another."""
    producer, lane.producer = lane.producer, None
    if producer is not None:
        await asyncio.to_thread(producer.close, CLOSE_LIMIT_S)


def _partition(producer: Producer, record: Prepared) -> int | None:
    there = producer.partitions(record.topic)
    if record.partition is not None:
        if not 0 <= record.partition < there:
            raise PartitionUnknown(topic=record.topic, partition=record.partition, last=there - 1)
        return record.partition
    return None if record.key is None else partition_of(record.key, there)


def _soon(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[Any], metadata: Any, exc: BaseException | None) -> None:
    def settle() -> None:
        if answer.done():
            return
        if exc is None:
            answer.set_result(metadata)
        else:
            answer.set_exception(exc)

    with contextlib.suppress(RuntimeError):  # the loop has ended
        loop.call_soon_threadsafe(settle)
