"""Frames out of bytes, however they are cut, and messages that come in one piece."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import body, commands, frame, header

from embedded_server.brokers.amqp.codec import FRAME_BODY, FRAME_HEADER, FRAME_MAX_SIZE, FRAME_METHOD
from embedded_server.brokers.amqp.frames import Frame, FrameReader, three_frames
from tests.unit.brokers.amqp.peer import Bench


def message(payload: bytes, *, channel: int = 1, key: str = "q", **properties: object) -> bytes:
    content = header.ContentHeader(0, len(payload), commands.Basic.Properties(**properties))  # type: ignore[arg-type]  # options of any type
    parts = [frame.marshal(commands.Basic.Publish(routing_key=key), channel), frame.marshal(content, channel)]
    return b"".join((*parts, frame.marshal(body.ContentBody(payload), channel) if payload else b""))


def apart(frames: list[Frame]) -> list[tuple[int, int, bytes]]:
    """Every frame by itself."""
    found: list[tuple[int, int, bytes]] = []
    for one in frames:
        found += [part[:3] for part in (three_frames(one) if one[3] is not None else [one])]
    return found


ACK = frame.marshal(commands.Basic.Ack(delivery_tag=7), 1)
pieces = st.one_of(
    st.just(ACK),
    st.just(b"\x08\x00\x00\x00\x00\x00\x00\xce"),
    st.builds(message, st.binary(max_size=30), channel=st.integers(1, 2), key=st.sampled_from(["q", "r"])),
    st.builds(message, st.binary(min_size=3, max_size=3), message_id=st.sampled_from(["a", "b"])),
)


@given(st.lists(pieces, max_size=15), st.data())
def test_frames_are_the_same_however_the_stream_is_cut(some: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(some)
    singly = FrameReader()
    expected = apart([one for at in range(len(stream)) for one in singly.feed(stream[at : at + 1])])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    reader = FrameReader()
    found = [one for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True) for one in reader.feed(stream[start:end])]
    assert apart(found) == expected
    assert (reader.error, singly.error) == (None, None)


def test_message_in_one_piece_is_one_frame_and_repeats_its_opening() -> None:
    frames = FrameReader().feed(message(b"one") + message(b"two") + ACK + message(b"six", key="r") + message(b"three", key="r"))
    openings = [one[3] for one in frames]
    assert [one[2] for one in frames if one[3] is not None] == [b"one", b"two", b"six", b"three"]
    assert openings[0] is openings[1]
    assert openings[2] is None
    assert len({id(opening) for opening in openings}) == 4


@pytest.mark.parametrize("payload", [b"", bytes(200_000)], ids=["empty", "in several frames"])
def test_other_messages_come_frame_by_frame(payload: bytes) -> None:
    parts = [payload[at : at + FRAME_MAX_SIZE - 8] for at in range(0, len(payload), FRAME_MAX_SIZE - 8)]
    stream = message(b"")[:0] + frame.marshal(commands.Basic.Publish(routing_key="q"), 1)
    stream += frame.marshal(header.ContentHeader(0, len(payload)), 1)
    stream += b"".join(frame.marshal(body.ContentBody(part), 1) for part in parts)
    assert [one[0] for one in FrameReader().feed(stream)] == [FRAME_METHOD, FRAME_HEADER, *[FRAME_BODY] * len(parts)]


def test_wrong_end_of_a_repeated_message_is_an_error() -> None:
    reader = FrameReader()
    assert len(reader.feed(message(b"one"))) == 1
    assert [one[0] for one in reader.feed(message(b"two")[:-1] + b"\x00")] == [FRAME_METHOD, FRAME_HEADER]
    assert reader.error is not None
    assert "invalid_frame_end_marker" in reader.error.text


@given(st.lists(st.tuples(st.integers(0, 200), st.binary(min_size=1, max_size=3)), max_size=4), st.lists(pieces, min_size=1, max_size=5))
def test_damaged_streams_are_read_alike_whole_and_in_bits(damage: list[tuple[int, bytes]], some: list[bytes]) -> None:
    stream = bytearray(b"".join(some))
    for at, octets in damage:
        stream[at % len(stream) : at % len(stream) + len(octets)] = octets
    whole, singly = FrameReader(), FrameReader()
    found = whole.feed(bytes(stream))
    expected = [one for octet in stream for one in singly.feed(bytes((octet,)))]
    assert apart(found) == apart(expected)
    assert str(whole.error) == str(singly.error)


def test_message_on_a_channel_that_is_not_open_ends_the_connection() -> None:
    peer = Bench().peer(channel=False)
    peer.send(message(b"x"))
    (close,) = peer.answers()
    assert isinstance(close, commands.Connection.Close)
    assert (close.reply_code, close.class_id, close.method_id) == (504, 60, 40)


def test_message_within_another_message_ends_the_connection() -> None:
    peer = Bench().peer()
    peer.method(1, commands.Basic.Publish(routing_key="q"))
    peer.send(message(b"x"))
    (close,) = peer.answers()
    assert isinstance(close, commands.Connection.Close)
    assert close.reply_code == 505


def test_messages_after_one_that_closed_the_channel_are_ignored() -> None:
    peer = Bench().peer()
    peer.declare()
    refused = frame.marshal(commands.Basic.Publish(exchange="nowhere", routing_key="q"), 1)
    refused += frame.marshal(header.ContentHeader(0, 1), 1) + frame.marshal(body.ContentBody(b"x"), 1)
    peer.send(message(b"1") + refused + message(b"2") + message(b"3"))
    (close,) = peer.answers()
    assert isinstance(close, commands.Channel.Close)
    assert close.reply_code == 404
    assert len(peer.broker.vhosts["/"].queues["q"].ready) == 1
