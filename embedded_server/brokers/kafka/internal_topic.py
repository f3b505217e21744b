"""A topic in which a coordinator keeps what it must know tomorrow: keys and values in one compacted partition, as in Apache Kafka."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.kafka.log.batch import (
    MAGIC,
    NO_PRODUCER,
    NO_SEQUENCE,
    TRANSACTIONAL,
    Header,
    header_at,
)
from embedded_server.brokers.kafka.log.records import Marker, Record, batch_of, marker_of, records_of

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.log.logs import Logs
    from embedded_server.brokers.kafka.log.partition import PartitionLog

READ_BYTES: Final = 1 << 20
MAX_BATCH_BYTES: Final = 104_857_600
"""What a client may send in one request it may have kept in one record."""
CONFIGS: Final[Mapping[str, str]] = {
    "cleanup.policy": "compact",
    "compression.type": "producer",
    "segment.bytes": "104857600",
    "max.message.bytes": str(MAX_BATCH_BYTES),
}
PARTITION: Final = 0
Pair = tuple[bytes, bytes | None]
"""A key and its value; null takes the key away."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch as it was kept: pairs, or the marker that ends the transaction of its producer."""

    offset: int
    producer_id: int
    is_transactional: bool
    pairs: tuple[Pair, ...]
    marker: Marker | None


class InternalTopic:
    """One of the internal topics, made when something is first kept in it."""

    def __init__(self, logs: "Logs", name: str, grew: Callable[["PartitionLog"], None]) -> None:
        self._logs = logs
        self.name = name
        self._grew = grew

    @property
    def log(self) -> "PartitionLog | None":
        """Its partition, once there is one."""
        topic = self._logs.topics.get(self.name)
        return topic.partitions[PARTITION] if topic is not None and topic.partitions else None

    def make(self) -> "PartitionLog":
        """Its partition, made where there is none. Raises ``LogFault``."""
        return self.log or self._logs.create(self.name, 1, CONFIGS).partitions[PARTITION]

    def append(
        self,
        pairs: Sequence[Pair],
        *,
        now_ms: int,
        producer: tuple[int, int] | None = None,
        may_begin: Callable[[int, int], bool] | None = None,
    ) -> int:
        """Keep *pairs* together, with a *producer* (id, epoch) as part of its transaction; where the first one is. Raises ``LogFault``."""
        log = self.make()
        producer_id, epoch = producer or (NO_PRODUCER, -1)
        attributes = TRANSACTIONAL if producer is not None else 0
        header = Header(0, 0, 0, MAGIC, 0, attributes, len(pairs) - 1, now_ms, now_ms, producer_id, epoch, NO_SEQUENCE, len(pairs))
        batch = batch_of(header, [Record(number, 0, key, value, b"\0") for number, (key, value) in enumerate(pairs)])
        appended = log.append(batch, now_ms=now_ms, transactional_ok=may_begin, from_client=False)
        self._grew(log)
        return appended.base_offset

    def replay(self) -> Iterator[Kept]:
        """Go through everything kept, from the beginning, be it in several turns. Raises ``LogFault`` and ``BadRecords``."""
        log = self.log
        if log is None:
            return
        offset = log.start
        while offset < log.end:
            batches = log.read(offset, READ_BYTES, below=log.end, at_least_one=True)
            if not batches:
                return
            for piece in batches:
                at = 0
                while at < len(piece):
                    header = header_at(piece, at)
                    yield _kept(header, piece[at : at + header.size])
                    at += header.size
                    offset = header.next_offset


def _kept(header: Header, batch: memoryview) -> Kept:
    if header.is_control:
        return Kept(header.base_offset, header.producer_id, True, (), marker_of(batch))
    pairs = tuple((one.key, one.value) for one in records_of(batch) if one.key is not None)
    return Kept(header.base_offset, header.producer_id, header.is_transactional, pairs, None)
