"""A client of another kind: kombu on py-amqp, as Celery and many programs use it."""

import importlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ, wait_until

# None of them is typed.
kombu: Any = importlib.import_module("kombu")
pools: Any = importlib.import_module("kombu.pools")
errors: Any = importlib.import_module("amqp.exceptions")

LIMIT_S = 10.0


@pytest.fixture
def opened(broker: EmbeddedBroker | RealRabbitMQ) -> Iterator[Any]:
    with kombu.Connection(broker.url, connect_timeout=LIMIT_S, transport_options={"confirm_publish": True}) as made:
        yield made


@pytest.fixture
def fresh() -> str:
    return f"kombu-{uuid.uuid4().hex}"


def test_simple_queue(opened: Any, fresh: str) -> None:
    passing = {"durable": False, "auto_delete": True}
    with opened.SimpleQueue(fresh, queue_opts=passing, exchange_opts=passing) as queue:
        for number in range(3):
            queue.put({"number": number}, compression="zlib")
        wait_until(lambda: queue.qsize() == 3, LIMIT_S, "all three")
        for number in range(3):
            message = queue.get(timeout=LIMIT_S)
            assert message.payload == {"number": number}
            message.ack()
        with pytest.raises(queue.Empty):
            queue.get(block=False)


def test_producer_and_consumer(opened: Any, fresh: str) -> None:
    exchange = kombu.Exchange(fresh, "topic", durable=False, auto_delete=True)
    queue = kombu.Queue(fresh, exchange, "news.#", durable=False, auto_delete=True, max_priority=5, message_ttl=60)
    received: list[tuple[Any, dict[str, Any]]] = []

    def on_message(body: Any, message: Any) -> None:
        received.append((body, message.headers))
        message.ack()

    headers = {"n": 3, "deep": {"a": [1, None, True]}}
    with opened.Consumer(queue, callbacks=[on_message], prefetch_count=2):
        producer = opened.Producer(exchange=exchange)
        for number in range(5):
            producer.publish([number], routing_key=f"news.{number}", headers=headers, declare=[queue])
        while len(received) < 5:
            opened.drain_events(timeout=LIMIT_S)
    assert received == [([number], headers) for number in range(5)]


def test_mandatory_message_comes_back(opened: Any) -> None:
    returned: list[Any] = []
    producer = kombu.Producer(opened.channel(), on_return=lambda *told: returned.append(told))
    producer.publish("lost", routing_key="nowhere", mandatory=True)
    ((exception, exchange, routing_key, message),) = returned
    assert (exception.reply_code, exchange, routing_key, message.body) == (312, "", "nowhere", "lost")


def test_full_queue_nacks(opened: Any, fresh: str) -> None:
    full = {"x-max-length": 0, "x-overflow": "reject-publish"}
    kombu.Queue(fresh, durable=False, exclusive=True, queue_arguments=full)(opened.default_channel).declare()
    with pytest.raises(errors.MessageNacked):
        opened.Producer().publish("x", routing_key=fresh)


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda channel: channel.queue_declare("none at all", passive=True), errors.NotFound),
        (lambda channel: channel.exchange_declare("amq.mine", "direct"), errors.AccessRefused),
        (lambda channel: channel.queue_declare("q", arguments={"x-max-length": -1}), errors.PreconditionFailed),
    ],
)
def test_errors_are_understood(opened: Any, act: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        act(opened.channel())


def test_heartbeats_keep_a_connection(broker: EmbeddedBroker | RealRabbitMQ) -> None:
    with kombu.Connection(broker.url, heartbeat=2) as connection:
        connection.connect()
        assert connection.get_heartbeat_interval() == 2
        received_before = connection.connection.bytes_recv
        for _ in range(6):
            with pytest.raises(TimeoutError):
                connection.drain_events(timeout=0.5)
            connection.heartbeat_check(rate=2)
        assert connection.connection.bytes_recv > received_before
        assert connection.connected


def test_pools(broker: EmbeddedBroker | RealRabbitMQ, fresh: str) -> None:
    template = kombu.Connection(broker.url)
    queue = kombu.Queue(fresh, durable=False, auto_delete=True)
    with pools.producers[template].acquire(block=True, timeout=LIMIT_S) as producer:
        producer.publish("hello", routing_key=fresh, declare=[queue], retry=True)
    with pools.connections[template].acquire(block=True, timeout=LIMIT_S) as connection, connection.SimpleQueue(queue) as simple:
        assert simple.get(timeout=LIMIT_S).payload == "hello"
    pools.reset()


def test_a_wrong_password_is_told(broker: EmbeddedBroker | RealRabbitMQ) -> None:
    with pytest.raises(errors.AccessRefused):
        kombu.Connection(f"amqp://guest:wrong@127.0.0.1:{broker.port}//", connect_timeout=LIMIT_S).connect()
