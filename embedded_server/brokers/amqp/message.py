"""A message as it was published, and its place in a queue."""

from typing import Final

from embedded_server.brokers.amqp.codec import address
from embedded_server.brokers.amqp.properties import PLAIN, Properties

NEVER: Final = float("inf")


class Message:
    """A published message: where to, its content header as it came, its body. Shared by the queues it lies in."""

    __slots__ = ("body", "exchange", "header", "id", "properties", "routing_key")

    def __init__(self, exchange: str, routing_key: str, header: bytes, body: bytes, properties: Properties = PLAIN) -> None:
        self.exchange = exchange
        self.routing_key = routing_key
        self.header = header
        self.body = body
        self.properties = properties
        self.id = 0
        """Its number in order of arrival over all queues; given when it is routed."""

    @property
    def address(self) -> bytes:
        """Exchange and routing key as the methods that carry it have them."""
        return address(self.exchange, self.routing_key)


class Entry:
    """A message's place in one queue. Its position is its message's number: a message lies in a queue at most once."""

    __slots__ = ("expires_at", "message", "priority", "redelivered", "stored")

    def __init__(self, message: Message, priority: int = 0, expires_at: float = NEVER, *, redelivered: bool = False) -> None:
        self.message = message
        self.priority = priority
        self.expires_at = expires_at
        """On the monotonic clock, seconds."""
        self.redelivered = redelivered
        self.stored = False
