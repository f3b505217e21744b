"""The opening's frames, from bytes: whatever comes is a method, not AMQP, or another version."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pamqp import base, commands
from pamqp.frame import marshal, unmarshal

from embedded_server.rabbitmq.walk.handshake import Incoming, NotFrames, OtherVersion, open_vhost, start_ok, tune_ok

GREETING = marshal(commands.Connection.Start(0, 9, {"product": "RabbitMQ", "version": "3.10.8"}, "PLAIN AMQPLAIN", "en_US"), 0)
TUNE = marshal(commands.Connection.Tune(2047, 131_072, 60), 0)


def methods_in(*pieces: bytes) -> list[base.Frame]:
    incoming = Incoming()
    return [method for piece in pieces for _, method in incoming.feed(piece)]


@given(st.lists(st.integers(0, len(GREETING + TUNE)), max_size=6))
def test_methods_come_whole_however_the_bytes_are_cut(cuts: list[int]) -> None:
    whole = GREETING + TUNE
    edges = [0, *sorted(cuts), len(whole)]
    pieces = [whole[first:last] for first, last in itertools.pairwise(edges)]
    assert [type(method) for method in methods_in(*pieces)] == [commands.Connection.Start, commands.Connection.Tune]


@given(st.binary(max_size=300))
def test_any_bytes_are_methods_or_told_not_to_be(data: bytes) -> None:
    with contextlib.suppress(NotFrames, OtherVersion):
        methods_in(data)


@given(st.integers(0, len(GREETING) - 1), st.integers(0, 255))
def test_a_changed_byte_never_does_more_harm_than_that(at: int, byte: int) -> None:
    with contextlib.suppress(NotFrames, OtherVersion):
        methods_in(GREETING[:at] + bytes((byte,)) + GREETING[at + 1 :])


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (b"AMQP\x00\x01\x00\x00", "1.0"),
        (b"AMQP\x03\x01\x00\x00", "1.0"),
        (b"AMQP\x00\x00\x08\x00", "0-8-0"),
        (b"AMQP\x00\x00\x09\x01", "0-9-1"),
    ],
)
def test_a_protocol_header_tells_the_version(header: bytes, version: str) -> None:
    with pytest.raises(OtherVersion) as caught:
        methods_in(header[:5], header[5:])
    assert caught.value.version == version


def test_what_is_said_is_what_amqp_asks_for() -> None:
    _, channel, login = unmarshal(start_ok("ada", "pä:ss"))
    assert channel == 0
    assert isinstance(login, commands.Connection.StartOk)
    assert (login.mechanism, login.response) == ("PLAIN", "\0ada\0pä:ss")
    _, _, tuned = unmarshal(tune_ok(commands.Connection.Tune(9, 4096, 60)))
    assert isinstance(tuned, commands.Connection.TuneOk)
    assert (tuned.channel_max, tuned.frame_max, tuned.heartbeat) == (9, 4096, 0)
    assert open_vhost("/ä")[7:15] == b"\x00\x0a\x00\x28\x03/\xc3\xa4"
