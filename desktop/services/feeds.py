"""Feeds over the one WebSocket to the server: it reconnects by itself, reopens what was open, and no flood can hold up the window."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.core.feed_wire import Outgoing, decode, encode
from desktop.core.feeds import Endpoint, Link, LinkState
from desktop.core.i18n import tr
from embedded_server.contracts.concurrency import Backoff, Notify, cancel, spawn
from embedded_server.contracts.feeds import (
    TICK_INTERVAL_MS,
    TICK_ROWS,
    CloseFeed,
    FeedRejected,
    OpenFeed,
    Source,
    Tick,
    Window,
    WindowRequest,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

log = logging.getLogger(__name__)

OPEN_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 1.0
COUNT_INTERVAL_MS: Final = 1000
"""While nobody looks at its rows, a feed tells its figures this often."""
BUSY_S: Final = 0.004
"""Messages are taken in a row for this long at most; then the window gets its turn."""


class Feed(QObject):
    """A standing query as long as the window wants it, over any number of connections.

    A new filter and a new connection both get a new number on the wire, so an answer to the old one can never be taken for the new.
    """

    restarted = Signal()
    """The next tick is the first of a new query: ordinals known so far mean nothing any more."""
    ticked = Signal(object)
    """A `Tick`, at most 20 times a second."""
    counted = Signal(object)
    """A `Tick` while the feed is idle, at most one a second: its figures are news, its rows are kept for later."""
    window_arrived = Signal(object)
    """A `Window` that was asked for."""
    rejected = Signal(object)
    """A `FeedRejected`: the filter was not understood; the feed lists what it listed before."""

    def __init__(self, client: "FeedClient", source: Source, filter_: str) -> None:
        super().__init__(client)
        self.source = source
        self.filter = filter_
        """The filter wanted last, understood or not."""
        self.number = 0
        """What answers for this feed on the wire; 0 before the first tick."""
        self._client = client
        self._opening = 0
        self._opening_filter = filter_
        self._accepted_filter = ""
        self._held: Tick | None = None
        self._idle = False
        self._fresh = True
        self._rest = QTimer(self, singleShot=True, interval=TICK_INTERVAL_MS - 5)
        self._rest.timeout.connect(self._deliver)
        self._told: Tick | None = None
        self._count_rest = QTimer(self, singleShot=True, interval=COUNT_INTERVAL_MS)
        self._count_rest.timeout.connect(self._count)

    def set_filter(self, text: str) -> None:
        """List what *text* matches instead; what is shown stays until the first answer."""
        self.filter = text
        self._open(text)

    def request_window(self, first: int, count: int) -> int:
        """Ask for rows by ordinal; the number of the request, 0 while nobody can be asked."""
        return self._client.request_window(self.number, first, count) if self.number else 0

    def set_idle(self, idle: bool) -> None:
        """Keep the place but deliver no rows, while nobody looks."""
        self._idle = idle
        if not idle:
            self._deliver()

    def close(self) -> None:
        """Forget the query; the object says nothing more."""
        self._client.forget(self)
        self._held = None
        self._rest.stop()
        self._count_rest.stop()
        self.deleteLater()

    # -- called by the client

    def reopen(self) -> None:
        """Begin anew on a new connection."""
        self.number = 0
        self._held = None
        self._open(self.filter)

    def on_tick(self, tick: Tick) -> None:
        """Take in a tick; the newest one goes out, at most 20 a second."""
        if tick.feed == self._opening:
            self._client.send_close(self.number)
            self.number, self._opening = tick.feed, 0
            self._accepted_filter = self._opening_filter
            self._fresh = True
        elif tick.feed != self.number:
            return
        self._held = _merged(self._held, tick)
        if self._idle:
            self._count()
        elif not self._rest.isActive():
            self._deliver()

    def on_window(self, window: Window) -> None:
        """Hand on rows, unless they answer an older query."""
        if window.feed == self.number and not self._fresh:
            self.window_arrived.emit(window)

    def on_rejected(self, rejected: FeedRejected) -> None:
        """The new filter did not work: stay with the old one."""
        if rejected.feed == self.number:  # it was understood, but cannot go on
            self.number = 0
            self._client.release(rejected.feed)
            self.rejected.emit(rejected)
        if rejected.feed != self._opening:
            return
        self._opening = 0
        self._client.release(rejected.feed)
        self.rejected.emit(rejected)
        if not self.number and self._accepted_filter != self._opening_filter:
            self._open(self._accepted_filter)  # the connection is new, and the old filter has not been opened on it

    def _open(self, text: str) -> None:
        self._client.send_close(self._opening)
        self._opening_filter = text
        self._opening = self._client.send_open(self, text)

    def _deliver(self) -> None:
        tick = self._held
        if tick is None or self._idle:
            return
        self._held = None
        self._rest.start()
        if self._fresh:
            self._fresh = False
            self.restarted.emit()
        self.ticked.emit(tick)

    def _count(self) -> None:
        if self._idle and self._held is not None and self._held is not self._told and not self._count_rest.isActive():
            self._told = self._held
            self._count_rest.start()
            self.counted.emit(self._told)


def _merged(held: Tick | None, tick: Tick) -> Tick:
    """The newer of two ticks, with the rows of the one that was not delivered: each carries only what the one before did not."""
    if held is None or held.feed != tick.feed or held.revision != tick.revision or held.end != tick.end - len(tick.rows):
        return tick
    return replace(tick, rows=(held.rows + tick.rows)[-TICK_ROWS:])


class FeedClient(QObject):
    """Owns the WebSocket at ``/feeds``. `start` it once; tell it with `reconnect` when the server or the session is another."""

    state_changed = Signal(object)
    """A `Link`."""
    signed_out = Signal()
    """The server refused the token."""

    def __init__(self, endpoint: Endpoint, *, notify: Notify, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.link = Link()
        self._endpoint = endpoint
        self._notify = notify
        self._numbers = count(1)
        self._feeds: list[Feed] = []
        self._by_number: dict[int, Feed] = {}
        self._outbox: asyncio.Queue[Outgoing] | None = None
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Connect as soon as there is a server and a session, and stay connected."""
        if self._task is None or self._task.done():
            self._task = spawn(self._run(), name="feeds", notify=self._notify)

    async def stop(self) -> None:
        """Disconnect. May be called twice."""
        task, self._task = self._task, None
        await cancel(task)
        self._set_link(Link())

    def reconnect(self) -> None:
        """The server's address or the token is another, or the user wants it now: do not wait for the next attempt."""
        self._wake.set()

    def open(self, source: Source, filter: str = "") -> Feed:
        """Begin a standing query."""
        feed = Feed(self, source, filter)
        self._feeds.append(feed)
        if self.link.is_open:
            feed.reopen()
        return feed

    # -- called by feeds

    def send_open(self, feed: Feed, text: str) -> int:
        """Open *feed* under a new number; 0 while there is no connection (it is opened with the next one)."""
        if not self.link.is_open:
            return 0
        number = next(self._numbers)
        self._by_number[number] = feed
        self._send(OpenFeed(number, feed.source, text))
        return number

    def send_close(self, number: int) -> None:
        """Forget a number, and have the server forget it."""
        if self._by_number.pop(number, None) is not None:
            self._send(CloseFeed(number))

    def release(self, number: int) -> None:
        """Forget a number that the server does not know."""
        self._by_number.pop(number, None)

    def request_window(self, number: int, first: int, count: int) -> int:
        """Ask for rows; the number of the request."""
        if not self.link.is_open:
            return 0
        request = next(self._numbers)
        self._send(WindowRequest(number, request, first, count))
        return request

    def forget(self, feed: Feed) -> None:
        """End a feed under all its numbers."""
        if feed in self._feeds:
            self._feeds.remove(feed)
        for number in [n for n, f in self._by_number.items() if f is feed]:
            self.send_close(number)

    # -- the connection

    def _send(self, message: Outgoing) -> None:
        if self._outbox is not None:
            self._outbox.put_nowait(message)

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            self._wake.clear()
            if not self._endpoint.url or not self._endpoint.token:
                self._set_link(Link())
                await self._wake.wait()
                continue
            link = await self._attempt(backoff)
            if link.state is LinkState.CONNECTING:  # asked to begin anew
                continue
            if link.state is LinkState.REFUSED:
                self._set_link(link)
                self.signed_out.emit()
                await self._wake.wait()
                continue
            delay = backoff.delay()
            self._set_link(Link(LinkState.WAITING, link.reason, delay))
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):  # wait_for of Python 3.11 can lose a cancellation
                    await self._wake.wait()

    async def _attempt(self, backoff: Backoff) -> Link:
        """Connect and talk until the connection ends; why it did."""
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

        self._set_link(Link(LinkState.CONNECTING))
        address = self._endpoint.url
        try:
            async with connect(
                f"ws{address.removeprefix('http')}/feeds",
                additional_headers={"Authorization": f"Bearer {self._endpoint.token}"},
                compression=None,
                max_size=None,
                proxy=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
            ) as socket:
                backoff.started()
                return await self._converse(socket)
        except InvalidStatus as exc:
            status = exc.response.status_code
            if status in {401, 403}:
                return Link(LinkState.REFUSED, tr("The session has ended"))
            return Link(LinkState.WAITING, tr("The server answered {status}", status=status))
        except ConnectionClosed as exc:
            return Link(LinkState.WAITING, exc.rcvd.reason if exc.rcvd and exc.rcvd.reason else tr("The connection to the server was lost"))
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError) as exc:
            log.info("No feed connection to %s: %s", address, exc)
            return Link(LinkState.WAITING, tr("The server does not answer at {address}", address=address))

    async def _converse(self, socket: "ClientConnection") -> Link:
        self._outbox = asyncio.Queue()
        self._by_number.clear()
        self._set_link(Link(LinkState.OPEN))
        for feed in list(self._feeds):
            feed.reopen()
        helpers = [
            spawn(self._transmit(socket, self._outbox), name="feeds.transmit", notify=self._on_helper_failed),
            spawn(self._close_when_woken(socket), name="feeds.wake", notify=self._on_helper_failed),
        ]
        try:
            await self._receive(socket)
        finally:
            self._outbox = None
            for helper in helpers:
                await cancel(helper)
            await socket.close()  # said as intended, also when this task is cancelled
        return Link(LinkState.CONNECTING) if self._wake.is_set() else Link(LinkState.WAITING, tr("The connection to the server was lost"))

    async def _transmit(self, socket: "ClientConnection", outbox: "asyncio.Queue[Outgoing]") -> None:
        while True:
            await socket.send(encode(await outbox.get()))

    async def _close_when_woken(self, socket: "ClientConnection") -> None:
        await self._wake.wait()
        await socket.close()

    def _on_helper_failed(self, exc: BaseException) -> None:
        from websockets.exceptions import ConnectionClosed

        if not isinstance(exc, ConnectionClosed):  # that one ends the receiving as well, which tells it
            self._notify(exc)

    async def _receive(self, socket: "ClientConnection") -> None:
        clock = asyncio.get_running_loop().time
        begun = clock()
        async for data in socket:
            self._on_message(data)
            if clock() - begun > BUSY_S:
                await asyncio.sleep(0)
                begun = clock()

    def _on_message(self, data: bytes | str) -> None:
        try:
            message = decode(data)
        except (ValueError, TypeError, AttributeError) as exc:
            log.warning("A message of the feed connection could not be read: %s", exc)
            return
        feed = self._by_number.get(message.feed) if message is not None else None
        if feed is None:
            return
        if isinstance(message, Tick):
            feed.on_tick(message)
        elif isinstance(message, Window):
            feed.on_window(message)
        elif isinstance(message, FeedRejected):
            feed.on_rejected(message)

    def _set_link(self, link: Link) -> None:
        if link != self.link:
            self.link = link
            self.state_changed.emit(link)
