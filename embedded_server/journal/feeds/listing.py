"""How a feed knows its rows: the whole journal by arithmetic, anything else by `Matches` that follow what is committed."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection, Coroutine, Iterator
from typing import Any, Final, Protocol

import orjson

from embedded_server.journal.feeds.matches import BLOCK, Matches, block_of, match_sql
from embedded_server.journal.feeds.source import FeedSource
from embedded_server.journal.filters import CompiledFilter
from embedded_server.journal.journal import SCAN_THREADS, Journal

STRIDE_S: Final = 0.02
MAX_STRIDE_BLOCKS: Final = 8
CHANGES_A_ROUND: Final = 20_000
"""Changed rows looked at between two ticks; more wait for the next, so that ticks go on."""


class Listing(Protocol):
    """Ordinals of one feed's rows, and how much has been looked at for them."""

    @property
    def start(self) -> int:
        """Ordinal of the oldest row."""

    @property
    def end(self) -> int:
        """One past the ordinal of the newest row."""

    @property
    def revision(self) -> int:
        """Grows when rows between have changed or moved."""

    @property
    def arrived(self) -> int:
        """Matching rows that have come or changed since the listing was opened."""

    @property
    def scanned(self) -> int:
        """Rows looked at."""

    @property
    def of(self) -> int:
        """Rows there are to look at."""

    async def follow(self) -> bool:
        """Take in what was committed since the last call; whether more is waiting already."""

    async def scan(self, progress: Callable[[], None]) -> None:
        """Look at all that was there before, newest first; *progress* is called after each step."""

    def numbers(self, first: int, count: int) -> list[int]:
        """Row numbers at the ordinals from ``max(first, start)`` on."""


class WholeJournal:
    """Every event: a row's ordinal is its sequence number, so nothing is kept and nothing is looked at."""

    revision = 0

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._began_at = journal.last_seq
        self.start = journal.first_seq
        self.end = journal.last_seq + 1

    @property
    def arrived(self) -> int:
        """Events since the listing was opened."""
        return self.end - 1 - self._began_at

    @property
    def scanned(self) -> int:
        """All."""
        return self.end - self.start

    of = scanned

    async def follow(self) -> bool:
        """Move to what the journal holds now."""
        self.end = self._journal.last_seq + 1
        self.start = min(self._journal.first_seq, self.end)
        return False

    async def scan(self, progress: Callable[[], None]) -> None:
        """Nothing is to be looked at."""

    def numbers(self, first: int, count: int) -> list[int]:
        """The ordinals themselves."""
        return list(range(max(first, self.start), min(first + count, self.end)))


def blocks_backwards(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The ranges ``low .. high`` falls into by blocks, newest first."""
    while high > low:
        base = max(block_of(high - 1), low)
        yield base, high
        high = base


Found = list[tuple[int, str]]
"""Matches of some blocks, newest block first: a block's first number and its part of `Matches`."""


class _Finder:
    """Asks SQLite which rows match, a block at a time."""

    def __init__(self, source: FeedSource, compiled: CompiledFilter) -> None:
        self._sql = match_sql(source.table, source.id_column, compiled.sql)
        self._params = compiled.params

    def __call__(self, low: int, high: int) -> Callable[[sqlite3.Connection], str]:
        """Work for a reader thread: the matches of ``low .. high``, all in one block."""
        return lambda db: self._find(db, low, high)

    def backwards(self, low: int, high: int) -> Callable[[sqlite3.Connection], Found]:
        """Work for a reader thread: the matches of ``low .. high``, block by block."""
        return lambda db: [(first, self._find(db, first, last)) for first, last in blocks_backwards(low, high)]

    def _find(self, db: sqlite3.Connection, low: int, high: int) -> str:
        return str(db.execute(self._sql, (block_of(low), low, high, *self._params)).fetchone()[0] or "")


class _Stride:
    """How many blocks one piece of a scan looks at: as many as take some 20 ms, since every hand-over to a thread costs too."""

    def __init__(self) -> None:
        self._blocks = 1

    def before(self, low: int, high: int) -> int:
        """Where a piece that ends at *high* begins."""
        return max(low, block_of(high - 1) - (self._blocks - 1) * BLOCK)

    def took(self, seconds: float) -> None:
        """Learn from the last round."""
        if seconds < STRIDE_S / 2:
            self._blocks = min(2 * self._blocks, MAX_STRIDE_BLOCKS)
        elif seconds > 2 * STRIDE_S:
            self._blocks = max(1, self._blocks // 2)


class FilteredEvents:
    """The events that match a filter. Old ones are looked at newest first on the scan threads, while news come in at the end."""

    revision = 0

    def __init__(self, journal: Journal, source: FeedSource, compiled: CompiledFilter) -> None:
        self._journal = journal
        self._matches_in = _Finder(source, compiled)
        self._matches = Matches()
        self._looked_to = journal.last_seq
        """News are looked at up to here."""
        self._looked_from = journal.last_seq + 1
        """What was there before is looked at down to here."""
        self.arrived = 0

    @property
    def start(self) -> int:
        """Ordinal of the oldest match found so far."""
        return self._matches.start

    @property
    def end(self) -> int:
        """One past the newest match."""
        return self._matches.end

    @property
    def of(self) -> int:
        """Events in the journal."""
        return self._journal.last_seq - self._journal.first_seq + 1

    @property
    def scanned(self) -> int:
        """Events looked at that are still there."""
        return max(0, self._looked_to - max(self._looked_from, self._journal.first_seq) + 1)

    async def follow(self) -> bool:
        """Look at the next events, up to the end of their block."""
        self._matches.forget_before(self._journal.first_seq)
        low = self._looked_to + 1
        high = min(self._journal.last_seq + 1, block_of(low) + BLOCK)
        if low < high:
            found = await self._journal.run(self._matches_in(low, high))
            self._matches.add_newer(block_of(low), found)
            self._looked_to = high - 1
            self.arrived += len(found)
        return self._looked_to < self._journal.last_seq

    async def scan(self, progress: Callable[[], None]) -> None:
        """Look backwards, on all scan threads at once."""
        stride = _Stride()
        while (low := self._journal.first_seq) < self._looked_from:
            began = time.monotonic()
            pieces: list[Coroutine[Any, Any, Found]] = []
            high = self._looked_from
            while high > low and len(pieces) < SCAN_THREADS:
                first = stride.before(low, high)
                pieces.append(self._journal.scan(self._matches_in.backwards(first, high)))
                high = first
            for found in await asyncio.gather(*pieces):
                for number, text in found:
                    self._matches.add_older(block_of(number), text)
            self._looked_from = high
            stride.took(time.monotonic() - began)
            progress()

    def numbers(self, first: int, count: int) -> list[int]:
        """Sequence numbers of the matches at these ordinals."""
        return self._matches.numbers(first, count)


class ChangingRows:
    """Rows of a projection: they change and leave. What was there before and what changes are looked at in turns, never at once."""

    def __init__(self, journal: Journal, source: FeedSource, compiled: CompiledFilter) -> None:
        self._journal = journal
        self._matches_in = _Finder(source, compiled)
        self._compiled = compiled
        self._source = source
        self._matches = Matches()
        self._turn = asyncio.Lock()
        self._changed: set[int] = set()
        self._first = self._looked_from = self._looked_to = 0
        self._opened = False
        self.revision = 0
        self.arrived = 0

    def touch(self, numbers: Collection[int]) -> None:
        """Have these rows looked at in the next `follow`."""
        self._changed.update(numbers)

    @property
    def start(self) -> int:
        """Ordinal of the oldest match found so far."""
        return self._matches.start

    @property
    def end(self) -> int:
        """One past the newest match."""
        return self._matches.end

    @property
    def of(self) -> int:
        """Rows there are, counting the gaps of those that have left."""
        return max(0, self._looked_to - self._first + 1)

    @property
    def scanned(self) -> int:
        """Rows looked at."""
        return max(0, self._looked_to - self._looked_from + 1)

    async def follow(self) -> bool:
        """Look again at the rows that have changed."""
        async with self._turn:
            if not self._opened:
                return bool(self._changed)
            changed = self._take_changed()
            if changed:
                matching = await self._journal.run(self._which_match(changed))
                self._take_in(changed, matching)
            return bool(self._changed)

    def _take_changed(self) -> list[int]:
        """Changed rows whose turn it is; those that the scan has not reached yet are left to the scan."""
        ready = [number for number in self._changed if number >= self._looked_from]
        if len(ready) <= CHANGES_A_ROUND:
            self._changed.clear()
            return ready
        ready = sorted(ready)[:CHANGES_A_ROUND]
        self._changed.difference_update(ready)
        return ready

    def _which_match(self, numbers: list[int]) -> Callable[[sqlite3.Connection], list[int]]:
        column = self._source.id_column
        sql = (
            f"select {column} from {self._source.table} where {column} in (select value from json_each(?)) "  # noqa: S608 - our own parts
            f"and ({self._compiled.sql})"
        )
        return lambda db: [row[0] for row in db.execute(sql, (orjson.dumps(numbers).decode(), *self._compiled.params))]

    def _take_in(self, changed: list[int], matching: list[int]) -> None:
        only_news = min(changed) > self._looked_to
        self._matches.replace(changed, matching)
        self._looked_to = max(self._looked_to, *changed)
        self.arrived += len(matching)
        if not only_news:
            self.revision += 1

    async def scan(self, progress: Callable[[], None]) -> None:
        """Look backwards, a block at a time."""
        async with self._turn:
            await self._begin()
        for low, high in blocks_backwards(self._first, self._looked_from):
            async with self._turn:
                text = await self._journal.scan(self._matches_in(low, high))
                self._matches.add_older(block_of(low), text)
                self._looked_from = low
            progress()

    async def _begin(self) -> None:
        column, table = self._source.id_column, self._source.table
        sql = f"select (select min({column}) from {table}), (select max({column}) from {table})"  # noqa: S608 - our own parts
        low, high = await self._journal.run(lambda db: db.execute(sql).fetchone())
        self._first = low or 1
        self._looked_to = high or 0
        self._looked_from = self._looked_to + 1
        self._opened = True

    def numbers(self, first: int, count: int) -> list[int]:
        """Row numbers of the matches at these ordinals."""
        return self._matches.numbers(first, count)


def listing_of(journal: Journal, source: FeedSource, compiled: CompiledFilter) -> Listing:
    """The cheapest listing that answers *compiled* over *source*."""
    if source.mutable:
        return ChangingRows(journal, source, compiled)
    if compiled.matches_all:
        return WholeJournal(journal)
    return FilteredEvents(journal, source, compiled)
