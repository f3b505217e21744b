"""Links to what is no broker, no longer one, or not for us: each says what stands against it and what to try."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import body, commands, frame, header

from embedded_server.contracts.connections import LinkState, RabbitSettings
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.problems import (
    CertificateNotTrusted,
    CertificateRefused,
    CertificateUnreadable,
    LinkProblem,
    NameNotFound,
    NoAnswer,
    NobodyListens,
    PortSpeaksPlain,
    PortWantsTls,
)
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.link import Link, _parameters, open_link
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.amqp.pika_connection import Connection
from embedded_server.rabbitmq.problems import LinkLost, NotAmqp, ProtocolBroken
from tests.helpers.broker_processes import EmbeddedBroker, free_port
from tests.helpers.capability import C, profile_of
from tests.helpers.certificates import Authority
from tests.helpers.server import until
from tests.helpers.strangers import Serve, stranger


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedBroker:
    broker = EmbeddedBroker(Path(tmp_path_factory.mktemp("broker")))
    broker.start()
    return broker


@pytest.fixture(scope="module", autouse=True)
def _stopped(broker: EmbeddedBroker) -> Iterator[None]:
    yield
    broker.stop()


async def problem_of(port: int, host: str = "127.0.0.1", **more: object) -> LinkProblem:
    with pytest.raises(LinkProblem) as told:
        await open_link(RabbitSettings(host, port, **more), "guest", vhost="/", name="shop")  # type: ignore[arg-type]  # options of any type
    assert told.value.problem().hint
    return told.value


def saying(answer: bytes, *, after: int = 8) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(after)
        writer.write(answer)
        await writer.drain()

    return serve


async def test_a_port_where_nobody_listens_and_a_name_nobody_knows() -> None:
    problem = await problem_of(free_port())
    assert isinstance(problem, NobodyListens)
    assert "5672" in problem.hint
    assert isinstance(await problem_of(free_port(), "localhost"), NobodyListens)
    assert isinstance(await problem_of(5672, "no.such.host.invalid"), NameNotFound)


@pytest.mark.parametrize(
    ("answer", "problem", "shown"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", NotAmqp, "HTTP/1.1 400 Bad Request"),
        (b"AMQP\x00\x00\x09\x00", NotAmqp, "AMQP"),
        (b"SSH-2.0-x\r\n", NotAmqp, "SSH-2.0"),
        (b"", NotAmqp, "hung up"),
        (b"\x15\x03\x01\x00\x02\x02\x46", PortWantsTls, "TLS"),
        (b"\x01\x00\x00\x00\x00\x00\x04abcdX", ProtocolBroken, "end"),
        (b"\x01\x00\x00\x00\x00\x00\x04\xff\xff\xff\xff\xce", ProtocolBroken, ""),
        (b"\x01\x00\x00\x00\x00\x00\x02\x00\x0a\xce", ProtocolBroken, ""),
    ],
)
async def test_what_is_no_broker_is_told_by_what_it_says(answer: bytes, problem: type[LinkProblem], shown: str) -> None:
    async with stranger(saying(answer)) as port:
        told = await problem_of(port)
    assert isinstance(told, problem)
    assert shown in f"{told} {told.problem().hint}"


async def test_one_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded_server.rabbitmq.amqp.link.OPEN_LIMIT_S", 0.1)

    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with stranger(silent) as port:
        assert isinstance(await problem_of(port), NoAnswer)


async def test_tls_and_plain_are_told_apart_both_ways(tmp_path: Path, broker: EmbeddedBroker) -> None:
    certificate = Authority(tmp_path).sign("broker", "DNS:localhost,IP:127.0.0.1")
    async with stranger(saying(b""), certificate) as port:
        assert isinstance(await problem_of(port), PortWantsTls)
    assert isinstance(await problem_of(broker.port, tls=True), PortSpeaksPlain)


async def test_a_certificate_has_to_be_signed_and_for_the_host(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with stranger(saying(b"HTTP/1.1 400\r\n"), authority.sign("good", "IP:127.0.0.1")) as port:
        told = await problem_of(port, tls=True)
        assert isinstance(told, CertificateNotTrusted)
        assert "certificate" in str(told)
        assert isinstance(await problem_of(port, tls=True, ca_file=str(authority.cert)), NotAmqp)
        assert isinstance(await problem_of(port, tls=True, verify=False), NotAmqp)
    async with stranger(saying(b""), authority.sign("other", "DNS:elsewhere.example")) as port:
        assert isinstance(await problem_of(port, tls=True, ca_file=str(authority.cert)), CertificateNotTrusted)


async def test_certificate_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("no certificate")
    for settings_ in ({"ca_file": str(nonsense)}, {"ca_file": str(tmp_path / "missing.pem")}, {"cert_file": str(nonsense)}):
        told = await problem_of(1, tls=True, **settings_)
        assert isinstance(told, CertificateUnreadable)
        assert next(iter(settings_.values())) in str(told)


async def test_a_handshake_that_is_broken_off_says_so(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    async with stranger(hang_up) as port:
        assert isinstance(await problem_of(port, tls=True), CertificateRefused)


@contextlib.asynccontextmanager
async def between(port: int) -> AsyncIterator[tuple[int, list[asyncio.StreamWriter]]]:
    """Stand between a link and a broker; the writers are what can be cut."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writers.extend((writer, far_writer))

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65_536):
                    target.write(data)
                    await target.drain()
            target.transport.abort()

        async with asyncio.TaskGroup() as both:
            both.create_task(carry(reader, far_writer))
            both.create_task(carry(far_reader, writer))

    async with stranger(serve) as near:
        yield near, writers


async def test_a_connection_that_breaks_ends_what_waits_on_it(broker: EmbeddedBroker) -> None:
    async with between(broker.port) as (port, writers):
        links = Links(lambda _: _profile(port))
        channel = await links.channel(C, "/", confirms=True)
        await channel.declare_queue("cut", durable=False)
        writers[0].transport.abort()
        with pytest.raises(LinkLost):
            await channel.publish_confirmed("", "cut", b"x")

        async def lost() -> bool:
            return links.health(C).state in {LinkState.WAITING, LinkState.CONNECTING}

        await until(lost)
        link = await links.regained(C, "/", Purpose.CONTROL)
        assert link.is_open
        assert links.health(C).state is LinkState.OPEN
        await links.close()


async def _profile(port: int) -> Profile:
    return profile_of(port)


async def test_a_broker_that_is_away_is_tried_again_and_who_waits_gets_it(tmp_path: Path) -> None:
    late = EmbeddedBroker(tmp_path, port=free_port())
    links = Links(lambda _: _profile(late.port))
    with pytest.raises(NobodyListens):
        await links.channel(C, "/")
    health = links.health(C)
    assert health.state is LinkState.WAITING
    assert health.problem is not None

    async def told() -> bool:
        return links.health(C).retry_at > 0

    await until(told)
    await asyncio.to_thread(late.start)
    try:
        assert (await links.regained(C, "/", Purpose.CONTROL)).is_open
        await links.close()
    finally:
        await asyncio.to_thread(late.stop)


class Recorded(asyncio.Transport):
    """A stream without a socket."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self._link = link
        self._gone = False

    def write(self, data: object) -> None:
        """Take what nobody reads."""

    def is_closing(self) -> bool:
        return self._gone

    def abort(self) -> None:
        if not self._gone:
            self._gone = True
            asyncio.get_running_loop().call_soon(self._link.pika._proto_connection_lost, None)


HANDSHAKE = b"".join(
    frame.marshal(method, 0)
    for method in (
        commands.Connection.Start(0, 9, {"capabilities": {"publisher_confirms": True, "basic.nack": True}}, "PLAIN", "en_US"),
        commands.Connection.Tune(100, 4096, 0),
        commands.Connection.OpenOk(),
    )
)
MESSAGE = b"".join(
    (
        frame.marshal(commands.Channel.OpenOk(), 1),
        frame.marshal(commands.Basic.Deliver("c", 1, False, "x", "k"), 1),
        frame.marshal(header.ContentHeader(0, 3, commands.Basic.Properties(headers={"a": [1, {"b": "c"}]})), 1),
        frame.marshal(body.ContentBody(b"abc"), 1),
    )
)


async def said(*pieces: bytes) -> Link:
    """A link that was told these bytes, and has had its turn."""
    link = Link(RabbitSettings("127.0.0.1", 1), "/", "shop")
    link.pika = Connection(link, _parameters(link.settings, "guest", "/", "test"))
    link.pika._proto_connection_made(Recorded(link))
    for piece in pieces:
        link.pika.receive(piece)
        if link.opened.done() and not link.ended.done() and not link.pika.receivers:
            channel = Channel(link)
            task = asyncio.ensure_future(channel.open())  # noqa: TID251 - it waits for what may never be said
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    return link


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(HANDSHAKE + MESSAGE)), st.binary(max_size=60), st.lists(st.integers(1, 200), max_size=5))
def test_bytes_that_are_cut_or_changed_end_the_link_or_are_waited_for(at: int, garbage: bytes, cuts: list[int]) -> None:
    data = (HANDSHAKE + MESSAGE)[:at] + garbage
    pieces, begin = [], 0
    for cut in cuts:
        pieces.append(data[begin : begin + cut])
        begin += cut
    pieces.append(data[begin:])

    async def attempt() -> None:
        link = await said(*[piece for piece in pieces if piece])
        link.pika.cut()
        async with asyncio.timeout(2):
            problem = await asyncio.shield(link.ended)
        assert problem.problem().hint

    asyncio.run(attempt())


async def test_a_frame_longer_than_what_comes_is_waited_for_and_a_heartbeat_is_harmless(broker: EmbeddedBroker) -> None:
    link = await open_link(RabbitSettings("127.0.0.1", broker.port), "guest", vhost="/", name="shop")
    link.pika.receive(b"\x08\x00\x00\x00\x00\x00\x00\xce\x08\x00")
    link.pika.receive(b"\x00\x00\x00\x00\x00\xce" + struct.pack(">BHI", 1, 0, 1000))
    assert not link.ended.done()
    await link.close()
    assert link.ended.done()
    await link.close()


async def test_a_broker_that_blocks_publishers_is_told_in_its_words_and_publishing_waits() -> None:
    link = await said(HANDSHAKE)
    before = link.is_writable
    link.pika.receive(frame.marshal(commands.Connection.Blocked("low on memory"), 0))
    assert (before, link.is_writable) == (True, False)
    assert "low on memory" in str(link.blocked_problem())
    waiting = asyncio.ensure_future(link.writable())  # noqa: TID251 - to see that it waits
    await asyncio.sleep(0)
    assert not waiting.done()
    link.pika.receive(frame.marshal(commands.Connection.Unblocked(), 0))
    await waiting
    link.pika.cut()
    await asyncio.shield(link.ended)
