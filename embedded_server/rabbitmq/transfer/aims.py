"""Where each message of a move or a redrive goes, and what is taken off its copy."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from embedded_server.contracts.rabbitmq import MoveRequest, RedriveRequest
from embedded_server.rabbitmq.amqp.content_edit import without_headers
from embedded_server.rabbitmq.amqp.fields import FieldFault
from embedded_server.rabbitmq.amqp.receiver import Delivery

_COPY_TO: Final = "CC"
"""Names further queues: a copy sent to a place of our choice would reach them as well."""
_DEATH_PREFIXES: Final = ("x-first-death-", "x-last-death-")
_DEATHS: Final = "x-death"


class Aim(NamedTuple):
    """Where a copy goes, and its content header."""

    exchange: str
    routing_key: str
    content: bytes


class Death(NamedTuple):
    """Where a message was when it first died."""

    queue: str
    exchange: str
    routing_key: str


Aimer = Callable[[Delivery], Aim | None]
"""Answers where a message goes; None leaves it where it is."""


def aim_of_move(request: MoveRequest) -> Aimer:
    """Answer where a move sends each message."""

    def aim(delivery: Delivery) -> Aim | None:
        if not request.routing_key:
            return Aim(request.exchange, delivery.routing_key, delivery.content)
        return Aim(request.exchange, request.routing_key, _stripped(delivery.content, lambda name: name == _COPY_TO))

    return aim


def aim_of_redrive(request: RedriveRequest) -> Aimer:
    """Answer where a redrive sends each message: back to where it first died. One that never died stays."""

    def is_unwanted(name: str) -> bool:
        return (request.strip_death and _is_death(name)) or (request.to_queue and name == _COPY_TO)

    def aim(delivery: Delivery) -> Aim | None:
        death = first_death(delivery)
        if death is None:
            return None
        exchange, key = ("", death.queue) if request.to_queue else (death.exchange, death.routing_key)
        if not exchange and key == request.queue:
            return None  # it died in this very queue
        return Aim(exchange, key, _stripped(delivery.content, is_unwanted))

    return aim


def first_death(delivery: Delivery) -> Death | None:
    """Read ``x-death``. RabbitMQ keeps the newest death first, and names the first one in headers of their own."""
    try:
        headers = delivery.decoded().headers or {}
    except FieldFault:
        return None
    deaths = [death for death in headers.get(_DEATHS) or [] if isinstance(death, dict) and _text(death, "queue")]
    if not deaths:
        return None
    queue, reason = _text(headers, "x-first-death-queue"), _text(headers, "x-first-death-reason")
    first = next((death for death in deaths if _text(death, "queue") == queue and _text(death, "reason") in {reason, ""}), None)
    death = first or min(reversed(deaths), key=_when)
    keys = death.get("routing-keys")
    key = keys[0] if isinstance(keys, list) and keys and isinstance(keys[0], str) else ""
    return Death(_text(death, "queue"), _text(death, "exchange"), key)


def _when(death: Mapping[str, Any]) -> int:
    time = death.get("time")
    return int(time) if isinstance(time, int) else 0


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""


def _is_death(name: str) -> bool:
    return name == _DEATHS or name.startswith(_DEATH_PREFIXES)


def _stripped(content: bytes, is_unwanted: Callable[[str], bool]) -> bytes:
    try:
        return without_headers(content, is_unwanted)
    except FieldFault:
        return content  # what cannot be read is passed on as it is
