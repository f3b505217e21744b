"""The rows a feed model holds: a bounded piece of the feed around what is visible, and what is missing in it."""

from collections.abc import Iterable
from typing import Any, Final

CAPACITY: Final = 3000
"""Rows held at most, about 1.5 kB each: the whole feed may have ten million."""
KEPT_AROUND: Final = 600
"""Rows kept on either side of the visible ones when the cache is thinned."""
PREFETCH: Final = 120
"""Rows wanted on either side of the visible ones, so that a turn of the wheel finds them there."""
MAX_REQUEST: Final = 600


class CachedRow:
    """A row as it came, and its cells as text once somebody has looked at it."""

    __slots__ = ("cells", "revision", "row")

    def __init__(self, row: Any, revision: int) -> None:
        self.row = row
        self.revision = revision
        self.cells: list[tuple[str, str | None] | None] | None = None


class RowCache:
    """Rows by ordinal."""

    def __init__(self) -> None:
        self._rows: dict[int, CachedRow] = {}
        self._visible = (0, 0)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, ordinal: int) -> CachedRow | None:
        """Answer the row, or nothing where it has not been loaded."""
        return self._rows.get(ordinal)

    def clear(self) -> None:
        """Forget all rows: ordinals mean other rows from now on."""
        self._rows.clear()

    def forget_texts(self) -> None:
        """Keep the rows, but not how they were written."""
        for row in self._rows.values():
            row.cells = None

    def look_at(self, first: int, end: int) -> None:
        """Tell which rows are visible, so that they are the last to go."""
        self._visible = (first, end)

    def put(self, first: int, rows: Iterable[Any], revision: int) -> list[int]:
        """Keep *rows* from ordinal *first* on; answer the ordinals whose row is new or differs from the one held."""
        held = self._rows
        changed: list[int] = []
        for ordinal, row in enumerate(rows, first):
            known = held.get(ordinal)
            if known is None or known.row != row:
                held[ordinal] = CachedRow(row, revision)
                changed.append(ordinal)
            else:
                known.revision = max(known.revision, revision)
        if len(held) > CAPACITY:
            self._thin(first)
        return changed

    def drop_before(self, start: int) -> None:
        """Forget rows that retention has taken."""
        if self._rows and min(self._rows) < start:
            self._rows = {ordinal: row for ordinal, row in self._rows.items() if ordinal >= start}

    def drop_from(self, end: int) -> None:
        """Forget rows that match no longer."""
        if self._rows and max(self._rows) >= end:
            self._rows = {ordinal: row for ordinal, row in self._rows.items() if ordinal < end}

    def missing(self, first: int, end: int, revision: int) -> tuple[int, int] | None:
        """The shortest range that covers every row of ``first .. end`` that is absent or older than *revision*."""
        held = self._rows
        absent = [o for o in range(first, end) if (known := held.get(o)) is None or known.revision < revision]
        return (absent[0], absent[-1] + 1) if absent else None

    def _thin(self, latest: int) -> None:
        first, end = self._visible
        low, high = first - KEPT_AROUND, end + KEPT_AROUND
        self._rows = {o: row for o, row in self._rows.items() if low <= o < high or o >= latest}
        if len(self._rows) > CAPACITY:
            self._rows = dict(sorted(self._rows.items(), key=lambda item: abs(item[0] - first))[:CAPACITY])
