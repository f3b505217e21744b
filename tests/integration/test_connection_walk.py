"""The test of a connection against everything that is no broker, and against certificates that do not hold."""

import asyncio
import ssl
import sys
from pathlib import Path

import pytest

from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, RabbitSettings, Secret
from embedded_server.core.profiles import Profile
from embedded_server.core.reach import peer as peer_module
from embedded_server.core.reach.peer import Peer, unchecked_context
from embedded_server.rabbitmq.walk import walk
from embedded_server.rabbitmq.walk.methods import AmqpPeer
from tests.helpers.broker_processes import free_port
from tests.helpers.certificates import Authority, Certificate
from tests.helpers.strangers import Serve, stranger

LIMIT_S = 10.0
"""Of a step that ends by itself."""
QUIET_S = 1.0
"""Of one that is waited for in vain."""
HEADER = b"AMQP\x00\x00\x09\x01"


async def walked(settings: RabbitSettings, password: str = "guest", limit_s: float = LIMIT_S) -> wire.TestReport:
    spec = ConnectionSpec("tested", ConnectionKind.RABBITMQ, rabbitmq=settings)
    return await walk(Profile("x", spec, {Secret.PASSWORD: password}), limit_s=limit_s)


async def failure_of(settings: RabbitSettings, limit_s: float = LIMIT_S) -> tuple[str, str]:
    """Answer the step that failed and the code of its problem; all before it passed, all after it were skipped."""
    report = await walked(settings, limit_s=limit_s)
    failed = [result for result in report.results if result.outcome is wire.TestOutcome.FAILED]
    assert len(failed) == 1
    at = report.results.index(failed[0])
    assert {result.outcome for result in report.results[at + 1 :]} <= {wire.TestOutcome.SKIPPED}
    assert [result.step for result in report.results] == list(wire.TestStep)[:8]
    problem = failed[0].problem
    assert problem is not None
    assert problem.hint
    return failed[0].step.value, problem.type.rpartition(":")[2]


# -- what no broker does


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hangs_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    return


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def says(answer: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(answer)
        await reader.read()

    return serve


@pytest.mark.parametrize(
    ("serve", "code"),
    [
        (silent, "says-nothing"),
        (hangs_up, "closes-at-once"),
        (http, "port-speaks-http"),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "port-speaks-http"),
        (says(b"AMQP\x03\x01\x00\x00"), "other-amqp-version"),
        (says(b"AMQP\x00\x00\x08\x00"), "other-amqp-version"),
        (says(b"220 mail.example.org ESMTP\r\n"), "not-amqp"),
        (says(b"\x01\x00\x00\xff\xff\xff\xff"), "not-amqp"),
        (says(b"\x01\x00\x00\x00\x00\x00\x04\x00\x0a\x00\x0b\xce"), "not-amqp"),
        (says(b"\x15\x03\x03\x00\x02\x02\x0a"), "port-wants-tls"),
        (says(b"\x00" * 64), "not-amqp"),
    ],
)
async def test_a_stranger_at_the_port_is_named(serve: Serve, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if serve is silent:
        monkeypatch.setattr(peer_module, "LOOK_LIMIT_S", 0.3)
    async with stranger(serve) as port:
        limit_s = QUIET_S if serve in {silent, http} else LIMIT_S
        assert await failure_of(RabbitSettings("127.0.0.1", port), limit_s) == ("protocol", code)


async def test_a_broker_that_keeps_silent_in_the_middle_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    from pamqp import commands
    from pamqp.frame import marshal

    start = marshal(commands.Connection.Start(0, 9, {"product": "Sleepy"}, "PLAIN", "en_US"), 0)
    async with stranger(says(start)) as port:
        assert await failure_of(RabbitSettings("127.0.0.1", port), QUIET_S) == ("login", "no-answer")


async def test_a_broker_without_passwords_is_named() -> None:
    from pamqp import commands
    from pamqp.frame import marshal

    start = marshal(commands.Connection.Start(0, 9, {}, "EXTERNAL SCRAM-SHA-256", "en_US"), 0)
    async with stranger(says(start)) as port:
        assert await failure_of(RabbitSettings("127.0.0.1", port)) == ("login", "no-plain-login")


async def test_a_name_that_leads_nowhere_and_a_port_nobody_listens_on() -> None:
    assert await failure_of(RabbitSettings("no-such-host.invalid")) == ("name", "name-not-found")
    assert await failure_of(RabbitSettings("127.0.0.1", free_port())) == ("port", "nobody-listens")
    assert await failure_of(RabbitSettings(f"{'x' * 70}.invalid")) == ("name", "name-not-found")


# -- TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def good(authority: Authority) -> Certificate:
    return authority.sign("good", "DNS:localhost,IP:127.0.0.1")


def secure(port: int, authority: Authority, host: str = "127.0.0.1") -> RabbitSettings:
    return RabbitSettings(host, port, tls=True, ca_file=str(authority.cert))


async def test_what_somebody_says_first_is_left_to_tls() -> None:
    spoken = asyncio.Event()

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEADER)
        spoken.set()
        await reader.read()

    async with stranger(speak) as port:
        peer = await Peer.connect(("127.0.0.1", port))
        await spoken.wait()
        await asyncio.wait([asyncio.get_running_loop().run_in_executor(None, lambda: None)])  # a turn of the loop in which it could be read
        with pytest.raises(ssl.SSLError):
            await asyncio.wait_for(peer.start_tls(unchecked_context(), "localhost"), 5)
        await peer.close()


async def test_plain_where_tls_is_asked_for_and_the_other_way_round(authority: Authority, good: Certificate) -> None:
    async with stranger(silent, good) as port:
        assert await failure_of(RabbitSettings("127.0.0.1", port)) == ("protocol", "port-wants-tls")
    async with stranger(says(HEADER)) as port:
        assert await failure_of(secure(port, authority)) == ("tls", "port-speaks-plain")
    async with stranger(says(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert await failure_of(secure(port, authority)) == ("tls", "port-speaks-http")
    async with stranger(silent) as port:
        assert await failure_of(secure(port, authority), QUIET_S) == ("tls", "no-answer")
    async with stranger(hangs_up) as port:
        assert (await failure_of(secure(port, authority)))[0] == "tls"


async def test_https_is_not_amqp_over_tls(authority: Authority, good: Certificate) -> None:
    async with stranger(http, good) as port:
        assert await failure_of(secure(port, authority), QUIET_S) == ("protocol", "port-speaks-https")


async def test_every_certificate_that_does_not_hold_says_why(authority: Authority, good: Certificate, tmp_path: Path) -> None:
    other = authority.sign("other", "DNS:other.example.org,DNS:cache.example.org")
    expired = authority.sign("expired", "IP:127.0.0.1", days=-1)
    stranger_ = Authority(tmp_path / "unknown", "Nobody")
    async with stranger(silent, expired) as port:
        assert await failure_of(secure(port, authority)) == ("tls", "certificate-expired")
    async with stranger(silent, good) as port:
        assert await failure_of(secure(port, stranger_)) == ("tls", "certificate-unknown-authority")
        assert await failure_of(RabbitSettings("127.0.0.1", port, tls=True)) == ("tls", "certificate-unknown-authority")
    async with stranger(silent, other) as port:
        assert await failure_of(secure(port, authority)) == ("tls", "certificate-for-other")
        report = await walked(secure(port, authority))
        problem = report.results[2].problem
        assert problem is not None
        assert "other.example.org, cache.example.org" in problem.title


async def test_an_unchecked_certificate_is_warned_of_and_a_wrong_file_is_named(authority: Authority, tmp_path: Path) -> None:
    own = Authority(tmp_path / "own", "Own").sign("self", "DNS:elsewhere")
    async with stranger(silent, own) as port:
        report = await walked(RabbitSettings("127.0.0.1", port, tls=True, verify=False), limit_s=QUIET_S)
        assert (report.results[2].outcome, report.results[3].outcome) == (wire.TestOutcome.WARNING, wire.TestOutcome.FAILED)
        junk = tmp_path / "junk.pem"
        junk.write_text("no certificate")
        for path in (junk, tmp_path / "missing.pem"):
            settings = RabbitSettings("127.0.0.1", port, tls=True, ca_file=str(path))
            assert await failure_of(settings) == ("tls", "certificate-unreadable")


async def test_an_address_that_swallows_packets_leaves_the_others_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = AmqpPeer.connect

    async def resolve(_host: str, port: int) -> list[tuple[str, int]]:
        return [("192.0.2.1", port), ("127.0.0.1", port)]

    async def swallow(address: tuple[str, int]) -> AmqpPeer:
        if address[0] == "192.0.2.1":
            await asyncio.Event().wait()
        return await connect(address)

    monkeypatch.setattr(sys.modules["embedded_server.core.reach.steps"], "resolve", resolve)
    monkeypatch.setattr(AmqpPeer, "connect", swallow)
    async with stranger(hangs_up) as port:
        assert await failure_of(RabbitSettings("many.example", port), QUIET_S) == ("protocol", "closes-at-once")
    monkeypatch.setattr(AmqpPeer, "connect", lambda _: asyncio.Event().wait())
    assert await failure_of(RabbitSettings("many.example"), QUIET_S) == ("port", "no-answer")
