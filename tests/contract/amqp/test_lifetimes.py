"""Messages that expire, queues that expire, queues that are full, priorities, and where the dead go."""

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, channel_error, consume, depth, drained, get, publish, settle, wait_for


@pytest.fixture
def graveyard(channel: BlockingChannel) -> str:
    """The queue that dead letters come to."""
    name: str = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(name, "amq.fanout")
    return name


def declare(channel: BlockingChannel, **arguments: object) -> str:
    raw = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
    return str(channel.queue_declare("", exclusive=True, arguments=raw).method.queue)


def test_messages_of_a_queue_with_ttl_expire(channel: BlockingChannel) -> None:
    queue = declare(channel, message_ttl=50)
    publish(channel, queue, b"1", b"2")
    wait_for(channel, lambda: depth(channel, queue) == 0, "the messages to expire")


def test_a_message_may_expire_by_itself(channel: BlockingChannel, queue: str) -> None:
    channel.confirm_delivery()  # the queue has what it confirms: RabbitMQ's count may be asked for sooner than the message comes
    publish(channel, queue, b"1", expiration="50")
    wait_for(channel, lambda: depth(channel, queue) == 0, "it to expire")
    publish(channel, queue, b"2")
    assert drained(channel, queue) == [b"2"]


def test_the_shorter_life_counts(channel: BlockingChannel) -> None:
    channel.confirm_delivery()
    queue = declare(channel, message_ttl=50)
    publish(channel, queue, b"1", expiration="60000")
    wait_for(channel, lambda: depth(channel, queue) == 0, "the message to expire")


def test_ttl_zero_delivers_only_to_who_waits(channel: BlockingChannel) -> None:
    queue = declare(channel, message_ttl=0)
    publish(channel, queue, b"1")
    assert drained(channel, queue) == []
    received = consume(channel, queue, auto_ack=True)
    publish(channel, queue, b"2")
    assert received.wait(1) == [b"2"]


def test_expiration_must_be_a_number(channel: BlockingChannel, queue: str) -> None:
    def act() -> None:
        publish(channel, queue, b"x", expiration="soon")
        settle(channel)

    code, text = channel_error(act)
    assert code == 406
    assert text.startswith("PRECONDITION_FAILED - invalid expiration 'soon'")


def test_unused_queue_expires(client: Client, channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name, arguments={"x-expires": 100})

    def gone() -> bool:
        try:
            # Not a passive declaration: that would be a use.
            channel.queue_bind(name, "amq.direct", "k")
        except Exception:  # noqa: BLE001 - whatever pika raises for a closed channel
            return True
        return False

    wait_for(client.channel(), gone, "the queue to expire")


def test_consumed_queue_does_not_expire(channel: BlockingChannel) -> None:
    queue = declare(channel, expires=100)
    consume(channel, queue)
    channel.confirm_delivery()
    marker = declare(channel, message_ttl=300)
    publish(channel, marker, b"x")
    wait_for(channel, lambda: depth(channel, marker) == 0, "three times its life")
    assert depth(channel, queue) == 0


def test_full_queue_drops_its_head(channel: BlockingChannel) -> None:
    queue = declare(channel, max_length=2)
    publish(channel, queue, b"1", b"2", b"3")
    assert drained(channel, queue) == [b"2", b"3"]


def test_queue_full_of_bytes_drops_its_head(channel: BlockingChannel) -> None:
    queue = declare(channel, max_length_bytes=10)
    publish(channel, queue, b"aaaa", b"bbbb", b"cccc")
    assert drained(channel, queue) == [b"bbbb", b"cccc"]


def test_full_queue_with_priorities_drops_what_would_leave_first(channel: BlockingChannel) -> None:
    queue = declare(channel, max_priority=5, max_length=2)
    for body, priority in ((b"low", 1), (b"high", 5), (b"middle", 3)):
        publish(channel, queue, body, priority=priority)
    assert drained(channel, queue) == [b"middle", b"low"]


def test_higher_priority_leaves_first(channel: BlockingChannel) -> None:
    queue = declare(channel, max_priority=5)
    for body, priority in ((b"low", 1), (b"high", 5), (b"above", 9), (b"low too", 1), (b"none", 0)):
        publish(channel, queue, body, priority=priority)
    assert drained(channel, queue) == [b"high", b"above", b"low", b"low too", b"none"]


def test_priority_survives_a_return(channel: BlockingChannel) -> None:
    queue = declare(channel, max_priority=5)
    publish(channel, queue, b"low", priority=1)
    publish(channel, queue, b"high", b"high too", priority=5)
    settle(channel)
    tag = channel.basic_get(queue)[0].delivery_tag
    channel.basic_nack(tag, requeue=True)
    assert drained(channel, queue) == [b"high", b"high too", b"low"]


def test_rejected_message_is_dead_lettered_with_its_history(channel: BlockingChannel, graveyard: str) -> None:
    queue = declare(channel, dead_letter_exchange="amq.fanout")
    publish(channel, queue, b"x", headers={"mine": 1}, content_type="text/plain")
    settle(channel)
    channel.basic_reject(channel.basic_get(queue)[0].delivery_tag, requeue=False)
    method, properties, body = get(channel, graveyard)
    assert (body, method.exchange, method.routing_key) == (b"x", "amq.fanout", queue)
    assert properties.content_type == "text/plain"
    (death,) = properties.headers["x-death"]
    assert death.pop("time") is not None
    assert death == {"count": 1, "reason": "rejected", "queue": queue, "exchange": "", "routing-keys": [queue]}
    first = {name: value for name, value in properties.headers.items() if name != "x-death"}
    assert first == {"mine": 1, "x-first-death-exchange": "", "x-first-death-queue": queue, "x-first-death-reason": "rejected"}


def test_expired_message_is_dead_lettered_under_another_key_and_expires_no_more(channel: BlockingChannel, graveyard: str) -> None:
    queue = declare(channel, dead_letter_exchange="amq.fanout", dead_letter_routing_key="other")
    publish(channel, queue, b"x", expiration="20")
    method, properties, _ = get(channel, graveyard)
    assert (method.routing_key, properties.expiration) == ("other", None)
    (death,) = properties.headers["x-death"]
    assert (death["reason"], death["original-expiration"]) == ("expired", "20")


def test_dropped_head_is_dead_lettered(channel: BlockingChannel, graveyard: str) -> None:
    queue = declare(channel, max_length=1, dead_letter_exchange="amq.fanout")
    publish(channel, queue, b"1", b"2")
    _, properties, body = get(channel, graveyard)
    assert body == b"1"
    assert properties.headers["x-death"][0]["reason"] == "maxlen"


def test_second_death_in_the_same_queue_is_counted(channel: BlockingChannel, queue: str) -> None:
    first = declare(channel, dead_letter_exchange="", dead_letter_routing_key=queue)
    publish(channel, first, b"x")
    settle(channel)
    channel.basic_reject(channel.basic_get(first)[0].delivery_tag, requeue=False)
    _, properties, body = get(channel, queue)
    channel.basic_publish("", first, body, properties)
    settle(channel)
    channel.basic_reject(channel.basic_get(first)[0].delivery_tag, requeue=False)
    (death,) = get(channel, queue)[1].headers["x-death"]
    assert death["count"] == 2


def test_messages_do_not_circle_for_ever(channel: BlockingChannel, name: str) -> None:
    channel.queue_declare(name, exclusive=True, arguments={"x-message-ttl": 1, "x-dead-letter-exchange": ""})
    publish(channel, name, b"x")
    wait_for(channel, lambda: depth(channel, name) == 0, "the message to be dropped")


def test_dead_letters_to_a_missing_exchange_are_dropped(channel: BlockingChannel) -> None:
    queue = declare(channel, dead_letter_exchange="none", max_length=1)
    publish(channel, queue, b"1", b"2")
    assert drained(channel, queue) == [b"2"]
