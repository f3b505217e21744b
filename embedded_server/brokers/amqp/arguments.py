"""The arguments a queue is declared with: checked, typed, and compared as RabbitMQ does."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from embedded_server.brokers.amqp.errors import AmqpError, precondition
from embedded_server.brokers.amqp.properties import MAX_MILLISECONDS, type_name

logger = logging.getLogger(__name__)

MAX_PRIORITY: Final = 255
CLASSIC: Final = "classic"
QUEUE_TYPES: Final = (CLASSIC, "quorum", "stream")

COMPARED: Final = (
    "x-expires",
    "x-message-ttl",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-overflow",
    "x-queue-mode",
    "x-queue-version",
    "x-single-active-consumer",
    "x-queue-type",
    "x-queue-master-locator",
)
"""What a classic queue understands."""

_OF_OTHER_TYPES: Final = frozenset(
    {
        "x-dead-letter-strategy",
        "x-max-in-memory-length",
        "x-max-in-memory-bytes",
        "x-quorum-initial-group-size",
        "x-delivery-limit",
        "x-queue-leader-locator",
        "x-max-age",
        "x-stream-max-segment-size-bytes",
        "x-initial-cluster-size",
    }
)


class Overflow(StrEnum):
    """What becomes of a message for which a queue has no room."""

    DROP_HEAD = "drop-head"
    """It comes in and the oldest goes."""
    REJECT_PUBLISH = "reject-publish"
    """It stays out, and its publisher is told where they asked for confirms."""
    REJECT_PUBLISH_DLX = "reject-publish-dlx"
    """The same, and it is dead-lettered."""


@dataclass(frozen=True, slots=True)
class QueueArguments:
    """What the arguments of a queue mean to the broker."""

    message_ttl_s: float | None = None
    expires_s: float | None = None
    max_length: int | None = None
    max_length_bytes: int | None = None
    max_priority: int | None = None
    overflow: Overflow = Overflow.DROP_HEAD
    single_active_consumer: bool = False
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
    where = f"queue '{queue}' in vhost '{vhost}'"
    for name, check in _CHECKS.items():
        reason = check(raw[name], raw) if name in raw else None
        if reason is not None:
            raise precondition(f"invalid arg '{name}' for {where}: {reason}")
        if name == "x-queue-type":
            _require_classic(raw.get(name, CLASSIC), where)
    for name in raw:
        if name in _OF_OTHER_TYPES:
            raise precondition(f"invalid arg '{name}' for {where} of queue type {kind_module(CLASSIC)}")
    ttl, expires = raw.get("x-message-ttl"), raw.get("x-expires")
    return QueueArguments(
        message_ttl_s=None if ttl is None else ttl / 1000,
        expires_s=None if expires is None else expires / 1000,
        max_length=raw.get("x-max-length"),
        max_length_bytes=raw.get("x-max-length-bytes"),
        max_priority=raw.get("x-max-priority") or None,
        overflow=Overflow(raw.get("x-overflow", Overflow.DROP_HEAD)),
        single_active_consumer=raw.get("x-single-active-consumer", False),
        dead_letter_exchange=raw.get("x-dead-letter-exchange"),
        dead_letter_routing_key=raw.get("x-dead-letter-routing-key"),
        raw=raw,
    )


def kept_queue_arguments(raw: Mapping[str, Any], queue: str, vhost: str) -> QueueArguments:
    """The arguments of a queue that is there already: what an earlier version let pass and means nothing is left out."""
    try:
        return parse_queue_arguments(raw, queue, vhost)
    except AmqpError as exc:
        logger.warning("The arguments of queue %r are taken as none: %s", queue, exc.text)
        return QueueArguments()


def kind_module(kind: object) -> str:
    """RabbitMQ's name for what implements queues of a type; it stands in its messages."""
    return f"rabbit_{kind}_queue"


def _require_classic(kind: str, where: str) -> None:
    """RabbitMQ would make it; this broker keeps no log that is replicated or read again."""
    if kind != CLASSIC:
        raise precondition(f"{where}: the embedded broker has classic queues only, none of type '{kind}'. Use a RabbitMQ server for it")


# -- one check an argument: what is wrong with the value, as Erlang prints it

_Check = Callable[[object, Mapping[str, Any]], str | None]


def _integer(value: object, _raw: Mapping[str, Any]) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return None
    return f'"expected integer, got {type_name(value)}"'


def _not_negative(value: object, raw: Mapping[str, Any]) -> str | None:
    reason = _integer(value, raw)
    return f"{{value_negative,{value}}}" if reason is None and isinstance(value, int) and value < 0 else reason


def _milliseconds(value: object, raw: Mapping[str, Any]) -> str | None:
    reason = _not_negative(value, raw)
    return f"{{value_too_large,{value}}}" if reason is None and isinstance(value, int) and value > MAX_MILLISECONDS else reason


def _positive_milliseconds(value: object, raw: Mapping[str, Any]) -> str | None:
    return "{value_zero,0}" if _integer(value, raw) is None and value == 0 else _milliseconds(value, raw)


def _priority(value: object, raw: Mapping[str, Any]) -> str | None:
    reason = _not_negative(value, raw)
    return f"{{max_value_exceeded,{value}}}" if reason is None and isinstance(value, int) and value > MAX_PRIORITY else reason


def _version(value: object, raw: Mapping[str, Any]) -> str | None:
    reason = _not_negative(value, raw)
    return f"\"unsupported queue version '{value}'\"" if reason is None and value not in {1, 2} else reason


def _boolean(value: object, _raw: Mapping[str, Any]) -> str | None:
    return None if isinstance(value, bool) else _unacceptable(value)


def _text(value: object, _raw: Mapping[str, Any]) -> str | None:
    return None if isinstance(value, str) else _unacceptable(value)


def _dead_letter_key(value: object, raw: Mapping[str, Any]) -> str | None:
    if not isinstance(value, str):
        return _unacceptable(value)
    return None if "x-dead-letter-exchange" in raw else "routing_key_but_no_dlx_defined"


def _overflow(value: object, _raw: Mapping[str, Any]) -> str | None:
    if not isinstance(value, str):
        return _unacceptable(value)
    return None if value in set(Overflow) else "invalid_overflow"


def _one_of(what: str, allowed: tuple[str, ...]) -> _Check:
    def check(value: object, _raw: Mapping[str, Any]) -> str | None:
        if not isinstance(value, str):
            return _unacceptable(value)
        return None if value in allowed else f"\"unsupported queue {what} '{value}'\""

    return check


def _unacceptable(value: object) -> str:
    return f"{{unacceptable_type,{type_name(value)}}}"


_CHECKS: Final[Mapping[str, _Check]] = {
    "x-queue-type": _one_of("type", QUEUE_TYPES),
    "x-expires": _positive_milliseconds,
    "x-message-ttl": _milliseconds,
    "x-dead-letter-exchange": _text,
    "x-dead-letter-routing-key": _dead_letter_key,
    "x-max-length": _not_negative,
    "x-max-length-bytes": _not_negative,
    "x-max-priority": _priority,
    "x-overflow": _overflow,
    "x-queue-mode": _one_of("mode", ("default", "lazy")),
    "x-queue-version": _version,
    "x-single-active-consumer": _boolean,
}
"""In RabbitMQ's order: of several faults it names the first."""


def check_consume_arguments(raw: Mapping[str, Any], queue: str, vhost: str) -> int:
    """Check what a consumer asks for; its priority. Raises ``AmqpError``."""
    where = f"queue '{queue}' in vhost '{vhost}'"
    for name, check in (("x-priority", _integer), ("x-cancel-on-ha-failover", _boolean)):
        reason = check(raw[name], raw) if name in raw else None
        if reason is not None:
            raise precondition(f"invalid arg '{name}' for {where}: {reason}")
    if "x-stream-offset" in raw:
        raise precondition(f"invalid arg 'x-stream-offset' for {where} of queue type {kind_module(CLASSIC)}")
    return int(raw.get("x-priority", 0))


# -- comparing


def require_same(kind: str, name: str, vhost: str, field_name: str, received: object, current: object) -> None:
    """Raise RabbitMQ's 406 where a declaration names another value than the one in force."""
    if received == current and type(received) is type(current):
        return
    if field_name == "x-queue-type" and {received, current} == {None, CLASSIC}:
        return
    one_is_absent = received is None or current is None
    raise inequivalent(
        f"'{field_name}' for {kind} '{name}' in vhost '{vhost}'",
        received=_shown(received, typed=one_is_absent),
        current=_shown(current, typed=one_is_absent),
    )


def inequivalent(what: str, *, received: str, current: str) -> AmqpError:
    """RabbitMQ's words for a declaration that asks for something else than there is."""
    return precondition(f"inequivalent arg {what}: received {received} but current is {current}")


def _shown(value: object, *, typed: bool) -> str:
    if value is None:
        return "none"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"the value '{text}' of type '{type_name(value)}'" if typed else f"'{text}'"
