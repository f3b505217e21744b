"""The questions one asks a journal: one event, a page of a filter, the values of a field."""

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from embedded_server.contracts.events import Row
from embedded_server.contracts.filters import FieldType
from embedded_server.journal.event import StoredEvent
from embedded_server.journal.filters import CompiledFilter, Vocabulary
from embedded_server.journal.schema import FULL_SQL, KIND_CODES, ROW_SQL, event_of

STEP_EVENTS: Final = 32_768
"""How many events one step of a search looks at: some 20 ms, then others get their turn and a cancelled search ends."""
VALUES_EVENTS: Final = 20_000
"""Completion looks at this many of the newest events."""


@dataclass(frozen=True, slots=True)
class Page:
    """Matching rows, and how much of what was asked has been looked at for them."""

    rows: list[Row]
    scanned: int
    of: int


def event(db: sqlite3.Connection, seq: int) -> StoredEvent | None:
    """The whole event *seq*."""
    row = db.execute(
        f"select {FULL_SQL} from event where event.seq = ?",  # noqa: S608 - constants
        (seq,),
    ).fetchone()
    return None if row is None else StoredEvent(seq, event_of(row))


class Search:
    """A page of a filter's matches, found step by step."""

    def __init__(self, compiled: CompiledFilter, low: int, high: int, *, limit: int, newest: bool) -> None:
        self._compiled = compiled
        self._low, self._high = low, high
        self._at = high if newest else low
        self._limit = limit
        self._newest = newest
        self._rows: list[Any] = []

    @property
    def done(self) -> bool:
        """Whether the page is full or everything has been looked at."""
        return len(self._rows) >= self._limit or self._at == (self._low if self._newest else self._high)

    def step(self, db: sqlite3.Connection) -> None:
        """Look at the next events."""
        if self._newest:
            low, high = max(self._low, self._at - STEP_EVENTS), self._at
        else:
            low, high = self._at, min(self._high, self._at + STEP_EVENTS)
        order = "desc" if self._newest else "asc"
        self._rows += db.execute(
            f"select {ROW_SQL} from event where seq >= ? and seq < ? and ({self._compiled.sql}) order by seq {order} limit ?",  # noqa: S608 - our own names
            (low, high, *self._compiled.params, self._limit - len(self._rows)),
        ).fetchall()
        if len(self._rows) >= self._limit and self._rows:
            last = self._rows[-1][0]  # nothing beyond it has been looked at
            low, high = last, last + 1
        self._at = low if self._newest else high

    def page(self) -> Page:
        """What was found."""
        scanned = self._high - self._at if self._newest else self._at - self._low
        return Page([Row._make(row) for row in self._rows], scanned, self._high - self._low)


def values(db: sqlite3.Connection, vocabulary: Vocabulary, field: str, prefix: str, *, limit: int, last_seq: int) -> list[str]:
    """The values a field had in the newest events, most frequent first; of kinds, all there are."""
    known = vocabulary.fields.get(field)
    if known is None or known.field.type not in {FieldType.TEXT, FieldType.KIND}:
        return []
    if known.field.type is FieldType.KIND:
        groups = sorted({name.partition(".")[0] for name in KIND_CODES})
        return [name for name in (*groups, *sorted(KIND_CODES)) if name.startswith(prefix)][:limit]
    rows = db.execute(
        f"select {known.sql}, count(*) from event where seq > ? and substr({known.sql}, 1, ?) = ? and {known.sql} <> '' "  # noqa: S608 - our own names
        "group by 1 order by 2 desc, 1 limit ?",
        (last_seq - VALUES_EVENTS, len(prefix), prefix, limit),
    )
    return [str(row[0]) for row in rows]
