"""Produce: record batches into partitions. Read and answered by hand: this is where most bytes come in."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from embedded_server.brokers.kafka.codec import Buffer, Malformed, skip_tags, uvarint, varint_bytes
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.batch import LENGTH_END, MAGIC, MAGIC_AT
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.request import Answer, Handler, Later, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.logs import Topic
    from embedded_server.brokers.kafka.log.partition import PartitionLog

FLEXIBLE_FROM: Final = 9
TOPIC_IDS_FROM: Final = 13
ZSTD_FROM: Final = 7
START_TOLD_FROM: Final = 5
WORDS_TOLD_FROM: Final = 8
ALL_ACKS: Final = -1
NO_ACKS: Final = 0
ZSTD: Final = 4
HEADER_UP_TO_ATTRIBUTES: Final = 23
_SHORT = struct.Struct(">h")
_INT = struct.Struct(">i")
_ACKS = struct.Struct(">hi")
_OUTCOME = struct.Struct(">ihqq")
_LONG = struct.Struct(">q")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one partition's batches."""

    partition: int
    error: ErrorCode = ErrorCode.NONE
    base_offset: int = -1
    log_append_time: int = -1
    start: int = -1
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Which acknowledgement a request asks for, and its partitions by topic name or id, each with its records."""

    acks: int
    topics: list[tuple[str | UUID, list[tuple[int, memoryview | None]]]]


class Produce:
    """Appends what producers send."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    def answer(self, request: Request) -> Answer:
        """Append and tell where it is. Raises ``Malformed``."""
        sent = parse(request.data, request.pos, request.version)
        now_ms = self._broker.now_ms
        outcomes: list[tuple[str | UUID, list[Outcome]]] = []
        for topic, partitions in sent.topics:
            outcomes.append((topic, [self._append(request, sent.acks, topic, one, now_ms) for one in partitions]))
        if sent.acks == NO_ACKS:
            if any(one.error for _, told in outcomes for one in told):
                request.connection.close()  # so that the producer hears of it, as in Kafka
            return Later.NEVER
        return [encode(outcomes, request.version)]

    def _topic(self, asked: str | UUID) -> "Topic":
        found = self._broker.logs.topics.get(asked) if isinstance(asked, str) else self._broker.topic_of(asked)
        if found is None:
            unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if isinstance(asked, str) else ErrorCode.UNKNOWN_TOPIC_ID
            raise LogFault(unknown, f"There is no topic {asked}")
        return found

    def _append(
        self,
        request: Request,
        acks: int,
        asked: str | UUID,
        sent: tuple[int, memoryview | None],
        now_ms: int,
    ) -> Outcome:
        number, records = sent
        try:
            topic = self._topic(asked)
            log = _log(topic, number)
            _check_acks(topic, acks)
            batch = _check(records, request.version)
            appended = log.append(batch, now_ms=now_ms, transactional_ok=self._asker(topic.name, number))
        except LogFault as fault:
            return Outcome(number, fault.code, why=str(fault))
        if not appended.duplicate:
            self._broker.grew(log)
        return Outcome(number, ErrorCode.NONE, appended.base_offset, appended.log_append_time, appended.start)

    def _asker(self, topic: str, partition: int) -> "Asker | None":
        return None if self._broker.may_begin is None else Asker(self._broker, topic, partition)


class Asker:
    """Asks for one partition whether a producer has added it to its transaction."""

    __slots__ = ("_broker", "_partition", "_topic")

    def __init__(self, broker: "Broker", topic: str, partition: int) -> None:
        self._broker = broker
        self._topic = topic
        self._partition = partition

    def __call__(self, producer_id: int, epoch: int) -> bool:
        """Whether that producer may begin its transaction there now."""
        ask = self._broker.may_begin
        return ask is None or ask(self._topic, self._partition, producer_id, epoch)


def _log(topic: "Topic", number: int) -> "PartitionLog":
    if topic.internal:
        raise LogFault(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Cannot append to internal topic {topic.name}")
    if not 0 <= number < len(topic.partitions):
        raise LogFault(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{topic.name} has no partition {number}")
    return topic.partitions[number]


def _check_acks(topic: "Topic", acks: int) -> None:
    if acks not in (ALL_ACKS, NO_ACKS, 1):
        raise LogFault(ErrorCode.INVALID_REQUIRED_ACKS, f"acks is 0, 1 or all, not {acks}")
    if acks == ALL_ACKS:
        wanted = int(topic.configs.get("min.insync.replicas", "1"))
        if wanted > 1:
            raise LogFault(
                ErrorCode.NOT_ENOUGH_REPLICAS,
                f"The size of the current ISR Set(1) is insufficient to satisfy the min.isr requirement of {wanted} for {topic.name}",
            )


def _check(records: memoryview | None, version: int) -> memoryview:
    """One batch of today's format, as the protocol asks since version 3."""
    if records is None or len(records) < HEADER_UP_TO_ATTRIBUTES:  # Kafka too counts a batch that is cut off as none
        raise LogFault(
            ErrorCode.INVALID_RECORD, f"Produce requests with version {version} must have at least one record batch per partition"
        )
    if records[MAGIC_AT] != MAGIC:
        raise LogFault(
            ErrorCode.INVALID_RECORD,
            f"Produce requests with version {version} are only allowed to contain record batches with magic version {MAGIC}",
        )
    (length,) = _INT.unpack_from(records, LENGTH_END - 4)
    if length + LENGTH_END < len(records):
        raise LogFault(
            ErrorCode.INVALID_RECORD,
            f"Produce requests with version {version} are only allowed to contain exactly one record batch per partition",
        )
    if version < ZSTD_FROM and records[HEADER_UP_TO_ATTRIBUTES - 1] & 7 == ZSTD:
        raise LogFault(
            ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
            f"Produce requests with version {version} are not allowed to use ZStandard compression",
        )
    return records


def parse(data: memoryview, pos: int, version: int) -> Sent:
    """Read a request's body; the records are views of *data*. Raises ``Malformed``."""
    try:
        reader = _Compact(data, pos, version) if version >= FLEXIBLE_FROM else _Plain(data, pos, version)
        return reader.read()
    except (struct.error, IndexError, ValueError) as exc:
        raise Malformed from exc


class _Plain:
    """Reads the versions with fixed lengths."""

    def __init__(self, data: memoryview, pos: int, version: int) -> None:
        self._data = data
        self._pos = pos
        self._has_ids = version >= TOPIC_IDS_FROM

    def read(self) -> Sent:
        """The body. Raises ``struct.error``, ``IndexError`` or ``ValueError``."""
        self._text()  # the transactional id: the producer id in each batch says it all
        acks, _ = _ACKS.unpack_from(self._data, self._pos)
        self._pos += _ACKS.size
        topics: list[tuple[str | UUID, list[tuple[int, memoryview | None]]]] = []
        for _ in range(self._count()):
            topic = self._topic()
            topics.append((topic, list(self._partitions())))
            self._end()
        self._end()
        return Sent(acks, topics)

    def _partitions(self) -> Iterator[tuple[int, memoryview | None]]:
        for _ in range(self._count()):
            (number,) = _INT.unpack_from(self._data, self._pos)
            self._pos += _INT.size
            records = self._bytes(self._length())
            self._end()
            yield number, records

    def _topic(self) -> str | UUID:
        name = self._text()
        if name is None:
            raise ValueError
        return str(name, "utf-8")

    def _bytes(self, length: int) -> memoryview | None:
        if length < 0:
            return None
        begin, self._pos = self._pos, self._pos + length
        if self._pos > len(self._data):
            raise IndexError(self._pos)
        return self._data[begin : self._pos]

    def _text(self) -> memoryview | None:
        (length,) = _SHORT.unpack_from(self._data, self._pos)
        self._pos += _SHORT.size
        return self._bytes(length)

    def _length(self) -> int:
        (length,) = _INT.unpack_from(self._data, self._pos)
        self._pos += _INT.size
        return int(length)

    def _count(self) -> int:
        count = self._length()
        if count < 0:
            raise ValueError(count)
        return count

    def _end(self) -> None:
        """Here other versions have tagged fields."""


class _Compact(_Plain):
    """Reads the versions with compact lengths and tagged fields."""

    def _topic(self) -> str | UUID:
        if not self._has_ids:
            return super()._topic()
        found = self._bytes(16)
        assert found is not None
        return UUID(bytes=bytes(found))

    def _text(self) -> memoryview | None:
        return self._bytes(self._length())

    def _length(self) -> int:
        value, self._pos = uvarint(self._data, self._pos)
        return value - 1

    def _end(self) -> None:
        if self._data[self._pos] == 0:
            self._pos += 1
        else:
            self._pos = skip_tags(self._data, self._pos)


def encode(topics: list[tuple[str | UUID, list[Outcome]]], version: int) -> Buffer:
    """An answer's body."""
    flexible = version >= FLEXIBLE_FROM
    end = b"\0" if flexible else b""
    made = bytearray(_count(len(topics), flexible=flexible))
    for topic, outcomes in topics:
        made += topic.bytes if isinstance(topic, UUID) else _text(topic, flexible=flexible)
        made += _count(len(outcomes), flexible=flexible)
        for one in outcomes:
            made += _OUTCOME.pack(one.partition, one.error, one.base_offset, one.log_append_time)
            if version >= START_TOLD_FROM:
                made += _LONG.pack(one.start)
            if version >= WORDS_TOLD_FROM:
                made += _count(0, flexible=flexible) + _text(one.why, flexible=flexible)
            made += end
        made += end
    made += b"\0\0\0\0" + end
    return made


def _count(number: int, *, flexible: bool) -> bytes:
    return varint_bytes(number + 1) if flexible else _INT.pack(number)


def _text(text: str | None, *, flexible: bool) -> bytes:
    if text is None:
        return b"\0" if flexible else b"\xff\xff"
    told = text.encode()
    return (varint_bytes(len(told) + 1) if flexible else _SHORT.pack(len(told))) + told


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    return {ApiKey.PRODUCE: Produce(broker).answer}
