"""What a broker refuses, with which code, text, class and method: every case sent as bytes, and the answer compared whole."""

import struct
from typing import Any

import pytest
from pamqp import base
from pamqp.commands import Basic, Channel, Confirm, Connection, Exchange, Queue, Tx

from tests.contract.amqp.raw import Raw

Refusal = tuple[int, str, int, int]


def octets(kind: int, channel: int, payload: bytes) -> bytes:
    """A whole frame."""
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + b"\xce"


def method(class_id: int, method_id: int, fields: bytes = b"", channel: int = 1) -> bytes:
    return octets(1, channel, struct.pack(">HH", class_id, method_id) + fields)


def content_header(class_id: int = 60, weight: int = 0, size: int = 5) -> bytes:
    return octets(2, 1, struct.pack(">HHQH", class_id, weight, size, 0))


PUBLISH = method(60, 40, b"\0\0\0\x01x\0")
WANTS_HEADER = "UNEXPECTED_FRAME - expected content header for class 60, got non content header frame instead"
WANTS_BODY = "UNEXPECTED_FRAME - expected content body, got non content body frame instead"
WANTS_METHOD = "UNEXPECTED_FRAME - expected method frame, got non method frame instead"
IN_STATE = "CHANNEL_ERROR - unexpected method in connection state running"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (octets(9, 1, b"abc"), (501, 'FRAME_ERROR - type 9, all octets = <<"abc">>: unknown_frame', 0, 0)),
        (octets(9, 0, b""), (501, "FRAME_ERROR - type 9, all octets = <<>>: unknown_frame", 0, 0)),
        (octets(9, 1, bytes(20)), (501, f"FRAME_ERROR - type 9, first 16 octets = <<{'0,' * 15}0>>: unknown_frame", 0, 0)),
        (octets(1, 1, b"\0\x3c"), (501, "FRAME_ERROR - type 1, all octets = <<0,60>>: unknown_frame", 0, 0)),
        (octets(8, 1, b""), (505, "UNEXPECTED_FRAME - type 8, all octets = <<>>", 0, 0)),
        (octets(8, 0, b"x"), (501, 'FRAME_ERROR - type 8, all octets = <<"x">>: unknown_frame', 0, 0)),
        (octets(3, 0, b"abc"), (505, 'UNEXPECTED_FRAME - type 3, all octets = <<"abc">>', 0, 0)),
        (octets(3, 1, b"abc"), (505, WANTS_METHOD, 0, 0)),
        (octets(3, 5, b"abc"), (505, WANTS_METHOD, 0, 0)),
        (content_header(), (505, WANTS_METHOD, 0, 0)),
        (PUBLISH + PUBLISH, (505, WANTS_HEADER, 60, 40)),
        (PUBLISH + method(50, 10), (505, WANTS_HEADER, 60, 40)),
        (PUBLISH + octets(3, 1, b"abc"), (505, WANTS_HEADER, 60, 40)),
        (PUBLISH + content_header(weight=1), (505, WANTS_HEADER, 60, 40)),
        (
            PUBLISH + content_header(50),
            (505, "UNEXPECTED_FRAME - expected content header for class 60, got one for class 50 instead", 60, 40),
        ),
        (PUBLISH + content_header() + content_header(), (505, WANTS_BODY, 60, 40)),
        (PUBLISH + content_header() + PUBLISH, (505, WANTS_BODY, 60, 40)),
        (
            octets(1, 1, b"abcd")[:-1] + b"\0",
            (501, 'FRAME_ERROR - type 1, all octets = <<"abcd">>: {invalid_frame_end_marker,0}', 0, 0),
        ),
        (method(50, 10, b"\0\0\x20abc"), (501, "FRAME_ERROR - cannot decode <<0,0,32,97,98,99>>", 50, 10)),
        (method(20, 10, b"\0", channel=0), (504, IN_STATE, 20, 10)),
        (method(50, 30, b"\0\0\x01q\0", channel=0), (504, IN_STATE, 50, 30)),
        (method(10, 40, b"\x01/\0\0", channel=0), (504, IN_STATE, 10, 40)),
        (method(20, 40, b"\0\0\0\0\0\0\0", channel=5), (504, "CHANNEL_ERROR - expected 'channel.open'", 20, 40)),
        (method(20, 41, channel=5), (504, "CHANNEL_ERROR - expected 'channel.open'", 20, 41)),
        (method(10, 40, b"\x01/\0\0"), (503, "COMMAND_INVALID - unimplemented method", 10, 40)),
        (method(50, 11, b"\x01q" + bytes(8)), (503, "COMMAND_INVALID - unimplemented method", 50, 11)),
        (method(60, 31, b"\x01c"), (503, "COMMAND_INVALID - unimplemented method", 60, 31)),
        (method(20, 21, b"\x01"), (503, "COMMAND_INVALID - unimplemented method", 20, 21)),
        (method(60, 100, b"\0"), (540, "NOT_IMPLEMENTED - requeue=false", 60, 100)),
        (method(60, 110, b"\0"), (540, "NOT_IMPLEMENTED - requeue=false", 60, 110)),
        (method(60, 10, b"\0\0\0\x05\0\0\0"), (540, "NOT_IMPLEMENTED - prefetch_size!=0 (5)", 60, 10)),
    ],
)
def test_connection_is_closed(opened: Raw, sent: bytes, refusal: Refusal) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.send(sent)
    assert opened.refusal() == refusal


NO_QUEUE = "NOT_FOUND - no queue 'none' in vhost '/'"
NO_NAME = "NOT_FOUND - no previously declared queue"
UNKNOWN_TAG = "PRECONDITION_FAILED - unknown delivery tag 7"
TRANSIENT = "inequivalent arg 'durable' for exchange 'amq.direct' in vhost '/': received 'false' but current is 'true'"
DEFAULT_EXCHANGE = "ACCESS_REFUSED - operation not permitted on the default exchange"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (Basic.Ack(7), (406, UNKNOWN_TAG, 60, 80)),
        (Basic.Ack(7, multiple=True), (406, UNKNOWN_TAG, 60, 80)),
        (Basic.Nack(7), (406, UNKNOWN_TAG, 60, 120)),
        (Basic.Reject(7), (406, UNKNOWN_TAG, 60, 90)),
        (Basic.Ack(0), (406, "PRECONDITION_FAILED - unknown delivery tag 0", 60, 80)),
        (Basic.Get(queue="none"), (404, NO_QUEUE, 60, 70)),
        (Basic.Get(queue=""), (404, NO_NAME, 60, 70)),
        (Basic.Consume(queue=""), (404, NO_NAME, 60, 20)),
        (Basic.Consume(queue="none"), (404, NO_QUEUE, 60, 20)),
        (Queue.Purge(queue="none"), (404, NO_QUEUE, 50, 30)),
        (Queue.Delete(queue=""), (404, NO_NAME, 50, 40)),
        (Queue.Declare(queue="none", passive=True, nowait=True), (404, NO_QUEUE, 50, 10)),
        (Queue.Bind(queue="", exchange="amq.direct", routing_key=""), (404, NO_NAME, 50, 20)),
        (Queue.Bind(queue="none", exchange="amq.direct", routing_key=""), (404, NO_QUEUE, 50, 20)),
        (Queue.Bind(queue="none", exchange="nor", routing_key=""), (404, "NOT_FOUND - no exchange 'nor' in vhost '/'", 50, 20)),
        (Queue.Bind(queue="none", exchange="", routing_key=""), (403, DEFAULT_EXCHANGE, 50, 20)),
        (Exchange.Bind(destination="none", source="amq.direct"), (404, "NOT_FOUND - no exchange 'none' in vhost '/'", 40, 30)),
        (Exchange.Bind(destination="none", source="nor"), (404, "NOT_FOUND - no exchange 'nor' in vhost '/'", 40, 30)),
        (Exchange.Bind(destination="", source="amq.direct"), (403, DEFAULT_EXCHANGE, 40, 30)),
        (Exchange.Unbind(destination="", source="amq.direct"), (403, DEFAULT_EXCHANGE, 40, 40)),
        (Exchange.Delete(exchange=""), (403, DEFAULT_EXCHANGE, 40, 20)),
        (
            Exchange.Delete(exchange="amq.none"),
            (403, "ACCESS_REFUSED - deletion of system exchange 'amq.none' in vhost '/' not allowed", 40, 20),
        ),
        (Exchange.Declare(exchange="", exchange_type="direct"), (403, DEFAULT_EXCHANGE, 40, 10)),
        (Exchange.Declare(exchange="", exchange_type="direct", passive=True), (403, DEFAULT_EXCHANGE, 40, 10)),
        (
            Exchange.Declare(exchange="none", exchange_type="direct", passive=True),
            (404, "NOT_FOUND - no exchange 'none' in vhost '/'", 40, 10),
        ),
        (
            Exchange.Declare(exchange="amq.mine", exchange_type="direct"),
            (403, "ACCESS_REFUSED - exchange name 'amq.mine' contains reserved prefix 'amq.*'", 40, 10),
        ),
        (
            Exchange.Declare(exchange="amq.direct", exchange_type="direct"),
            (406, f"PRECONDITION_FAILED - {TRANSIENT}", 40, 10),
        ),
        (Tx.Commit(), (406, "PRECONDITION_FAILED - channel is not transactional", 90, 20)),
        (Tx.Rollback(), (406, "PRECONDITION_FAILED - channel is not transactional", 90, 30)),
        (
            Queue.Declare(queue="n" * 250, passive=True),
            (404, f"NOT_FOUND - no queue '{'n' * 230}...", 50, 10),
        ),
    ],
)
def test_channel_is_closed(opened: Raw, sent: base.Frame, refusal: Refusal) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.method(1, sent)
    assert opened.channel_refusal() == refusal
    opened.ask(Channel.Open(), Channel.OpenOk)


@pytest.mark.parametrize(
    "sent",
    [
        Basic.Ack(0, multiple=True),
        Basic.Nack(0, multiple=True),
        Basic.Cancel("nobody", nowait=True),
        Queue.Delete(queue="none", nowait=True),
        Exchange.Delete(exchange="none", nowait=True),
        Exchange.Declare(exchange="amq.direct", exchange_type="direct", durable=True, nowait=True),
        Confirm.Select(nowait=True),
    ],
)
def test_what_does_no_harm_is_let_pass(opened: Raw, sent: base.Frame) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.method(1, sent)
    opened.ask(Confirm.Select(), Confirm.SelectOk)


def test_unbinding_what_is_not_bound_is_fine(opened: Raw) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.ask(Queue.Unbind(queue="none", exchange="nor", routing_key=""), Queue.UnbindOk)
    opened.ask(Exchange.Unbind(destination="none", source="nor"), Exchange.UnbindOk)


def reason(argument: str, why: str) -> str:
    return f"invalid arg '{argument}' for queue 'q' in vhost '/': {why}"


OTHER_TYPE = "invalid arg '{}' for queue 'q' in vhost '/' of queue type rabbit_classic_queue"


@pytest.mark.parametrize(
    ("argument", "value", "why"),
    [
        ("x-expires", 10**13, reason("x-expires", "{value_too_large,10000000000000}")),
        ("x-expires", True, reason("x-expires", '"expected integer, got bool"')),
        ("x-message-ttl", None, reason("x-message-ttl", '"expected integer, got void"')),
        ("x-max-length", -1, reason("x-max-length", "{value_negative,-1}")),
        ("x-max-length-bytes", "5", reason("x-max-length-bytes", '"expected integer, got longstr"')),
        ("x-max-priority", 256, reason("x-max-priority", "{max_value_exceeded,256}")),
        ("x-overflow", "x", reason("x-overflow", "invalid_overflow")),
        ("x-overflow", True, reason("x-overflow", "{unacceptable_type,bool}")),
        ("x-queue-mode", "x", reason("x-queue-mode", "\"unsupported queue mode 'x'\"")),
        ("x-queue-version", 3, reason("x-queue-version", "\"unsupported queue version '3'\"")),
        ("x-queue-type", "x", reason("x-queue-type", "\"unsupported queue type 'x'\"")),
        ("x-queue-type", True, reason("x-queue-type", "{unacceptable_type,bool}")),
        ("x-single-active-consumer", "x", reason("x-single-active-consumer", "{unacceptable_type,longstr}")),
        ("x-dead-letter-exchange", True, "invalid type 'bool' for arg 'x-dead-letter-exchange' in queue 'q' in vhost '/'"),
        ("x-dead-letter-routing-key", "k", reason("x-dead-letter-routing-key", "routing_key_but_no_dlx_defined")),
        ("x-delivery-limit", 5, OTHER_TYPE.format("x-delivery-limit")),
        ("x-max-age", "1h", OTHER_TYPE.format("x-max-age")),
        ("x-queue-leader-locator", "x", OTHER_TYPE.format("x-queue-leader-locator")),
    ],
)
def test_queue_argument_is_refused(opened: Raw, argument: str, value: Any, why: str) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.method(1, Queue.Declare(queue="q", exclusive=True, arguments={argument: value}))
    assert opened.channel_refusal() == (406, f"PRECONDITION_FAILED - {why}", 50, 10)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", "no_integer"),
        ("-1", "{value_negative,-1}"),
        ("1.5", '{leftover_string,".5"}'),
        ("15x", '{leftover_string,"x"}'),
        ("99999999999999999", "{value_too_large,99999999999999999}"),
    ],
)
def test_expiration_is_refused(opened: Raw, text: str, why: str) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.publish("q", b"x", expiration=text)
    assert opened.channel_refusal() == (406, f"PRECONDITION_FAILED - invalid expiration '{text}': {why}", 60, 40)


@pytest.mark.parametrize(("mode", "shown"), [("some", 'value <<"some">>'), (True, "type bool (value true)")])
def test_x_match_is_refused(opened: Raw, mode: Any, shown: str) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    queue = opened.declare()
    opened.method(1, Queue.Bind(queue=queue, exchange="amq.headers", routing_key="", arguments={"x-match": mode}))
    code, text, *culprit = opened.channel_refusal()
    assert (code, culprit) == (406, [50, 20])
    assert text.startswith(f"PRECONDITION_FAILED - Invalid x-match field {shown}; expected ")


@pytest.mark.parametrize("exchange", ["none", "amq.rabbitmq.trace"])
def test_where_a_message_goes_is_looked_at_first(opened: Raw, exchange: str) -> None:
    texts = {
        "none": (404, "NOT_FOUND - no exchange 'none' in vhost '/'", 60, 40),
        "amq.rabbitmq.trace": (403, "ACCESS_REFUSED - cannot publish to internal exchange 'amq.rabbitmq.trace' in vhost '/'", 60, 40),
    }
    odd: list[dict[str, Any]] = [{}, {"user_id": "x"}, {"expiration": "x"}, {"reply_to": "amq.rabbitmq.reply-to"}]
    for properties in odd:
        opened.ask(Channel.Open(), Channel.OpenOk)
        opened.publish("k", b"x", exchange=exchange, **properties)
        assert opened.channel_refusal() == texts[exchange]


def tuned(raw: Raw, channel_max: int = 2047, frame_max: int = 131_072) -> None:
    raw.log_in(capabilities={"authentication_failure_close": True})
    raw.expect(Connection.Tune)
    raw.method(0, Connection.TuneOk(channel_max, frame_max, 0))


@pytest.mark.parametrize(("channel_max", "frame_max"), [(0, 131_072), (5000, 131_072), (2047, 0), (2047, 100), (2047, 200_000)])
def test_negotiating_beyond_the_limits_ends_the_connection(raw: Raw, channel_max: int, frame_max: int) -> None:
    tuned(raw, channel_max, frame_max)
    raw.method(0, Connection.Open("/"))
    raw.method(0, Connection.CloseOk())  # RabbitMQ ends without a word, the embedded broker waits for this answer to its reason
    raw.read_all()


def test_only_as_many_channels_as_negotiated(raw: Raw) -> None:
    tuned(raw, channel_max=2)
    raw.method(0, Connection.Open("/"))
    raw.expect(Connection.OpenOk)
    for number in (7, 2000):
        raw.ask(Channel.Open(), Channel.OpenOk, channel=number)
    raw.method(1, Channel.Open())
    assert raw.refusal() == (530, "NOT_ALLOWED - number of channels opened (2) has reached the negotiated channel_max (2)", 0, 0)


def test_channels_before_the_connection_is_open(raw: Raw) -> None:
    tuned(raw)
    raw.method(1, Channel.Open())
    assert raw.refusal() == (505, "UNEXPECTED_FRAME - type 1, all octets = <<0,20,0,10,1,48>>", 0, 0)


def test_other_methods_before_the_connection_is_open(raw: Raw) -> None:
    tuned(raw)
    raw.method(0, Queue.Declare(queue="q"))
    assert raw.refusal() == (504, "CHANNEL_ERROR - unexpected method in connection state opening", 50, 10)


def test_secret_may_be_renewed(opened: Raw) -> None:
    opened.ask(Connection.UpdateSecret("guest", "it was time"), Connection.UpdateSecretOk, channel=0)
    opened.ask(Channel.Open(), Channel.OpenOk)


def test_older_clients_may_ask_for_access(opened: Raw) -> None:
    opened.ask(Channel.Open(), Channel.OpenOk)
    opened.send(method(30, 10, b"\x05/data\x1f"))
    assert opened.read_frame() == octets(1, 1, b"\0\x1e\0\x0b\0\x01")


def test_own_consumers_are_told_after_the_answer(raw: Raw) -> None:
    raw.open(channel=True, consumer_cancel_notify=True)
    queue = raw.declare()
    raw.ask(Basic.Consume(queue=queue, consumer_tag="c"), Basic.ConsumeOk)
    raw.method(1, Queue.Delete(queue=queue))
    assert isinstance(raw.expect(Basic.Cancel, Queue.DeleteOk), Queue.DeleteOk)
    assert isinstance(raw.expect(Basic.Cancel), Basic.Cancel)
