"""The hub as its clients see it, over the real app on a real socket: curl, websockets, a browser, and this server's own streams."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from embedded_server.contracts.events import Kind
from embedded_server.contracts.streams import StreamState
from embedded_server.journal import make_event
from embedded_server.settings import Settings
from embedded_server.streams import Limits
from embedded_server.streams.sse_parser import SseComment, SseEvent, SseParser
from tests.helpers.raw_server import EVENT_STREAM, Exchange, raw_server
from tests.helpers.server import Running, running_server, until


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", brokers=False, worker=False)


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Running]:
    async with running_server(settings) as running:
        await running.sign_in()
        yield running


def token_of(server: Running) -> str:
    return server.client.headers["Authorization"]


async def post(server: Running, *data: Any, topic: str = "orders") -> list[str]:
    """Post each value; answer the ids."""
    answers = [await server.client.post(f"/hub/topics/{topic}", json={"data": value}) for value in data]
    assert {answer.status_code for answer in answers} <= {201}
    return [answer.json()["id"] for answer in answers]


class Reader:
    """The events of an open answer, one at a time."""

    def __init__(self, response: httpx.Response) -> None:
        self._chunks = response.aiter_bytes()
        self._parser = SseParser()
        self._waiting: list[SseEvent | SseComment] = []

    async def next(self) -> SseEvent:
        async with asyncio.timeout(10):
            while True:
                while self._waiting:
                    item = self._waiting.pop(0)
                    if isinstance(item, SseEvent):
                        return item
                self._waiting = self._parser.feed(await anext(self._chunks))

    @property
    def last_event_id(self) -> str:
        return self._parser.last_event_id

    async def listening(self) -> None:
        """Return once the hub has said from where on it sends."""
        async with asyncio.timeout(10):
            while not self._parser.last_event_id:
                self._waiting += self._parser.feed(await anext(self._chunks))


@asynccontextmanager
async def following(server: Running, query: str, **headers: str) -> AsyncIterator[Reader]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with server.client.stream("GET", f"/hub/sse?{query}", headers=sent, timeout=httpx.Timeout(10, read=None)) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        reader = Reader(response)
        await reader.listening()
        yield reader


# -- Server-Sent Events


async def test_an_event_is_followed_live_and_resumed_after_by_header_or_query(server: Running) -> None:
    async with following(server, "topic=orders") as reader:
        ids = await post(server, {"n": 1}, {"n": 2}, {"n": 3})
        assert [await reader.next() for _ in range(2)] == [SseEvent("message", f'{{"n":{n}}}', ids[n - 1], own_id=True) for n in (1, 2)]
    async with following(server, "topic=orders", Last_Event_ID=ids[0]) as reader:
        assert [(await reader.next()).id for _ in range(2)] == ids[1:]
        (later,) = await post(server, "later")
        assert (await reader.next()).id == later
    async with following(server, f"topic=orders&last_event_id={ids[1]}") as reader:
        assert [(await reader.next()).id for _ in range(2)] == [ids[2], later]


async def test_a_client_cut_before_its_first_event_can_resume_too(server: Running) -> None:
    async with following(server, "topic=orders") as reader:
        began = reader.last_event_id
    missed = await post(server, 1, 2)
    async with following(server, "topic=orders", Last_Event_ID=began) as reader:
        assert [(await reader.next()).id for _ in range(2)] == missed


async def test_an_id_of_another_journal_is_answered_with_a_reset(server: Running) -> None:
    async with following(server, "topic=orders", Last_Event_ID="ffff:3") as reader:
        reset = await reader.next()
        assert reset.name == "reset"
        assert json.loads(reset.data) == {"requested": "ffff:3", "reason": "unknown-epoch"}


async def test_events_say_their_topic_in_an_envelope(server: Running) -> None:
    async with following(server, "topic=a&topic=b&envelope=true") as reader:
        (id_,) = await post(server, 7, topic="b")
        assert json.loads((await reader.next()).data) == {"id": id_, "event": "message", "topic": "b", "data": 7}


async def test_the_servers_life_is_a_topic(server: Running) -> None:
    async with following(server, "topic=server") as reader:
        await server.client.post("/server/parts/streams/restart")
        stopped, started = await reader.next(), await reader.next()
    assert [stopped.name, started.name] == ["server.lifecycle"] * 2
    assert [json.loads(one.data)["status"] for one in (stopped, started)] == ["stopped", "started"]


async def test_a_revoked_session_ends_its_event_streams(server: Running) -> None:
    async with following(server, "topic=orders") as reader:
        await server.client.delete("/sessions/current")
        with pytest.raises(StopAsyncIteration):
            await reader.next()
    services = server.server.app.state.services
    assert services.hub.clients == 0


async def test_a_client_that_leaves_is_forgotten(server: Running) -> None:
    hub = server.server.app.state.services.hub
    async with following(server, "topic=orders"):
        assert hub.clients == 1

    async def nobody() -> bool:
        return bool(hub.clients == 0)

    await until(nobody)


async def test_topics_are_listed(server: Running) -> None:
    (id_,) = await post(server, 1)
    topics = {topic["name"]: topic for topic in (await server.client.get("/hub/topics")).json()}
    assert topics["orders"]["last_id"] == id_
    assert {"tasks", "server"} <= set(topics)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/hub/sse", None, 422, "invalid-request"),
        ("GET", "/hub/sse?topic=a%20b", None, 422, "topic-name-invalid"),
        ("GET", "/hub/sse?topic=", None, 422, "topics-missing"),
        ("POST", "/hub/topics/tasks", {"data": 1}, 409, "topic-reserved"),
        ("POST", "/hub/topics/a", {"data": 1, "event": "open"}, 422, "event-name-invalid"),
        ("POST", "/hub/topics/a", {}, 422, "invalid-request"),
    ],
)
async def test_what_is_wrong_is_a_problem(server: Running, method: str, path: str, body: object, status: int, code: str) -> None:
    answer = await server.client.request(method, path, json=body)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (status, f"urn:switchroom:problem:{code}")
    assert problem["hint"]


async def test_a_slow_client_gets_a_gap_and_the_rest_is_in_the_journal(server: Running) -> None:
    services = server.server.app.state.services
    services.hub._limits = Limits(queue_frames=50, catch_up=500)
    head = f"GET /hub/sse?topic=orders HTTP/1.0\r\nHost: {server.url[7:]}\r\nAuthorization: {token_of(server)}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.server.settings.port, limit=4096)
    writer.write(head.encode())
    await reader.readuntil(b"retry: 1000\n\n")  # and now it does not read for a while
    body = json.dumps("x" * 4000).encode()
    for _ in range(20):
        services.journal.append_many([make_event(Kind.CUSTOM, "orders", body=body) for _ in range(250)])
        await services.journal.flush()
    seen = b""
    async with asyncio.timeout(20):
        while not (found := re.search(rb"event: gap\ndata: (.*)\n\n", seen)):
            seen += await reader.read(1 << 20)
    writer.close()
    gap = json.loads(found[1])
    first, last = (int(gap[name].rpartition(":")[2]) for name in ("first", "last"))
    assert gap["count"] == last - first + 1
    whole = await server.client.get("/events", params={"filter": gap["filter"], "after": first - 1, "before": last + 1, "limit": 1000})
    assert len(whole.json()["rows"]) == min(1000, gap["count"])


# -- WebSocket


async def test_a_websocket_follows_by_query_and_by_message_and_resumes(server: Running) -> None:
    headers = {"Authorization": token_of(server)}
    async with connect(f"{server.websocket_url}/hub/ws?topic=orders", additional_headers=headers) as client:
        assert json.loads(await client.recv())["event"] == "open"
        ids = await post(server, 1, 2)
        assert [json.loads(await client.recv()) for _ in range(2)] == [
            {"id": id_, "event": "message", "topic": "orders", "data": n} for id_, n in zip(ids, (1, 2), strict=True)
        ]
        await client.send("nonsense")
        assert json.loads(await client.recv())["event"] == "error"
    async with connect(f"{server.websocket_url}/hub/ws", additional_headers=headers) as client:
        await client.send(json.dumps({"op": "subscribe", "topics": ["orders"], "last_event_id": ids[0]}))
        assert json.loads(await client.recv())["event"] == "open"
        assert json.loads(await client.recv())["id"] == ids[1]


async def test_a_revoked_session_closes_its_websockets_with_4401(server: Running) -> None:
    async with connect(f"{server.websocket_url}/hub/ws?topic=a", additional_headers={"Authorization": token_of(server)}) as client:
        await client.recv()
        await server.client.delete("/sessions/current")
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(client.recv(), 10)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4401


@pytest.mark.parametrize(("query", "status"), [("topic=a%20b", 422), ("topic=,", 422)])
async def test_a_wrong_topic_refuses_the_handshake(server: Running, query: str, status: int) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"{server.websocket_url}/hub/ws?{query}", additional_headers={"Authorization": token_of(server)})
    assert caught.value.response.status_code == status


async def test_a_flood_reaches_a_websocket_client_whole_and_in_order(server: Running) -> None:
    journal = server.server.app.state.services.journal
    url = f"{server.websocket_url}/hub/ws?topic=orders"
    async with connect(url, additional_headers={"Authorization": token_of(server)}, compression=None) as client:
        await client.recv()
        for start in range(0, 20_000, 1_000):
            await journal.room()
            journal.append_many([make_event(Kind.CUSTOM, "orders", body=b"%d" % n) for n in range(start, start + 1_000)])
        async with asyncio.timeout(60):
            got = [json.loads(await client.recv())["data"] for _ in range(20_000)]
    assert got == list(range(20_000))


# -- this server's own hub, followed by its own streams


@pytest.mark.parametrize("kind", ["sse", "websocket"])
async def test_a_stream_of_the_hub_uses_its_openers_session_and_ends_with_it(server: Running, kind: str) -> None:
    manager = server.server.app.state.services.streams
    spec = {"name": "own", "kind": kind, "url": "hub:orders"}
    stream = (await server.client.post("/streams", json=spec)).json()
    await server.client.post(f"/streams/{stream['id']}/open")

    async def is_in(*states: StreamState) -> bool:
        return manager.get(stream["id"]).state in states

    await until(lambda: is_in(StreamState.OPEN))
    await post(server, {"n": 1})

    async def has_received() -> bool:
        return bool(manager.get(stream["id"]).received)

    await until(has_received)
    page = (
        await server.client.get("/events", params={"filter": "connection:own (kind:sse.event OR kind:ws.received) -status:comment"})
    ).json()
    assert any(row[4] == "hub:orders" for row in page["rows"]), page
    await server.client.delete("/sessions/current")
    await until(lambda: is_in(StreamState.CLOSED))
    assert "401" in manager.get(stream["id"]).reason or manager.get(stream["id"]).close_code == 4401


@pytest.mark.parametrize("kind", ["sse", "websocket"])
async def test_a_stream_of_the_hub_that_is_cut_resumes_without_gap_or_duplicate(server: Running, kind: str) -> None:
    manager = server.server.app.state.services.streams
    stream = (await server.client.post("/streams", json={"name": "own", "kind": kind, "url": "hub:orders"})).json()
    await server.client.post(f"/streams/{stream['id']}/open")

    async def has(received: int) -> bool:
        return bool(
            manager.get(stream["id"]).state is StreamState.OPEN and manager.get(stream["id"]).last_event_id.endswith(f":{received}")
        )

    async def is_open() -> bool:
        return bool(manager.get(stream["id"]).state is StreamState.OPEN)

    await until(is_open)
    ids = await post(server, 1, 2)
    await until(lambda: has(int(ids[-1].rpartition(":")[2])))
    await server.client.post(f"/streams/{stream['id']}/drop")
    ids += await post(server, 3, 4)  # while it is away
    await until(is_open)
    ids += await post(server, 5)
    await until(lambda: has(int(ids[-1].rpartition(":")[2])))
    services = server.server.app.state.services
    await services.journal.flush()
    kinds = "(kind:sse.event OR kind:ws.received) key:*"
    page = (await server.client.get("/events", params={"filter": f"connection:own {kinds}", "limit": 100})).json()
    assert [row[5] for row in page["rows"]] == ids
    fared = manager.get(stream["id"])
    assert (fared.resumed, fared.duplicates) == (1, 0)


async def test_streams_are_managed_over_http(server: Running) -> None:
    spec = {"name": "far", "kind": "sse", "url": "https://h/p?token=abc", "headers": {"Authorization": "Bearer s"}}
    added = await server.client.post("/streams", json=spec)
    assert added.status_code == 201
    stream = added.json()
    assert "abc" not in added.text
    path = f"/streams/{stream['id']}"
    changed = await server.client.put(path, json={**stream["spec"], "name": "near"})
    assert changed.json()["spec"]["name"] == "near"
    assert [one["id"] for one in (await server.client.get("/streams")).json()] == [stream["id"]]
    sent = await server.client.post(f"{path}/send", json={"type": "text", "data": "x"})
    assert (sent.status_code, sent.json()["type"]) == (409, "urn:switchroom:problem:stream-cannot-send")
    moved = await server.client.put(path, json={**stream["spec"], "url": "https://evil/p"})
    assert (moved.status_code, moved.json()["type"]) == (422, "urn:switchroom:problem:secrets-needed")
    assert (await server.client.delete(path)).status_code == 204
    assert (await server.client.get(path)).status_code == 404


# -- programs that others wrote


async def test_curl_follows_and_then_resumes(server: Running) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")

    async def follow(count: int, *more: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            curl,
            "-sN",
            "-H",
            f"Authorization: {token_of(server)}",
            *more,
            f"{server.url}/hub/sse?topic=orders",
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        ids: list[str] = []
        async with asyncio.timeout(10):
            greeting = await process.stdout.readuntil(b"\n\n")
            if not more:
                await post(server, "a", "b", "c")
            del greeting
            while len(ids) < count:
                lines = (await process.stdout.readuntil(b"\n\n")).decode().splitlines()
                ids += [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
        process.kill()
        await process.wait()
        return ids

    first = await follow(2)
    rest = await follow(1, "-H", f"Last-Event-ID: {first[-1]}")
    assert [int(id_.rpartition(":")[2]) for id_ in first + rest] == sorted({int(id_.rpartition(":")[2]) for id_ in first + rest})
    whole = await server.client.get("/events", params={"filter": "kind:custom", "limit": 10})
    assert [row[0] for row in whole.json()["rows"]] == [int(id_.rpartition(":")[2]) for id_ in first + rest]


PAGE = """<!doctype html><script>
const got = [];
const source = new EventSource("/hub/sse?topic=orders");
source.addEventListener("paid", event => {
  got.push(event.lastEventId + "=" + event.data);
  if (got.length == 3) fetch("/cut");
  if (got.length == 6) { source.close(); fetch("/done?" + encodeURIComponent(JSON.stringify(got))); }
});
</script>"""


class BrowserPage:
    """Serves `PAGE` and relays its event stream to the hub: an EventSource sends no Authorization header, a page's own server adds it."""

    def __init__(self, server: Running) -> None:
        self._client = server.client
        self._posted = 0
        self.streams: list[Exchange] = []
        self.done: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()

    async def serve(self, exchange: Exchange) -> None:
        path, _, query = exchange.request_line.split()[1].partition("?")
        match path:
            case "/hub/sse":
                with suppress(httpx.TransportError):  # the server stops before the page does
                    await self._relay(exchange)
            case "/cut":
                self.streams[0].cut()
                await self._post(3)  # while nobody listens
                await exchange.say(b"HTTP/1.1 204 No Content\r\n\r\n")
            case "/done":
                self.done.set_result(json.loads(unquote(query)))
            case _:
                await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + PAGE.encode())

    async def _relay(self, exchange: Exchange) -> None:
        self.streams.append(exchange)
        headers = {"Last-Event-ID": exchange.headers.get("last-event-id", "")}
        async with self._client.stream("GET", "/hub/sse?topic=orders", headers=headers, timeout=httpx.Timeout(10, read=None)) as response:
            await exchange.say(EVENT_STREAM)
            if len(self.streams) == 1:
                await self._post(3)
            async for chunk in response.aiter_bytes():
                await exchange.say(chunk)

    async def _post(self, count: int) -> None:
        for _ in range(count):
            await self._client.post("/hub/topics/orders", json={"event": "paid", "data": self._posted})
            self._posted += 1


async def test_a_browsers_event_source_resumes_by_itself(server: Running, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium is installed: its EventSource is not tried")
    page = BrowserPage(server)
    async with raw_server(page.serve) as front:
        process = await asyncio.create_subprocess_exec(
            chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}",
            "--remote-debugging-port=0", front.url, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(60):
                got = await page.done
        finally:
            process.terminate()
            await process.wait()
    assert [entry.partition("=")[2] for entry in got] == ["0", "1", "2", "3", "4", "5"]
    assert page.streams[1].headers["last-event-id"] == got[2].partition("=")[0]
