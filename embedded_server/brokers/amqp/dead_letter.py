"""Dead-lettering: why a message left its queue for another exchange, written into its ``x-death`` header."""

import datetime as dt
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from embedded_server.brokers.amqp.codec import short
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.properties import headers_of, properties_of, with_headers

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.queue import Queue
    from embedded_server.brokers.amqp.vhost import VHost


class Reason(StrEnum):
    """Why a message died."""

    REJECTED = "rejected"
    EXPIRED = "expired"
    MAXLEN = "maxlen"


class DeadLetters:
    """Sends on what dies in the queues of one virtual host."""

    def __init__(self, vhost: "VHost") -> None:
        self._vhost = vhost
        self._dying: deque[tuple[Queue, Message, Reason]] = deque()
        self._burying = False

    def send(self, queue: "Queue", message: Message, reason: Reason) -> None:
        """Send *message* on to the queue's dead letter exchange, where there is one."""
        if queue.arguments.dead_letter_exchange is None:
            return
        self._dying.append((queue, message, reason))
        if self._burying:
            return  # the loop below goes on: a queue that dead-letters into itself must not recurse
        self._burying = True
        try:
            while self._dying:
                self._bury(*self._dying.popleft())
        finally:
            self._burying = False

    def _bury(self, queue: "Queue", message: Message, reason: Reason) -> None:
        exchange = queue.arguments.dead_letter_exchange or ""
        if exchange and exchange not in self._vhost.exchanges:
            return
        key = queue.arguments.dead_letter_routing_key
        letter = died(message, queue.name, reason, exchange=exchange, routing_key=key, at=self._vhost.clock.wall())
        queues = self._vhost.destinations(letter)
        if reason is not Reason.REJECTED:
            queues = tuple(one for one in queues if not in_a_circle(letter, one.name))
        self._vhost.forward(letter, queues)


def died(message: Message, queue: str, reason: Reason, *, exchange: str, routing_key: str | None, at: float) -> Message:
    """*message* as it goes on to its dead letter exchange, its death recorded as RabbitMQ records it. *at* is calendar time.

    Without a *routing_key* it keeps its own ones.
    """
    headers = headers_of(message.header)
    deaths = _deaths(headers)
    mine = next((d for d in deaths if d.get("queue") == queue and d.get("reason") == reason.value), None)
    if mine is None:
        mine = _death(message, queue, reason, at)
    else:
        deaths.remove(mine)
        mine["count"] = int(mine.get("count") or 0) + 1
    changes: dict[str, Any] = {"x-death": [mine, *deaths]}
    if "x-first-death-reason" not in headers:
        changes |= {"x-first-death-exchange": message.exchange, "x-first-death-queue": queue, "x-first-death-reason": reason.value}
    values = {name: encoded(value) for name, value in changes.items()}
    if routing_key is not None and "CC" in headers:
        values["CC"] = b""
    header = with_headers(message.header, values)
    return Message(exchange, message.routing_key if routing_key is None else routing_key, header, message.body, properties_of(header))


def in_a_circle(message: Message, queue: str) -> bool:
    """Whether *message* has already died in *queue* and never been rejected since: RabbitMQ drops it there."""
    deaths = _deaths(headers_of(message.header))
    for number, death in enumerate(deaths):
        if death.get("queue") == queue:
            return all(d.get("reason") != Reason.REJECTED.value for d in deaths[: number + 1])
    return False


def _deaths(headers: Mapping[str, Any]) -> list[dict[str, Any]]:
    deaths = headers.get("x-death")
    return [death for death in deaths if isinstance(death, dict)] if isinstance(deaths, list) else []


def _death(message: Message, queue: str, reason: Reason, at: float) -> dict[str, Any]:
    death: dict[str, Any] = {
        "count": 1,
        "reason": reason.value,
        "queue": queue,
        "time": dt.datetime.fromtimestamp(int(at), tz=dt.UTC),
        "exchange": message.exchange,
        "routing-keys": [message.routing_key, *message.properties.copies],
    }
    if message.properties.expiration_ms is not None:
        death["original-expiration"] = str(message.properties.expiration_ms)
    return death


def encoded(value: object) -> bytes:
    """A field value with its type's octet, typed as RabbitMQ types it."""
    match value:
        case bool():
            return b"t" + bytes((value,))
        case int():
            return b"l" + struct.pack(">q", value)
        case str():
            return b"S" + _counted(value.encode())
        case bytes() | bytearray():
            return b"x" + _counted(bytes(value))
        case float():
            return b"d" + struct.pack(">d", value)
        case dt.datetime():
            return b"T" + struct.pack(">Q", int(value.timestamp()))
        case dict():
            return b"F" + _counted(b"".join(short(str(name)) + encoded(item) for name, item in value.items()))
        case list():
            return b"A" + _counted(_joined(value))
        case _:
            return b"V"


def _joined(values: Sequence[object]) -> bytes:
    return b"".join(encoded(value) for value in values)


def _counted(octets: bytes) -> bytes:
    return struct.pack(">I", len(octets)) + octets
