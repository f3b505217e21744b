"""Direct reply-to: answers without a queue (``amq.rabbitmq.reply-to``)."""

import pika
import pytest
from pamqp import commands
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, Received, channel_error, consume, get, publish, settle, wait_for
from tests.contract.amqp.raw import Raw

PSEUDO_QUEUE = "amq.rabbitmq.reply-to"


@pytest.fixture
def replies(channel: BlockingChannel) -> Received:
    return consume(channel, PSEUDO_QUEUE, auto_ack=True)


def ask(channel: BlockingChannel, queue: str) -> str:
    """Publish a question to *queue* and fetch it as the server: the address to answer to."""
    publish(channel, queue, b"question", reply_to=PSEUDO_QUEUE)
    _method, properties, body = get(channel, queue)
    assert body == b"question"
    return str(properties.reply_to)


def test_answer_comes_to_who_asked(client: Client, channel: BlockingChannel, queue: str, replies: Received) -> None:
    address = ask(channel, queue)
    assert address.startswith(f"{PSEUDO_QUEUE}.")
    publish(client.channel(), address, b"answer", correlation_id="7")
    assert replies.wait(1) == [b"answer"]
    assert replies.properties[0].correlation_id == "7"
    assert replies.redelivered == [False]


def test_one_address_may_be_answered_often(client: Client, channel: BlockingChannel, queue: str, replies: Received) -> None:
    address = ask(channel, queue)
    assert ask(channel, queue) == address
    publish(client.channel(), address, b"1", b"2")
    assert replies.wait(2) == [b"1", b"2"]


def test_all_other_properties_stay(channel: BlockingChannel, queue: str, replies: Received) -> None:
    sent = pika.BasicProperties(
        content_type="a", headers={"x": 1}, delivery_mode=2, correlation_id="c", reply_to=PSEUDO_QUEUE, message_id="m", app_id="z"
    )
    channel.basic_publish("", queue, b"question", sent)
    properties = get(channel, queue)[1]
    sent.reply_to = properties.reply_to
    assert properties == sent
    assert not replies.bodies


def test_any_other_reply_to_is_left_alone(channel: BlockingChannel, queue: str) -> None:
    publish(channel, queue, b"question", reply_to="mine")
    assert get(channel, queue)[1].reply_to == "mine"


def test_asking_without_consuming_is_refused(channel: BlockingChannel, queue: str) -> None:
    def act() -> None:
        publish(channel, queue, b"question", reply_to=PSEUDO_QUEUE)
        settle(channel)

    assert channel_error(act) == (406, "PRECONDITION_FAILED - fast reply consumer does not exist")


def test_replies_cannot_be_acknowledged(channel: BlockingChannel) -> None:
    expected = (406, "PRECONDITION_FAILED - reply consumer cannot acknowledge")
    assert channel_error(lambda: channel.basic_consume(PSEUDO_QUEUE, print, auto_ack=False)) == expected


def test_one_consumer_a_channel(channel: BlockingChannel, replies: Received) -> None:
    assert not replies.bodies
    expected = (406, "PRECONDITION_FAILED - reply consumer already set")
    assert channel_error(lambda: channel.basic_consume(PSEUDO_QUEUE, print, auto_ack=True)) == expected


def test_tag_of_another_consumer_closes_the_connection(raw: Raw) -> None:
    raw.open(channel=True)
    queue = raw.declare()
    raw.ask(commands.Basic.Consume(queue=queue, consumer_tag="t"), commands.Basic.ConsumeOk)
    raw.method(1, commands.Basic.Consume(queue=PSEUDO_QUEUE, consumer_tag="t", no_ack=True))
    assert raw.refusal() == (530, "NOT_ALLOWED - attempt to reuse consumer tag 't'", 60, 20)


def test_address_lasts_as_long_as_the_consumer(client: Client, channel: BlockingChannel, queue: str) -> None:
    tag = channel.basic_consume(PSEUDO_QUEUE, print, auto_ack=True)
    address = ask(channel, queue)
    other = client.channel()
    assert other.queue_declare(address, passive=True).method.consumer_count == 1
    assert other.queue_declare(address).method.message_count == 0
    channel.basic_cancel(tag)
    expected = (404, f"NOT_FOUND - no queue '{address}' in vhost '/'")
    assert channel_error(lambda: other.queue_declare(address, passive=True)) == expected
    again = consume(channel, PSEUDO_QUEUE, auto_ack=True)
    fresh = ask(channel, queue)
    assert fresh != address
    publish(channel, address, b"late")
    publish(channel, fresh, b"answer")
    assert again.wait(1) == [b"answer"]


def test_address_goes_with_its_channel(client: Client, channel: BlockingChannel, queue: str) -> None:
    asking = channel.connection.channel()
    asking.basic_consume(PSEUDO_QUEUE, print, auto_ack=True)
    address = ask(asking, queue)
    asking.close()
    code, _ = channel_error(lambda: client.channel().queue_declare(address, passive=True))
    assert code == 404


def test_the_pseudo_queue_seems_to_be_there(channel: BlockingChannel) -> None:
    told = channel.queue_declare(PSEUDO_QUEUE, passive=True).method
    assert (told.queue, told.message_count, told.consumer_count) == (PSEUDO_QUEUE, 0, 1)


def test_mandatory_answer_comes_back_although_it_was_delivered(channel: BlockingChannel, queue: str, replies: Received) -> None:
    address = ask(channel, queue)
    returned: list[bytes] = []
    channel.add_on_return_callback(lambda _channel, _method, _properties, body: returned.append(body))
    channel.basic_publish("", address, b"answer", mandatory=True)
    wait_for(channel, lambda: bool(returned), "the return")
    assert replies.wait(1) == [b"answer"]


def test_answer_is_confirmed(channel: BlockingChannel, queue: str, replies: Received) -> None:
    address = ask(channel, queue)
    channel.confirm_delivery()
    channel.basic_publish("", address, b"answer")
    assert replies.wait(1) == [b"answer"]


def test_it_is_no_queue_to_fetch_from(channel: BlockingChannel) -> None:
    expected = (404, f"NOT_FOUND - no queue '{PSEUDO_QUEUE}' in vhost '/'")
    assert channel_error(lambda: channel.basic_get(PSEUDO_QUEUE)) == expected


def test_only_the_default_exchange_leads_there(channel: BlockingChannel, queue: str, replies: Received) -> None:
    address = ask(channel, queue)
    publish(channel, address, b"lost", exchange="amq.direct")
    publish(channel, address, b"answer")
    assert replies.wait(1) == [b"answer"]


def test_a_name_of_its_own_may_be_given(channel: BlockingChannel, queue: str) -> None:
    received = Received(channel)
    assert channel.basic_consume(PSEUDO_QUEUE, received, auto_ack=True, consumer_tag="mine") == "mine"
    publish(channel, ask(channel, queue), b"answer")
    assert received.wait(1) == [b"answer"]


def test_broken_address_is_unroutable(channel: BlockingChannel) -> None:
    channel.confirm_delivery()
    with pytest.raises(pika.exceptions.UnroutableError):
        channel.basic_publish("", f"{PSEUDO_QUEUE}.nobody", b"x", mandatory=True)
