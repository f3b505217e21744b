"""Queues that are full and turn away what comes (``x-overflow``)."""

from typing import Any

import pytest
from pamqp import commands
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import NackError

from tests.contract.amqp.client import channel_error, consume, drained, get, publish, settle, wait_for
from tests.contract.amqp.raw import Raw


def full(channel: BlockingChannel, overflow: str, **arguments: object) -> str:
    """A queue with one message, which has room for no other."""
    raw = {"x-max-length": 1, "x-overflow": overflow, **{f"x-{key.replace('_', '-')}": value for key, value in arguments.items()}}
    queue = str(channel.queue_declare("", exclusive=True, arguments=raw).method.queue)
    publish(channel, queue, b"first")
    settle(channel)
    wait_for(channel, lambda: channel.queue_declare(queue, passive=True).method.message_count == 1, "the first message")
    return queue


@pytest.fixture(params=["reject-publish", "reject-publish-dlx"])
def overflow(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_what_does_not_fit_stays_out(channel: BlockingChannel, overflow: str) -> None:
    queue = full(channel, overflow)
    publish(channel, queue, b"second")
    assert drained(channel, queue) == [b"first"]
    publish(channel, queue, b"third")
    assert get(channel, queue)[2] == b"third"


def test_publisher_with_confirms_is_told(channel: BlockingChannel, overflow: str) -> None:
    queue = full(channel, overflow)
    channel.confirm_delivery()
    with pytest.raises(NackError) as raised:
        channel.basic_publish("", queue, b"second")
    assert raised.value.messages == []
    channel.basic_get(queue, auto_ack=True)
    channel.basic_publish("", queue, b"third")
    assert get(channel, queue)[2] == b"third"


def test_mandatory_message_was_routed_and_does_not_come_back(channel: BlockingChannel, overflow: str) -> None:
    queue = full(channel, overflow)
    returned: list[bytes] = []
    channel.add_on_return_callback(lambda _channel, _method, _properties, body: returned.append(body))
    channel.basic_publish("", queue, b"second", mandatory=True)
    channel.basic_publish("", "no such queue", b"third", mandatory=True)
    wait_for(channel, lambda: bool(returned), "what is not routable")
    assert returned == [b"third"]


def test_one_full_queue_of_several_is_enough_for_a_nack(channel: BlockingChannel, queue: str, overflow: str) -> None:
    for name in (full(channel, overflow), queue):
        channel.queue_bind(name, "amq.direct", "both")
    channel.confirm_delivery()
    with pytest.raises(NackError):
        channel.basic_publish("amq.direct", "both", b"second")
    assert get(channel, queue)[2] == b"second"


def test_bytes_count_too(channel: BlockingChannel, overflow: str) -> None:
    arguments = {"x-max-length-bytes": 10, "x-overflow": overflow}
    queue = channel.queue_declare("", exclusive=True, arguments=arguments).method.queue
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"x" * 10)
    with pytest.raises(NackError):
        channel.basic_publish("", queue, b"x")
    channel.basic_publish("", queue, b"")
    channel.basic_get(queue, auto_ack=True)
    with pytest.raises(NackError):
        channel.basic_publish("", queue, b"x" * 11)


def test_unacknowledged_messages_take_no_room(channel: BlockingChannel, overflow: str) -> None:
    queue = full(channel, overflow)
    channel.basic_get(queue)
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"second")
    with pytest.raises(NackError):
        channel.basic_publish("", queue, b"third")


def test_requeued_messages_come_in_always(channel: BlockingChannel, overflow: str) -> None:
    queue = full(channel, overflow)
    tag = channel.basic_get(queue)[0].delivery_tag
    publish(channel, queue, b"second")
    settle(channel)
    wait_for(channel, lambda: channel.queue_declare(queue, passive=True).method.message_count == 1, "the second message")
    channel.basic_nack(tag, requeue=True)
    wait_for(channel, lambda: channel.queue_declare(queue, passive=True).method.message_count == 2, "the first one again")
    assert drained(channel, queue) == [b"first", b"second"]


def test_a_queue_for_nothing_refuses_even_for_a_waiting_consumer(channel: BlockingChannel, overflow: str) -> None:
    queue = channel.queue_declare("", exclusive=True, arguments={"x-max-length": 0, "x-overflow": overflow}).method.queue
    received = consume(channel, queue, auto_ack=True)
    channel.confirm_delivery()
    with pytest.raises(NackError):
        channel.basic_publish("", queue, b"x")
    assert received.bodies == []


def test_refused_message_is_dead_lettered_where_asked(channel: BlockingChannel, queue: str) -> None:
    refusing = full(channel, "reject-publish-dlx", dead_letter_exchange="", dead_letter_routing_key=queue)
    channel.confirm_delivery()
    with pytest.raises(NackError):
        channel.basic_publish("", refusing, b"second")
    _method, properties, body = get(channel, queue)
    assert body == b"second"
    (death,) = properties.headers["x-death"]
    assert (death["reason"], death["queue"], death["count"], death["exchange"]) == ("maxlen", refusing, 1, "")
    assert properties.headers["x-first-death-reason"] == "maxlen"


def test_refused_message_is_not_dead_lettered_otherwise(channel: BlockingChannel, queue: str) -> None:
    refusing = full(channel, "reject-publish", dead_letter_exchange="", dead_letter_routing_key=queue)
    publish(channel, refusing, b"second")
    assert drained(channel, queue) == []
    assert drained(channel, refusing) == [b"first"]


def test_dead_letter_that_does_not_fit_is_nobodys_failure(channel: BlockingChannel, overflow: str) -> None:
    target = full(channel, overflow)
    arguments = {"x-max-length": 1, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": target}
    source = channel.queue_declare("", exclusive=True, arguments=arguments).method.queue
    channel.confirm_delivery()
    for body in (b"1", b"2"):
        channel.basic_publish("", source, body)
    assert drained(channel, source) == [b"2"]
    assert drained(channel, target) == [b"first"]


def test_transaction_that_does_not_fit_fails(channel: BlockingChannel, overflow: str) -> None:
    queue = full(channel, overflow)
    channel.tx_select()
    publish(channel, queue, b"second")
    assert channel_error(channel.tx_commit) == (406, "PRECONDITION_FAILED - partial tx completion")


def test_drop_head_may_be_asked_for_by_name(channel: BlockingChannel) -> None:
    queue = full(channel, "drop-head")
    channel.confirm_delivery()
    channel.basic_publish("", queue, b"second")
    assert drained(channel, queue) == [b"second"]


def test_confirms_of_a_batch_name_the_refused_ones(raw: Raw, overflow: str) -> None:
    raw.open(channel=True)
    queue = raw.declare(max_length=2, overflow=overflow)
    raw.ask(commands.Confirm.Select(), commands.Confirm.SelectOk)
    for number in range(4):
        raw.publish(queue, b"%d" % number)
    answered: dict[int, bool] = {}
    while len(answered) < 4:
        answer: Any = raw.expect(commands.Basic.Ack, commands.Basic.Nack)
        tag = answer.delivery_tag or 0
        for one in range(1 if answer.multiple else tag, tag + 1):
            answered.setdefault(one, isinstance(answer, commands.Basic.Ack))
    assert answered == {1: True, 2: True, 3: False, 4: False}
