"""One open standing query: what it told last, what it has to tell now, and its windows."""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

import orjson

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.feeds import MAX_WINDOW_ROWS, TICK_ROWS, Tick, Window, WindowRequest
from embedded_server.journal.feeds.listing import ChangingRows, Listing, listing_of
from embedded_server.journal.feeds.source import FeedSource
from embedded_server.journal.filters import CompiledFilter
from embedded_server.journal.journal import Journal
from embedded_server.journal.problems import FeedStopped, JournalClosed, JournalDamaged

RATE_SPAN_S: Final = 1.0
Rows = list[Any]


class Feed:
    """A filter over a source, kept up to date between ticks."""

    def __init__(self, journal: Journal, source: FeedSource, compiled: CompiledFilter, *, number: int, wake: Callable[[], None]) -> None:
        self.number = number
        self.source = source
        self._journal = journal
        self._compiled = compiled
        self._wake = wake
        self._listing: Listing = listing_of(journal, source, compiled)
        self._epoch = journal.epoch
        self._anew = 0
        self._scan: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._told: tuple[int, ...] = ()
        self._rate = _Rate()
        self.again_at: float | None = None
        """When a tick is due although nothing new has come: the rate has to fall."""

    def start(self) -> None:
        """Begin to look at what is there already."""
        self._scan = spawn(self._listing.scan(self._wake), name=f"feed {self.number}: scan", notify=self._on_scan_failed)

    def _on_scan_failed(self, exc: BaseException) -> None:
        if not isinstance(exc, JournalClosed | JournalDamaged):  # a damaged journal begins anew, and the feed with it
            self._failure = exc
            self._wake()

    async def close(self) -> None:
        """Stop looking."""
        await cancel(self._scan)

    def touch(self, numbers: list[int]) -> None:
        """Rows of a mutable source have changed."""
        if isinstance(self._listing, ChangingRows):
            self._listing.touch(numbers)

    async def tick(self) -> bytes | None:
        """What has changed since the last tick, or None. Never more than the present state, however long the last one took to send.

        Raises `FeedStopped` where the feed cannot go on.
        """
        try:
            return await self._tick()
        except sqlite3.Error as exc:
            raise FeedStopped(reason=str(exc)) from exc

    async def _tick(self) -> bytes | None:
        if self._failure is not None:
            raise FeedStopped(reason=str(self._failure)) from self._failure
        if self._epoch != self._journal.epoch:
            await self._begin_anew()
        if await self._listing.follow():
            self._wake()
        listing = self._listing
        rate = self._rate.at(time.monotonic(), listing.arrived)
        revision = listing.revision + self._anew
        telling = (listing.start, listing.end, listing.scanned, listing.of, revision, self._journal.dropped, self._journal.trimmed)
        self.again_at = time.monotonic() + RATE_SPAN_S if rate else None
        if telling == self._told and not self._rate.has_fallen:
            return None
        rows = await self._rows(listing.end - self._news(listing), TICK_ROWS)
        self._told = telling
        self._rate.told(rate)
        start, end, scanned, of, revision, dropped, trimmed = telling
        return _encoded(Tick(self.number, start, end, scanned, of, rate, dropped, trimmed, revision, rows))

    def _news(self, listing: Listing) -> int:
        """How many of the newest rows the next tick carries: those not told yet, or a whole page while there is less than one."""
        if not self._told:
            return TICK_ROWS
        start, end = self._told[:2]
        if end - start < TICK_ROWS and (listing.start, listing.end) != (start, end):
            return TICK_ROWS
        return max(0, min(TICK_ROWS, listing.end - end))

    async def window(self, request: WindowRequest) -> bytes:
        """Rows at ordinals."""
        revision = self._listing.revision + self._anew
        count = max(0, min(request.count, MAX_WINDOW_ROWS))
        first = min(max(request.first, self._listing.start), self._listing.end)
        rows = await self._rows(first, max(0, request.first + count - first))
        return _encoded(Window(self.number, request.id, first, revision, rows))

    async def _rows(self, first: int, count: int) -> Rows:
        numbers = self._listing.numbers(first, count)
        return await self._journal.run(lambda db: rows_at(db, self.source, numbers)) if numbers else []

    async def _begin_anew(self) -> None:
        """The journal's file was set aside: nothing that was listed is there any more."""
        await cancel(self._scan)
        self._epoch = self._journal.epoch
        self._anew += self._listing.revision + 1
        self._listing = listing_of(self._journal, self.source, self._compiled)
        self._rate = _Rate()
        self._told = ()
        self.start()


class _Rate:
    """Rows a second, over the last second."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._now = 0.0
        self._told = 0.0
        self._told_at = 0.0

    def at(self, now: float, total: int) -> float:
        """Take note of *total* rows by *now*."""
        self._seen.append((now, total))
        while len(self._seen) > 2 and self._seen[1][0] <= now - RATE_SPAN_S:
            self._seen.popleft()
        since, before = self._seen[0]
        self._now = round((total - before) / max(RATE_SPAN_S, now - since), 1)
        return self._now

    @property
    def has_fallen(self) -> bool:
        """Whether the rate that was told, a second ago or more, was higher."""
        return self._now < self._told and self._seen[-1][0] - self._told_at >= RATE_SPAN_S

    def told(self, rate: float) -> None:
        """Remember what the window shows, and since when."""
        self._told = rate
        self._told_at = self._seen[-1][0]


def rows_at(db: sqlite3.Connection, source: FeedSource, numbers: list[int]) -> Rows:
    """The rows of *numbers*, which ascend. A run of numbers is read as one range, others one by one."""
    column, first, last = source.id_column, numbers[0], numbers[-1]
    if last - first + 1 == len(numbers):
        sql = f"select {source.columns} from {source.table} where {column} between ? and ? order by {column}"  # noqa: S608 - our own parts
        return db.execute(sql, (first, last)).fetchall()
    sql = f"select {source.columns} from {source.table} where {column} in (select value from json_each(?)) order by {column}"  # noqa: S608 - our own names
    return db.execute(sql, (orjson.dumps(numbers).decode(),)).fetchall()


def _encoded(message: Tick | Window) -> bytes:
    return orjson.dumps(message)
