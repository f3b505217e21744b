"""What a client asks of a broker, timed: the same pika client for the embedded broker and for RabbitMQ.

Publishing, confirmed publishing and consuming go through pika's AsyncioConnection, the fastest client for Python; fetching by
``basic.get`` through its BlockingConnection, because a fetch waits for its answer anyway. A measurement ends only when the broker has
taken everything: with the answer to a passive ``queue.declare`` that counts the messages.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, Self

import pika
import pika.spec
from pika.adapters.asyncio_connection import AsyncioConnection

BODY: Final = bytes(range(100))
QUEUE: Final = "benchmark"
CHUNK: Final = 50
"""Published before the client's loop gets its turn."""
MAX_BUFFERED_BYTES: Final = 1 << 16
MAX_UNCONFIRMED: Final = 2_000
PREFETCH: Final = 100


class Client:
    """One connection with one channel, awaited."""

    def __init__(self, port: int, *, persistent: bool) -> None:
        self._parameters = pika.ConnectionParameters("127.0.0.1", port)
        self._persistent = persistent
        self._properties = pika.BasicProperties(delivery_mode=2 if persistent else 1)

    async def __aenter__(self) -> Self:
        self._connection, self._channel = await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        closed = asyncio.get_running_loop().create_future()
        self._connection.add_on_close_callback(lambda *_: closed.set_result(None))
        self._connection.close()
        await closed

    async def _open(self) -> tuple[AsyncioConnection, Any]:
        opened: asyncio.Future[AsyncioConnection] = asyncio.get_running_loop().create_future()
        AsyncioConnection(self._parameters, opened.set_result, lambda _, error: opened.set_exception(error))
        connection = await opened
        return connection, await self._answer(lambda answered: connection.channel(on_open_callback=answered))

    @staticmethod
    async def _answer(ask: Callable[[Callable[[Any], None]], object]) -> Any:
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        ask(answered.set_result)
        return await answered

    async def declare(self) -> None:
        """Make the queue, empty."""
        await self._answer(lambda answered: self._channel.queue_delete(QUEUE, callback=answered))
        await self._answer(lambda answered: self._channel.queue_declare(QUEUE, durable=self._persistent, callback=answered))

    async def count(self) -> int:
        """How many messages wait, told by the queue itself."""
        told = await self._answer(lambda answered: self._channel.queue_declare(QUEUE, passive=True, callback=answered))
        return int(told.method.message_count)

    async def publish(self, count: int) -> float:
        """Publish without confirms until the broker has all; messages a second."""
        began = time.perf_counter()
        for number in range(count):
            self._channel.basic_publish("", QUEUE, BODY, self._properties)
            if number % CHUNK == 0:
                await self._room(lambda: False)
        while await self.count() < count:
            await asyncio.sleep(0)
        return count / (time.perf_counter() - began)

    async def publish_confirmed(self, count: int) -> float:
        """Publish with pipelined confirms until the last has come; messages a second."""
        confirmed, done = 0, asyncio.Event()

        def on_confirm(frame: Any) -> None:
            nonlocal confirmed
            assert isinstance(frame.method, pika.spec.Basic.Ack)
            confirmed = frame.method.delivery_tag if frame.method.multiple else max(confirmed, frame.method.delivery_tag)
            if confirmed >= count:
                done.set()

        await self._answer(lambda answered: self._channel.confirm_delivery(on_confirm, callback=answered))
        began = time.perf_counter()
        for number in range(count):
            self._channel.basic_publish("", QUEUE, BODY, self._properties)
            if number % CHUNK == 0:
                sent = number
                await self._room(lambda: sent - confirmed > MAX_UNCONFIRMED)  # noqa: B023 - it is called before the next turn
        await done.wait()
        return count / (time.perf_counter() - began)

    async def consume(self, count: int) -> float:
        """Take and acknowledge each of *count* messages; a second."""
        taken, done = 0, asyncio.Event()

        def on_message(channel: Any, method: Any, _properties: Any, body: bytes) -> None:
            nonlocal taken
            assert len(body) == len(BODY)
            channel.basic_ack(method.delivery_tag)
            taken += 1
            if taken == count:
                done.set()

        await self._answer(lambda answered: self._channel.basic_qos(prefetch_count=PREFETCH, callback=answered))
        began = time.perf_counter()
        self._channel.basic_consume(QUEUE, on_message)
        await done.wait()
        assert await self.count() == 0
        return count / (time.perf_counter() - began)

    async def _room(self, full: Callable[[], bool]) -> None:
        """Let the client's loop run, and go on once its buffer is small again."""
        await asyncio.sleep(0)
        while self._connection._transport.get_write_buffer_size() > MAX_BUFFERED_BYTES or full():
            await asyncio.sleep(0)


def get_blocking(port: int, count: int) -> float:
    """Fetch and acknowledge *count* messages one by one; a second."""
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port))
    channel = connection.channel()
    began = time.perf_counter()
    for _ in range(count):
        method, _properties, body = channel.basic_get(QUEUE)
        assert method is not None
        assert body is not None
        channel.basic_ack(method.delivery_tag)
    channel.queue_declare(QUEUE, passive=True)
    rate = count / (time.perf_counter() - began)
    connection.close()
    return rate
