"""Record batches straight to tuples: what kafka-python does in a class a record, done in one loop (Kafka's message format v2, KIP-98).

The loop makes one tuple a record and no object; its results are those of kafka-python's own decoder, which the tests compare it with.
Message sets from before Kafka 0.11 go through kafka-python.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from struct import Struct, error
from typing import Final, NamedTuple

from kafka.record.memory_records import MemoryRecords
from kafka.record.util import calc_crc32c

from embedded_server.contracts.kafka import Compression
from embedded_server.core.compression import CannotUnpack, decompressed

RawHeader = tuple[str, bytes | None]
RawRecord = tuple[int, int, bytes | None, bytes | None, Sequence[RawHeader]]
"""Offset, timestamp in milliseconds (-1 is none), key, value, headers."""

HEADER: Final = Struct(">qiibIhiqqqhii")
CRC_FROM: Final = 21
LENGTH_FROM: Final = 12
MAGIC_AT: Final = 16
PART_RECORDS: Final = 20_000
"""So many records of a batch at most are objects at once: a megabyte of zstd holds millions of empty ones."""
COMPRESSIONS: Final = (Compression.NONE, Compression.GZIP, Compression.SNAPPY, Compression.LZ4, Compression.ZSTD)
_CODEC_MASK, _APPEND_TIME, _TRANSACTIONAL, _CONTROL = 0x07, 0x08, 0x10, 0x20
_NO_HEADERS: Final[tuple[RawHeader, ...]] = ()
_ABORT: Final = 0


class BadBatch(Exception):
    """Bytes that are no record batch; ``offset`` is the first of the batch."""

    def __init__(self, offset: int, words: str) -> None:
        self.offset = offset
        super().__init__(words)


@dataclass(slots=True)
class Batch:
    """The records of one batch, or of a part of it, and what they have in common."""

    records: list[RawRecord]
    next_offset: int
    leader_epoch: int = -1
    append_time: bool = False
    compression: Compression = Compression.NONE
    size: int = 0
    """Bytes of the records, decompressed."""


class Aborted(NamedTuple):
    """A transaction that was aborted, as a Fetch answer lists them."""

    producer_id: int
    first_offset: int


def next_offset_of(data: bytes, otherwise: int) -> int:
    """Answer the offset behind the last whole batch in *data*, without decoding any; *otherwise* where there is none."""
    at, size, found = 0, len(data), otherwise
    while size - at >= HEADER.size:
        length = int.from_bytes(data[at + 8 : at + LENGTH_FROM], "big", signed=True)
        end = at + LENGTH_FROM + length
        if length < MAGIC_AT + 1 - LENGTH_FROM or end > size:
            break
        if data[at + MAGIC_AT] < 2:
            return int(max([found, *(record.offset + 1 for batch in MemoryRecords(data[at:]) for record in batch)]))
        base = int.from_bytes(data[at : at + 8], "big", signed=True)
        found = base + int.from_bytes(data[at + 23 : at + 27], "big", signed=True) + 1
        at = end
    return found


def batches_of(data: bytes, wanted_from: int, aborted: Sequence[Aborted] | None = None) -> Iterator[Batch]:
    """Decode the whole batches in *data*; records before *wanted_from* are left out, markers of transactions always.

    *aborted* leaves out what was written in these transactions (``read_committed``); None reads everything. A batch that is cut off at
    the end is left for the next fetch. Raises `BadBatch`.
    """
    sieve = _Sieve(aborted) if aborted is not None else None
    at, size = 0, len(data)
    while size - at >= MAGIC_AT + 1:
        base, length = int.from_bytes(data[at : at + 8], "big", signed=True), int.from_bytes(data[at + 8 : at + 12], "big", signed=True)
        end = at + LENGTH_FROM + length
        if length < MAGIC_AT + 1 - LENGTH_FROM:
            raise BadBatch(base, f"a batch of {length} bytes")
        if end > size:
            return
        if data[at + MAGIC_AT] < 2:
            yield from _old(data[at:end], wanted_from)
        else:
            yield from _parts(data, at, end, wanted_from, sieve)
        at = end


def _parts(data: bytes, at: int, end: int, wanted_from: int, sieve: "_Sieve | None") -> Iterator[Batch]:
    """The records of the batch that lies from *at* to *end*, a part of them at a time; at least one part, be it empty."""
    try:
        base, _, epoch, magic, crc, attributes, last, first_ts, max_ts, producer_id, _, _, count = HEADER.unpack_from(data, at)
    except error as exc:
        raise BadBatch(wanted_from, "a batch shorter than its header") from exc
    if magic != 2:
        raise BadBatch(base, f"message format {magic}")
    if calc_crc32c(memoryview(data)[at + CRC_FROM : end]) != crc:
        raise BadBatch(base, "its checksum is wrong")
    append_time = bool(attributes & _APPEND_TIME)
    compression = attributes & _CODEC_MASK
    if compression >= len(COMPRESSIONS):
        raise BadBatch(base, f"compression {compression} is not known")
    is_wanted = not attributes & _CONTROL and (sieve is None or sieve.passes(base + last, producer_id, bool(attributes & _TRANSACTIONAL)))
    if attributes & _CONTROL and sieve is not None:
        sieve.note_marker(_key_of_marker(data, at + HEADER.size), base + last, producer_id)
    if is_wanted and count > 0:
        body, start = (data, at + HEADER.size) if not compression else (_decompressed(data, at, end, compression, base), 0)
        stop = end if not compression else len(body)
        append_ts = max_ts if append_time else None
        while count > PART_RECORDS:
            made, behind = _records(body, start, stop, PART_RECORDS, base, first_ts, append_ts, wanted_from)
            if made:
                yield Batch(made, made[-1][0] + 1, epoch, append_time, COMPRESSIONS[compression], behind - start)
            count, start = count - PART_RECORDS, behind
        made, behind = _records(body, start, stop, count, base, first_ts, append_ts, wanted_from)
        if behind != stop:
            raise BadBatch(base, f"{stop - behind} bytes behind its last record")
        yield Batch(made, base + last + 1, epoch, append_time, COMPRESSIONS[compression], behind - start)
    else:
        yield Batch([], base + last + 1, epoch, append_time, COMPRESSIONS[compression])


def _decompressed(data: bytes, at: int, end: int, compression: int, base: int) -> bytes:
    try:
        return bytes(decompressed(compression, memoryview(data)[at + HEADER.size : end]))
    except CannotUnpack as exc:
        raise BadBatch(base, f"it cannot be decompressed: {exc}") from exc


def _records(  # noqa: C901 - the hot loop: calls in it would cost more than what they did
    body: bytes, at: int, stop: int, count: int, base: int, first_ts: int, append_ts: int | None, wanted_from: int
) -> tuple[list[RawRecord], int]:
    """Answer *count* records of a batch's body, and where they end.

    It is one piece: with only a record's head in a function of its own it is 7 % slower.
    """
    made: list[RawRecord] = []
    add = made.append
    try:
        for _ in range(count):
            # Each varint is tried as one byte, then as two, then as what it is.
            byte = body[at]
            at += 1
            if byte < 0x80:
                end = at + (byte >> 1)
            elif body[at] < 0x80:
                end = at + 1 + ((byte & 0x7F | body[at] << 7) >> 1)
                at += 1
            else:
                length, at = varint(body, at - 1)
                end = at + length
            at += 1  # attributes: none are in use
            byte = body[at]
            at += 1
            if byte < 0x80:
                timestamp = first_ts + (byte >> 1 ^ -(byte & 1))
            else:
                delta, at = varint(body, at - 1)
                timestamp = first_ts + delta
            byte = body[at]
            at += 1
            if byte < 0x80:
                offset = base + (byte >> 1 ^ -(byte & 1))
            elif body[at] < 0x80:
                raw = byte & 0x7F | body[at] << 7
                offset = base + (raw >> 1 ^ -(raw & 1))
                at += 1
            else:
                delta, at = varint(body, at - 1)
                offset = base + delta
            byte = body[at]
            at += 1
            if byte >= 0x80:
                length, at = varint(body, at - 1)
            else:
                length = byte >> 1 ^ -(byte & 1)
            if length >= 0:
                key: bytes | None = body[at : at + length]
                at += length
            else:
                key = None
            byte = body[at]
            at += 1
            if byte < 0x80:
                length = byte >> 1 ^ -(byte & 1)
            elif body[at] < 0x80:
                length = byte & 0x7F | body[at] << 7
                length = length >> 1 ^ -(length & 1)
                at += 1
            else:
                length, at = varint(body, at - 1)
            if length >= 0:
                value: bytes | None = body[at : at + length]
                at += length
            else:
                value = None
            if body[at]:
                found, at = _headers(body, at)
                headers: Sequence[RawHeader] = found
            else:
                headers = _NO_HEADERS
                at += 1
            if at != end or at > stop:
                raise BadBatch(base, f"a record of another length than it says, at byte {at}")
            if offset >= wanted_from:
                add((offset, timestamp if append_ts is None else append_ts, key, value, headers))
    except (IndexError, UnicodeDecodeError, OverflowError) as exc:
        raise BadBatch(base, f"a record is cut off: {exc}") from exc
    return made, at


def varint(body: bytes, at: int) -> tuple[int, int]:
    """Answer a zigzag varint and where it ends (Protobuf's encoding). Raises IndexError where it is cut off."""
    shift = value = 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value >> 1 ^ -(value & 1), at
        shift += 7
        if shift > 63:
            raise OverflowError("a number of more than 64 bits")


def _headers(body: bytes, at: int) -> tuple[list[RawHeader], int]:
    count, at = varint(body, at)
    if count < 0 or count > len(body) - at:
        raise OverflowError(f"{count} headers")
    headers: list[RawHeader] = []
    for _ in range(count):
        length, at = varint(body, at)
        if length < 0:
            raise OverflowError("a header without a name")
        name = body[at : at + length].decode("utf-8", "surrogateescape")
        at += length
        length, at = varint(body, at)
        if length < 0:
            headers.append((name, None))
        else:
            headers.append((name, body[at : at + length]))
            at += length
    return headers, at


class _Sieve:
    """Which batches were written in transactions that were aborted (KIP-98)."""

    def __init__(self, aborted: Sequence[Aborted]) -> None:
        self._to_come = sorted(aborted, key=lambda one: one.first_offset, reverse=True)
        self._aborting: set[int] = set()

    def passes(self, last_offset: int, producer_id: int, is_transactional: bool) -> bool:
        """Whether a batch is to be read."""
        self._note_begun(last_offset)
        return not (is_transactional and producer_id in self._aborting)

    def note_marker(self, kind: int, last_offset: int, producer_id: int) -> None:
        """Note that a producer's transaction has ended."""
        self._note_begun(last_offset)
        if kind == _ABORT:
            self._aborting.discard(producer_id)

    def _note_begun(self, last_offset: int) -> None:
        while self._to_come and self._to_come[-1].first_offset <= last_offset:
            self._aborting.add(self._to_come.pop().producer_id)


def _key_of_marker(data: bytes, at: int) -> int:
    """Answer a marker's kind: 0 is abort, 1 is commit (its key is a version and a kind, two bytes each)."""
    try:
        for _ in range(4):  # length, attributes (one byte, read as a number), timestamp, offset
            _, at = varint(data, at)
        _, at = varint(data, at)
        return int.from_bytes(data[at + 2 : at + 4], "big")
    except (IndexError, OverflowError):
        return -1


def _old(data: bytes, wanted_from: int) -> Iterator[Batch]:
    for batch in MemoryRecords(data):
        made: list[RawRecord] = [
            (one.offset, -1 if one.timestamp is None else one.timestamp, one.key, one.value, _NO_HEADERS)
            for one in batch
            if one.offset >= wanted_from
        ]
        yield Batch(made, max([wanted_from, *(record[0] + 1 for record in made)]))
