"""One request of a client, and the ways to answer it."""

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from embedded_server.brokers.kafka import codec
from embedded_server.brokers.kafka.codec import Buffer, Values
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.connection import Connection


class Later(Enum):
    """What a handler returns where there is nothing to send yet."""

    PARKED = "answered by request.answer() in time; the connection's next requests wait, as in Kafka"
    NEVER = "the client waits for no answer"


Answer = Values | list[Buffer] | Later
"""An answer's fields; or its body's bytes, ready made; or none now."""
Handler = Callable[["Request"], Answer]


class Request:
    """What a handler gets."""

    __slots__ = ("_body", "client_id", "connection", "correlation_id", "data", "flexible", "key", "on_gone", "pos", "version")

    def __init__(self, connection: "Connection", data: memoryview) -> None:
        key, self.version, self.correlation_id = codec.parse_head(data)
        self.connection = connection
        self.key = ApiKey(key)
        self.data = data
        """The whole frame; it does not outlive the handler's call."""
        self.flexible = codec.is_flexible(key, self.version)
        self.client_id, self.pos = codec.parse_client_id(data, flexible=self.flexible)
        self.on_gone: Callable[[], None] | None = None
        """Called where the client goes before the answer."""
        self._body: Any = None

    @property
    def body(self) -> Any:
        """The request's fields by their names in the protocol, in snake case. Raises ``Malformed``, which the connection takes."""
        if self._body is None:
            self._body = codec.decode_body(self.key, self.version, self.data, self.pos)
        return self._body

    def park(self) -> Later:
        """Keep the request until ``answer`` is called: its bytes may go, its fields stay."""
        _ = self.body
        self.data = memoryview(b"")
        return Later.PARKED

    @property
    def is_gone(self) -> bool:
        """Whether the client has gone, so that nobody waits for the answer."""
        return self.connection.finished

    def answer(self, answer: Answer) -> None:
        """Send the answer of a parked request; nothing happens where the client has gone."""
        self.connection.answered(self, answer)
