"""The feed client against a real WebSocket server: connecting, reopening, telling old answers from new."""

import asyncio
import http
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from desktop.core.feeds import LinkState
from desktop.services.feeds import Feed, FeedClient
from embedded_server.contracts.feeds import FeedRejected, Source, Tick, Window
from tests.qt.feed_fakes import event_row, until


@dataclass
class Endpoint:
    url: str = ""
    token: str = "secret"


@dataclass
class FeedServer:
    """Speaks the protocol as far as the tests say."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    sockets: list[ServerConnection] = field(default_factory=list)
    server: Server | None = None
    port: int = 0

    async def start(self, port: int = 0) -> None:
        self.server = await serve(self._talk, "127.0.0.1", port, process_request=self._check, compression=None)
        self.port = next(iter(self.server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()

    def _check(self, socket: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Authorization") != "Bearer secret":
            return socket.respond(http.HTTPStatus.UNAUTHORIZED, "no")
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        self.sockets.append(socket)
        async for message in socket:
            self.heard.append(json.loads(message))

    def ops(self, op: str) -> list[dict[str, Any]]:
        return [m for m in self.heard if m["op"] == op]

    async def tick(self, number: int, end: int, **changes: Any) -> None:
        message: dict[str, Any] = {
            "op": "tick", "feed": number, "start": 0, "end": end, "scanned": end, "of": end,
            "rate": 0, "dropped": 0, "trimmed": 0, "revision": 0, "rows": [],
        }  # fmt: skip
        await self.sockets[-1].send(json.dumps(message | changes))


class Seen:
    """What a feed has said."""

    def __init__(self, feed: Feed) -> None:
        self.ticks: list[Tick] = []
        self.windows: list[Window] = []
        self.rejected: list[FeedRejected] = []
        self.restarts = 0
        feed.ticked.connect(self.ticks.append)
        feed.window_arrived.connect(self.windows.append)
        feed.rejected.connect(self.rejected.append)
        feed.restarted.connect(self._on_restarted)

    def _on_restarted(self) -> None:
        self.restarts += 1


def fail(exc: BaseException) -> None:
    raise exc


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def client(qtbot: QtBot, server: FeedServer) -> AsyncIterator[FeedClient]:
    client = FeedClient(Endpoint(f"http://127.0.0.1:{server.port}"), notify=fail)
    client.start()
    yield client
    await client.stop()


async def test_a_feed_opened_before_the_connection_is_opened_with_it(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS, "kind:task")
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    assert server.heard[0]["filter"] == "kind:task"
    await server.tick(server.heard[0]["feed"], 5)
    await until(lambda: seen.ticks)
    assert (seen.ticks[0].end, seen.restarts) == (5, 1)


async def test_after_a_lost_connection_feeds_are_opened_again_and_begin_anew(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.TASKS, "state:FAILURE")
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    await server.tick(server.heard[0]["feed"], 5)
    await until(lambda: seen.ticks)
    states: list[LinkState] = []
    client.state_changed.connect(lambda link: states.append(link.state))
    await server.sockets[-1].close()
    await until(lambda: len(server.ops("open")) == 2)
    again = server.ops("open")[1]
    assert (again["source"], again["filter"]) == ("tasks", "state:FAILURE")
    assert states[0] is LinkState.WAITING
    await server.tick(again["feed"], 3)
    await until(lambda: seen.ticks[-1].end == 3)
    assert seen.restarts == 2


async def test_a_server_that_comes_back_is_found_again(client: FeedClient, server: FeedServer) -> None:
    client.open(Source.EVENTS)
    await until(lambda: client.link.is_open)
    port = server.port
    await server.stop()
    await until(lambda: client.link.state is LinkState.WAITING)
    assert client.link.reason
    await server.start(port)
    await until(lambda: client.link.is_open)
    await until(lambda: len(server.ops("open")) == 2)


async def test_a_new_filter_keeps_the_old_rows_until_it_answers(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS, "a")
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    old = server.heard[0]["feed"]
    await server.tick(old, 5)
    await until(lambda: seen.ticks)
    feed.set_filter("b")
    await until(lambda: len(server.ops("open")) == 2)
    await server.tick(old, 6)
    await until(lambda: seen.ticks[-1].end == 6)
    assert seen.restarts == 1
    await server.tick(server.ops("open")[1]["feed"], 1)
    await until(lambda: seen.restarts == 2)
    await until(lambda: server.ops("close") == [{"op": "close", "feed": old}])
    await server.tick(old, 7)
    await server.tick(server.ops("open")[1]["feed"], 2)
    await until(lambda: seen.ticks[-1].end == 2)
    assert 7 not in [t.end for t in seen.ticks]


async def test_a_filter_that_is_not_understood_leaves_the_feed_as_it_was(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS, "a")
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    old = server.heard[0]["feed"]
    await server.tick(old, 5)
    await until(lambda: seen.ticks)
    feed.set_filter("colour:red")
    await until(lambda: len(server.ops("open")) == 2)
    number = server.ops("open")[1]["feed"]
    await server.sockets[-1].send(
        json.dumps({"op": "rejected", "feed": number, "title": "Unknown field", "hint": "key?", "position": 0, "length": 6})
    )
    await until(lambda: seen.rejected)
    await server.tick(old, 9)
    await until(lambda: seen.ticks[-1].end == 9)
    assert seen.restarts == 1


async def test_a_feed_that_cannot_go_on_says_so_and_can_be_set_again(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS, "a")
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    number = server.heard[0]["feed"]
    await server.tick(number, 5)
    await until(lambda: seen.ticks)
    stopped = {"op": "rejected", "feed": number, "title": "This list has stopped", "hint": "", "position": 0, "length": 0}
    await server.sockets[-1].send(json.dumps(stopped))
    await until(lambda: seen.rejected)
    assert feed.request_window(0, 10) == 0
    feed.set_filter("a")
    await until(lambda: len(server.ops("open")) == 2)
    await server.tick(server.ops("open")[1]["feed"], 6)
    await until(lambda: seen.ticks[-1].end == 6)


def is_opened(server: FeedServer, times: int) -> bool:
    return len(server.ops("open")) == times


async def test_a_filter_refused_on_a_new_connection_falls_back_to_the_last_one_that_was_understood(
    client: FeedClient, server: FeedServer
) -> None:
    feed = client.open(Source.EVENTS, "good")
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    await server.tick(server.heard[0]["feed"], 5)
    await until(lambda: seen.ticks)
    feed.filter = "bad"
    await server.sockets[-1].close()
    for attempt in (2, 3):
        await until(partial(is_opened, server, attempt))
        opened = server.ops("open")[-1]
        refused = {"op": "rejected", "feed": opened["feed"], "title": "no", "hint": "", "position": 0, "length": 1}
        await server.sockets[-1].send(json.dumps(refused))
    await until(lambda: len(seen.rejected) == 2)
    assert [m["filter"] for m in server.ops("open")] == ["good", "bad", "good"]


async def test_rows_of_ticks_that_were_thinned_are_not_lost(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS)
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    for end in range(1, 31):
        await server.tick(server.heard[0]["feed"], end, rows=[event_row(end - 1)])
    await until(lambda: seen.ticks and seen.ticks[-1].end == 30)
    assert [row[0] for t in seen.ticks for row in t.rows] == list(range(30))


async def test_rows_are_asked_for_by_the_number_that_answers(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS)
    seen = Seen(feed)
    assert feed.request_window(0, 10) == 0
    await until(lambda: server.ops("open"))
    number = server.heard[0]["feed"]
    await server.tick(number, 100)
    await until(lambda: seen.ticks)
    request = feed.request_window(10, 2)
    await until(lambda: server.ops("window"))
    assert server.ops("window")[0] == {"op": "window", "feed": number, "id": request, "first": 10, "count": 2}
    rows = [event_row(10), event_row(11)]
    await server.sockets[-1].send(json.dumps({"op": "window", "feed": number, "id": request, "first": 10, "revision": 0, "rows": rows}))
    await until(lambda: seen.windows)
    assert seen.windows[0].rows == rows


async def test_a_flood_of_ticks_is_thinned_and_the_newest_wins(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS)
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    for end in range(1, 501):
        await server.tick(server.heard[0]["feed"], end)
    await until(lambda: seen.ticks and seen.ticks[-1].end == 500)
    assert len(seen.ticks) < 100


async def test_an_idle_feed_says_nothing_and_tells_the_newest_on_waking(client: FeedClient, server: FeedServer) -> None:
    feed, other = client.open(Source.EVENTS), client.open(Source.EVENTS)
    seen, seen_other = Seen(feed), Seen(other)
    feed.set_idle(True)
    await until(lambda: len(server.ops("open")) == 2)
    for end in (1, 2, 3):
        await server.tick(server.heard[0]["feed"], end)
    await server.tick(server.heard[1]["feed"], 1)
    await until(lambda: seen_other.ticks)
    assert not seen.ticks
    feed.set_idle(False)
    assert [t.end for t in seen.ticks] == [3]


async def test_a_closed_feed_is_closed_on_the_server(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS)
    await until(lambda: server.ops("open"))
    feed.close()
    await until(lambda: server.ops("close"))


async def test_nobody_signed_in_means_no_connection_until_told(qtbot: QtBot, server: FeedServer) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{server.port}", token="")
    client = FeedClient(endpoint, notify=fail)
    client.start()
    await asyncio.sleep(0)
    assert client.link.state is LinkState.IDLE
    endpoint.token = "secret"
    client.reconnect()
    await until(lambda: client.link.is_open)
    await client.stop()
    await client.stop()
    assert client.link.state is LinkState.IDLE


async def test_a_refused_token_asks_to_sign_in_and_does_not_try_again_by_itself(qtbot: QtBot, server: FeedServer) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{server.port}", token="old")
    client = FeedClient(endpoint, notify=fail)
    asked: list[bool] = []
    client.signed_out.connect(lambda: asked.append(True))
    client.start()
    await until(lambda: asked)
    assert client.link.state is LinkState.REFUSED
    endpoint.token = "secret"
    client.reconnect()
    await until(lambda: client.link.is_open)
    await client.stop()


async def test_a_message_that_cannot_be_read_is_passed_over(
    client: FeedClient, server: FeedServer, caplog: pytest.LogCaptureFixture
) -> None:
    feed = client.open(Source.EVENTS)
    seen = Seen(feed)
    await until(lambda: server.ops("open"))
    with caplog.at_level(logging.WARNING, logger="desktop.services.feeds"):
        await server.sockets[-1].send("not json")
        await server.sockets[-1].send("[1]")
        await server.tick(server.heard[0]["feed"], 1)
        await until(lambda: seen.ticks)
    assert len(caplog.records) == 2


async def test_an_idle_feed_goes_on_to_tell_its_figures(client: FeedClient, server: FeedServer) -> None:
    feed = client.open(Source.EVENTS)
    seen, counted = Seen(feed), list[int]()
    feed.counted.connect(lambda tick: counted.append(tick.end))
    await until(lambda: server.ops("open"))
    feed.set_idle(True)
    number = server.heard[0]["feed"]
    for end in (3, 4, 5):
        await server.tick(number, end)
    await until(lambda: counted[-1:] == [5])
    assert counted == [3, 5], "the first at once, the others not more often than once a second"
    assert not seen.ticks


async def test_it_ends_though_it_is_woken_at_that_very_moment(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    client = FeedClient(Endpoint("http://127.0.0.1:9"), notify=fail)
    client.start()
    await until(lambda: client.link.state is LinkState.WAITING)
    client.reconnect()
    async with asyncio.timeout(5):
        await client.stop()
