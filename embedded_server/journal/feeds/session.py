"""One client's feeds over one WebSocket: what it asks, and ticks no faster than it takes them."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import orjson

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.feeds import TICK_INTERVAL_MS, FeedRejected, Source, WindowRequest
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.journal.feeds.feed import Feed
from embedded_server.journal.feeds.source import FeedSource
from embedded_server.journal.filters import FilterError, compile_filter
from embedded_server.journal.journal import Journal
from embedded_server.journal.problems import FeedStopped, JournalClosed, JournalDamaged

log = logging.getLogger(__name__)

TICK_INTERVAL_S: Final = TICK_INTERVAL_MS / 1000
MAX_INT: Final = 2**53
"""What every JSON reader keeps exact."""
MAX_FEEDS: Final = 64
"""Open feeds a client may have; a window has a handful."""

Send = Callable[[bytes], Awaitable[None]]


class MessageNotUnderstood(UserFacingError):
    """The client said something outside the protocol."""

    title = N_("The server does not understand this feed message")
    hint = N_("Window and server may be of different versions. Update both.")


class TooManyFeeds(UserFacingError):
    """The client keeps opening feeds without closing any."""

    title = N_("More than {count} feeds are open")
    hint = N_("Close some of them first.")


class FeedSession:
    """The feeds of one client. A slow client costs nothing: a tick is made only when the last one has been taken."""

    def __init__(
        self, journal: Journal, sources: Mapping[Source, FeedSource], send: Send, on_close: Callable[["FeedSession"], None]
    ) -> None:
        self._journal = journal
        self._sources = sources
        self._send_bytes = send
        self._on_close = on_close
        self._feeds: dict[int, Feed] = {}
        self._sending = asyncio.Lock()
        self._wakened = asyncio.Event()
        self._closed = False
        self._ticking = spawn(self._tick(), name="feeds: ticks", notify=self._report)

    async def receive(self, message: str | bytes) -> None:
        """Take what the client sent. Whatever it is, the answer goes through ``send``; only ``send``'s own errors come out."""
        number = 0
        try:
            said = _decoded(message)
            number = _whole_number(said, "feed")
            await self._obey(said.get("op"), number, said)
        except FilterError as exc:
            await self._reject(number, exc, exc.position, exc.length)
        except JournalClosed:
            return
        except UserFacingError as exc:
            await self._reject(number, exc, 0, 0)
        except sqlite3.Error as exc:
            log.exception(f"Feed {number} cannot be read")
            await self._reject(number, FeedStopped(reason=str(exc)), 0, 0)

    async def close(self) -> None:
        """Forget all feeds. May be called twice."""
        if self._closed:
            return
        self._closed = True
        self._on_close(self)
        await cancel(self._ticking)
        feeds, self._feeds = self._feeds, {}
        for feed in feeds.values():
            await feed.close()

    def committed(self, changed: Mapping[Source, list[int]]) -> None:
        """The journal has grown; *changed* rows of mutable sources want to be looked at again."""
        for feed in self._feeds.values():
            for source, numbers in changed.items():
                if self._sources[source] is feed.source:
                    feed.touch(numbers)
        self.wake()

    def wake(self) -> None:
        """Let the next tick come as soon as its time is there."""
        self._wakened.set()

    # -- what the client may say

    async def _obey(self, op: object, number: int, said: dict[str, Any]) -> None:
        match op:
            case "open":
                await self._open(number, said)
            case "window":
                await self._window(number, said)
            case "close":
                feed = self._feeds.pop(number, None)
                if feed is not None:
                    await feed.close()
            case _:
                raise MessageNotUnderstood

    async def _open(self, number: int, said: dict[str, Any]) -> None:
        try:
            source = self._sources[Source(said.get("source", Source.EVENTS))]
        except (ValueError, KeyError):
            raise MessageNotUnderstood from None
        if len(self._feeds) >= MAX_FEEDS and number not in self._feeds:
            raise TooManyFeeds(count=MAX_FEEDS)
        compiled = compile_filter(str(said.get("filter", "")), source.vocabulary)
        feed = Feed(self._journal, source, compiled, number=number, wake=self.wake)
        before = self._feeds.get(number)
        self._feeds[number] = feed
        feed.start()
        self.wake()
        if before is not None:
            await before.close()

    async def _window(self, number: int, said: dict[str, Any]) -> None:
        request = WindowRequest(number, _whole_number(said, "id"), _whole_number(said, "first"), _whole_number(said, "count"))
        feed = self._feeds.get(number)
        if feed is not None:  # else it was closed meanwhile, and nobody waits for the answer
            await self._send(await feed.window(request))

    async def _reject(self, number: int, exc: UserFacingError, position: int, length: int) -> None:
        await self._send(_rejection(number, exc, position, length))

    async def _send(self, message: bytes) -> None:
        async with self._sending:
            await self._send_bytes(message)

    # -- ticks

    async def _tick(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._until_due()):
                    await self._wakened.wait()
            self._wakened.clear()
            began = time.monotonic()
            for feed in tuple(self._feeds.values()):
                if not await self._tick_one(feed):
                    return
            await asyncio.sleep(max(0.0, began + TICK_INTERVAL_S - time.monotonic()))

    async def _tick_one(self, feed: Feed) -> bool:
        """Send what *feed* has to tell; false when nobody listens any more."""
        try:
            message = await feed.tick()
        except JournalClosed:
            return False
        except JournalDamaged:
            return True  # the journal begins anew within a moment, and the feed with it
        except FeedStopped as exc:
            log.exception(f"Feed {feed.number} has stopped")
            if self._feeds.get(feed.number) is feed:
                del self._feeds[feed.number]
            message = _rejection(feed.number, exc, 0, 0)
        else:
            if message is None or self._feeds.get(feed.number) is not feed:
                return True
        try:
            await self._send(message)
        except Exception as exc:  # noqa: BLE001 - whatever a transport raises once its peer has gone
            log.debug(f"A client of the feeds has gone: {exc}")
            return False
        return True

    def _until_due(self) -> float | None:
        due = [feed.again_at for feed in self._feeds.values() if feed.again_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _report(self, exc: BaseException) -> None:
        log.error("The feeds of a client have stopped", exc_info=exc)


def _rejection(number: int, exc: UserFacingError, position: int, length: int) -> bytes:
    problem = exc.problem()
    rejected = FeedRejected(
        number,
        problem.title,
        problem.hint,
        position,
        length,
        title_template=problem.title_template,
        hint_template=problem.hint_template,
        params=problem.params,
    )
    return orjson.dumps(rejected)


def _decoded(message: str | bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise MessageNotUnderstood from None
    if not isinstance(said, dict):
        raise MessageNotUnderstood
    return said


def _whole_number(said: dict[str, Any], name: str) -> int:
    value = said.get(name)
    if type(value) is not int or not -MAX_INT <= value <= MAX_INT:
        raise MessageNotUnderstood
    return value
