"""The answer to Fetch as bytes, by hand: the records go to the socket as they came from the file."""

import struct
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from embedded_server.brokers.kafka.codec import Buffer, varint_bytes
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.answers import Aborted

FLEXIBLE_FROM: Final = 12
SESSIONS_FROM: Final = 7
START_TOLD_FROM: Final = 5
REPLICA_TOLD_FROM: Final = 11
_HEAD = struct.Struct(">ihi")
_PARTITION = struct.Struct(">ihqq")
_ABORTED = struct.Struct(">qq")
_INT = struct.Struct(">i")
_LONG = struct.Struct(">q")
_SHORT = struct.Struct(">h")
NO_REPLICA: Final = b"\xff\xff\xff\xff"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was read of one partition."""

    partition: int
    error: ErrorCode
    high_watermark: int = -1
    stable: int = -1
    start: int = -1
    aborted: list[Aborted] | None = None
    records: list[memoryview] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of its records."""
        return sum(map(len, self.records))


def encode(topics: list[tuple[str | UUID, list[Fetched]]], version: int) -> list[Buffer]:
    """An answer's body."""
    flexible = version >= FLEXIBLE_FROM
    parts: list[Buffer] = []
    made = bytearray(_HEAD.pack(0, ErrorCode.NONE, 0) if version >= SESSIONS_FROM else b"\0\0\0\0")
    made += _count(len(topics), flexible=flexible)
    for topic, partitions in topics:
        made += topic.bytes if isinstance(topic, UUID) else _text(topic, flexible=flexible)
        made += _count(len(partitions), flexible=flexible)
        for one in partitions:
            _head(made, one, version, flexible=flexible)
            if one.records:
                parts.append(made)
                parts += one.records
                made = bytearray()
            if flexible:
                made += b"\0"
        if flexible:
            made += b"\0"
    if flexible:
        made += b"\0"
    parts.append(made)
    return parts


def encode_failure(code: ErrorCode, version: int) -> Buffer:
    """The body of an answer that refuses the whole request."""
    flexible = version >= FLEXIBLE_FROM
    return _HEAD.pack(0, code, 0) + _count(0, flexible=flexible) + (b"\0" if flexible else b"")


def _head(made: bytearray, one: Fetched, version: int, *, flexible: bool) -> None:
    """All of a partition but its records."""
    made += _PARTITION.pack(one.partition, one.error, one.high_watermark, one.stable)
    if version >= START_TOLD_FROM:
        made += _LONG.pack(one.start)
    if one.aborted is None:
        made += b"\0" if flexible else b"\xff\xff\xff\xff"
    else:
        made += _count(len(one.aborted), flexible=flexible)
        for transaction in one.aborted:
            made += _ABORTED.pack(transaction.producer_id, transaction.first_offset)
            if flexible:
                made += b"\0"
    if version >= REPLICA_TOLD_FROM:
        made += NO_REPLICA
    made += _count(one.size, flexible=flexible)


def _count(number: int, *, flexible: bool) -> bytes:
    return varint_bytes(number + 1) if flexible else _INT.pack(number)


def _text(text: str, *, flexible: bool) -> bytes:
    told = text.encode()
    return (varint_bytes(len(told) + 1) if flexible else _SHORT.pack(len(told))) + told
