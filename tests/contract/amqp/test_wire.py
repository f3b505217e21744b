"""What a broker answers to bytes that no client library would send."""

import struct

import pika
import pytest
from pamqp import commands, frame, header
from pika.exceptions import ProbableAccessDeniedError, ProbableAuthenticationError

from tests.contract.amqp.client import Client
from tests.contract.amqp.raw import Raw


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 8, b"AMQP\x00\x00\x08\x00"])
def test_other_protocols_are_told_which_is_spoken(raw: Raw, first: bytes) -> None:
    raw.send(first)
    assert raw.read_all() == b"AMQP\x00\x00\x09\x01"


def test_oversized_frame_closes_the_connection(opened: Raw) -> None:
    opened.send(struct.pack(">BHI", 3, 1, 131_073) + b"x" * 100)
    code, text, *_ = opened.refusal()
    assert (code, text) == (501, "FRAME_ERROR - type 3, all octets = <<>>: {frame_too_large,131073,131064}")


def test_method_on_a_closed_channel_closes_the_connection(opened: Raw) -> None:
    opened.method(5, commands.Queue.Declare(queue="x"))
    assert opened.refusal() == (504, "CHANNEL_ERROR - expected 'channel.open'", 50, 10)


def test_opening_a_channel_twice_closes_the_connection(opened: Raw) -> None:
    for _ in range(2):
        opened.method(1, commands.Channel.Open())
    assert opened.refusal() == (504, "CHANNEL_ERROR - second 'channel.open' seen", 20, 10)


def test_method_inside_a_content_closes_the_connection(opened: Raw) -> None:
    opened.method(1, commands.Channel.Open())
    opened.method(1, commands.Basic.Publish(exchange="", routing_key="x"))
    opened.method(1, commands.Queue.Declare(queue="x"))
    code, text, *_ = opened.refusal()
    expected = "UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead"
    assert (code, text) == (505, expected)


def test_body_without_a_publish_closes_the_connection(opened: Raw) -> None:
    opened.method(1, commands.Channel.Open())
    opened.send(frame.marshal(header.ContentHeader(0, 5), 1))
    code, text, *_ = opened.refusal()
    assert code == 505
    assert text == "UNEXPECTED_FRAME - expected method frame, got non method frame instead"


def test_channel_error_names_the_method_and_everything_until_close_ok_is_ignored(opened: Raw) -> None:
    opened.method(1, commands.Channel.Open())
    opened.method(1, commands.Queue.Declare(queue="none at all", passive=True))
    opened.method(1, commands.Queue.Declare(queue="ignored", passive=True))
    close = opened.expect(commands.Channel.Close)
    assert isinstance(close, commands.Channel.Close)
    assert (close.reply_code, close.class_id, close.method_id) == (404, 50, 10)
    opened.method(1, commands.Channel.CloseOk())
    opened.method(1, commands.Channel.Open())
    opened.expect(commands.Channel.OpenOk)


def test_immediate_is_not_implemented(opened: Raw) -> None:
    opened.method(1, commands.Channel.Open())
    publish = commands.Basic.Publish(exchange="", routing_key="x", immediate=True)
    opened.method(1, publish)
    opened.send(frame.marshal(header.ContentHeader(0, 0), 1))
    assert opened.refusal() == (540, "NOT_IMPLEMENTED - immediate=true", 60, 40)


def test_flow_off_is_not_implemented(opened: Raw) -> None:
    opened.method(1, commands.Channel.Open())
    opened.method(1, commands.Channel.Flow(active=False))
    assert opened.refusal() == (540, "NOT_IMPLEMENTED - active=false", 20, 20)


def test_wrong_password_is_refused(client: Client) -> None:
    with pytest.raises(ProbableAuthenticationError) as raised:
        client.connect(credentials=pika.PlainCredentials("guest", "wrong"))
    assert "ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN. For details see the broker logfile." in str(
        raised.value
    )


def test_unknown_vhost_is_refused(client: Client) -> None:
    with pytest.raises(ProbableAccessDeniedError) as raised:
        client.connect(virtual_host="none")
    assert "(530) 'NOT_ALLOWED - vhost none not found'" in str(raised.value)


def test_consumer_tag_cannot_be_reused(opened: Raw) -> None:
    opened.method(1, commands.Channel.Open())
    opened.method(1, commands.Queue.Declare(queue="", exclusive=True))
    for _ in range(2):
        opened.method(1, commands.Basic.Consume(queue="", consumer_tag="same"))
    assert opened.refusal() == (530, "NOT_ALLOWED - attempt to reuse consumer tag 'same'", 60, 20)


def test_heartbeats_are_sent(raw: Raw) -> None:
    raw.send(header.ProtocolHeader().marshal())
    raw.expect(commands.Connection.Start)
    raw.method(0, commands.Connection.StartOk({}, "PLAIN", "\0guest\0guest", "en_US"))
    raw.expect(commands.Connection.Tune)
    raw.method(0, commands.Connection.TuneOk(2047, 131072, 1))
    raw.method(0, commands.Connection.Open("/"))
    assert b"\x08\x00\x00\x00\x00\x00\x00\xce" in raw.read_all()  # and in the end it gives up on a client that sends none
