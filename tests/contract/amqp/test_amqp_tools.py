"""A client not written in Python: Debian's amqp-tools, which are rabbitmq-c."""

import shutil
import subprocess

import pytest
from pika.adapters.blocking_connection import BlockingChannel

from tests.contract.amqp.client import consume, depth, get, publish, wait_for
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ

LIMIT_S = 10.0
TOOLS = ("amqp-publish", "amqp-get", "amqp-consume", "amqp-declare-queue", "amqp-delete-queue")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason="needs Debian's amqp-tools: run `make real-brokers`"
)


class Tools:
    """Runs the commands against one broker."""

    def __init__(self, broker: EmbeddedBroker | RealRabbitMQ) -> None:
        self._broker = broker

    def run(self, tool: str, *arguments: str, said: bytes = b"", status: int = 0) -> bytes:
        """What the tool prints; it must end with *status*."""
        where = ("--server", "127.0.0.1", "--port", str(self._broker.port))
        done = subprocess.run([f"amqp-{tool}", *where, *arguments], input=said, capture_output=True, timeout=LIMIT_S, check=False)
        assert done.returncode == status, (done.returncode, done.stderr)
        return done.stdout + done.stderr


@pytest.fixture
def tools(broker: EmbeddedBroker | RealRabbitMQ) -> Tools:
    return Tools(broker)


@pytest.fixture
def declared(tools: Tools, channel: BlockingChannel, name: str) -> str:
    """A queue that amqp-declare-queue made."""
    channel.queue_delete(name)
    assert tools.run("declare-queue", "--queue", name).strip() == name.encode()
    return name


def test_a_queue_is_declared_and_deleted(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    publish(channel, declared, b"1", b"2")
    wait_for(channel, lambda: depth(channel, declared) == 2, "both messages")
    assert tools.run("delete-queue", "--queue", declared).strip() == b"2"


def test_a_durable_queue_is_declared(tools: Tools, channel: BlockingChannel, name: str) -> None:
    channel.queue_delete(name)
    tools.run("declare-queue", "--durable", "--queue", name)
    channel.queue_declare(name, durable=True)
    channel.queue_delete(name)


def test_a_message_is_published_with_its_properties(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    tools.run("publish", "-r", declared, "-p", "-C", "text/plain", "-t", "back", "-H", "a: b", "-b", "hello")
    _, properties, body = get(channel, declared)
    assert (body, properties.delivery_mode, properties.content_type, properties.reply_to) == (b"hello", 2, "text/plain", "back")
    assert properties.headers == {"a": "b"}
    channel.queue_delete(declared)


def test_each_line_is_published(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    tools.run("publish", "-l", "-r", declared, said=b"1\n2\n3\n")
    assert [get(channel, declared)[2].strip() for _ in range(3)] == [b"1", b"2", b"3"]
    channel.queue_delete(declared)


def test_a_large_message_goes_both_ways(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    body = bytes(index % 251 for index in range(500_000))
    tools.run("publish", "-r", declared, said=body)
    wait_for(channel, lambda: depth(channel, declared) == 1, "the message")
    assert tools.run("get", "--queue", declared) == body
    channel.queue_delete(declared)


def test_an_empty_queue_gives_nothing(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    assert tools.run("get", "--queue", declared, status=2) == b""
    channel.queue_delete(declared)


def test_messages_are_consumed_and_acknowledged(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    publish(channel, declared, b"one;", b"two;", b"three;")
    assert tools.run("consume", "--queue", declared, "--prefetch-count", "1", "--count", "2", "cat") == b"one;two;"
    wait_for(channel, lambda: depth(channel, declared) == 1, "the third one")
    assert get(channel, declared)[2] == b"three;"
    channel.queue_delete(declared)


def test_a_consumer_binds_a_queue_of_its_own(tools: Tools, channel: BlockingChannel, broker: EmbeddedBroker | RealRabbitMQ) -> None:
    where = ["--server", "127.0.0.1", "--port", str(broker.port)]
    with subprocess.Popen(
        ["amqp-consume", *where, "--exchange", "amq.topic", "--routing-key", "tools.#", "--count", "1", "cat"], stdout=subprocess.PIPE
    ) as process:
        returned: list[bytes] = []
        channel.add_on_return_callback(lambda _channel, _method, _properties, body: returned.append(body))

        def arrived() -> bool:
            channel.basic_publish("amq.topic", "tools.a", b"news", mandatory=True)
            return process.poll() is not None

        wait_for(channel, arrived, "the consumer")
        assert process.stdout is not None
        assert process.stdout.read() == b"news"


def test_what_the_broker_refuses_is_told(tools: Tools) -> None:
    assert b"NOT_FOUND - no queue 'none at all' in vhost '/'" in tools.run("get", "--queue", "none at all", status=1)
    assert b"ACCESS_REFUSED" in tools.run("publish", "--password", "wrong", "-r", "q", "-b", "x", status=1)
    assert b"vhost none not found" in tools.run("publish", "--vhost", "none", "-r", "q", "-b", "x", status=1)


def test_other_clients_understand_its_messages(tools: Tools, channel: BlockingChannel, declared: str) -> None:
    received = consume(channel, declared, auto_ack=True)
    tools.run("publish", "-r", declared, "-b", "hello")
    assert received.wait(1) == [b"hello"]
    channel.queue_delete(declared)
