"""The header of a record batch (Kafka's message format 2): read, checked and changed in place, its records left alone.

Source: the protocol guide's "Record Batch", and KIP-98 for producers, transactions and control batches. All numbers are big-endian.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from crc32c import crc32c

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault

Buffer = bytes | bytearray | memoryview

HEADER: Final = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES: Final = HEADER.size
LENGTH_END: Final = 12
"""The length field counts from here."""
PREFIX: Final = struct.Struct(">qii")
"""What the broker itself gives each batch: base offset, length, leader epoch. It lies outside the checksum."""
CRC_FROM: Final = 21
MAGIC_AT: Final = 16
MAGIC: Final = 2
MAX_SEQUENCE: Final = 2**31 - 1
NO_PRODUCER: Final = -1
NO_SEQUENCE: Final = -1
NO_TIMESTAMP: Final = -1

CODEC_MASK: Final = 0x07
APPEND_TIME: Final = 0x08
TRANSACTIONAL: Final = 0x10
CONTROL: Final = 0x20
DELETE_HORIZON: Final = 0x40
"""The base timestamp is the time from when on compaction may drop the batch's tombstones and markers (KIP-534)."""

_CRC = struct.Struct(">I")
_AFTER_CRC = struct.Struct(">hiqqqhii")


class Header(NamedTuple):
    """The 61 bytes before the records, field by field."""

    base_offset: int
    length: int
    leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records: int
    """How many there are."""

    @property
    def size(self) -> int:
        """Bytes of the whole batch."""
        return self.length + LENGTH_END

    @property
    def last_offset(self) -> int:
        """The offset of its last record, or of the last it once had."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The offset behind it."""
        return self.base_offset + self.last_offset_delta + 1

    @property
    def last_sequence(self) -> int:
        """The sequence number of its last record; numbers begin anew at 0 behind the largest."""
        return add_sequence(self.base_sequence, self.last_offset_delta) if self.base_sequence >= 0 else NO_SEQUENCE

    @property
    def codec(self) -> int:
        """How its records are compressed: 0 not at all, 1 gzip, 2 snappy, 3 lz4, 4 zstd."""
        return self.attributes & CODEC_MASK

    @property
    def is_transactional(self) -> bool:
        """Whether it belongs to a transaction."""
        return bool(self.attributes & TRANSACTIONAL)

    @property
    def is_control(self) -> bool:
        """Whether it is a marker that ends a transaction."""
        return bool(self.attributes & CONTROL)

    @property
    def delete_horizon(self) -> int | None:
        """From when on (ms) its tombstones may go, once compaction has set it."""
        return self.base_timestamp if self.attributes & DELETE_HORIZON else None


class Placed(NamedTuple):
    """A batch and where it begins."""

    position: int
    header: Header


def has_producer(header: Header) -> bool:
    """Whether the batch comes from a producer that numbers its batches."""
    return header.producer_id != NO_PRODUCER


def add_sequence(sequence: int, by: int) -> int:
    """Count on from *sequence*, from the largest to 0."""
    return (sequence + by) & MAX_SEQUENCE


def header_at(view: Buffer, at: int = 0) -> Header:
    """Read the header that begins at *at*; raises ``struct.error`` where the bytes end before it does."""
    return Header._make(HEADER.unpack_from(view, at))


def checksum(view: memoryview, at: int, size: int) -> int:
    """Compute CRC-32C of the batch of *size* bytes at *at*, over what its checksum covers."""
    return int(crc32c(view[at + CRC_FROM : at + size]))


def sent_batches(view: memoryview) -> list[Placed]:
    """Read and check each batch of what a client sent; raises ``LogFault`` at the first that is broken."""
    found = []
    at, end = 0, len(view)
    while at < end:
        placed = Placed(at, _sent_at(view, at))
        found.append(placed)
        at += placed.header.size
    if not found:
        raise LogFault(ErrorCode.INVALID_RECORD, "There is no record batch")
    return found


def _sent_at(view: memoryview, at: int) -> Header:
    left = len(view) - at
    if left > MAGIC_AT and view[at + MAGIC_AT] < MAGIC:
        raise LogFault(ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT, "Message formats 0 and 1 are not taken, as by Kafka 4")
    if left < HEADER_BYTES:
        raise LogFault(ErrorCode.INVALID_RECORD, f"{left} bytes are left where a record batch has at least {HEADER_BYTES}")
    header = header_at(view, at)
    if header.magic != MAGIC:
        raise LogFault(ErrorCode.CORRUPT_MESSAGE, f"There is no message format {header.magic}")
    if header.size < HEADER_BYTES:
        raise LogFault(ErrorCode.CORRUPT_MESSAGE, f"A record batch tells {header.size} bytes, and has at least {HEADER_BYTES}")
    if header.size > left:
        raise LogFault(ErrorCode.INVALID_RECORD, f"A record batch tells {header.size} bytes, and {left} are there")
    if checksum(view, at, header.size) != header.crc:
        raise LogFault(ErrorCode.CORRUPT_MESSAGE, "The checksum of a record batch is not that of its content")
    return header


def headers_in(view: Buffer, at: int = 0) -> Iterator[Placed]:
    """Read the headers of the whole batches in *view* from *at* on, unchecked: what the log itself has kept."""
    end = len(view)
    while at + HEADER_BYTES <= end:
        header = header_at(view, at)
        size = header.size
        if at + size > end or size < HEADER_BYTES:
            return
        yield Placed(at, header)
        at += size


def sealed(header: Header, records: Buffer) -> bytes:
    """Put a batch together: its length and checksum are computed, whatever *header* says of them."""
    after = _AFTER_CRC.pack(*header[5:])
    crc = crc32c(records, crc32c(after))
    length = HEADER_BYTES - LENGTH_END + len(records)
    prefix = PREFIX.pack(header.base_offset, length, header.leader_epoch)
    return b"".join((prefix, bytes((MAGIC,)), _CRC.pack(crc), after, records))
