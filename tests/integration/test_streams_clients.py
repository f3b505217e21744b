"""Streams against real servers on free ports: what comes is kept, what breaks is named, what can resume resumes."""

import asyncio
import base64
import logging
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.streams import FrameType, SendRequest, Stream, StreamKind, StreamSpec, StreamState
from embedded_server.journal import Journal
from embedded_server.streams import StreamManager
from embedded_server.streams.problems import SendTimedOut, StreamCannotSend, StreamNameTaken, StreamNotFound, StreamNotOpen
from tests.helpers.raw_server import EVENT_STREAM, Exchange, raw_server


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    journal.open()
    yield journal
    journal.close()


@pytest.fixture
async def manager(journal: Journal, tmp_path: Path) -> AsyncIterator[StreamManager]:
    manager = StreamManager(journal, tmp_path / "streams.json")
    await manager.start()
    yield manager
    await manager.stop()


async def opened(manager: StreamManager, url: str, kind: StreamKind = StreamKind.SSE, **more: Any) -> str:
    stream = await manager.add(StreamSpec(name=f"stream {len(manager.all())}", kind=kind, url=url, **more))
    assert stream.state is StreamState.IDLE, "nothing connects unasked"
    await manager.open(stream.id)
    return stream.id


async def until(manager: StreamManager, id_: str, holds: Callable[[Stream], bool]) -> Stream:
    """Wait for the stream to be as a test wants it."""
    async with asyncio.timeout(10):
        while not holds(stream := manager.get(id_)):  # noqa: ASYNC110 - figures have no event to wait for
            await asyncio.sleep(0.005)
    return stream


async def kept(journal: Journal, *kinds: Kind) -> list[Event]:
    last = await journal.flush()
    stored = [await journal.read(seq) for seq in range(1, last + 1)]
    return [one.event for one in stored if one is not None and (not kinds or one.event.kind in kinds)]


def is_open(stream: Stream) -> bool:
    return stream.state is StreamState.OPEN


def is_closed(stream: Stream) -> bool:
    return stream.state is StreamState.CLOSED


def answer(status: str, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", body]
    return "\r\n".join(lines).encode()


# -- Server-Sent Events


async def test_every_line_ending_split_utf8_and_comments_sent_byte_by_byte_are_shown_right(
    manager: StreamManager, journal: Journal
) -> None:
    stream = (
        b"\xef\xbb\xbf: hello\r\nid: 1\r\nevent: cr-lf\r\ndata: \xe7\xb8\xbd\xe6\xa9\x9f\r\n\r\n"
        b"id: 2\revent: cr\rdata: a\rdata: b\r\r"
        b"id: 3\nevent: lf\ndata:no space\n\n"
        b"data: bad \xff utf-8\n\n: beat\n\ndata: unfinished"
    )

    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM)
        await exchange.say(stream, one_by_one=True)

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url, reconnect=False)
        ended = await until(manager, id_, is_closed)
    events = await kept(journal, Kind.SSE_EVENT)
    assert [(event.status, event.key, event.body.decode()) for event in events] == [
        (":comment", "", "hello"),
        ("cr-lf", "1", "總機"),
        ("cr", "2", "a\nb"),
        ("lf", "3", "no space"),
        ("message", "3", "bad \ufffd utf-8"),
        (":comment", "", "beat"),
    ]
    assert ended.received == 4
    assert ended.problem is not None
    assert ended.problem.detail == "16 bytes of an unfinished event were dropped"


async def test_a_connection_cut_in_mid_stream_resumes_without_gap_or_duplicate(manager: StreamManager, journal: Journal) -> None:
    ids: list[str] = []

    async def script(exchange: Exchange) -> None:
        first = int(exchange.headers.get("last-event-id", "0")) + 1
        await exchange.say(EVENT_STREAM + b"retry: 10\n\n")
        for number in range(first, first + 40):
            await exchange.say(b"id: %d\ndata: %d\n\n" % (number, number))
        await exchange.say(b"id: %d\ndata: cut in the mid" % (first + 40))
        if exchange.number == 3:
            await server.over.wait()
        await until(manager, ids[0], lambda one: one.received >= first + 20)
        exchange.cut()

    async with raw_server(script) as server:
        ids.append(await opened(manager, server.url))
        stream = await until(
            manager,
            ids[0],
            lambda one: one.resumed == 3 and int(one.last_event_id) == int(server.requests[3].headers["last-event-id"]) + 40,
        )
        numbers = [int(event.body) for event in await kept(journal, Kind.SSE_EVENT)]
    assert numbers == list(range(1, int(stream.last_event_id) + 1))
    assert stream.duplicates == 0
    closed = await kept(journal, Kind.SSE_CLOSED)
    assert [event.preview for event in closed] == ["The connection broke: connection reset by the other side"] * 3


async def test_a_server_that_repeats_its_last_event_is_found_out(manager: StreamManager) -> None:
    async def script(exchange: Exchange) -> None:
        first = exchange.headers.get("last-event-id", "1")
        await exchange.say(EVENT_STREAM + b"retry: 10\n\n" + f"id: {first}\ndata: x\n\n".encode())
        if exchange.number:
            await server.over.wait()

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url)
        stream = await until(manager, id_, lambda one: one.resumed == 1 and one.received == 2)
    assert stream.duplicates == 1


async def test_cutting_the_connection_here_makes_it_resume(manager: StreamManager) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM + b"retry: 1\nid: %d\ndata: x\n\n" % exchange.number)
        await server.over.wait()

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url)
        await until(manager, id_, lambda one: one.received == 1)
        await manager.drop(id_)
        await until(manager, id_, lambda one: one.resumed == 1)
        assert server.requests[1].headers["last-event-id"] == "0"


async def test_a_204_stops_for_good(manager: StreamManager) -> None:
    async with raw_server(lambda exchange: exchange.say(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        id_ = await opened(manager, server.url)
        stream = await until(manager, id_, is_closed)
        assert stream.reason == "The server said that the stream is over (204)"
        assert len(server.requests) == 1


async def test_a_request_carries_its_method_headers_and_body(manager: StreamManager) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM)
        await server.over.wait()

    async with raw_server(script) as server:
        headers = {"Authorization": "Bearer s3cret", "X-Name": "Zoë", "Content-Type": "application/json"}
        id_ = await opened(manager, server.url + "/ask?q=1", method="post", headers=headers, body='{"prompt": "hi"}')
        stream = await until(manager, id_, is_open)
        request = server.requests[0]
    assert request.request_line == "POST /ask?q=1 HTTP/1.1"
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["x-name"] == "Zoë"
    assert request.headers["accept"] == "text/event-stream"
    assert request.body == b'{"prompt": "hi"}'
    assert "s3cret" not in str(stream), "masked on the wire"


@pytest.mark.parametrize(
    ("response", "title", "detail"),
    [
        (answer("404 Not Found", body="no such feed"), "The server answered 404 Not Found", "no such feed"),
        (answer("401 Unauthorized"), "The server answered 401 Unauthorized", ""),
        (
            answer("200 OK", "Content-Type: text/html; charset=utf-8", body="<p>hi"),
            "This is no event stream: the server answered with text/html; charset=utf-8",
            "<p>hi",
        ),
        (answer("200 OK"), "This is no event stream: the server answered with no content type", ""),
        (answer("302 Found", "Location: /again"), "127.0.0.1:{port} redirects more than 5 times", ""),
    ],
)
async def test_answers_that_are_no_stream_end_it_with_a_hint(
    manager: StreamManager, journal: Journal, response: bytes, title: str, detail: str
) -> None:
    async with raw_server(lambda exchange: exchange.say(response)) as server:
        id_ = await opened(manager, server.url)
        stream = await until(manager, id_, is_closed)
    assert stream.reason == title.format(port=server.port)
    assert stream.problem is not None
    assert stream.problem.hint
    assert stream.problem.detail == detail
    (closed,) = await kept(journal)
    assert (closed.kind, closed.status) == (Kind.SSE_CLOSED, "failed")
    assert closed.preview.startswith(stream.reason)


async def test_secret_headers_do_not_follow_a_redirect_to_another_host(manager: StreamManager) -> None:
    async with (
        raw_server(lambda exchange: exchange.say(answer("200 OK"))) as other,
        raw_server(lambda exchange: exchange.say(answer("307 Temporary Redirect", f"Location: {other.url}/in?token=abc"))) as server,
    ):
        id_ = await opened(manager, server.url, headers={"X-Api-Key": "s3cret"})
        stream = await until(manager, id_, is_closed)
        assert stream.reason == f"The server redirects to {other.url}/in?token=***"
        assert other.requests == []


async def test_a_busy_server_is_asked_again_when_it_said(manager: StreamManager) -> None:
    async def script(exchange: Exchange) -> None:
        if exchange.number == 0:
            await exchange.say(answer("503 Service Unavailable", "Retry-After: 3600"))
        else:
            await exchange.say(EVENT_STREAM)
            await server.over.wait()

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url)
        stream = await until(manager, id_, lambda one: one.state is StreamState.WAITING)
        assert stream.reason == "The server answered 503 Service Unavailable"
        assert stream.attempt == 1
        assert stream.retry_at > 0
        await manager.open(id_)  # at once, rather than in an hour
        stream = await until(manager, id_, is_open)
        assert (stream.reason, stream.retry_at, stream.attempt) == ("", 0, 0)


async def test_nobody_listening_is_said_and_tried_again(manager: StreamManager, unused_tcp_port: int) -> None:
    id_ = await opened(manager, f"http://127.0.0.1:{unused_tcp_port}")
    stream = await until(manager, id_, lambda one: one.attempt >= 2 and one.state is StreamState.WAITING)
    assert stream.reason == f"Nothing answers at 127.0.0.1:{unused_tcp_port}"


async def test_a_host_nobody_knows_is_named(manager: StreamManager) -> None:
    id_ = await opened(manager, "http://no-such-host.invalid/", reconnect=False)
    assert (await until(manager, id_, is_closed)).reason == "No host is called no-such-host.invalid"


async def test_tls_where_there_is_none_is_said(manager: StreamManager) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer("400 Bad Request"))
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        id_ = await opened(manager, f"https://127.0.0.1:{port}/")
        stream = await until(manager, id_, is_closed)
    assert stream.reason.startswith(f"No secure connection to 127.0.0.1:{port}: ")


@pytest.fixture
def self_signed(tmp_path: Path) -> ssl.SSLContext:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-subj",
        "/CN=localhost",
        "-keyout",
        str(key),
        "-out",
        str(certificate),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("the openssl program is not installed")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context


@pytest.mark.parametrize("kind", StreamKind)
async def test_a_certificate_nobody_vouches_for_is_refused(manager: StreamManager, self_signed: ssl.SSLContext, kind: StreamKind) -> None:
    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # the server's side of the refused handshake
    server = await asyncio.start_server(never, "127.0.0.1", 0, ssl=self_signed)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if kind is StreamKind.SSE else "wss"
    id_ = await opened(manager, f"{scheme}://localhost:{port}/", kind)
    stream = await until(manager, id_, is_closed)
    server.close()
    assert stream.reason == f"No secure connection to localhost:{port}: self-signed certificate"


async def test_what_is_not_http_at_all_is_said(manager: StreamManager) -> None:
    async with raw_server(lambda exchange: exchange.say(b"SSH-2.0-x\r\n\r\n")) as server:
        id_ = await opened(manager, server.url, reconnect=False)
        stream = await until(manager, id_, is_closed)
    assert stream.reason.startswith("The connection broke: ")


async def test_a_flood_of_twenty_thousand_events_is_kept_whole(manager: StreamManager, journal: Journal) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM)
        for start in range(0, 20_000, 500):
            await exchange.say(b"".join(b"id: %d\ndata: {}\n\n" % number for number in range(start, start + 500)))

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url, reconnect=False)
        stream = await until(manager, id_, is_closed)
    assert stream.received == 20_000
    assert journal.dropped == 0
    await journal.flush()
    page = await journal.query("kind:sse.event", limit=1, newest=True)
    assert page.rows[0].key == "19999"
    assert (await journal.run(lambda db: db.execute("select count(*) from event where key != ''").fetchone()))[0] == 20_000


async def test_closing_ends_the_connection_and_says_so(manager: StreamManager, journal: Journal) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM)
        await server.over.wait()

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url)
        await until(manager, id_, is_open)
        assert (await manager.close(id_)).state is StreamState.CLOSED
        await manager.close(id_)
    opening, closed = await kept(journal)
    assert (opening.kind, opening.status) == (Kind.SSE_OPENED, "200")
    assert (closed.kind, closed.status) == (Kind.SSE_CLOSED, "closed")


# -- WebSocket


Handler = Callable[[ServerConnection], Awaitable[None]]


@pytest.fixture
async def ws_url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a websockets server that runs the test's handler."""
    handler: Handler = request.param
    async with serve(handler, "127.0.0.1", 0, subprotocols=["v2", "v1"] if handler is echo else None, max_size=None) as server:  # type: ignore[list-item]
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed"


async def echo(socket: ServerConnection) -> None:
    async for message in socket:
        await socket.send(message)


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


# -- secrets


@pytest.mark.parametrize("kind", StreamKind)
async def test_no_credential_reaches_the_log_or_the_journal(
    manager: StreamManager, journal: Journal, caplog: pytest.LogCaptureFixture, kind: StreamKind
) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM + b"data: x\n\n")
        await server.over.wait()

    caplog.set_level(logging.DEBUG)
    async with raw_server(script) as server, serve(echo, "127.0.0.1", 0) as websocket:
        port = server.port if kind is StreamKind.SSE else websocket.sockets[0].getsockname()[1]
        scheme = "http" if kind is StreamKind.SSE else "ws"
        url = f"{scheme}://me:s3cret@127.0.0.1:{port}/?token=s3cret"
        id_ = await opened(manager, url, kind, headers={"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret"})
        await until(manager, id_, is_open)
        await manager.close(id_)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets.server")]
    assert "s3cret" not in "".join(ours)
    assert "s3cret" not in str(await kept(journal))


# -- the list


async def test_streams_are_kept_over_a_restart_and_stay_closed(manager: StreamManager, journal: Journal, tmp_path: Path) -> None:
    stream = await manager.add(StreamSpec("orders", StreamKind.SSE, "http://127.0.0.1:1", headers={"Authorization": "s3cret"}))
    again = StreamManager(journal, tmp_path / "streams.json")
    await again.start()
    (kept_one,) = again.all()
    assert (kept_one.id, kept_one.spec, kept_one.state) == (stream.id, stream.spec, StreamState.IDLE)
    await again.change(stream.id, kept_one.spec)
    assert "s3cret" in (tmp_path / "streams.json").read_text(), "a masked secret that was left alone stays"


async def test_names_are_unique_and_deleted_streams_are_gone(manager: StreamManager) -> None:
    stream = await manager.add(StreamSpec("orders", StreamKind.SSE, "http://127.0.0.1:1"))
    with pytest.raises(StreamNameTaken):
        await manager.add(StreamSpec("Orders", StreamKind.SSE, "http://127.0.0.1:1"))
    await manager.remove(stream.id)
    with pytest.raises(StreamNotFound):
        manager.get(stream.id)
    assert manager.all() == []


async def test_changing_an_open_stream_reconnects_it(manager: StreamManager) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.say(EVENT_STREAM)
        await server.over.wait()

    async with raw_server(script) as server:
        id_ = await opened(manager, server.url + "/old")
        await until(manager, id_, is_open)
        await manager.change(id_, StreamSpec("renamed", StreamKind.SSE, server.url + "/new"))
        await until(manager, id_, is_open)
        assert [request.request_line.split()[1] for request in server.requests] == ["/old", "/new"]
