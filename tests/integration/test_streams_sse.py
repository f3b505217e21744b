"""Streams of Server-Sent Events against real servers: what comes is kept, what breaks is named, what can resume resumes."""

import asyncio

import pytest

from embedded_server.contracts.events import Kind
from embedded_server.contracts.streams import StreamState
from embedded_server.journal import Journal
from embedded_server.streams import StreamManager
from tests.helpers.raw_server import EVENT_STREAM, Exchange, raw_server
from tests.integration.streams_bench import answer, is_closed, is_open, journal, kept, manager, opened, until

__all__ = ["journal", "manager"]


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
