"""WebSocket streams against real servers: frames both ways, floods, closes and refusals."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from embedded_server.contracts.events import Kind
from embedded_server.contracts.streams import FrameType, SendRequest, StreamKind, StreamSpec
from embedded_server.journal import Journal
from embedded_server.streams import StreamManager
from embedded_server.streams.problems import SendTimedOut, StreamCannotSend, StreamNotOpen
from tests.helpers.raw_server import raw_server
from tests.integration.streams_bench import echo, is_closed, is_open, journal, kept, manager, opened, until

__all__ = ["journal", "manager"]


Handler = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture
async def ws_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a websockets server that runs the test's handler."""
    handler: Handler = request.param
    async with serve(handler, "127.0.0.1", 0, subprotocols=["v2", "v1"] if handler is echo else None, max_size=None) as server:  # type: ignore[list-item]  # its type wants Subprotocol, a plain text
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"


async def say_goodbye(socket: ServerConnection) -> None:
    await socket.send("one")
    await socket.close(4002, "maintenance")


async def flood(socket: ServerConnection) -> None:
    for number in range(20_000):
        await socket.send(str(number))
    await socket.close(1000)


async def too_large(socket: ServerConnection) -> None:
    await socket.send(b"x" * (64 * 1024**2 + 1))


async def garble(socket: ServerConnection) -> None:
    await socket.send("before")
    socket.transport.write(b"\x81\x02\xff\xfe")  # a text frame that is no UTF-8
    await socket.wait_closed()


async def say_much(socket: ServerConnection) -> None:
    await socket.send("字" * 7_000_000)
    await socket.wait_closed()


async def cut(socket: ServerConnection) -> None:
    await socket.send("last words")
    socket.transport.abort()


@pytest.mark.parametrize("ws_url", [echo], indirect=True)
async def test_text_json_and_binary_go_out_and_come_back(manager: StreamManager, journal: Journal, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET, subprotocols=["v1", "v2"], headers={"Authorization": "Bearer s3cret"})
    stream = await until(manager, id_, is_open)
    assert stream.subprotocol in {"v1", "v2"}
    await manager.send(id_, SendRequest(FrameType.TEXT, "總機"))
    await manager.send(id_, SendRequest(FrameType.JSON, '{"id": 12345678901234567890123}'))
    await manager.send(id_, SendRequest(FrameType.BINARY, "AP8="))
    stream = await until(manager, id_, lambda one: one.received == 3 and one.latency_ms > 0)
    assert (stream.sent, stream.bytes) == (3, 2 * (6 + 31 + 2))
    sent = await kept(journal, Kind.WS_SENT)
    received = await kept(journal, Kind.WS_RECEIVED)
    assert [(event.status, event.body) for event in sent] == [
        ("text", "總機".encode()),
        ("json", b'{"id": 12345678901234567890123}'),
        ("binary", b"\x00\xff"),
    ]
    assert [event.body for event in received] == [event.body for event in sent]
    opening = (await kept(journal, Kind.WS_OPENED))[0]
    assert opening.status == "101"
    assert "s3cret" not in str(await kept(journal))


@pytest.mark.parametrize("ws_url", [say_goodbye], indirect=True)
async def test_a_close_code_and_its_reason_are_kept(manager: StreamManager, journal: Journal, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET, reconnect=False)
    stream = await until(manager, id_, is_closed)
    assert (stream.close_code, stream.reason) == (4002, "Closed with 4002: maintenance")
    (closed,) = await kept(journal, Kind.WS_CLOSED)
    assert (closed.status, closed.preview) == ("4002", "Closed with 4002: maintenance")


@pytest.mark.parametrize("ws_url", [cut], indirect=True)
async def test_a_cut_websocket_is_opened_again(manager: StreamManager, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET)
    stream = await until(manager, id_, lambda one: one.received == 2)
    assert stream.close_code in {0, 1006}


@pytest.mark.parametrize("ws_url", [flood], indirect=True)
async def test_a_flood_of_twenty_thousand_frames_is_kept_whole_and_in_order(manager: StreamManager, journal: Journal, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET)
    stream = await until(manager, id_, is_closed)
    assert (stream.received, stream.close_code, journal.dropped) == (20_000, 1000, 0)
    await journal.flush()
    previews = await journal.run(
        lambda db: [int(row[0]) for row in db.execute("select preview from event where status = 'text' order by seq")]
    )
    assert previews == list(range(20_000))


@pytest.mark.parametrize("ws_url", [too_large], indirect=True)
async def test_a_message_beyond_the_bound_ends_the_stream_and_says_the_bound(manager: StreamManager, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET)
    stream = await until(manager, id_, is_closed)
    assert (stream.reason, stream.close_code) == ("A message was larger than 64 MB", 1009)


@pytest.mark.parametrize("ws_url", [say_much], indirect=True)
async def test_a_frame_of_twenty_megabytes_is_kept_whole(manager: StreamManager, journal: Journal, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET)
    await until(manager, id_, lambda one: one.received == 1)
    (event,) = await kept(journal, Kind.WS_RECEIVED)
    assert (event.size, len(event.body), len(event.preview) <= 256) == (21_000_000, 21_000_000, True)


@pytest.mark.parametrize("ws_url", [garble], indirect=True)
async def test_text_that_is_no_utf8_ends_the_connection_with_its_reason(manager: StreamManager, journal: Journal, ws_url: str) -> None:
    id_ = await opened(manager, ws_url, StreamKind.WEBSOCKET, reconnect=False)
    stream = await until(manager, id_, is_closed)
    assert (stream.received, stream.close_code) == (1, 1007)
    assert stream.reason == "A text message was not UTF-8: invalid start byte at position 0"
    (closed,) = await kept(journal, Kind.WS_CLOSED)
    assert closed.preview == stream.reason


@pytest.mark.parametrize(
    ("status", "title"),
    [(401, "The server answered 401 Unauthorized"), (200, "127.0.0.1:{port} does not speak WebSocket: it answered 200 instead of 101")],
)
async def test_a_refused_handshake_is_explained(manager: StreamManager, status: int, title: str) -> None:
    def refuse(_: ServerConnection, request: Request) -> Response:
        return Response(status, "x", Headers(), b"no")

    async with serve(echo, "127.0.0.1", 0, process_request=refuse) as server:
        port = server.sockets[0].getsockname()[1]
        id_ = await opened(manager, f"ws://127.0.0.1:{port}", StreamKind.WEBSOCKET)
        stream = await until(manager, id_, is_closed)
    assert stream.reason == title.format(port=port)


async def test_a_server_that_speaks_no_websocket_is_explained(manager: StreamManager) -> None:
    async with raw_server(lambda exchange: exchange.say(b"220 mail ready\r\n\r\n")) as server:
        id_ = await opened(manager, server.url.replace("http", "ws"), StreamKind.WEBSOCKET)
        stream = await until(manager, id_, is_closed)
    assert stream.reason.startswith(f"127.0.0.1:{server.port} does not speak WebSocket: ")


async def test_sending_needs_an_open_websocket(manager: StreamManager) -> None:
    sse = await manager.add(StreamSpec("a", StreamKind.SSE, "http://127.0.0.1:1"))
    ws = await manager.add(StreamSpec("b", StreamKind.WEBSOCKET, "ws://127.0.0.1:1"))
    with pytest.raises(StreamCannotSend):
        await manager.send(sse.id, SendRequest(FrameType.TEXT, "x"))
    with pytest.raises(StreamNotOpen):
        await manager.send(ws.id, SendRequest(FrameType.TEXT, "x"))


async def test_sending_to_somebody_who_does_not_read_gives_up(manager: StreamManager, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.streams.runner.SEND_LIMIT_S", 0.2)
    over = asyncio.Event()

    async def deaf(socket: ServerConnection) -> None:
        await over.wait()
        socket.transport.abort()

    async with serve(deaf, "127.0.0.1", 0, max_queue=1) as server:
        id_ = await opened(manager, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", StreamKind.WEBSOCKET, reconnect=False)
        await until(manager, id_, is_open)
        message = SendRequest(FrameType.BINARY, base64.b64encode(os.urandom(1_000_000)).decode())  # nothing to compress
        try:
            with pytest.raises(SendTimedOut):
                await asyncio.gather(*(manager.send(id_, message) for _ in range(20)))
        finally:
            over.set()
        await until(manager, id_, is_closed)
