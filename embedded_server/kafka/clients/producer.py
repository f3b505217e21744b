"""An idempotent producer with ``acks=all`` that takes what Kafka takes: null headers, records without key and value, a chosen partition.

It hands records to kafka-python's accumulator itself: ``KafkaProducer.send`` refuses null header values and a null value without a key,
and checks each record in ways that ours have passed already.
"""

import contextlib
import random
from collections.abc import Callable, Sequence
from typing import Any, Final

from kafka import KafkaProducer, errors
from kafka.producer.future import FutureProduceResult, FutureRecordMetadata
from kafka.structs import TopicPartition

from embedded_server.contracts.kafka import Compression
from embedded_server.core.profiles import Profile
from embedded_server.kafka.clients.config import client_config_blocking
from embedded_server.kafka.clients.faults import problem_of_blocking
from embedded_server.kafka.clients.manager import Manager, OpenFailed, open_client_blocking
from embedded_server.kafka.clients.refused_batches import go_on_after_refusals

MAX_RECORD_BYTES: Final = 64 * 1024**2
BATCH_BYTES: Final = 256 * 1024
METADATA_LIMIT_S: Final = 10.0
FORCED_LIMIT_S: Final = 1.0


RawHeaders = Sequence[tuple[str, bytes | None]]


class Headers(list[tuple[str, bytes | None]]):
    """A record's headers; "empty" to kafka-python's size statistics alone, which cannot count a null value."""

    def __bool__(self) -> bool:
        """Never: its batches write what there is whatever this says."""
        return False


_NO_HEADERS: Final = Headers()


class Sent:
    """Records that went out as one batch, and what the broker answered."""

    __slots__ = ("base_offset", "bytes", "log_append_time", "partition", "problem_of", "records", "timestamps")

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.records: list[Any] = []
        """Whatever was handed over with each record."""
        self.timestamps: list[int] = []
        self.bytes = 0
        self.base_offset = -1
        self.log_append_time = -1
        """-1 where records keep the time they were sent with."""
        self.problem_of: Callable[[int], BaseException | None] | None = None
        """Why the record of this number was not taken; None where all were."""


class Producer:
    """One producer. Not for more than one thread at a time, but for `close`."""

    def __init__(self, client: KafkaProducer, manager: Manager) -> None:
        self._client = client
        self.manager = manager
        self._accumulator = client._accumulator  # noqa: SLF001 - the public way refuses what Kafka takes
        self._sender = client._sender  # noqa: SLF001 - the same
        self._places: dict[tuple[str, int], TopicPartition] = {}
        self._sticky: dict[str, int] = {}
        self._gathering: dict[FutureProduceResult, Sent] = {}
        self._split = self._accumulator.split_and_reenqueue
        self._accumulator.split_and_reenqueue = self._split_batch
        go_on_after_refusals(client)
        self.on_settled: Callable[[Sent], None] = _nothing
        """Called on kafka-python's thread once a batch of what was appended has its answer."""

    def partitions(self, topic: str) -> int:
        """Answer how many partitions a topic has; blocks at the first time. Raises kafka-python's errors."""
        return len(self._client.partitions_for(topic))

    def send(
        self, topic: str, partition: int | None, timestamp: int | None, key: bytes | None, value: bytes | None, headers: RawHeaders
    ) -> tuple[int, FutureRecordMetadata]:
        """Send one record; answers its partition and kafka-python's future. None as partition is any."""
        chosen = self._stick(topic) if partition is None else partition
        place = self._places.get((topic, chosen)) or self._place(topic, chosen)
        future, *_ = self._accumulator.append(place, timestamp, key, value, Headers(headers))
        self._sender.wakeup()
        return chosen, future

    def append(
        self,
        record: Any,
        size: int,
        topic: str,
        partition: int | None,
        timestamp: int,
        key: bytes | None,
        value: bytes | None,
        headers: RawHeaders,
    ) -> None:
        """Send a record soon, with others of its partition; *record* comes back in a `Sent`.

        None as partition is the sticky one, which changes by batch. A batch has one callback here, where kafka-python's own way makes
        three objects and takes four locks for each record.
        """
        chosen = partition if partition is not None else self._sticky.get(topic)
        if chosen is None:
            chosen = self._stick(topic)
        place = self._places.get((topic, chosen)) or self._place(topic, chosen)
        held = Headers(headers) if headers else _NO_HEADERS
        accumulator = self._accumulator
        with accumulator._tp_lock(place):  # noqa: SLF001 - as its own append does
            batches = accumulator._batches[place]  # noqa: SLF001 - the same
            batch = batches[-1] if batches else None
            if batch is not None and batch.records.append(timestamp, key, value, held) is not None:
                sent = self._gathering[batch.produce_future]
                sent.records.append(record)
                sent.timestamps.append(timestamp)
                sent.bytes += size
                return
        if partition is None and batch is not None:  # KIP-480: the record that begins a batch begins it in another partition
            chosen = self._stick(topic)
            place = self._place(topic, chosen)
        future, *_ = accumulator.append(place, timestamp, key, value, held)
        self._gather(future._produce_future, chosen, record, timestamp, size)  # noqa: SLF001 - what the batch has in common
        self._sender.wakeup()

    def _gather(self, result: FutureProduceResult, partition: int, record: Any, timestamp: int, size: int) -> None:
        sent = self._gathering.get(result)
        if sent is None:
            sent = self._gathering[result] = Sent(partition)
        sent.records.append(record)
        sent.timestamps.append(timestamp)
        sent.bytes += size
        if len(sent.records) == 1:
            result.add_callback(self._on_result, result)

    def _on_result(self, result: FutureProduceResult, answer: tuple[int, int, Any]) -> None:
        sent = self._gathering.pop(result, None)
        if sent is not None:
            sent.base_offset, sent.log_append_time, sent.problem_of = answer
            self.on_settled(sent)

    def _split_batch(self, batch: Any, now: float | None = None) -> int:
        """A broker found a batch too large: kafka-python sends it in two, and its records are to be found in these from now on."""
        made: int = self._split(batch, now=now)
        sent = self._gathering.pop(batch.produce_future, None)
        if sent is not None:
            at = 0
            for part in list(self._accumulator._batches[batch.topic_partition])[:made]:  # noqa: SLF001 - where it has put them
                half = Sent(sent.partition)
                end = at + part.record_count
                half.records, half.timestamps = sent.records[at:end], sent.timestamps[at:end]
                half.bytes = sent.bytes * len(half.records) // max(1, len(sent.records)) if end < len(sent.records) else sent.bytes
                sent.bytes -= half.bytes if end < len(sent.records) else 0
                self._gathering[part.produce_future] = half
                part.produce_future.add_callback(self._on_result, part.produce_future)
                at = end
        return made

    def close(self, limit_s: float) -> None:
        """Send what is left within *limit_s*; what has no answer by then fails. Blocks. May be called twice."""
        try:
            self._client.flush(timeout=limit_s)
        except errors.KafkaTimeoutError:
            self._sender.force_close()  # its own close would wait for what cannot be sent
            self._sender.join(FORCED_LIMIT_S)
        with contextlib.suppress(errors.KafkaError):
            self._client.close(timeout=FORCED_LIMIT_S)

    def _place(self, topic: str, partition: int) -> TopicPartition:
        place = self._places[topic, partition] = TopicPartition(topic, partition)
        return place

    def _stick(self, topic: str) -> int:
        there = sorted(self._client.partitions_for(topic))
        led = sorted(self.manager.cluster.available_partitions_for_topic(topic) or ()) or there
        others = [partition for partition in led if partition != self._sticky.get(topic)] or led
        chosen: int = random.choice(others)  # noqa: S311 - spreads load
        self._sticky[topic] = chosen
        return chosen


def open_producer_blocking(
    profile: Profile, *, compression: Compression = Compression.NONE, linger_ms: int = 0, delivery_limit_s: float = 120.0
) -> Producer:
    """Connect a producer: idempotent, ``acks=all``. Raises a `UserFacingError` that says what stands against it.

    *delivery_limit_s* is how long a record is tried for while its broker is away; then nobody knows whether it is there.
    """
    config = {
        **client_config_blocking(profile),
        "acks": "all",
        "enable_idempotence": True,
        "compression_type": None if compression is Compression.NONE else compression.value,
        "linger_ms": linger_ms,
        "batch_size": BATCH_BYTES,
        "max_request_size": MAX_RECORD_BYTES,
        "max_block_ms": int(METADATA_LIMIT_S * 1000),
        "delivery_timeout_ms": int(delivery_limit_s * 1000),
        "metrics_enabled": False,
    }
    config["request_timeout_ms"] = min(config["request_timeout_ms"], config["delivery_timeout_ms"] - linger_ms)
    try:
        return Producer(*open_client_blocking(KafkaProducer, config))
    except OpenFailed as exc:
        raise problem_of_blocking(exc.why, profile, exc.manager) from exc.why


def _nothing(_: Sent) -> None: ...
