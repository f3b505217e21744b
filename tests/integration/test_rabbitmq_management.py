"""The management API's client against a server that answers oddly: each oddity is said in words, and the panel goes on with less."""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import Overview
from embedded_server.core.profiles import Profile
from embedded_server.rabbitmq.holdings.inventory import Inventory
from embedded_server.rabbitmq.holdings.known import KnownNames
from embedded_server.rabbitmq.holdings.queues import PageQuery, Queues
from embedded_server.rabbitmq.management import client as module
from embedded_server.rabbitmq.management.client import Management, management_url, path_of
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.management.problems import (
    ManagementAnswerTooLarge,
    ManagementBroke,
    ManagementFails,
    ManagementForbidden,
    ManagementHostUnknown,
    ManagementLoginRefused,
    ManagementMissing,
    ManagementNotThere,
    ManagementOff,
    ManagementRedirects,
    ManagementRefused,
    ManagementTagMissing,
    ManagementTimedOut,
    ManagementTlsFailed,
    ManagementUnreachable,
    ManagementUrlInvalid,
    NotOnBroker,
)
from tests.helpers.capability import profile_of
from tests.helpers.raw_server import Exchange, raw_server

OPENSSL = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


def answer(value: Any = None, status: str = "200 OK", *, kind: str = "application/json", headers: str = "") -> bytes:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def always(data: bytes) -> Callable[[Exchange], Awaitable[None]]:
    async def script(exchange: Exchange) -> None:
        await exchange.say(data)

    return script


def refusal(reason: str, status: str = "401 Unauthorized", error: str = "not_authorised") -> bytes:
    return answer({"error": error, "reason": reason}, status)


@pytest.mark.parametrize(
    ("data", "problem", "words"),
    [
        (answer(b"<html>Sign in</html>", kind="text/html"), ManagementNotThere, "text/html"),
        (answer(b"<html>no</html>", "404 Not Found", kind="text/html"), ManagementNotThere, "404"),
        (answer(b'{"half": ', kind="application/json"), ManagementNotThere, "application/json"),
        (refusal("Object Not Found", "404 Not Found", "Object Not Found"), ManagementNotThere, "404"),
        (refusal("Not management user"), ManagementTagMissing, "guest"),
        (refusal("Login failed"), ManagementLoginRefused, "guest"),
        (answer(b"", "401 Unauthorized", kind="text/plain"), ManagementLoginRefused, "guest"),
        (answer(b"oops", "500 Internal Server Error", kind="text/plain"), ManagementFails, "500"),
        (refusal("timeout", "503 Service Unavailable", "error"), ManagementFails, "timeout"),
        (answer(b"", "301 Moved", headers="Location: https://else.example/api/overview?secret=1\r\n"), ManagementRedirects, "else.example"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ManagementBroke, "127.0.0.1"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", ManagementBroke, "127.0.0.1"),
        (b"", ManagementBroke, "127.0.0.1"),
    ],
)
async def test_an_odd_answer_is_a_clear_problem(data: bytes, problem: type[ManagementMissing], words: str) -> None:
    async with raw_server(always(data)) as server:
        management = Management(profile_of(1, server.url))
        with pytest.raises(problem) as caught:
            await management.get("overview")
        assert words in str(caught.value)
        assert "secret" not in str(caught.value)
        assert caught.value.problem().hint
        assert management.failed
        await management.close()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (refusal("Object Not Found", "404 Not Found", "Object Not Found"), NotOnBroker),
        (refusal("User not administrator"), ManagementForbidden),
        (refusal("page out of range", "400 Bad Request", "bad_request"), ManagementRefused),
        (answer({"error": "x", "reason": "y"}, "403 Forbidden"), ManagementForbidden),
    ],
)
async def test_a_refusal_of_one_thing_is_not_a_missing_api(data: bytes, problem: type[UserFacingError]) -> None:
    async with raw_server(always(data)) as server:
        management = Management(profile_of(1, server.url))
        with pytest.raises(problem):
            await management.get("queues/%2F/q")
        assert not management.failed
        await management.close()


async def test_a_slow_answer_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_LIMIT_S", 0.2)

    async def never(exchange: Exchange) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\n")
        await server.over.wait()

    async with raw_server(never) as server:
        management = Management(profile_of(1, server.url))
        with pytest.raises(ManagementTimedOut, match=r"0\.2 s"):
            await management.get("overview")
        await management.close()


async def test_a_huge_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_ANSWER_BYTES", 2 * 1024**2)

    async def endless(exchange: Exchange) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await exchange.say(b'"' + b"x" * 65_536)

    async with raw_server(endless) as server:
        management = Management(profile_of(1, server.url))
        with pytest.raises(ManagementAnswerTooLarge, match="2 MB"):
            await management.get("overview")
        await management.close()


async def test_a_large_answer_is_read_whole() -> None:
    value = [{"name": f"queue-{number}", "pad": "x" * 200} for number in range(5_000)]
    async with raw_server(always(answer(value))) as server:
        management = Management(profile_of(1, server.url))
        assert await management.get("queues") == value
        await management.close()


async def test_many_askers_share_one_request_and_a_change_is_seen_at_once() -> None:
    async def count(exchange: Exchange) -> None:
        if exchange.request_line.startswith("DELETE"):
            await exchange.say(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
        else:
            await exchange.say(answer({"asked": exchange.number}))

    async with raw_server(count) as server:
        management = Management(profile_of(1, server.url))
        answers = await asyncio.gather(*(management.get("overview") for _ in range(50)))
        assert [found["asked"] for found in answers] == [0] * 50
        await management.delete("queues/%2F/q")
        assert (await management.get("overview"))["asked"] == 2
        await management.close()


async def test_credentials_and_prefix_are_sent() -> None:
    async with raw_server(always(answer({}))) as server:
        management = Management(profile_of(1, f"{server.url}/rabbit/", user="ada", password="ünï"))
        await management.get("queues/%2F", page=1, name="a b&c", use_regex="false")
        [request] = server.requests
        assert request.request_line == "GET /rabbit/api/queues/%2F?page=1&name=a+b%26c&use_regex=false HTTP/1.1"
        assert request.headers["authorization"] == "Basic YWRhOsO8bsOv"
        await management.close()


@pytest.mark.parametrize("name", ["/", "a/b", "a%2Fb", ".", "..", "ü?#&", " ", "x" * 255])
async def test_every_name_stays_one_segment(name: str) -> None:
    async with raw_server(always(answer({}))) as server:
        management = Management(profile_of(1, server.url))
        await management.get(path_of("queues", name, "q"))
        path = server.requests[0].request_line.split(" ")[1]
        assert path.startswith("/api/queues/")
        assert path.count("/") == 4
        await management.close()


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("", "http://127.0.0.1:15672"),
        ("http://h:1/", "http://h:1"),
        ("https://h/rabbit/api/", "https://h/rabbit"),
        ("http://h:15672/#/queues/%2F/orders", "http://h:15672"),
        ("http://user:secret@h:1", "http://h:1"),
        ("h:15672", "http://h:15672"),
    ],
)
def test_a_url_as_people_copy_it_serves(url: str, base: str) -> None:
    settings = profile_of(1, url or "x").spec.rabbitmq
    assert settings is not None
    assert management_url(type(settings)("127.0.0.1", management_url=url)) == base


@pytest.mark.parametrize("url", ["ftp://h", "http://", "http://h:port", "http://[::1", "://"])
def test_a_url_that_is_none_is_said_so(url: str) -> None:
    with pytest.raises(ManagementUrlInvalid):
        Management(profile_of(1, url))


def test_the_usual_url_follows_tls_and_the_address() -> None:
    settings = profile_of(1).spec.rabbitmq
    assert settings is not None
    assert management_url(type(settings)("::1", tls=True)) == "https://[::1]:15671"
    with pytest.raises(ManagementOff):
        Management(profile_of(1))


async def test_nobody_there_is_told_with_the_address() -> None:
    for url, problem in (("http://127.0.0.1:1", ManagementUnreachable), ("http://no-such-host.invalid:1", ManagementHostUnknown)):
        management = Management(profile_of(1, url))
        with pytest.raises(problem):
            await management.get("overview")
        await management.close()


# -- TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    import subprocess

    folder = tmp_path_factory.mktemp("tls")
    made = subprocess.run(
        [*OPENSSL, "-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("needs openssl")
    return folder / "cert.pem", folder / "key.pem"


async def tls_server(stack: AsyncExitStack, certificate: tuple[Path, Path]) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer({"secure": True}))
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    await stack.enter_async_context(listener)
    return f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"


async def test_tls_is_checked_by_the_named_authority(certificate: tuple[Path, Path], tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        url = await tls_server(stack, certificate)
        trusting: list[dict[str, Any]] = [{"ca_file": str(certificate[0])}, {"verify": False}]
        for settings in trusting:
            management = Management(profile_of(1, url, **settings))
            assert await management.get("overview") == {"secure": True}
            await management.close()
        refusing: list[tuple[dict[str, Any], str]] = [({}, "self"), ({"ca_file": str(tmp_path / "none.pem")}, "none.pem")]
        for settings, words in refusing:
            management = Management(profile_of(1, url, **settings))
            with pytest.raises(ManagementTlsFailed, match=words):
                await management.get("overview")
            await management.close()


async def test_a_plain_port_behind_https_is_said_so() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer({}, "400 Bad Request"))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listener:
        management = Management(profile_of(1, f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}"))
        with pytest.raises(ManagementTlsFailed):
            await management.get("overview")
        await management.close()


# -- what the inventory makes of it


async def test_the_settings_are_read_again_after_a_failure(tmp_path: Path) -> None:
    profiles = [profile_of(1, "http://127.0.0.1:1")]

    async def resolve(_: str) -> Profile:
        return profiles[0]

    async def no_channel(_connection: str, _vhost: str) -> Any:
        raise ManagementOff(name="no AMQP here either")

    async with raw_server(always(answer({"items": [{"name": "q", "vhost": "/"}], "total_count": 1}))) as server:
        pool = ManagementPool(resolve, lambda _: None)
        queues = Queues(resolve, pool, no_channel, KnownNames(tmp_path / "known.json"))
        assert (await queues.page("c", PageQuery("/"))).queues == []
        profiles[0] = profile_of(1, server.url)
        page = await queues.page("c", PageQuery("/"))
        [queue] = page.queues
        assert (queue.name, queue.ready, queue.publish_rate) == ("q", None, None)
        await pool.close()


async def test_an_answer_of_another_shape_is_nothing_rather_than_a_fault(tmp_path: Path) -> None:
    async def resolve(_: str) -> Profile:
        return profile_of(1, server.url)

    async def no_channel(_connection: str, _vhost: str) -> Any:
        raise ManagementOff(name="no AMQP here either")

    for odd in ([], {}, None, 1, "text", [1, None, {"name": 5}], {"items": {"a": 1}, "queue_totals": [], "message_stats": 3}):
        async with raw_server(always(answer(odd))) as server:
            pool = ManagementPool(resolve, lambda _: None)
            inventory = Inventory(resolve, pool, no_channel, KnownNames(tmp_path / "known.json"))
            assert isinstance(await inventory.overview("c"), Overview)
            await Queues(resolve, pool, no_channel, KnownNames(tmp_path / "known.json")).page("c", PageQuery("/"))
            for ask in (inventory.exchanges, inventory.bindings, inventory.consumers):
                assert isinstance(await ask("c", "/"), list)
            assert isinstance(await inventory.clients("c"), list)
            assert isinstance(await inventory.channels("c"), list)
            await pool.close()
