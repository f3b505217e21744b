"""The records inside a batch: read one by one, and written, for those who must look: compaction, times, keys on compacted topics.

Source: the protocol guide's "Record" (lengths and deltas are zigzag varints) and "Control Batches".
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from embedded_server.brokers.kafka.log.batch import (
    CONTROL,
    HEADER_BYTES,
    MAGIC,
    NO_SEQUENCE,
    TRANSACTIONAL,
    Buffer,
    Header,
    header_at,
    sealed,
)
from embedded_server.core.compression import CannotUnpack, compressed, decompressed

MARKER_KEY: Final = struct.Struct(">hh")
"""Version 0, and 1 for a commit, 0 for an abort."""
MARKER_VALUE: Final = struct.Struct(">hi")
"""Version 0, and the coordinator's epoch."""
MAX_RECORDS: Final = 500_000
"""A batch of more is kept, and never looked into: a megabyte of zstd may hold tens of millions, and whoever looks holds up all clients."""
_VARINT_BITS: Final = 70
_LONGS: Final = range(-(2**63), 2**63)


class BadRecords(ValueError):
    """The content of a batch cannot be read, though its checksum is right: its producer wrote nonsense."""


class Record(NamedTuple):
    """A record; its headers are left as they are."""

    offset_delta: int
    timestamp_delta: int
    key: bytes | None
    value: bytes | None
    headers: bytes
    """The count and the headers as on the wire."""


class Marker(NamedTuple):
    """What a control batch says."""

    commit: bool
    coordinator_epoch: int


def records_of(batch: Buffer) -> Iterator[Record]:
    """Go through the records of a whole batch, whose offsets lie in it and whose times have 64 bits. Raises ``BadRecords``."""
    header = header_at(batch)
    if header.records > MAX_RECORDS:
        raise BadRecords(f"{header.records} records in one batch are more than the {MAX_RECORDS} that are looked at here")
    try:
        content = decompressed(header.codec, memoryview(batch)[HEADER_BYTES : header.size])
    except CannotUnpack as exc:
        raise BadRecords(str(exc)) from exc
    at, end = 0, len(content)
    try:
        for _ in range(header.records):
            length, at = read_varint(content, at)
            if length < 0 or at + length > end:
                raise BadRecords("A record is longer than its batch")
            record = _record(content, at, at + length)
            if not 0 <= record.offset_delta <= header.last_offset_delta:
                raise BadRecords("A record's offset lies outside of its batch")
            if header.base_timestamp + record.timestamp_delta not in _LONGS:
                raise BadRecords("A record's time has more than 64 bits")
            yield record
            at += length
    except IndexError as exc:
        raise BadRecords("A record ends too early") from exc


def _record(content: Buffer, at: int, end: int) -> Record:
    timestamp_delta, at = read_varint(content, at + 1)  # behind the record's attributes, which mean nothing yet
    offset_delta, at = read_varint(content, at)
    key, at = _field(content, at, end)
    value, at = _field(content, at, end)
    if at > end:
        raise BadRecords("A record is longer than it says")
    return Record(offset_delta, timestamp_delta, key, value, bytes(content[at:end]))


def _field(content: Buffer, at: int, end: int) -> tuple[bytes | None, int]:
    length, at = read_varint(content, at)
    if length < 0:
        return None, at
    if at + length > end:
        raise BadRecords("A key or a value is longer than its record")
    return bytes(content[at : at + length]), at + length


def read_varint(content: Buffer, at: int) -> tuple[int, int]:
    """Read a zigzag varint; answer it and where it ends. Raises ``IndexError`` and ``BadRecords``."""
    byte = content[at]
    at += 1
    found = byte & 0x7F
    shift = 7
    while byte & 0x80:
        if shift >= _VARINT_BITS:
            raise BadRecords("A number never ends")
        byte = content[at]
        at += 1
        found |= (byte & 0x7F) << shift
        shift += 7
    return (found >> 1) ^ -(found & 1), at


def varint(number: int) -> bytes:
    """Write a zigzag varint of up to 64 bits."""
    left = (number << 1) ^ (number >> 63)
    if left < 0x80:
        return bytes((left,))
    found = bytearray()
    while left >= 0x80:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


def packed(records: Iterable[Record]) -> bytes:
    """Write records one behind the other, not compressed."""
    found: list[bytes] = []
    for one in records:
        body = b"".join(
            (b"\0", varint(one.timestamp_delta), varint(one.offset_delta), _packed_field(one.key), _packed_field(one.value), one.headers)
        )
        found += (varint(len(body)), body)
    return b"".join(found)


def _packed_field(field: bytes | None) -> bytes:
    return varint(-1) if field is None else varint(len(field)) + field


def batch_of(header: Header, records: list[Record]) -> bytes:
    """Put a batch together from *header*, whose length, checksum and number of records are set, and whose codec is done."""
    return sealed(header._replace(records=len(records)), compressed(header.codec, packed(records)))


def marker_batch(offset: int, leader_epoch: int, producer: tuple[int, int], marker: Marker, now_ms: int) -> bytes:
    """Write the control batch that ends a transaction; *producer* is its id and epoch (KIP-98)."""
    key = MARKER_KEY.pack(0, int(marker.commit))
    header = Header(offset, 0, leader_epoch, MAGIC, 0, TRANSACTIONAL | CONTROL, 0, now_ms, now_ms, *producer, NO_SEQUENCE, 1)
    return batch_of(header, [Record(0, 0, key, MARKER_VALUE.pack(0, marker.coordinator_epoch), b"\0")])


def marker_of(batch: Buffer) -> Marker | None:
    """Read a control batch; nothing where it is an empty one or says something else."""
    for record in records_of(batch):
        if record.key is None or len(record.key) < MARKER_KEY.size or record.value is None or len(record.value) < MARKER_VALUE.size:
            return None
        _, kind = MARKER_KEY.unpack_from(record.key)
        _, coordinator_epoch = MARKER_VALUE.unpack_from(record.value)
        return Marker(bool(kind), coordinator_epoch) if kind in (0, 1) else None
    return None
