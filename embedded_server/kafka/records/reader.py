"""Reads partitions of a topic on a thread of its own: fetches ahead, hands on in order, and goes on at its offsets after a lost connection.

Reading is by assignment: no group is joined, no offset is committed. The thread drives kafka-python's loop itself, so that a fetch and
its decoding share one thread; a fetch is under way while the one before it is decoded. Whoever takes the batches may block: then nothing
more is fetched, which slows the broker and loses nothing.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from kafka.net.selector import NetworkSelector

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.kafka import Isolation
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.own_thread import OwnThread
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.clients.config import client_config_blocking
from embedded_server.kafka.clients.faults import About, problem_of_blocking
from embedded_server.kafka.clients.manager import CONNECT_LIMIT_S, Manager
from embedded_server.kafka.problems import BatchDamaged
from embedded_server.kafka.records.batches import PART_RECORDS, BadBatch, Batch, batches_of
from embedded_server.kafka.records.fetching import RESPONSE_BYTES, Fetched, Fetching

LOOK_S: Final = 0.5
"""How long a fetch waits at the broker for something new, and how often the thread looks whether it shall stop."""
METADATA_AGE_S: Final = 5.0
"""New partitions and new leaders are looked for this often, also where no broker says so."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is to be read of one partition: from ``start`` on, up to before ``end``; None goes on with what comes."""

    partition: int
    start: int
    end: int | None = None


@dataclass(slots=True)
class Passed:
    """What a reader has gone through; read from any thread."""

    offsets: int = 0
    """Offsets, with those that hold no record (any more): compacted, aborted or markers."""
    records: int = 0
    bytes: int = 0
    """As fetched: compressed where the batches are."""
    deleted: int = 0
    """Records that retention or a purge removed before they could be read."""
    positions: dict[int, int] = field(default_factory=dict)
    """By partition, the next offset."""


Take = Callable[[int, Batch], bool | None]
"""Takes a partition's next batch, on the reader's thread; may block. False ends the reading."""


class Reader:
    """One reading of a topic. ``take`` gets batches partition by partition, each partition's in order, none twice and none left out."""

    def __init__(
        self,
        clients: Clients,
        connection: str,
        topic: str,
        spans: list[Span],
        take: Take,
        *,
        isolation: Isolation = Isolation.READ_UNCOMMITTED,
        new_partitions: bool = False,
    ) -> None:
        self._clients = clients
        self._connection = connection
        self._topic = topic
        self._take = take
        self._isolation = isolation
        self._new_partitions = new_partitions
        self._spans = {span.partition: span for span in spans}
        self.passed = Passed(positions={span.partition: span.start for span in spans})
        self.on_open: Callable[[], None] = _nothing
        """Called on the loop once the brokers answer, and again when they do so after a loss."""
        self.on_lost: Callable[[UserFacingError], None] = _nothing_of
        """Called on the loop when the connection is lost; it is tried again."""
        self.on_deleted: Callable[[int, int], None] = _nothing_of_two
        """Called on the loop with a partition and how many of its records were deleted before they could be read."""
        self._stopping = threading.Event()
        self._net: NetworkSelector | None = None
        self._thread = OwnThread(f"kafka-read-{topic}")
        self._backoff = Backoff(first_s=0.1, cap_s=5.0)

    async def run(self) -> None:
        """Read until everything asked for is read, `stop` is called or ``take`` answers false. Raises what trying again does not mend."""
        try:
            await self._thread.run(self._work)
        finally:
            self.stop()

    def stop(self) -> None:
        """Let it come to an end; from any thread. What was fetched and not taken is not lost: nothing has been committed."""
        self._stopping.set()
        net = self._net
        if net is not None:
            net.wakeup()

    # -- on its thread

    def _work(self) -> None:
        while not self._stopping.is_set() and self._is_open_ended():
            profile: Profile | None = None
            net = NetworkSelector(slow_task_threshold_secs=0)
            manager: Manager | None = None
            try:
                profile = self._profile()
                config = client_config_blocking(profile)
                manager = Manager(net, **config, metadata_max_age_ms=METADATA_AGE_S * 1000)
                self._net = net
                self._read(net, manager)
            except UserFacingError as exc:
                self._give_up_or_wait(exc)
            except Exception as exc:  # noqa: BLE001 - what is none of Kafka's is raised as it is
                assert profile is not None, "resolving raises user-facing errors alone"
                self._give_up_or_wait(problem_of_blocking(exc, profile, manager, About(self._topic)))
            finally:
                self._net = None
                if manager is not None:
                    manager.close()
                with contextlib.suppress(OSError):
                    net.close()

    def _give_up_or_wait(self, problem: UserFacingError) -> None:
        if not isinstance(problem, LinkProblem) or problem.final:
            raise problem
        self._thread.tell(self.on_lost, problem)
        self._stopping.wait(self._backoff.delay())

    def _profile(self) -> Profile:
        return asyncio.run_coroutine_threadsafe(self._clients.profile(self._connection), self._thread.loop).result()

    def _is_open_ended(self) -> bool:
        return any(self._is_unread(span) for span in self._spans.values()) or self._new_partitions

    def _is_unread(self, span: Span) -> bool:
        return span.end is None or self.passed.positions[span.partition] < span.end

    def _read(self, net: NetworkSelector, manager: Manager) -> None:
        net.poll(timeout_ms=0)
        bootstrap = manager.bootstrap_async(timeout_ms=CONNECT_LIMIT_S * 1000)
        while not bootstrap.is_done and not self._stopping.is_set():
            net.poll(timeout_ms=LOOK_S * 1000, future=bootstrap)
        if not bootstrap.is_done:
            return  # stopped meanwhile
        if bootstrap.failed():
            raise bootstrap.exception
        fetching = Fetching(net, manager, self._topic, self._isolation)
        fetching.start()
        self._backoff.started()
        self._thread.tell(self.on_open)
        while not self._stopping.is_set() and self._is_open_ended():
            self._add_new(fetching)
            unread = {span.partition: self.passed.positions[span.partition] for span in self._spans.values() if self._is_unread(span)}
            for fetched in fetching.next(unread, LOOK_S):
                if self._stopping.is_set():
                    return
                self._pass_on(fetched)

    def _add_new(self, fetching: Fetching) -> None:
        if self._new_partitions:
            for partition in fetching.partitions() - self._spans.keys():
                self._spans[partition] = Span(partition, 0)
                self.passed.positions[partition] = 0

    def _pass_on(self, fetched: Fetched) -> None:
        partition, passed = fetched.partition, self.passed
        position = passed.positions[partition]
        if fetched.asked != position:
            return  # asked for ahead of what then did not come: it is fetched anew
        if fetched.moved_to is not None:  # what stood at the position is gone
            if fetched.moved_to > position:
                deleted = min(fetched.moved_to, self._spans[partition].end or fetched.moved_to) - position
                passed.deleted += deleted
                passed.offsets += deleted
                self._thread.tell(self.on_deleted, partition, deleted)
            passed.positions[partition] = fetched.moved_to
            return
        passed.bytes += len(fetched.data)
        try:
            for batch in _within(fetched, position, self._spans[partition].end):
                if self._stopping.is_set():
                    return
                if batch.records and self._take(partition, batch) is False:
                    self._stopping.set()
                passed.records += len(batch.records)
                passed.offsets += batch.next_offset - passed.positions[partition]
                passed.positions[partition] = batch.next_offset
        except BadBatch as exc:
            raise BatchDamaged(topic=self._topic, partition=partition, offset=exc.offset, detail=str(exc)) from exc


def _within(fetched: Fetched, position: int, end: int | None) -> Iterator[Batch]:
    """Decode what was fetched, without what lies behind the end; a run of small batches that are alike comes as one."""
    held: Batch | None = None
    for batch in batches_of(fetched.data, position, fetched.aborted):
        if batch.next_offset <= position:
            continue
        if end is not None and batch.next_offset > end:
            batch.records = [record for record in batch.records if record[0] < end]
            batch.next_offset = end
        if held is not None and _fits(held, batch):
            held.records += batch.records
            held.size += batch.size
            held.next_offset = batch.next_offset
        else:
            if held is not None:
                yield held
            held = batch
        if end is not None and batch.next_offset >= end:
            break
    if held is not None:
        yield held


def _fits(one: Batch, other: Batch) -> bool:
    """Whether they are alike, and not too much together."""
    if len(one.records) + len(other.records) > PART_RECORDS or one.size + other.size > RESPONSE_BYTES:
        return False
    return (one.leader_epoch, one.append_time, one.compression) == (other.leader_epoch, other.append_time, other.compression)


def _nothing() -> None: ...
def _nothing_of(_: UserFacingError) -> None: ...
def _nothing_of_two(_: int, __: int) -> None: ...
