"""Consuming, acknowledging, giving back, and how much may be on the way."""

import socket

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import (
    Client,
    channel_error,
    connection_error,
    consume,
    depth,
    drained,
    publish,
    settle,
    wait_for,
)


def test_consumer_gets_messages_in_order(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    received = consume(channel, queue, auto_ack=True)
    publish(channel, queue, b"3")
    assert received.wait(3) == [b"1", b"2", b"3"]
    assert received.tags == [1, 2, 3]


def test_prefetch_limits_each_consumer(channel: BlockingChannel, queue: str) -> None:
    channel.basic_qos(prefetch_count=2)
    received = consume(channel, queue)
    publish(channel, queue, b"1", b"2", b"3", b"4")
    received.wait(2)
    settle(channel)
    assert received.bodies == [b"1", b"2"]
    channel.basic_ack(received.tags[0])
    assert received.wait(3) == [b"1", b"2", b"3"]
    channel.basic_ack(received.tags[2], multiple=True)
    assert received.wait(4) == [b"1", b"2", b"3", b"4"]


def test_prefetch_of_a_channel_is_shared_by_its_consumers(channel: BlockingChannel, queue: str) -> None:
    other = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_qos(prefetch_count=1, global_qos=True)
    first, second = consume(channel, queue), consume(channel, other)
    publish(channel, queue, b"1")
    first.wait(1)
    publish(channel, other, b"2")
    settle(channel)
    assert second.bodies == []
    channel.basic_ack(first.tags[0])
    assert second.wait(1) == [b"2"]


def test_no_ack_consumer_has_no_limit(channel: BlockingChannel, queue: str) -> None:
    channel.basic_qos(prefetch_count=1)
    received = consume(channel, queue, auto_ack=True)
    publish(channel, queue, *(b"x" for _ in range(50)))
    received.wait(50)


def test_consumers_take_turns(channel: BlockingChannel, queue: str) -> None:
    first, second = consume(channel, queue, auto_ack=True), consume(channel, queue, auto_ack=True)
    publish(channel, queue, *(b"%d" % n for n in range(10)))
    wait_for(channel, lambda: len(first.bodies) + len(second.bodies) == 10, "all messages")
    assert (len(first.bodies), len(second.bodies)) == (5, 5)


def test_higher_priority_consumer_goes_first(channel: BlockingChannel, queue: str) -> None:
    channel.basic_qos(prefetch_count=2)
    low = consume(channel, queue)
    high = consume(channel, queue, arguments={"x-priority": 10})
    publish(channel, queue, b"1", b"2", b"3")
    low.wait(1)
    assert (high.bodies, low.bodies) == ([b"1", b"2"], [b"3"])


@pytest.mark.parametrize("how", ["nack", "reject", "recover", "close"])
def test_messages_given_back_return_to_their_place(client: Client, channel: BlockingChannel, queue: str, how: str) -> None:
    publish(channel, queue, b"1", b"2", b"3", b"4")
    settle(channel)
    worker = channel.connection.channel()
    tags = [worker.basic_get(queue)[0].delivery_tag for _ in range(3)]
    worker.basic_ack(tags[1])
    if how == "nack":
        worker.basic_nack(tags[2], multiple=True, requeue=True)
    elif how == "reject":
        worker.basic_reject(tags[2], requeue=True)
        worker.basic_reject(tags[0], requeue=True)
    elif how == "recover":
        worker.basic_recover(requeue=True)
    else:
        worker.close()
    wait_for(channel, lambda: depth(channel, queue) == 3, "the return")
    got = [channel.basic_get(queue, auto_ack=True) for _ in range(3)]
    assert [body for _, _, body in got] == [b"1", b"3", b"4"]
    assert [method.redelivered for method, _, _ in got] == [True, True, False]


def test_message_of_a_lost_connection_is_delivered_again(client: Client, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name)
    publish(channel, name, b"x")
    lost = client.connect()
    consume(lost.channel(), name).wait(1)
    lost._impl._transport._sock.shutdown(socket.SHUT_RDWR)  # as a killed client does
    received = consume(channel, name)
    assert received.wait(1) == [b"x"]
    assert received.redelivered == [True]
    channel.queue_delete(name)


def test_rejected_message_without_requeue_is_gone(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    settle(channel)
    tags = [channel.basic_get(queue)[0].delivery_tag for _ in range(2)]
    channel.basic_nack(tags[1], multiple=True, requeue=False)
    assert drained(channel, queue) == []


def test_acknowledging_all_with_tag_zero(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2")
    settle(channel)
    for _ in range(2):
        channel.basic_get(queue)
    channel.basic_ack(0, multiple=True)
    channel.basic_ack(0, multiple=True)
    settle(channel)
    channel.basic_recover(requeue=True)
    assert drained(channel, queue) == []


@pytest.mark.parametrize("multiple", [False, True])
def test_unknown_tag_closes_the_channel(channel: BlockingChannel, queue: str, multiple: bool) -> None:
    publish(channel, queue, b"1")
    settle(channel)
    channel.basic_get(queue)

    def act() -> None:
        channel.basic_ack(7, multiple=multiple)
        settle(channel)

    assert channel_error(act) == (406, "PRECONDITION_FAILED - unknown delivery tag 7")


def test_acknowledging_twice_closes_the_channel(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1")
    settle(channel)
    tag = channel.basic_get(queue)[0].delivery_tag

    def act() -> None:
        channel.basic_ack(tag)
        channel.basic_ack(tag)
        settle(channel)

    assert channel_error(act) == (406, f"PRECONDITION_FAILED - unknown delivery tag {tag}")


def test_cancelled_consumer_gets_nothing_more_and_keeps_what_it_has(channel: BlockingChannel, queue: str) -> None:
    received = consume(channel, queue, consumer_tag="me")
    publish(channel, queue, b"1")
    received.wait(1)
    channel.basic_cancel("me")
    publish(channel, queue, b"2")
    wait_for(channel, lambda: depth(channel, queue) == 1, "the second to be counted")
    assert received.bodies == [b"1"]


def test_consuming_from_nothing_is_not_found(channel: BlockingChannel) -> None:
    assert channel_error(lambda: channel.basic_consume("none", print)) == (404, "NOT_FOUND - no queue 'none' in vhost '/'")


def test_exclusive_consumer_is_alone(client: Client, channel: BlockingChannel, queue: str) -> None:
    own = channel.connection
    channel.basic_consume(queue, print, exclusive=True)
    expected = (403, f"ACCESS_REFUSED - queue '{queue}' in vhost '/' in exclusive use")
    assert channel_error(lambda: own.channel().basic_consume(queue, print)) == expected


def test_consumer_cannot_become_exclusive_beside_another(channel: BlockingChannel, queue: str) -> None:
    channel.basic_consume(queue, print)
    expected = (403, f"ACCESS_REFUSED - queue '{queue}' in vhost '/' in exclusive use")
    assert channel_error(lambda: channel.connection.channel().basic_consume(queue, print, exclusive=True)) == expected


def test_get_from_an_empty_queue(channel: BlockingChannel, queue: str) -> None:
    assert channel.basic_get(queue) == (None, None, None)


def test_get_tells_how_many_are_left(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"1", b"2", b"3")
    settle(channel)
    assert channel.basic_get(queue)[0].message_count == 2


def test_recover_without_requeue_is_not_implemented(client: Client) -> None:
    channel = client.channel()
    code, _ = connection_error(lambda: channel.basic_recover(requeue=False))
    assert code == 540


def test_prefetch_by_bytes_is_not_implemented(client: Client) -> None:
    channel = client.channel()
    assert connection_error(lambda: channel.basic_qos(prefetch_size=10)) == (540, "NOT_IMPLEMENTED - prefetch_size!=0 (10)")
