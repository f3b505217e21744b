"""The hub over the real app on a real socket: Server-Sent Events and WebSocket, followed and resumed."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from embedded_server.contracts.events import Kind
from embedded_server.journal import make_event
from embedded_server.streams import Limits
from embedded_server.streams.sse_parser import SseComment, SseEvent, SseParser
from tests.helpers.server import Running, until
from tests.integration.hub_bench import post, server, settings, token_of

__all__ = ["server", "settings"]


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
