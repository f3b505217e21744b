"""The arguments a queue is declared with: checked, typed, and compared as RabbitMQ does."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from embedded_server.brokers.amqp.errors import AmqpError, precondition

MAX_PRIORITY: Final = 255
MAX_MILLISECONDS: Final = 2**32 - 1

COMPARED: Final = (
    "x-expires",
    "x-message-ttl",
    "x-max-length",
    "x-max-length-bytes",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-priority",
    "x-overflow",
    "x-queue-mode",
    "x-queue-type",
    "x-single-active-consumer",
)


@dataclass(frozen=True, slots=True)
class QueueArguments:
    """What the arguments of a queue mean to the broker."""

    message_ttl_s: float | None = None
    expires_s: float | None = None
    max_length: int | None = None
    max_length_bytes: int | None = None
    max_priority: int | None = None
    dead_letter_exchange: str | None = None
    dead_letter_routing_key: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    """All of them as declared, those included that mean nothing to this broker."""

    @property
    def plain(self) -> bool:
        """Nothing here changes how a message is stored or in which order it leaves."""
        return self.message_ttl_s is None and self.max_length is None and self.max_length_bytes is None and self.max_priority is None


def parse_queue_arguments(raw: Mapping[str, Any], queue: str, vhost: str) -> QueueArguments:
    """Check *raw*; raises ``AmqpError`` with RabbitMQ's reason for the first value that cannot be."""
    number = _Numbers(raw, queue, vhost)
    ttl = number("x-message-ttl", largest=MAX_MILLISECONDS)
    expires = number("x-expires", smallest=1, largest=MAX_MILLISECONDS)
    exchange, key = _text(raw, "x-dead-letter-exchange", queue, vhost), _text(raw, "x-dead-letter-routing-key", queue, vhost)
    if key is not None and exchange is None:
        raise _invalid("x-dead-letter-routing-key", queue, vhost, "routing_key_but_no_dlx_defined")
    return QueueArguments(
        message_ttl_s=None if ttl is None else ttl / 1000,
        expires_s=None if expires is None else expires / 1000,
        max_length=number("x-max-length"),
        max_length_bytes=number("x-max-length-bytes"),
        max_priority=number("x-max-priority", largest=MAX_PRIORITY) or None,
        dead_letter_exchange=exchange,
        dead_letter_routing_key=key,
        raw=raw,
    )


class _Numbers:
    """Reads whole numbers out of the arguments of one queue."""

    def __init__(self, raw: Mapping[str, Any], queue: str, vhost: str) -> None:
        self._raw = raw
        self._queue = queue
        self._vhost = vhost

    def __call__(self, name: str, *, smallest: int = 0, largest: int | None = None) -> int | None:
        value = self._raw.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise _invalid(name, self._queue, self._vhost, f'"expected integer, got {type_name(value)}"')
        if value < smallest:
            word = "value_zero" if value == 0 else "value_negative"
            raise _invalid(name, self._queue, self._vhost, f"{{{word},{value}}}")
        if largest is not None and value > largest:
            raise _invalid(name, self._queue, self._vhost, f"{{value_too_big,{value}}}")
        return value


def _text(raw: Mapping[str, Any], name: str, queue: str, vhost: str) -> str | None:
    value = raw.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _invalid(name, queue, vhost, f"{{unacceptable_type,{type_name(value)}}}")


def _invalid(name: str, queue: str, vhost: str, reason: str) -> AmqpError:
    return precondition(f"invalid arg '{name}' for queue '{queue}' in vhost '{vhost}': {reason}")


def require_same(kind: str, name: str, vhost: str, field_name: str, received: object, current: object) -> None:
    """Raise RabbitMQ's 406 where a declaration names another value than the one in force."""
    if received == current:
        return
    one_is_absent = received is None or current is None
    raise precondition(
        f"inequivalent arg '{field_name}' for {kind} '{name}' in vhost '{vhost}': "
        f"received {_shown(received, typed=one_is_absent)} but current is {_shown(current, typed=one_is_absent)}"
    )


def _shown(value: object, *, typed: bool) -> str:
    if value is None:
        return "none"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"the value '{text}' of type '{type_name(value)}'" if typed else f"'{text}'"


def type_name(value: object) -> str:
    """RabbitMQ's word for the type of a field value."""
    match value:
        case bool():
            return "bool"
        case int():
            return "signedint" if -(2**31) <= value < 2**31 else "long"
        case str() | bytes():
            return "longstr"
        case float():
            return "double"
        case dict():
            return "table"
        case list():
            return "array"
        case _:
            return "timestamp"
