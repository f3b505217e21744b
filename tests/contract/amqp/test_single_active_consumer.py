"""Queues whose messages go to one consumer at a time (``x-single-active-consumer``)."""

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, channel_error, consume, publish, wait_for


@pytest.fixture
def single(channel: BlockingChannel) -> str:
    return str(channel.queue_declare("", exclusive=True, arguments={"x-single-active-consumer": True}).method.queue)


def test_the_first_consumer_gets_all(channel: BlockingChannel, single: str) -> None:
    first, second = (consume(channel, single, auto_ack=True) for _ in range(2))
    publish(channel, single, *(b"%d" % number for number in range(10)))
    assert len(first.wait(10)) == 10
    assert second.bodies == []


def test_the_next_one_follows_when_it_is_cancelled(channel: BlockingChannel, single: str) -> None:
    tag = channel.basic_consume(single, print, auto_ack=True, consumer_tag="a")
    second, third = (consume(channel, single, auto_ack=True) for _ in range(2))
    channel.basic_cancel(tag)
    publish(channel, single, b"1", b"2")
    assert second.wait(2) == [b"1", b"2"]
    assert third.bodies == []


def test_the_next_one_follows_when_its_channel_ends_and_gets_what_was_not_acknowledged(channel: BlockingChannel, single: str) -> None:
    doomed = channel.connection.channel()
    first = consume(doomed, single)
    second = consume(channel, single)
    publish(channel, single, b"1", b"2")
    first.wait(2)
    doomed.close()
    assert second.wait(2) == [b"1", b"2"]
    assert second.redelivered == [True, True]


def test_the_next_one_follows_when_its_connection_ends(client: Client, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name, arguments={"x-single-active-consumer": True})
    doomed = client.connect()
    both = [consume(doomed.channel(), name) for _ in range(2)]
    survivor = consume(channel, name)
    publish(channel, name, b"1")
    both[0].wait(1)
    doomed.close()
    assert survivor.wait(1) == [b"1"]
    assert both[1].bodies == []
    channel.queue_delete(name)


def test_a_full_active_consumer_lets_the_others_wait(channel: BlockingChannel, single: str) -> None:
    busy = channel.connection.channel()
    busy.basic_qos(prefetch_count=1)
    first = consume(busy, single)
    second = consume(channel, single)
    publish(channel, single, b"1", b"2", b"3")
    first.wait(1)
    busy.basic_ack(first.tags[0])
    assert first.wait(2) == [b"1", b"2"]
    assert second.bodies == []


def test_a_higher_priority_takes_nothing_away(channel: BlockingChannel, single: str) -> None:
    first = consume(channel, single, auto_ack=True)
    higher = consume(channel, single, auto_ack=True, arguments={"x-priority": 10})
    publish(channel, single, b"1")
    assert first.wait(1) == [b"1"]
    assert higher.bodies == []


def test_a_higher_priority_is_next(channel: BlockingChannel, single: str) -> None:
    tag = channel.basic_consume(single, print, auto_ack=True)
    second = consume(channel, single, auto_ack=True)
    higher = consume(channel, single, auto_ack=True, arguments={"x-priority": 10})
    channel.basic_cancel(tag)
    publish(channel, single, b"1")
    assert higher.wait(1) == [b"1"]
    assert second.bodies == []


def test_nobody_may_be_exclusive(channel: BlockingChannel, single: str) -> None:
    expected = f"ACCESS_REFUSED - queue '{single}' in vhost '/' in exclusive use"
    refused = channel.connection.channel()
    assert channel_error(lambda: refused.basic_consume(single, print, exclusive=True)) == (403, expected)


def test_a_message_may_still_be_fetched(channel: BlockingChannel, single: str) -> None:
    publish(channel, single, b"1")
    wait_for(channel, lambda: channel.basic_get(single, auto_ack=True)[2] == b"1", "the message")


def test_it_must_be_a_boolean(channel: BlockingChannel, name: str) -> None:
    code, text = channel_error(lambda: channel.queue_declare(name, arguments={"x-single-active-consumer": "yes"}))
    reason = f"invalid arg 'x-single-active-consumer' for queue '{name}' in vhost '/': {{unacceptable_type,longstr}}"
    assert (code, text) == (406, f"PRECONDITION_FAILED - {reason}")
