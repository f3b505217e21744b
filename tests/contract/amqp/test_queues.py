"""Declaring, sharing, filling, purging and deleting queues."""

from functools import partial

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, channel_error, consume, depth, drained, get, publish, settle, wait_for

LOCKED = (
    "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue '{0}' in vhost '/'. It could be originally declared on another "
    "connection or the exclusive property value does not match that of the original declaration."
)


def test_message_goes_through_the_default_exchange_with_all_its_properties(channel: BlockingChannel, queue: str) -> None:
    sent = pika.BasicProperties(
        content_type="application/json",
        content_encoding="utf-8",
        headers={"text": "ü", "number": 2**40, "flag": True, "list": [1, "a"], "table": {"x": None}},
        delivery_mode=2,
        priority=3,
        correlation_id="c",
        reply_to="r",
        expiration="60000",
        message_id="m",
        timestamp=1_700_000_000,
        type="t",
        user_id="guest",
        app_id="a",
    )
    channel.basic_publish("", queue, b"body", sent)
    method, properties, body = get(channel, queue)
    assert (body, properties) == (b"body", sent)
    assert (method.exchange, method.routing_key, method.redelivered, method.message_count) == ("", queue, False, 0)


@pytest.mark.parametrize("size", [0, 1, 131_064, 131_065, 1_000_000])
def test_bodies_of_any_size_arrive_whole(channel: BlockingChannel, queue: str, size: int) -> None:
    body = bytes(index % 251 for index in range(size))
    publish(channel, queue, body)
    assert get(channel, queue)[2] == body


def test_small_frames_may_be_negotiated(client: Client) -> None:
    channel = client.channel(frame_max=4096)
    queue = channel.queue_declare("", exclusive=True).method.queue
    publish(channel, queue, b"x" * 10_000)
    assert get(channel, queue)[2] == b"x" * 10_000


def test_declaring_tells_messages_and_consumers(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    wait_for(channel, lambda: depth(channel, queue) == 2, "both to be counted")
    received = consume(channel, queue)
    received.wait(2)
    told = channel.queue_declare(queue, passive=True).method
    assert (told.message_count, told.consumer_count) == (0, 1)


def test_server_names_a_queue_without_name(channel: BlockingChannel) -> None:
    first, second = (channel.queue_declare("", exclusive=True).method.queue for _ in range(2))
    assert first.startswith("amq.gen-")
    assert first != second


def test_empty_name_means_the_queue_declared_last(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"mine")
    assert get(channel, "")[2] == b"mine"


def test_empty_name_without_declaration_is_refused(channel: BlockingChannel) -> None:
    assert channel_error(lambda: channel.basic_get("")) == (404, "NOT_FOUND - no previously declared queue")


def test_passive_declaration_of_nothing_is_not_found(channel: BlockingChannel) -> None:
    assert channel_error(lambda: channel.queue_declare("none", passive=True)) == (404, "NOT_FOUND - no queue 'none' in vhost '/'")


def test_reserved_names_are_refused(channel: BlockingChannel) -> None:
    expected = "ACCESS_REFUSED - queue name 'amq.mine' contains reserved prefix 'amq.*'"
    assert channel_error(lambda: channel.queue_declare("amq.mine")) == (403, expected)


def test_names_may_hold_any_characters(channel: BlockingChannel) -> None:
    name = "Schlange (1) ü/\\'\"{}?"
    assert channel.queue_declare(name, exclusive=True).method.queue == name
    publish(channel, name, b"x")
    assert get(channel, name)[2] == b"x"


def test_same_declaration_again_is_fine(channel: BlockingChannel, name: str) -> None:
    for _ in range(2):
        channel.queue_declare(name, auto_delete=True, arguments={"x-max-length": 5, "x-message-ttl": 60_000})
    channel.queue_delete(name)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"durable": True}, "inequivalent arg 'durable' for queue '{0}' in vhost '/': received 'true' but current is 'false'"),
        ({"auto_delete": True}, "inequivalent arg 'auto_delete' for queue '{0}' in vhost '/': received 'true' but current is 'false'"),
        (
            {"arguments": {"x-max-length": 6}},
            "inequivalent arg 'x-max-length' for queue '{0}' in vhost '/': received '6' but current is '5'",
        ),
        (
            {"arguments": {}},
            "inequivalent arg 'x-max-length' for queue '{0}' in vhost '/': received none but current is the value '5' of type 'signedint'",
        ),
    ],
)
def test_another_declaration_is_refused(client: Client, name: str, options: dict[str, object], reason: str) -> None:
    channel = client.channel()
    channel.queue_declare(name, arguments={"x-max-length": 5})
    other = client.channel()
    changed: dict[str, object] = {"arguments": {"x-max-length": 5}, **options}
    assert channel_error(lambda: other.queue_declare(name, **changed)) == (406, f"PRECONDITION_FAILED - {reason.format(name)}")
    channel.queue_delete(name)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"x-message-ttl": -1}, "invalid arg 'x-message-ttl' for queue '{0}' in vhost '/': {{value_negative,-1}}"),
        ({"x-expires": 0}, "invalid arg 'x-expires' for queue '{0}' in vhost '/': {{value_zero,0}}"),
        ({"x-message-ttl": "soon"}, "invalid arg 'x-message-ttl' for queue '{0}' in vhost '/': \"expected integer, got longstr\""),
        (
            {"x-dead-letter-routing-key": "k"},
            "invalid arg 'x-dead-letter-routing-key' for queue '{0}' in vhost '/': routing_key_but_no_dlx_defined",
        ),
    ],
)
def test_impossible_arguments_are_refused(channel: BlockingChannel, name: str, arguments: dict[str, object], reason: str) -> None:
    code, text = channel_error(lambda: channel.queue_declare(name, arguments=arguments))
    assert code == 406
    assert text == f"PRECONDITION_FAILED - {reason.format(name)}"


def test_exclusive_queue_is_locked_to_others(client: Client, channel: BlockingChannel, name: str) -> None:
    queue = channel.queue_declare(name, exclusive=True).method.queue
    for act in (
        lambda c: c.queue_declare(queue, passive=True),
        lambda c: c.queue_declare(queue, exclusive=True),
        lambda c: c.basic_get(queue),
        lambda c: c.queue_purge(queue),
        lambda c: c.queue_delete(queue),
        lambda c: c.queue_bind(queue, "amq.direct", "k"),
        lambda c: c.basic_consume(queue, print),
    ):
        other = client.channel()
        assert channel_error(partial(act, other)) == (405, LOCKED.format(queue))


def test_exclusive_queue_goes_with_its_connection(client: Client, channel: BlockingChannel) -> None:
    owner = client.connect()
    name = owner.channel().queue_declare("", exclusive=True).method.queue
    owner.close()
    wait_for(channel, lambda: _is_gone(client, name), "the queue to go")


def test_auto_delete_queue_goes_with_its_last_consumer(client: Client, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name, auto_delete=True)
    first, second = (channel.basic_consume(name, print) for _ in range(2))
    channel.basic_cancel(first)
    assert not _is_gone(client, name)
    channel.basic_cancel(second)
    assert _is_gone(client, name)


def test_purge_tells_how_many_went(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2", b"3")
    settle(channel)
    assert channel.queue_purge(queue).method.message_count == 3
    assert drained(channel, queue) == []


def test_delete_tells_how_many_went(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    settle(channel)
    assert channel.queue_delete(queue).method.message_count == 2
    assert channel.queue_delete("was never there").method.message_count == 0


def test_delete_if_unused_and_if_empty(client: Client, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name)
    publish(channel, name, b"1")
    settle(channel)
    refused = client.channel()
    expected = f"PRECONDITION_FAILED - queue '{name}' in vhost '/' not empty"
    assert channel_error(lambda: refused.queue_delete(name, if_empty=True)) == (406, expected)
    channel.basic_consume(name, print, auto_ack=True)
    refused = client.channel()
    expected = f"PRECONDITION_FAILED - queue '{name}' in vhost '/' in use"
    assert channel_error(lambda: refused.queue_delete(name, if_unused=True)) == (406, expected)
    channel.queue_delete(name)


def test_consumers_are_told_when_their_queue_is_deleted(client: Client, channel: BlockingChannel, queue: str) -> None:
    cancelled: list[str] = []
    channel.add_on_cancel_callback(lambda frame: cancelled.append(frame.method.consumer_tag))
    tag = channel.basic_consume(queue, print)
    channel.connection.channel().queue_delete(queue)
    wait_for(channel, lambda: cancelled == [tag], "the cancel")


def _is_gone(client: Client, name: str) -> bool:
    channel = client.channel()
    try:
        channel.queue_declare(name, passive=True)
    except pika.exceptions.ChannelClosedByBroker as closed:
        return bool(closed.reply_code == 404)
    return False
