"""An idempotent producer with ``acks=all`` that takes what Kafka takes: null headers, records without key and value, a chosen partition.

It hands records to kafka-python's accumulator itself: ``KafkaProducer.send`` refuses null header values and a null value without a key,
and checks each record in ways that ours have passed already.
"""

import contextlib
import random
from collections.abc import Sequence
from typing import Any, Final

from kafka import KafkaProducer
from kafka.structs import TopicPartition

from embedded_server.contracts.kafka import Compression
from embedded_server.core.profiles import Profile
from embedded_server.kafka.clients.config import client_config_blocking
from embedded_server.kafka.clients.faults import problem_of_blocking
from embedded_server.kafka.clients.manager import Manager, OpenFailed, open_client_blocking

MAX_RECORD_BYTES: Final = 64 * 1024**2
BATCH_BYTES: Final = 256 * 1024
METADATA_LIMIT_S: Final = 10.0


class Headers(list[tuple[str, bytes | None]]):
    """A record's headers; "empty" to kafka-python's size statistics alone, which cannot count a null value."""

    def __bool__(self) -> bool:
        """Never: its batches write what there is whatever this says."""
        return False


class Producer:
    """One producer. Not for more than one thread at a time, but for `close`."""

    def __init__(self, client: KafkaProducer, manager: Manager) -> None:
        self._client = client
        self.manager = manager
        self._accumulator = client._accumulator  # noqa: SLF001 - the public way refuses what Kafka takes
        self._sender = client._sender  # noqa: SLF001 - the same
        self._places: dict[tuple[str, int], TopicPartition] = {}
        self._sticky: dict[str, int] = {}

    def partitions(self, topic: str) -> int:
        """Answer how many partitions a topic has; blocks at the first time. Raises kafka-python's errors."""
        return len(self._client.partitions_for(topic))

    def append(
        self,
        topic: str,
        partition: int | None,
        timestamp: int | None,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
    ) -> tuple[int, Any]:
        """Send a record soon; answers its partition and kafka-python's future.

        None as partition is the sticky one, which changes by batch.
        """
        chosen = partition
        if chosen is None:
            chosen = self._sticky.get(topic)
            if chosen is None:
                chosen = self._stick(topic)
        place = self._places.get((topic, chosen)) or self._place(topic, chosen)
        held = Headers(headers)
        future, is_full, is_new, is_aborted = self._accumulator.append(
            place, timestamp, key, value, held, abort_on_new_batch=partition is None
        )
        if is_aborted:  # KIP-480: the record that would begin a batch begins it in another partition
            chosen = self._stick(topic)
            place = self._place(topic, chosen)
            future, is_full, is_new, _ = self._accumulator.append(place, timestamp, key, value, held)
        if is_full or is_new:
            self._sender.wakeup()
        return chosen, future

    def flush_soon(self) -> None:
        """Let what is gathered go out now."""
        self._sender.wakeup()

    def close(self, limit_s: float) -> None:
        """Send what is left within *limit_s*; what has no answer by then fails. Blocks. May be called twice."""
        with contextlib.suppress(Exception):  # what could not be sent is told by its futures
            self._client.close(timeout=limit_s)

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
