"""A file of rows of one size in ascending order, beside a segment: its offset index, its time index, its aborted transactions.

Rows are appended in memory and written together; looking one up reads a dozen rows of the file and keeps none. So an index costs no
memory, however long the log is.
"""

import struct
from typing import Final

from embedded_server.brokers.kafka.log.files import Files, read_at, size_of

Row = tuple[int, ...]

OFFSET_ROW: Final = struct.Struct(">ii")
"""Last offset of a batch less the segment's base, and where the batch begins (Kafka's OffsetIndex)."""
TIME_ROW: Final = struct.Struct(">qi")
"""The largest timestamp up to here, and the offset that has it less the segment's base (Kafka's TimeIndex)."""
ABORTED_ROW: Final = struct.Struct(">hqqqq")
"""Version 0, producer, first and last offset of an aborted transaction, and the last stable offset behind it (Kafka's AbortedTxn)."""


class Table:
    """Rows of one file, and those not yet written."""

    __slots__ = ("_files", "_fresh", "_layout", "_written", "path")

    def __init__(self, files: Files, path: str, layout: struct.Struct) -> None:
        self._files = files
        self._layout = layout
        self.path = path
        self._fresh: list[Row] = []
        self._written = (size_of(path) or 0) // layout.size

    def __len__(self) -> int:
        return self._written + len(self._fresh)

    def __getitem__(self, number: int) -> Row:
        if number >= self._written:
            return self._fresh[number - self._written]
        width = self._layout.size
        return self._layout.unpack(read_at(self._files.get(self.path), width, number * width))

    def add(self, row: Row) -> None:
        """Append a row; it is written with the next ``flush``."""
        self._fresh.append(row)

    def behind(self, key: int, column: int = 0) -> int:
        """The number of the first row whose *column* is larger than *key*."""
        low, high = 0, self._written
        if self._fresh and self._fresh[0][column] <= key:
            low, high = self._written, len(self)
        while low < high:
            middle = (low + high) // 2
            if key < self[middle][column]:
                high = middle
            else:
                low = middle + 1
        return low

    def floor(self, key: int, column: int = 0) -> Row | None:
        """The last row whose *column* is not larger than *key*."""
        number = self.behind(key, column)
        return self[number - 1] if number else None

    def last(self) -> Row | None:
        """The last row."""
        count = len(self)
        return self[count - 1] if count else None

    def flush(self) -> None:
        """Write what is not yet written. Raises ``OSError``."""
        if self._fresh:
            width = self._layout.size
            rows = b"".join([self._layout.pack(*row) for row in self._fresh])
            self._files.append(self.path, [rows], self._written * width)
            self._written += len(self._fresh)
            self._fresh.clear()

    def cut(self, count: int) -> None:
        """Keep the first *count* rows."""
        if count < self._written:
            self._files.cut(self.path, count * self._layout.size)
            self._written = count
            self._fresh.clear()
        del self._fresh[count - self._written :]

    def heal(self) -> None:
        """Cut off what is no whole row."""
        size = size_of(self.path)
        if size and size % self._layout.size:
            self._files.cut(self.path, self._written * self._layout.size)

    @property
    def is_whole(self) -> bool:
        """Whether the file is there and has no torn row."""
        size = size_of(self.path)
        return size is not None and size % self._layout.size == 0

    def make(self) -> None:
        """Make the file, empty, where there is none."""
        self._files.get(self.path)
