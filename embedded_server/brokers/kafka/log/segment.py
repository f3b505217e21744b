"""A piece of a partition's log: one file of record batches as they were sent, and its indexes, with the names and layouts of Kafka's own.

Positions are bytes from the file's beginning. The offset index has a row for a batch every four kilobytes or so; between two rows the
headers are walked.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Final

from embedded_server.brokers.kafka.log.batch import HEADER_BYTES, MAGIC, NO_TIMESTAMP, Header, Placed, header_at, headers_in
from embedded_server.brokers.kafka.log.files import Files, read_at, size_of
from embedded_server.brokers.kafka.log.table import ABORTED_ROW, OFFSET_ROW, TIME_ROW, Table

INDEX_INTERVAL_BYTES: Final = 4096
CHUNK_BYTES: Final = 1 << 20
"""Read at once where many batches are looked through."""
WALK_BYTES: Final = 16 * 1024
"""Read at once where one batch is looked for: a little more than lies between two rows of the index."""
MAX_SPAN: Final = 2**31 - 1
"""An index counts offsets from its segment's base in so much."""
LOG, OFFSETS, TIMES, ABORTED = ".log", ".index", ".timeindex", ".txnindex"
_UNKNOWN: Final = -2
"""A timestamp that has not been looked up yet."""


class Segment:
    """One file of batches that begins with offset *base*, and what finds a batch in it."""

    __slots__ = (
        "_files",
        "_is_trusted",
        "_since_row",
        "_stem",
        "aborted",
        "base",
        "first_at_ms",
        "first_timestamp",
        "max_timestamp",
        "max_timestamp_offset",
        "next_offset",
        "offsets",
        "path",
        "size",
        "times",
    )

    def __init__(self, files: Files, folder: str, base: int, suffix: str = "") -> None:
        self._files = files
        self._stem = os.path.join(folder, f"{base:020}")  # noqa: PTH118 - plain strings, see files.py
        self.base = base
        self.path = self._stem + LOG + suffix
        self.size = size_of(self.path) or 0
        self.next_offset = base
        self.offsets = Table(files, self._stem + OFFSETS + suffix, OFFSET_ROW)
        self.times = Table(files, self._stem + TIMES + suffix, TIME_ROW)
        self.aborted = Table(files, self._stem + ABORTED + suffix, ABORTED_ROW)
        self._since_row = 0
        self._is_trusted = not self.size
        self.max_timestamp = _UNKNOWN if self.size else NO_TIMESTAMP
        self.max_timestamp_offset = base
        """The last offset of the first batch that has it."""
        self.first_timestamp = NO_TIMESTAMP
        self.first_at_ms = 0
        """When its first batch was appended, or it was opened."""

    @property
    def paths(self) -> list[str]:
        """All its files, the log first."""
        return [self.path, self.offsets.path, self.times.path, self.aborted.path]

    # -- appending

    def append(self, parts: Sequence[bytes | memoryview], headers: Sequence[Header], total: int) -> int:
        """Write batches of *total* bytes in one go; answer where they begin. Raises ``OSError``, and nothing has changed then."""
        start = self.size
        self._files.append(self.path, parts, start)
        self.size = start + total
        position = start
        for header in headers:
            self.note(header, position)
            position += header.size
        return start

    def note(self, header: Header, position: int) -> None:
        """Enter into the indexes a batch that is in the file."""
        last = header.base_offset + header.last_offset_delta
        if header.max_timestamp > self.max_timestamp and header.records:
            self.max_timestamp = header.max_timestamp
            self.max_timestamp_offset = last
        if position == 0:
            self.first_timestamp = header.max_timestamp
        if self._since_row > INDEX_INTERVAL_BYTES:
            self.offsets.add((last - self.base, position))
            self._note_time()
            self._since_row = 0
        self._since_row += header.length + 12
        self.next_offset = last + 1

    def _note_time(self) -> None:
        last = self.times.last()
        if self.max_timestamp >= 0 and (last is None or self.max_timestamp > last[0]):
            self.times.add((self.max_timestamp, self.max_timestamp_offset - self.base))

    def flush(self) -> None:
        """Write the rows of the indexes. Raises ``OSError``."""
        self.offsets.flush()
        self.times.flush()
        self.aborted.flush()

    def seal(self) -> None:
        """Write the rows and the largest timestamp: no batch follows. Raises ``OSError``."""
        self._note_time()
        self.flush()
        for table in (self.offsets, self.times, self.aborted):
            table.make()

    @property
    def lacks_aborted(self) -> bool:
        """Whether the table of aborted transactions is gone, or is none: a sealed segment has one, though it be empty."""
        row = self.aborted.last()
        return bool(self.size) and (not self.aborted.is_whole or (row is not None and (row[0] != 0 or row[3] < self.base)))

    def cut(self, size: int) -> None:
        """Keep the first *size* bytes; the caller has cut the indexes."""
        self._files.cut(self.path, size)
        self.size = size

    def remove(self) -> None:
        """Delete its files."""
        for path in self.paths:
            self._files.remove(path)

    # -- opening

    def begin_check(self) -> int:
        """Trust the index as far as it agrees with the log; answer where batches have to be looked at one by one.

        They are then told to ``note``. An index that does not agree is made anew.
        """
        self._is_trusted = True
        self.max_timestamp = NO_TIMESTAMP
        for table in (self.offsets, self.times):
            table.heal()
        count = len(self.offsets)
        while count and not 0 < self.offsets[count - 1][1] < self.size:  # after a loss of power the log is shorter, or rows are zeros
            count -= 1
        self.offsets.cut(count)
        row = self.offsets.last()
        if row is None or not self._agrees(row):
            self.offsets.cut(0)
            self.times.cut(0)
            return 0
        header = header_at(self.bytes_at(row[1], HEADER_BYTES))
        self.next_offset = header.base_offset
        self.times.cut(self.times.behind(row[0] - 1, 1))
        newest = self.times.last()
        if newest is not None:
            self.max_timestamp, self.max_timestamp_offset = newest[0], self.base + newest[1]
        return row[1]

    def _agrees(self, row: tuple[int, ...]) -> bool:
        if not 0 < row[1] <= self.size - HEADER_BYTES:  # no row is made of a segment's first batch
            return False
        start = self.bytes_at(row[1], HEADER_BYTES)
        header = header_at(start)
        return header.magic == MAGIC and header.last_offset == self.base + row[0] and header.base_offset >= self.base

    def _times_rise(self) -> bool:
        """Whether the last row of the times is none of the zeros that a loss of power leaves: by it the segment would be deleted as old."""
        count = len(self.times)
        return count < 2 or self.times[count - 1][0] > self.times[count - 2][0]

    def mend(self) -> None:
        """Make the index of a closed segment anew where it is lost or does not agree with the log."""
        if self._is_trusted:
            return
        self._is_trusted = True
        row = self.offsets.last()
        whole = self.offsets.is_whole and self.times.is_whole and self._times_rise()
        if whole and (row is None or self._agrees(row)):
            return
        for table in (self.offsets, self.times):
            table.heal()
            table.cut(0)
        self.max_timestamp, self.max_timestamp_offset, self._since_row = NO_TIMESTAMP, self.base, 0
        for placed in self.walk():
            self.note(placed.header, placed.position)
        self.seal()

    def begun(self) -> int:
        """The largest timestamp of its first batch in ms, -1 where there is none."""
        if self.first_timestamp < 0 and self.size:
            self.first_timestamp = header_at(self.bytes_at(0, HEADER_BYTES)).max_timestamp
        return self.first_timestamp

    def newest(self) -> int:
        """Its largest timestamp in ms, -1 where there is none."""
        if self.max_timestamp == _UNKNOWN:
            self.mend()
            row = self.times.last()
            if self.max_timestamp == _UNKNOWN:
                self.max_timestamp = row[0] if row else NO_TIMESTAMP
                self.max_timestamp_offset = self.base + row[1] if row else self.base
        return self.max_timestamp

    # -- finding and reading

    def bytes_at(self, position: int, size: int) -> bytes:
        """Read *size* bytes from *position* on, fewer at the end."""
        return read_at(self._files.get(self.path), size, position)

    def find(self, offset: int) -> Placed | None:
        """The first batch whose last offset is not below *offset*."""
        if not self._is_trusted:
            self.mend()
        row = self.offsets.floor(offset - self.base)
        for placed in self.walk(row[1] if row else 0, step=WALK_BYTES):
            if placed.header.last_offset >= offset:
                return placed
        return None

    def walk(self, position: int = 0, *, step: int = CHUNK_BYTES) -> Iterator[Placed]:
        """Go through the batches from *position* on, reading *step* bytes at once, of the larger ones no more than a header."""
        while position + HEADER_BYTES <= self.size:
            chunk = self.bytes_at(position, min(step, self.size - position))
            start = position
            for placed in headers_in(chunk):
                yield Placed(start + placed.position, placed.header)
                position = start + placed.position + placed.header.size
            if position == start:  # larger than the step
                if len(chunk) < HEADER_BYTES:
                    return
                header = header_at(chunk)
                if header.size < HEADER_BYTES or position + header.size > self.size:
                    return
                yield Placed(position, header)
                position += header.size

    def last_whole(self, chunk: memoryview, start: int) -> Placed | None:
        """The last batch that lies whole in *chunk*, which begins with the batch at *start*; its place is in the chunk."""
        end = start + len(chunk)
        number = self.offsets.behind(end - HEADER_BYTES, 1)
        at = 0
        while number > 0:
            number -= 1
            position = self.offsets[number][1]
            if position <= start:
                break
            if header_at(chunk, position - start).size <= end - position:
                at = position - start
                break
        last = None
        for last in headers_in(chunk, at):  # noqa: B007 - the last one is meant
            pass
        return last
