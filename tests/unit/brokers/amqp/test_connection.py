"""The connection's state machine over bytes: handshake, refusals, heartbeats, and whatever a stranger may send."""

import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import body, commands, frame, header
from pamqp.heartbeat import Heartbeat

from embedded_server.brokers.amqp.connection import MAX_BUFFERED_BYTES, Connection
from tests.unit.brokers.amqp.peer import CAPABLE, Bench, Peer


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_handshake_byte_by_byte(bench: Bench) -> None:
    peer = Peer(bench.broker)
    script = (
        header.ProtocolHeader().marshal()
        + frame.marshal(commands.Connection.StartOk({}, "PLAIN", "\0guest\0guest", "en_US"), 0)
        + frame.marshal(commands.Connection.TuneOk(2047, 131072, 0), 0)
        + frame.marshal(commands.Connection.Open("/"), 0)
        + frame.marshal(commands.Channel.Open(), 1)
    )
    for position in range(len(script)):
        peer.send(script[position : position + 1])
    assert [type(answer) for answer in peer.answers()] == [
        commands.Connection.Start,
        commands.Connection.Tune,
        commands.Connection.OpenOk,
        commands.Channel.OpenOk,
    ]


@pytest.mark.parametrize("first", [b"GET / HT", b"AMQP\x00\x00\x09\x02", b"x"])
def test_stranger_is_told_the_protocol_and_let_go(bench: Bench, first: bytes) -> None:
    peer = Peer(bench.broker)
    peer.send(first)
    assert peer.connection.data_to_send() == [b"AMQP\x00\x00\x09\x01"]
    assert peer.connection.finished


def test_amqplain_is_understood(bench: Bench) -> None:
    peer = Peer(bench.broker)
    peer.send(header.ProtocolHeader().marshal())
    response = b"\x05LOGINS\x00\x00\x00\x05guest\x08PASSWORDS\x00\x00\x00\x05guest"
    peer.method(0, commands.Connection.StartOk({}, "AMQPLAIN", response.decode(), "en_US"))
    assert isinstance(peer.answers()[-1], commands.Connection.Tune)


@pytest.mark.parametrize("response", ["", "guest", "\0guest\0wrong", "\0nobody\0guest", "\0guest\0guest\0more"])
def test_wrong_login_is_refused(bench: Bench, response: str, caplog: pytest.LogCaptureFixture) -> None:
    peer = Peer(bench.broker)
    peer.send(header.ProtocolHeader().marshal())
    with caplog.at_level(logging.WARNING):
        peer.method(0, commands.Connection.StartOk(CAPABLE, "PLAIN", response, "en_US"))  # type: ignore[arg-type]  # its annotations are narrower than what it takes
    close = peer.answers()[-1]
    assert isinstance(close, commands.Connection.Close)
    assert (close.reply_code, close.class_id, close.method_id) == (403, 0, 0)


def test_wrong_login_without_the_capability_just_ends(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    peer = Peer(bench.broker)
    peer.send(header.ProtocolHeader().marshal())
    with caplog.at_level(logging.WARNING):
        peer.method(0, commands.Connection.StartOk({}, "PLAIN", "\0guest\0wrong", "en_US"))
    assert [type(answer) for answer in peer.answers()] == [commands.Connection.Start]
    assert peer.connection.finished


def test_handshake_that_stops_is_ended(bench: Bench) -> None:
    peer = Peer(bench.broker)
    peer.send(b"AMQP")
    bench.advance(11)
    assert peer.connection.finished


def test_heartbeats_are_sent_while_nothing_else_is(bench: Bench) -> None:
    peer = bench.peer(heartbeat=10)
    bench.advance(5.1)
    peer.answers()
    bench.advance(5)
    assert [type(answer) for answer in peer.answers()] == [Heartbeat]


def test_silent_client_is_let_go_after_two_intervals(bench: Bench) -> None:
    peer = bench.peer(heartbeat=10)
    bench.advance(19)
    assert not peer.connection.finished
    bench.advance(10)
    assert peer.connection.finished


def test_any_byte_counts_as_a_sign_of_life(bench: Bench) -> None:
    peer = bench.peer(heartbeat=10)
    for _ in range(10):
        bench.advance(9)
        peer.send(Heartbeat().marshal())
    assert not peer.connection.finished


def test_close_that_is_never_answered_ends(bench: Bench) -> None:
    peer = bench.peer()
    peer.method(7, commands.Basic.Qos())
    assert isinstance(peer.answers()[-1], commands.Connection.Close)
    assert not peer.connection.finished
    bench.advance(6)
    assert peer.connection.finished


def test_frames_after_a_close_are_ignored(bench: Bench) -> None:
    peer = bench.peer()
    peer.method(7, commands.Basic.Qos())
    peer.answers()
    peer.method(1, commands.Queue.Declare(queue="late"))
    assert peer.answers() == []
    assert "late" not in bench.broker.vhosts["/"].queues


def test_method_that_only_a_server_sends_is_refused(bench: Bench) -> None:
    peer = bench.peer()
    peer.method(1, commands.Queue.DeclareOk(queue="q", message_count=0, consumer_count=0))
    close = peer.answers()[-1]
    assert isinstance(close, commands.Connection.Close)
    assert close.reply_code == 503


def test_message_above_128_mebibytes_is_refused_before_its_body(bench: Bench) -> None:
    peer = bench.peer()
    peer.method(1, commands.Basic.Publish(exchange="", routing_key="x"))
    peer.send(frame.marshal(header.ContentHeader(0, 134_217_729), 1))
    peer.send(frame.marshal(body.ContentBody(b"x" * 100), 1))
    (close,) = peer.answers()
    assert isinstance(close, commands.Channel.Close)
    expected = "PRECONDITION_FAILED - message size 134217729 is larger than configured max size 134217728"
    assert (close.reply_code, close.reply_text) == (406, expected)


def test_table_nested_without_end_is_a_frame_error(bench: Bench) -> None:
    peer = bench.peer()
    depth = 3000
    table = b""
    for _ in range(depth):
        table = b"\x01kF" + len(table).to_bytes(4) + table
    table = len(table).to_bytes(4) + table
    payload = b"\x00\x32\x00\x0a\x00\x00\x01q\x00" + table
    peer.send(b"\x01\x00\x01" + len(payload).to_bytes(4) + payload + b"\xce")
    close = peer.answers()[-1]
    assert isinstance(close, commands.Channel.Close | commands.Connection.Close)
    assert close.reply_code == 501


def test_congested_client_is_given_no_more_until_it_reads(bench: Bench) -> None:
    publisher, reader = bench.peer(), bench.peer()
    publisher.declare()
    payload = b"x" * 100_000
    for _ in range(30):
        publisher.publish(payload=payload)
    reader.consume()
    bench.broker.end_turn()
    assert bench.broker.vhosts["/"].queues["q"].ready
    (first,) = reader.connection.data_to_send()
    assert MAX_BUFFERED_BYTES < len(first) < MAX_BUFFERED_BYTES + 2 * len(payload)
    reader.connection.pause()
    rest = sum(map(len, reader.connection.data_to_send()))
    assert reader.connection.data_to_send() == []
    reader.connection.resume()
    while data := reader.connection.data_to_send():
        rest += sum(map(len, data))
    assert len(first) + rest > 30 * len(payload)
    assert not bench.broker.vhosts["/"].queues["q"].ready


def blocked(*peers: Peer) -> list[bool]:
    return [peer.connection.blocked for peer in peers]


def test_publishers_are_told_when_the_broker_blocks_and_unblocks(bench: Bench) -> None:
    told, deaf, idle = bench.peer(), bench.peer(client_properties={"capabilities": {}}), bench.peer()
    for peer in (told, deaf):
        peer.publish()
    bench.broker.block("disk")
    assert blocked(told, deaf, idle) == [True, True, False]
    late = bench.peer()
    assert blocked(late) == [False]
    late.publish()
    assert blocked(late) == [True]
    bench.broker.unblock()
    both = [commands.Connection.Blocked, commands.Connection.Unblocked]
    assert [type(answer) for answer in told.answers()] == both
    assert [type(answer) for answer in late.answers()] == both
    assert deaf.answers() == idle.answers() == []
    assert blocked(told, deaf, late) == [False] * 3


def test_a_blocked_client_need_send_no_heartbeats(bench: Bench) -> None:
    peer = bench.peer(heartbeat=10)
    peer.publish()
    bench.broker.block("disk")
    bench.advance(100)
    assert not peer.connection.finished
    bench.broker.unblock()
    bench.advance(15)
    assert not peer.connection.finished
    bench.advance(15)
    assert peer.connection.finished


def test_shutdown_says_goodbye(bench: Bench) -> None:
    peer = bench.peer()
    bench.broker.close()
    close = peer.answers()[-1]
    assert isinstance(close, commands.Connection.Close)
    assert close.reply_code == 320
    assert peer.connection.finished


def test_lost_connection_may_be_lost_twice(bench: Bench) -> None:
    peer = bench.peer()
    peer.declare(exclusive=True)
    peer.connection.connection_lost()
    peer.connection.connection_lost()
    assert bench.broker.vhosts["/"].queues == {}
    assert bench.broker.connections == set()


# -- whatever a stranger may send: never an exception (one would be logged, and fail the test), never a hang

frames = st.builds(
    lambda kind, channel, payload, end: bytes((kind,)) + channel.to_bytes(2) + len(payload).to_bytes(4) + payload + end,
    st.sampled_from([1, 1, 1, 2, 3, 8, 0, 255]),
    st.sampled_from([0, 1, 1, 1, 2, 65535]),
    st.one_of(
        st.binary(max_size=64),
        st.builds(lambda index, rest: index.to_bytes(4) + rest, st.sampled_from(sorted(commands.INDEX_MAPPING)), st.binary(max_size=48)),
    ),
    st.sampled_from([b"\xce", b"\xce", b"\xce", b"\xce", b"\x00"]),
)


def survives(connection: Connection, bench: Bench, data: bytes) -> None:
    connection.receive_data(data)
    bench.broker.end_turn()
    connection.data_to_send()
    bench.advance(1)
    connection.connection_lost()
    assert bench.broker.connections == set()


@given(st.binary(max_size=300))
def test_random_bytes_as_first_words(data: bytes) -> None:
    bench = Bench()
    survives(Connection(bench.broker), bench, data)


@given(st.binary(max_size=300))
def test_random_bytes_after_the_header(data: bytes) -> None:
    bench = Bench()
    survives(Connection(bench.broker), bench, b"AMQP\x00\x00\x09\x01" + data)


@settings(max_examples=150)
@given(st.lists(frames, max_size=8))
def test_random_frames_on_an_open_channel(sent: list[bytes]) -> None:
    logging.getLogger("embedded_server.brokers").setLevel(logging.WARNING)
    bench = Bench()
    peer = bench.peer()
    survives(peer.connection, bench, b"".join(sent))


VALID = b"".join(
    frame.marshal(method, 1)
    for method in (
        commands.Queue.Declare(queue="q", arguments={"x-max-priority": 3}),
        commands.Exchange.Declare(exchange="e", exchange_type="topic"),
        commands.Queue.Bind(queue="q", exchange="e", routing_key="#"),
        commands.Basic.Publish(exchange="e", routing_key="k"),
        header.ContentHeader(0, 0, commands.Basic.Properties(headers={"a": [1, {"b": "c"}]}, priority=1, expiration="10")),
        commands.Basic.Consume(queue="q", consumer_tag="c"),
        commands.Basic.Ack(delivery_tag=1),
    )
)


@settings(max_examples=150)
@given(st.integers(0, len(VALID) - 1), st.integers(0, 255))
def test_one_wrong_byte_in_a_good_conversation(position: int, value: int) -> None:
    bench = Bench()
    peer = bench.peer()
    survives(peer.connection, bench, VALID[:position] + bytes((value,)) + VALID[position + 1 :])


@given(st.integers(0, len(VALID)))
def test_conversation_cut_anywhere(position: int) -> None:
    bench = Bench()
    peer = bench.peer()
    survives(peer.connection, bench, VALID[:position])


@given(st.lists(st.integers(0, len(VALID)), max_size=20))
def test_conversation_in_any_pieces_has_the_same_answers(cuts: list[int]) -> None:
    whole, cut = Bench().peer(), Bench().peer()
    whole.send(VALID)
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(VALID)], strict=True):
        cut.send(VALID[start:end])
    assert [type(answer) for answer in cut.answers()] == [type(answer) for answer in whole.answers()]
