"""Conversations that follow the grammar and make no sense: the broker answers, never fails, and keeps nothing of clients that are gone."""

import logging
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import base, body, commands, frame, header
from pamqp.commands import Basic, Channel, Confirm, Exchange, Queue, Tx

from embedded_server.brokers.amqp.codec import MAX_DEPTH
from embedded_server.brokers.amqp.handshake import State
from embedded_server.brokers.amqp.properties import headers_of
from tests.unit.brokers.amqp.peer import Bench, Peer


@pytest.fixture(autouse=True, scope="module")
def _few_words() -> Iterator[None]:
    """What the broker says of its clients is not kept, ten times a conversation; what it logs of its own failures still fails the test."""
    logger = logging.getLogger("embedded_server.brokers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(level)


NAMES = st.sampled_from(
    ["", "q1", "q2", "q3", "x1", "x2", "amq.topic", "amq.headers", "amq.rabbitmq.reply-to", "none", "amq.rabbitmq.trace"]
)
KEYS = st.sampled_from(["", "q1", "q2", "q3", "k", "a.b", "#", "*.b"])
FLAG = st.booleans()
TAGS = st.sampled_from(["", "c1", "c2"])
NUMBERS = st.integers(0, 12)
TABLES: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(
        [
            "x-max-length",
            "x-max-length-bytes",
            "x-message-ttl",
            "x-expires",
            "x-overflow",
            "x-dead-letter-exchange",
            "x-dead-letter-routing-key",
            "x-max-priority",
            "x-single-active-consumer",
            "x-match",
            "x-priority",
            "alternate-exchange",
            "x-queue-type",
        ]
    ),
    st.sampled_from([0, 1, 3, 100, -1, True, "", "q1", "x1", "any", "reject-publish", "reject-publish-dlx", "classic", "quorum", None]),
    max_size=3,
)
PROPERTIES = st.fixed_dictionaries(
    {},
    optional={
        "expiration": st.sampled_from(["0", "1", "50", "x"]),
        "priority": NUMBERS,
        "delivery_mode": st.sampled_from([1, 2]),
        "reply_to": st.sampled_from(["q1", "amq.rabbitmq.reply-to"]),
        "user_id": st.sampled_from(["guest", "other"]),
        "headers": st.dictionaries(
            st.sampled_from(["a", "x-death", "CC", "BCC"]), st.sampled_from([1, "a", [], ["q1"], [{"queue": "q1"}], {}])
        ),
    },
)


def content(channel: int, exchange: str, key: str, mandatory: bool, payload: bytes, properties: dict[str, Any]) -> bytes:
    parts: list[Any] = [Basic.Publish(exchange=exchange, routing_key=key, mandatory=mandatory)]
    parts.append(header.ContentHeader(0, len(payload), Basic.Properties(**properties)))
    if payload:
        parts.append(body.ContentBody(payload))
    return b"".join(frame.marshal(part, channel) for part in parts)


METHODS: st.SearchStrategy[base.Frame] = st.one_of(
    st.builds(Channel.Open),
    st.builds(lambda: Channel.Close(200, "", 0, 0)),
    st.builds(Channel.CloseOk),
    st.builds(
        lambda q, p, d, e, a, t: Queue.Declare(queue=q, passive=p, durable=d, exclusive=e, auto_delete=a, arguments=t),
        NAMES,
        FLAG,
        FLAG,
        FLAG,
        FLAG,
        TABLES,
    ),
    st.builds(lambda q, u, e: Queue.Delete(queue=q, if_unused=u, if_empty=e), NAMES, FLAG, FLAG),
    st.builds(lambda q: Queue.Purge(queue=q), NAMES),
    st.builds(lambda q, x, k, t: Queue.Bind(queue=q, exchange=x, routing_key=k, arguments=t), NAMES, NAMES, KEYS, TABLES),
    st.builds(lambda q, x, k, t: Queue.Unbind(queue=q, exchange=x, routing_key=k, arguments=t), NAMES, NAMES, KEYS, TABLES),
    st.builds(
        lambda x, k, p, d, a, i, t: Exchange.Declare(
            exchange=x, exchange_type=k, passive=p, durable=d, auto_delete=a, internal=i, arguments=t
        ),
        NAMES,
        st.sampled_from(["direct", "fanout", "topic", "headers", "odd"]),
        FLAG,
        FLAG,
        FLAG,
        FLAG,
        TABLES,
    ),
    st.builds(lambda x, u: Exchange.Delete(exchange=x, if_unused=u), NAMES, FLAG),
    st.builds(lambda d, s, k, t: Exchange.Bind(destination=d, source=s, routing_key=k, arguments=t), NAMES, NAMES, KEYS, TABLES),
    st.builds(lambda d, s, k, t: Exchange.Unbind(destination=d, source=s, routing_key=k, arguments=t), NAMES, NAMES, KEYS, TABLES),
    st.builds(lambda n, g: Basic.Qos(prefetch_count=n, global_=g), NUMBERS, FLAG),
    st.builds(
        lambda q, c, n, e, t: Basic.Consume(queue=q, consumer_tag=c, no_ack=n, exclusive=e, arguments=t), NAMES, TAGS, FLAG, FLAG, TABLES
    ),
    st.builds(Basic.Cancel, TAGS),
    st.builds(lambda q, n: Basic.Get(queue=q, no_ack=n), NAMES, FLAG),
    st.builds(lambda n, m: Basic.Ack(n, multiple=m), NUMBERS, FLAG),
    st.builds(lambda n, m, r: Basic.Nack(n, multiple=m, requeue=r), NUMBERS, FLAG, FLAG),
    st.builds(lambda n, r: Basic.Reject(n, requeue=r), NUMBERS, FLAG),
    st.builds(lambda r: Basic.Recover(requeue=r), FLAG),
    st.builds(Confirm.Select),
    st.builds(Tx.Select),
    st.builds(Tx.Commit),
    st.builds(Tx.Rollback),
)
WORDS = st.one_of(
    st.builds(lambda channel, method: frame.marshal(method, channel), st.integers(1, 2), METHODS),
    st.builds(content, st.integers(1, 2), NAMES, KEYS, FLAG, st.binary(max_size=5), PROPERTIES),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), WORDS), max_size=40), st.booleans(), st.integers(1, 7))
def test_any_conversation(said: list[tuple[int, bytes]], tracing: bool, piece: int) -> None:
    bench = Bench()
    bench.broker.set_tracing("/", on=tracing)
    peers = [client(bench), client(bench)]
    for number, (who, data) in enumerate(said):
        for start in range(0, len(data), piece * 16):
            peers[who].send(data[start : start + piece * 16])
        if number % piece == 0:
            bench.broker.end_turn()
            peers[who].connection.data_to_send()
        peers[who] = polite(bench, peers[who])
        bench.advance(0.01)
    end(bench, peers)


def client(bench: Bench) -> Peer:
    """A client with two channels."""
    peer = bench.peer()
    peer.method(2, Channel.Open())
    return peer


def polite(bench: Bench, peer: Peer) -> Peer:
    """Let the client answer a close and open again, or come again, so that more than the first fault is tried."""
    connection = peer.connection
    if connection.state is not State.OPEN:
        connection.connection_lost()
        return client(bench)
    for number in [number for number, channel in connection.channels.items() if channel.closing]:
        peer.method(number, Channel.CloseOk())
    for number in {1, 2} - set(connection.channels):
        peer.method(number, Channel.Open())
    return peer


def end(bench: Bench, peers: list[Peer]) -> None:
    """Both clients vanish: what was theirs is gone, and what they had not acknowledged is back."""
    for peer in peers:
        peer.connection.connection_lost()
    bench.broker.end_turn()
    assert not bench.broker.connections
    assert not bench.broker._confirming
    vhost = bench.broker.vhosts["/"]
    vhost.tally()
    for queue in vhost.queues.values():
        assert queue.owner is None
        assert queue.consumers == []
        assert queue.active is None
        assert queue.figures.unacknowledged == 0
        assert queue.ready_bytes == sum(len(entry.message.body) for entry in queue.ready)
        limit = queue.arguments.max_length
        assert limit is None or len(queue.ready) <= limit or queue.arguments.overflow.startswith("reject")
    assert vhost.replies.is_empty


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), WORDS), max_size=15), st.data())
def test_a_conversation_with_wrong_bytes(said: list[tuple[int, bytes]], data: st.DataObject) -> None:
    bench = Bench()
    peers = [client(bench), client(bench)]
    for who, octets in said:
        wrong = bytearray(octets)
        for _ in range(data.draw(st.integers(0, 2))):
            wrong[data.draw(st.integers(0, len(wrong) - 1))] = data.draw(st.integers(0, 255))
        peers[who].send(bytes(wrong[: data.draw(st.integers(0, len(wrong)))]))
        bench.broker.end_turn()
        peers[who] = polite(bench, peers[who])
    end(bench, peers)


def nested(depth: int) -> bytes:
    """A field table in which each table holds one, that many deep."""
    table = b"\0\0\0\0"
    for _ in range(depth - 1):
        entry = b"\x01tF" + table
        table = struct.pack(">I", len(entry)) + entry
    return table


def header_with(table: bytes) -> bytes:
    return struct.pack(">HHQH", 60, 0, 1, 0x2000) + table


@pytest.mark.parametrize("depth", [1, 50, MAX_DEPTH])
def test_nested_headers_are_read(depth: int) -> None:
    found: Any = headers_of(header_with(nested(depth)))
    for _ in range(depth - 1):
        found = found["t"]
    assert found == {}


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 1000, 15_000])
def test_headers_nested_without_end_are_not(depth: int) -> None:
    assert headers_of(header_with(nested(depth))) == {}


@pytest.mark.parametrize("depth", [1000, 15_000])
def test_messages_with_such_headers_pass_and_die_unharmed(depth: int) -> None:
    bench = Bench()
    peer = bench.peer()
    peer.declare("graves")
    peer.declare(arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "graves", "x-max-length": 0})
    peer.method(1, Queue.Bind(queue="q", exchange="amq.headers", routing_key="", arguments={"t": None}))
    peer.answers()
    raw = header_with(nested(depth))
    for exchange in ("", "amq.headers"):
        peer.method(1, Basic.Publish(exchange=exchange, routing_key="q"))
        peer.send(struct.pack(">BHI", 2, 1, len(raw)) + raw + b"\xce")
        peer.send(frame.marshal(body.ContentBody(b"x"), 1))
    assert len(bench.broker.vhosts["/"].queues["graves"].ready) == 1


def test_arguments_nested_without_end_are_refused() -> None:
    peer = Bench().peer()
    table = nested(MAX_DEPTH + 1)
    payload = struct.pack(">HHH", 50, 10, 0) + b"\x01q\0" + table
    peer.send(struct.pack(">BHI", 1, 1, len(payload)) + payload + b"\xce")
    (answer,) = peer.answers()
    assert isinstance(answer, commands.Connection.Close)
    assert (answer.reply_code, answer.class_id, answer.method_id) == (501, 50, 10)
