"""What the contract tests say often, said once: pika's blocking client with time limits."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, ChannelClosedByBroker, ConnectionClosedByBroker

LIMIT_S = 10.0


class Client:
    """Connections of one test, closed at its end."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connections: list[pika.BlockingConnection] = []

    def connect(self, **options: Any) -> pika.BlockingConnection:
        parameters = pika.ConnectionParameters(
            "127.0.0.1", self.port, blocked_connection_timeout=LIMIT_S, socket_timeout=LIMIT_S, **options
        )
        connection = pika.BlockingConnection(parameters)
        self._connections.append(connection)
        return connection

    def channel(self, **options: Any) -> BlockingChannel:
        return self.connect(**options).channel()

    def close(self) -> None:
        for connection in self._connections:
            with suppress(AMQPError):
                if connection.is_open:
                    connection.close()


@dataclass
class Received:
    """Messages that a consumer got, in order."""

    channel: BlockingChannel
    bodies: list[bytes] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    redelivered: list[bool] = field(default_factory=list)
    properties: list[pika.BasicProperties] = field(default_factory=list)
    cancelled: bool = False

    def __call__(self, _channel: BlockingChannel, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        self.bodies.append(body)
        self.tags.append(method.delivery_tag)
        self.redelivered.append(method.redelivered)
        self.properties.append(properties)

    def wait(self, count: int) -> list[bytes]:
        """Wait until *count* messages are there."""
        wait_for(self.channel, lambda: len(self.bodies) >= count, f"{count} messages, got {self.bodies}")
        return self.bodies


def consume(channel: BlockingChannel, queue: str, **options: Any) -> Received:
    received = Received(channel)
    channel.basic_consume(queue, received, **options)
    return received


def wait_for(channel: BlockingChannel, condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit_s:g} s for {what}"
        channel.connection.process_data_events(time_limit=0.02)


def settle(channel: BlockingChannel) -> None:
    """Let everything sent before take effect: both brokers answer a channel in order."""
    channel.exchange_declare("amq.direct", passive=True)


def publish(channel: BlockingChannel, queue: str, *bodies: bytes, exchange: str = "", **properties: Any) -> None:
    for body in bodies:
        channel.basic_publish(exchange, queue, body, pika.BasicProperties(**properties))


def get(channel: BlockingChannel, queue: str, limit_s: float = LIMIT_S) -> tuple[Any, pika.BasicProperties, bytes]:
    """The queue's next message, acknowledged; waits for it."""
    found: list[tuple[Any, pika.BasicProperties, bytes]] = []

    def fetched() -> bool:
        method, properties, body = channel.basic_get(queue, auto_ack=True)
        if method is not None:
            found.append((method, properties, body))
        return bool(found)

    wait_for(channel, fetched, f"a message in {queue}", limit_s)
    return found[0]


def drained(channel: BlockingChannel, queue: str) -> list[bytes]:
    """Bodies of all messages that wait in *queue*."""
    settle(channel)
    bodies = []
    while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
        bodies.append(got[2])
    return bodies


def depth(channel: BlockingChannel, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def channel_error(act: Callable[[], object]) -> tuple[int, str]:
    """Code and text with which the broker closes the channel because of *act*."""
    try:
        act()
    except ChannelClosedByBroker as closed:
        return closed.reply_code, closed.reply_text
    raise AssertionError("the broker did not close the channel")


def connection_error(act: Callable[[], object]) -> tuple[int, str]:
    """Code and text with which the broker closes the connection because of *act*."""
    try:
        act()
    except ConnectionClosedByBroker as closed:
        return closed.reply_code, closed.reply_text
    raise AssertionError("the broker did not close the connection")
