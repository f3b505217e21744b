"""What a client may not call or change in a virtual host, refused in RabbitMQ's words."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from embedded_server.brokers.amqp.arguments import CLASSIC, COMPARED, QUEUE_TYPES, kind_module, require_same
from embedded_server.brokers.amqp.errors import AmqpError, Reply, locked, precondition, refused
from embedded_server.brokers.amqp.exchange import Exchange, ExchangeType
from embedded_server.brokers.amqp.queue import Queue

RESERVED_PREFIX: Final = "amq."


def require_type(kind: str) -> None:
    """Raise ``AmqpError`` for an exchange type that does not exist."""
    if kind not in set(ExchangeType):
        raise AmqpError(Reply.COMMAND_INVALID, f"{'unknown' if kind else 'invalid'} exchange type '{kind}'")


def refuse_default(exchange: str) -> None:
    """Raise ``AmqpError`` for the exchange without a name."""
    if not exchange:
        raise refused("operation not permitted on the default exchange")


def refuse_deletion(exchange: str, vhost: str) -> None:
    """Raise ``AmqpError`` for an exchange that was always there."""
    if exchange.startswith(RESERVED_PREFIX):
        raise refused(f"deletion of system exchange '{exchange}' in vhost '{vhost}' not allowed")


def refuse_reserved(kind: str, name: str) -> None:
    """Raise ``AmqpError`` for a name that only the broker may give."""
    if name.startswith(RESERVED_PREFIX):
        raise refused(f"{kind} name '{name}' contains reserved prefix '{RESERVED_PREFIX}*'")


def queue_name(name: str, arguments: Mapping[str, Any]) -> str:
    """*name* as a client may declare it, or a fresh one where it is empty; raises ``AmqpError``."""
    if name:
        refuse_reserved("queue", name)
        return name
    kind = arguments.get("x-queue-type", CLASSIC)
    if kind in QUEUE_TYPES and kind != CLASSIC:
        raise precondition(f"Cannot declare a server-named queue for type {kind_module(kind)}")
    return f"amq.gen-{secrets.token_urlsafe(16)}"


def require_same_queue(
    queue: Queue, vhost: str, *, durable: bool, exclusive: bool, auto_delete: bool, arguments: Mapping[str, Any]
) -> None:
    """Raise ``AmqpError`` unless *queue* is as a client declares it anew."""
    if exclusive != (queue.owner is not None):
        raise locked(queue.name, vhost)
    require_same("queue", queue.name, vhost, "durable", durable, queue.durable)
    require_same("queue", queue.name, vhost, "auto_delete", auto_delete, queue.auto_delete)
    for name in COMPARED:
        require_same("queue", queue.name, vhost, name, arguments.get(name), queue.arguments.raw.get(name))


def require_same_exchange(
    exchange: Exchange, vhost: str, *, kind: str, durable: bool, auto_delete: bool, internal: bool, arguments: Mapping[str, Any]
) -> None:
    """Raise ``AmqpError`` unless *exchange* is as a client declares it anew."""
    for field, received, current in (
        ("type", kind, exchange.type.value),
        ("durable", durable, exchange.durable),
        ("auto_delete", auto_delete, exchange.auto_delete),
        ("internal", internal, exchange.internal),
        ("alternate-exchange", arguments.get("alternate-exchange"), exchange.alternate),
    ):
        require_same("exchange", exchange.name, vhost, field, received, current)
