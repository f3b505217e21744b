"""Definitions: all that was declared, as one JSON object that another broker can take in, RabbitMQ's included."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from embedded_server.brokers.amqp.exchange import Binding, DestinationKind
from embedded_server.brokers.amqp.rules import RESERVED_PREFIX
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.management import accounts, topic_permissions, wire
from embedded_server.brokers.management.call import NOTHING, Answer, Call, yes_or_no
from embedded_server.brokers.management.errors import bad_request, no_such
from embedded_server.brokers.management.inner_client import InnerClient, Refused
from embedded_server.brokers.management.listing import Row
from embedded_server.brokers.management.node import PRODUCT, PRODUCT_VERSION, SPOKEN_VERSION
from embedded_server.brokers.management.properties import plain

CHUNK: Final = 250
_UNREADABLE: Final = "function_clause"
"""RabbitMQ's word for an entry that lacks something."""


# -- export


async def export_all(call: Call) -> Answer:
    """``GET definitions``."""
    broker = call.node.broker
    vhosts = list(broker.vhosts.values())
    users = broker.users
    return Answer(
        body={
            "rabbit_version": SPOKEN_VERSION,
            "rabbitmq_version": SPOKEN_VERSION,
            "product_name": PRODUCT,
            "product_version": PRODUCT_VERSION,
            "users": [accounts.user_row(user) for user in users.all()],
            "vhosts": [{"name": vhost.name} for vhost in vhosts],
            "permissions": [accounts.permission_row(*one) for one in users.all_permissions()],
            "topic_permissions": topic_permissions.topic_permission_rows(call),
            "parameters": [],
            "global_parameters": [],
            "policies": [],
            "queues": [{**_queue(queue), "vhost": vhost.name} for vhost in vhosts for queue in _queues(vhost)],
            "exchanges": [{**_exchange(exchange), "vhost": vhost.name} for vhost in vhosts for exchange in _exchanges(vhost)],
            "bindings": [{**_binding(binding), "vhost": vhost.name} for vhost in vhosts for binding in _bindings(vhost)],
        }
    )


async def export_vhost(call: Call, vhost: str) -> Answer:
    """``GET definitions/{vhost}``."""
    found = call.node.broker.vhosts.get(vhost)
    if found is None:
        raise bad_request("vhost_not_found")
    call.vhost(vhost)
    return Answer(
        body={
            "rabbit_version": SPOKEN_VERSION,
            "parameters": [],
            "policies": [],
            "queues": [_queue(queue) for queue in _queues(found)],
            "exchanges": [_exchange(exchange) for exchange in _exchanges(found)],
            "bindings": [_binding(binding) for binding in _bindings(found)],
        }
    )


def _queues(vhost: VHost) -> Iterator[Any]:
    return (queue for queue in vhost.queues.values() if queue.owner is None)


def _exchanges(vhost: VHost) -> Iterator[Any]:
    return (exchange for exchange in vhost.exchanges.values() if not exchange.name.startswith(RESERVED_PREFIX))


def _bindings(vhost: VHost) -> Iterator[Binding]:
    kept = {queue.name for queue in _queues(vhost)}
    for exchange in vhost.exchanges.values():
        for binding in exchange.bindings.values():
            if binding.destination.kind is DestinationKind.EXCHANGE or binding.destination.name in kept:
                yield binding


def _queue(queue: Any) -> Row:
    return {
        "name": queue.name,
        "durable": queue.durable,
        "auto_delete": queue.auto_delete,
        "arguments": plain(queue.arguments.raw),
    }


def _exchange(exchange: Any) -> Row:
    return {
        "name": exchange.name,
        "type": exchange.type.value,
        "durable": exchange.durable,
        "auto_delete": exchange.auto_delete,
        "internal": exchange.internal,
        "arguments": plain(exchange.arguments),
    }


def _binding(binding: Binding) -> Row:
    return {
        "source": binding.source,
        "destination": binding.destination.name,
        "destination_type": binding.destination.kind.value,
        "routing_key": binding.routing_key,
        "arguments": plain(binding.arguments),
    }


# -- import


async def import_all(call: Call) -> Answer:
    """``POST definitions``: what is there already stays as it is."""
    body = call.json()
    broker = call.node.broker
    for entry in _entries(body, "users"):
        accounts.save_user(call, _name(entry), entry)
    for entry in _entries(body, "vhosts"):
        name = _name(entry)
        if name not in broker.vhosts:
            metadata = entry.get("metadata") or {}
            broker.add_vhost(name, description=str(metadata.get("description", "")), tags=metadata.get("tags") or ())
    for entry in _entries(body, "permissions"):
        accounts.save_permission(call, _name(entry, "user"), _name(entry, "vhost"), entry)
    for entry in _entries(body, "topic_permissions"):
        topic_permissions.save_topic_permission(call, entry)
    topology = [(kind, entry) for kind in ("queues", "exchanges", "bindings") for entry in _entries(body, kind)]
    for name in dict.fromkeys(_name(entry, "vhost") for _, entry in topology):
        if name not in broker.vhosts:
            raise bad_request(["no_such_vhost", name])
        await _declare(call, name, [(kind, entry) for kind, entry in topology if entry["vhost"] == name])
    return NOTHING


async def import_vhost(call: Call, vhost: str) -> Answer:
    """``POST definitions/{vhost}``."""
    if vhost not in call.node.broker.vhosts:
        raise no_such("vhost_not_found")
    call.vhost(vhost)
    body = call.json()
    await _declare(call, vhost, [(kind, entry) for kind in ("queues", "exchanges", "bindings") for entry in _entries(body, kind)])
    return NOTHING


async def _declare(call: Call, vhost: str, entries: list[tuple[str, Row]]) -> None:
    """Declare all *entries* in one virtual host, and let the loop turn between chunks of them."""
    for start in range(0, len(entries), CHUNK):
        methods = [_METHODS[kind](entry) for kind, entry in entries[start : start + CHUNK]]
        _declare_chunk(call, vhost, methods)
        call.node.changed()
        await asyncio.sleep(0)


def _declare_chunk(call: Call, vhost: str, methods: list[bytes]) -> None:
    """Declare; what is there already with other properties, cannot be bound, or has a reserved name, is passed over, as RabbitMQ does."""
    while methods:
        try:
            with InnerClient(call.node.broker, call.user.name, call.password, vhost) as client:
                while methods:
                    client.call(methods.pop(0))
        except Refused as exc:
            if exc.code not in {403, 404, 406}:
                raise exc.as_api_error() from exc


def _entries(body: Row, kind: str) -> list[Row]:
    entries = body.get(kind) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise bad_request(_UNREADABLE)
    return entries


def _name(entry: Row, key: str = "name") -> str:
    value = entry.get(key)
    if not isinstance(value, str):
        raise bad_request(_UNREADABLE)
    return value


def _arguments(entry: Row) -> Row:
    arguments = entry.get("arguments") or {}
    if not isinstance(arguments, dict):
        raise bad_request(_UNREADABLE)
    return arguments


def _flag(entry: Row, key: str) -> bool:
    return yes_or_no(entry.get(key, False))


def _queue_method(entry: Row) -> bytes:
    flags = {key: _flag(entry, key) for key in ("durable", "auto_delete")}
    return wire.queue_declare(_name(entry), **flags, arguments=_arguments(entry))


def _exchange_method(entry: Row) -> bytes:
    flags = {key: _flag(entry, key) for key in ("durable", "auto_delete", "internal")}
    return wire.exchange_declare(_name(entry), _name(entry, "type"), **flags, arguments=_arguments(entry))


def _binding_method(entry: Row) -> bytes:
    bind = wire.exchange_bind if entry.get("destination_type") == "exchange" else wire.queue_bind
    return bind(_name(entry, "destination"), _name(entry, "source"), _name(entry, "routing_key"), _arguments(entry))


_METHODS: Final = {"queues": _queue_method, "exchanges": _exchange_method, "bindings": _binding_method}
