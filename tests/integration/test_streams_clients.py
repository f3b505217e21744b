"""What streams of both kinds share: secrets, certificates, and the list that is kept."""

import asyncio
import logging
import ssl
import subprocess
from pathlib import Path

import pytest
from websockets.asyncio.server import serve

from embedded_server.contracts.streams import StreamKind, StreamSpec, StreamState
from embedded_server.journal import Journal
from embedded_server.streams import StreamManager
from embedded_server.streams.problems import StreamNameTaken, StreamNotFound
from tests.helpers.raw_server import EVENT_STREAM, Exchange, raw_server
from tests.integration.streams_bench import echo, is_closed, is_open, journal, kept, manager, opened, until

__all__ = ["journal", "manager"]


# -- secrets and certificates


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
