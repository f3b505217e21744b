"""The firehose: copies of all messages, published and delivered (``amq.rabbitmq.trace``)."""

from collections.abc import Iterator
from typing import Any

import httpx
import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import Client, Received, channel_error, consume, get, publish, wait_for
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ

TRACE = "amq.rabbitmq.trace"
VHOST = "traced"


@pytest.fixture(scope="module")
def traced(broker: EmbeddedBroker | RealRabbitMQ) -> Iterator[EmbeddedBroker | RealRabbitMQ]:
    """A virtual host of its own whose firehose is on, so that other tests are not traced."""
    with httpx.Client(base_url=broker.management_url) as http:
        http.put(f"/api/vhosts/{VHOST}", json={"tracing": True}).raise_for_status()
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        http.put(f"/api/permissions/{VHOST}/guest", json=everything).raise_for_status()
        yield broker
        http.delete(f"/api/vhosts/{VHOST}").raise_for_status()


@pytest.fixture
def channel(traced: EmbeddedBroker | RealRabbitMQ) -> Iterator[BlockingChannel]:
    client = Client(traced.port)
    yield client.channel(virtual_host=VHOST)
    client.close()


@pytest.fixture
def queue(channel: BlockingChannel) -> str:
    return str(channel.queue_declare("", exclusive=True).method.queue)


@pytest.fixture
def traces(channel: BlockingChannel) -> "Traces":
    made = Traces(channel)
    name = channel.queue_declare("", exclusive=True).method.queue
    channel.queue_bind(name, TRACE, "#")
    channel.basic_consume(name, made, auto_ack=True)
    return made


class Traces(Received):
    """What the firehose told, by routing key; not what it told of its own queue."""

    keys: list[str]

    def __init__(self, channel: BlockingChannel) -> None:
        super().__init__(channel)
        self.keys = []

    def __call__(self, channel: BlockingChannel, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        super().__call__(channel, method, properties, body)
        assert method.exchange == TRACE
        self.keys.append(method.routing_key)

    def of(self, key: str) -> tuple[dict[str, Any], bytes]:
        """Headers and body of what was told with this key; waits for it."""
        wait_for(self.channel, lambda: key in self.keys, f"{key}, got {self.keys}")
        place = self.keys.index(key)
        return dict(self.properties[place].headers or {}), self.bodies[place]


def test_what_is_published_is_told(channel: BlockingChannel, queue: str, traces: Traces) -> None:
    channel.queue_bind(queue, "amq.direct", "k")
    properties = pika.BasicProperties(
        content_type="text/plain", headers={"a": 1, "deep": {"b": [True]}}, delivery_mode=2, priority=3, timestamp=1_700_000_000
    )
    channel.basic_publish("amq.direct", "k", b"body", properties)
    headers, body = traces.of("publish.amq.direct")
    assert body == b"body"
    assert headers.pop("node")
    assert " -> " in headers.pop("connection")
    assert headers == {
        "exchange_name": "amq.direct",
        "routing_keys": ["k"],
        "properties": {
            "content_type": "text/plain",
            "headers": {"a": 1, "deep": {"b": [True]}},
            "delivery_mode": 2,
            "priority": 3,
            "timestamp": 1_700_000_000,
        },
        "vhost": VHOST,
        "channel": 1,
        "user": "guest",
        "routed_queues": [queue],
    }


def test_what_is_delivered_is_told(channel: BlockingChannel, queue: str, traces: Traces) -> None:
    publish(channel, queue, b"body")
    received = consume(channel, queue)
    received.wait(1)
    headers, body = traces.of(f"deliver.{queue}")
    assert body == b"body"
    assert headers.pop("node")
    assert " -> " in headers.pop("connection")
    assert headers == {
        "exchange_name": "",
        "routing_keys": [queue],
        "properties": {},
        "redelivered": 0,
        "vhost": VHOST,
        "channel": 1,
        "user": "guest",
    }


def test_what_is_fetched_and_redelivered_is_told(channel: BlockingChannel, queue: str, traces: Traces) -> None:
    publish(channel, queue, b"body")
    wait_for(channel, lambda: f"publish." in traces.keys, "the publish")  # noqa: F541 - a key, not a dictionary
    other = channel.connection.channel()
    wait_for(channel, lambda: other.queue_declare(queue, passive=True).method.message_count == 1, "the message")
    channel.basic_nack(channel.basic_get(queue)[0].delivery_tag, requeue=True)
    get(channel, queue)
    key = f"deliver.{queue}"
    wait_for(channel, lambda: traces.keys.count(key) == 2, "both deliveries")
    told = [properties.headers["redelivered"] for name, properties in zip(traces.keys, traces.properties, strict=True) if name == key]
    assert told == [0, 1]


def test_unroutable_messages_are_told_too(channel: BlockingChannel, traces: Traces) -> None:
    publish(channel, "nowhere", b"lost")
    headers, body = traces.of("publish.")
    assert (body, headers["exchange_name"], headers["routed_queues"]) == (b"lost", "", ["nowhere"])
    publish(channel, "nowhere", b"lost", exchange="amq.direct")
    assert traces.of("publish.amq.direct")[0]["routed_queues"] == []


def test_the_firehose_is_not_told_of(channel: BlockingChannel, queue: str, traces: Traces) -> None:
    publish(channel, queue, b"1")
    get(channel, queue)
    traces.of(f"deliver.{queue}")
    assert set(traces.keys) == {"publish.", f"deliver.{queue}"}


def test_nobody_publishes_to_it(channel: BlockingChannel, traces: Traces) -> None:
    def act() -> None:
        channel.confirm_delivery()
        channel.basic_publish(TRACE, "publish.x", b"forged")

    expected = (403, f"ACCESS_REFUSED - cannot publish to internal exchange '{TRACE}' in vhost '{VHOST}'")
    assert channel_error(act) == expected
    assert traces.bodies == []


def test_it_can_be_turned_off(traced: EmbeddedBroker | RealRabbitMQ, channel: BlockingChannel, queue: str, traces: Traces) -> None:
    with httpx.Client(base_url=traced.management_url) as http:
        http.put(f"/api/vhosts/{VHOST}", json={"tracing": False}).raise_for_status()
        try:
            publish(channel, queue, b"unseen")
            assert get(channel, queue)[2] == b"unseen"
        finally:
            http.put(f"/api/vhosts/{VHOST}", json={"tracing": True}).raise_for_status()
    publish(channel, queue, b"seen")
    assert traces.of("publish.")[1] == b"seen"
    assert traces.bodies[0] == b"seen"


def test_other_vhosts_are_not_told_of(traced: EmbeddedBroker | RealRabbitMQ, channel: BlockingChannel, traces: Traces) -> None:
    elsewhere = Client(traced.port)
    other = elsewhere.channel()
    publish(other, "nowhere", b"unseen")
    other.exchange_declare("amq.direct", passive=True)
    publish(channel, "nowhere", b"seen")
    assert traces.of("publish.")[1] == b"seen"
    elsewhere.close()
