"""Record batches as a client sends them, built and read by kafka-python: another hand than the broker's own."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatchBuilder

NOW_MS = 1_790_000_000_000
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4


@dataclass(frozen=True)
class Rec:
    """A record to send."""

    key: bytes | None = b"k"
    value: bytes | None = b"v"
    at: int = NOW_MS
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(frozen=True)
class By:
    """Who sends: a producer that numbers its batches."""

    id: int
    epoch: int
    sequence: int
    transactional: bool = False


def batch(records: Sequence[Rec], by: By | None = None, codec: int = 0) -> bytes:
    """One batch."""
    who = by or By(-1, -1, -1)
    builder = DefaultRecordBatchBuilder(2, codec, who.transactional, who.id, who.epoch, who.sequence, 1 << 26)
    for number, one in enumerate(records):
        assert builder.append(number, one.at, one.key, one.value, list(one.headers)) is not None
    return bytes(builder.build())


def numbered(count: int, *, at: int = NOW_MS, size: int = 10) -> list[Rec]:
    """As many records, each told from the others by its key."""
    return [Rec(b"k%d" % number, b"v" * size, at) for number in range(count)]


def noise(size: int) -> bytes:
    """Bytes that no compression makes smaller, the same in each run."""
    return random.Random(7).randbytes(size)


@dataclass(frozen=True)
class Seen:
    """A record as a client reads it."""

    offset: int
    key: bytes | None
    value: bytes | None
    at: int
    headers: tuple[tuple[str, bytes | None], ...]


def read_back(chunks: Sequence[bytes | memoryview]) -> list[Seen]:
    """All records of whole batches, markers left out, as kafka-python reads them; it checks each checksum."""
    found = []
    for chunk in chunks:
        batches: Any = MemoryRecords(bytes(chunk))
        while batches.has_next():
            one = batches.next_batch()
            assert one.validate_crc()
            if not one.is_control_batch:
                found += [Seen(rec.offset, rec.key, rec.value, rec.timestamp, tuple(rec.headers)) for rec in one]
    return found
