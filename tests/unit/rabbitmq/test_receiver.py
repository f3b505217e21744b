"""Frames become messages whole, and frames that do not follow each other say so."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_server.rabbitmq.amqp.frames import (
    ACK,
    BODY,
    DELIVER,
    GET_EMPTY,
    GET_OK,
    HEADER,
    NACK,
    OURS,
    RETURN,
    content_frames,
    publish_head,
)
from embedded_server.rabbitmq.amqp.receiver import Delivery, FrameFault, Receiver, Returned


def short(text: str) -> bytes:
    raw = text.encode()
    return bytes((len(raw),)) + raw


def deliver(tag: int, *, consumer: str = "c", redelivered: bool = False) -> bytes:
    return struct.pack(">I", DELIVER) + short(consumer) + struct.pack(">QB", tag, redelivered) + short("x") + short("k")


def header(size: int, content: bytes = b"\x00\x00") -> bytes:
    return struct.pack(">HHQ", 60, 0, size) + content


def test_a_delivery_is_handed_over_once_its_body_is_whole() -> None:
    receiver, got = Receiver(), list[Delivery]()
    receiver.consumers["c"] = got.append
    assert not receiver.method(DELIVER, deliver(7, redelivered=True))
    assert not receiver.content(HEADER, header(5, b"\x10\x00\x02"))
    assert not receiver.content(BODY, b"he")
    assert got == []
    assert receiver.content(BODY, b"llo")
    assert got == [Delivery("x", "k", True, 7, "c", b"\x10\x00\x02", b"hello")]


def test_an_empty_body_has_no_frame_of_its_own() -> None:
    receiver, got = Receiver(), list[Delivery]()
    receiver.consumers["c"] = got.append
    receiver.method(DELIVER, deliver(1))
    assert receiver.content(HEADER, header(0))
    assert [delivery.body for delivery in got] == [b""]


def test_what_comes_for_a_cancelled_consumer_is_let_go() -> None:
    receiver = Receiver()
    receiver.method(DELIVER, deliver(1, consumer="gone"))
    assert receiver.content(HEADER, header(0))


def test_gets_are_answered_in_the_order_they_were_asked() -> None:
    receiver, answers = Receiver(), list[tuple[int, Delivery | None]]()

    class Get:
        def __init__(self, number: int) -> None:
            self.number = number

        def answer(self, delivery: Delivery | None) -> None:
            answers.append((self.number, delivery))

    receiver.gets.extend((Get(1), Get(2)))
    receiver.method(GET_OK, struct.pack(">IQB", GET_OK, 3, 0) + short("x") + short("k") + struct.pack(">I", 9))
    receiver.content(HEADER, header(0))
    receiver.method(GET_EMPTY, struct.pack(">I", GET_EMPTY) + short(""))
    assert answers == [(1, Delivery("x", "k", False, 3, "", b"\x00\x00", b"", 9)), (2, None)]
    with pytest.raises(FrameFault):
        receiver.method(GET_EMPTY, struct.pack(">I", GET_EMPTY) + short(""))


def test_confirms_and_returns_are_told_in_their_order() -> None:
    receiver, told = Receiver(), list[object]()
    receiver.on_confirm = lambda *confirm: told.append(confirm)
    receiver.on_return = told.append
    receiver.method(RETURN, struct.pack(">IH", RETURN, 312) + short("NO_ROUTE") + short("x") + short("k"))
    receiver.content(HEADER, header(1))
    receiver.content(BODY, b"b")
    receiver.method(ACK, struct.pack(">IQB", ACK, 5, 1))
    receiver.method(NACK, struct.pack(">IQB", NACK, 6, 0))
    assert told == [Returned(312, "NO_ROUTE", "x", "k", b"\x00\x00", b"b"), (5, True, True), (6, False, False)]


def test_frames_out_of_order_are_a_fault() -> None:
    receiver = Receiver()
    with pytest.raises(FrameFault, match="without its method"):
        receiver.content(BODY, b"x")
    receiver.method(DELIVER, deliver(1))
    with pytest.raises(FrameFault, match="before the message was whole"):
        receiver.method(ACK, struct.pack(">IQB", ACK, 5, 1))
    receiver.content(HEADER, header(1))
    with pytest.raises(FrameFault, match="longer than"):
        receiver.content(BODY, b"xy")


@given(st.lists(st.tuples(st.sampled_from([*sorted(OURS), HEADER, BODY]), st.binary(max_size=40)), max_size=8))
def test_no_bytes_are_anything_but_a_message_or_a_fault(frames: list[tuple[int, bytes]]) -> None:
    receiver = Receiver()
    for kind, payload in frames:
        try:
            if kind in OURS:
                receiver.method(kind, struct.pack(">I", kind) + payload)
            else:
                receiver.content(kind, payload)
        except FrameFault:
            return


def test_a_body_is_cut_into_frames_that_the_broker_takes() -> None:
    raw = content_frames(3, b"\x00\x00", b"abcde", 2)
    kinds, at, body = [], 0, b""
    while at < len(raw):
        kind, channel, size = struct.unpack_from(">BHI", raw, at)
        assert channel == 3
        assert raw[at + 7 + size] == 0xCE
        kinds.append(kind)
        if kind == BODY:
            body += raw[at + 7 : at + 7 + size]
        at += size + 8
    assert (kinds, body) == ([HEADER, BODY, BODY, BODY], b"abcde")


def test_a_publish_names_exchange_and_key_and_whether_it_is_mandatory() -> None:
    assert publish_head(1, "x", "k", mandatory=True)[7:-1] == b"\x00\x3c\x00\x28\x00\x00\x01x\x01k\x01"
