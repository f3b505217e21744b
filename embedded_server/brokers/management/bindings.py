"""Bindings in RabbitMQ's JSON, and the names that its paths have for them."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

from embedded_server.brokers.amqp.exchange import Binding, Destination, DestinationKind
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.acting import act, arguments_of, real_name, vhost_to_change
from embedded_server.brokers.management.call import NOTHING, Answer, Call
from embedded_server.brokers.management.errors import bad_request, not_found
from embedded_server.brokers.management.listing import Listing, Row, columns_of, cut
from embedded_server.brokers.management.properties import plain

_KINDS: Final = {"q": DestinationKind.QUEUE, "e": DestinationKind.EXCHANGE}


def binding_row(vhost: VHost, binding: Binding) -> Row:
    """A binding, with the name that paths have for it."""
    return {
        "source": binding.source,
        "vhost": vhost.name,
        "destination": binding.destination.name,
        "destination_type": binding.destination.kind.value,
        "routing_key": binding.routing_key,
        "arguments": plain(binding.arguments),
        "properties_key": properties_key(binding),
    }


def properties_key(binding: Binding) -> str:
    """What tells a binding from others between the same two ends: its routing key, and a digest of its arguments."""
    key = quote_plus(binding.routing_key, safe="").replace("~", "%7E")
    if not binding.arguments:
        return key or "~"
    digest = hashlib.blake2b(repr(sorted(binding.arguments.items())).encode(), digest_size=4).digest()
    return f"{key}~{urlsafe_b64encode(digest).decode().rstrip('=')}"


def bindings_of(vhost: VHost) -> Iterator[Binding]:
    """All bindings, those of the default exchange included, which nobody made."""
    for queue in vhost.queues.values():
        yield default_binding(queue.name)
    for exchange in vhost.exchanges.values():
        yield from exchange.bindings.values()


def default_binding(queue: str) -> Binding:
    """How every queue is bound to the default exchange."""
    return Binding("", Destination(DestinationKind.QUEUE, queue), queue, {})


async def list_bindings(call: Call, vhost: str = "") -> Answer:
    """``GET bindings`` and ``GET bindings/{vhost}``."""
    return await _answer(call, [(one, binding) for one in call.chosen(vhost) for binding in bindings_of(one)])


async def list_bindings_from(call: Call, vhost: str, exchange: str) -> Answer:
    """``GET exchanges/{vhost}/{name}/bindings/source``."""
    found = call.vhost(vhost)
    return await _answer(call, [(found, binding) for binding in _from(found, exchange)])


async def list_bindings_to_exchange(call: Call, vhost: str, exchange: str) -> Answer:
    """``GET exchanges/{vhost}/{name}/bindings/destination``."""
    return await _to(call, vhost, Destination(DestinationKind.EXCHANGE, exchange))


async def list_bindings_to_queue(call: Call, vhost: str, queue: str) -> Answer:
    """``GET queues/{vhost}/{name}/bindings``."""
    return await _to(call, vhost, Destination(DestinationKind.QUEUE, queue))


async def list_bindings_between(call: Call, vhost: str, source: str, kind: str, destination: str) -> Answer:
    """``GET bindings/{vhost}/e/{source}/{q or e}/{destination}``."""
    found = call.vhost(vhost)
    return await _answer(call, [(found, binding) for binding in _between(found, source, kind, destination)])


async def get_binding(call: Call, vhost: str, source: str, kind: str, destination: str, key: str) -> Answer:
    """``GET bindings/{vhost}/e/{source}/{q or e}/{destination}/{properties key}``."""
    found = call.vhost(vhost)
    return Answer(body=cut(binding_row(found, _binding(found, source, kind, destination, key)), columns_of(call)))


async def post_binding(call: Call, vhost: str, source: str, kind: str, destination: str) -> Answer:
    """``POST bindings/{vhost}/e/{source}/{q or e}/{destination}``."""
    vhost_to_change(call, vhost)
    if kind not in _KINDS:
        raise not_found()
    body = call.json()
    key, arguments = body.get("routing_key", ""), arguments_of(body)
    if not isinstance(key, str):
        raise bad_request(["not_string", "routing_key"])
    bind = wire.queue_bind if kind == "q" else wire.exchange_bind
    act(call, vhost, bind(destination, real_name(source), key, arguments))
    made = Binding(real_name(source), Destination(_KINDS[kind], destination), key, arguments)
    return Answer(201, location=f"{quote(destination, safe='')}/{quote(properties_key(made), safe='~')}")


async def delete_binding(call: Call, vhost: str, source: str, kind: str, destination: str, key: str) -> Answer:
    """``DELETE bindings/{vhost}/e/{source}/{q or e}/{destination}/{properties key}``."""
    binding = _binding(call.vhost(vhost), source, kind, destination, key)
    unbind = wire.queue_unbind if kind == "q" else wire.exchange_unbind
    act(call, vhost, unbind(destination, binding.source, binding.routing_key, binding.arguments))
    return NOTHING


async def _answer(call: Call, pairs: list[tuple[VHost, Binding]]) -> Answer:
    listing: Listing[tuple[VHost, Binding]] = Listing(
        lambda pair: binding_row(*pair), lambda pair: pair[1].source, lambda pair: (pair[0].name, *_order(pair[1])), {}
    )
    return await listing.answer(call, pairs)


def _order(binding: Binding) -> tuple[str, str, str]:
    return binding.source, binding.destination.name, binding.routing_key


async def _to(call: Call, vhost: str, destination: Destination) -> Answer:
    found = call.vhost(vhost)
    bound = [(found, binding) for exchange in found.exchanges.values() for binding in exchange.bindings_to(destination)]
    if destination.kind is DestinationKind.QUEUE:
        bound.append((found, default_binding(destination.name)))
    return await _answer(call, bound)


def _from(vhost: VHost, exchange: str) -> list[Binding]:
    if not real_name(exchange):
        return [default_binding(queue) for queue in vhost.queues]
    found = vhost.exchanges.get(exchange)
    return [] if found is None else list(found.bindings.values())


def _between(vhost: VHost, source: str, kind: str, destination: str) -> list[Binding]:
    if kind not in _KINDS:
        raise not_found()
    to = Destination(_KINDS[kind], destination)
    if not real_name(source):
        return [default_binding(destination)] if kind == "q" and destination in vhost.queues else []
    return [binding for binding in _from(vhost, source) if binding.destination == to]


def _is_called(binding: Binding, key: str) -> bool:
    """Whether *key* names *binding*, its routing key quoted or, as clients forget to, plain."""
    own, _, digest = properties_key(binding).partition("~")
    routing_key, _, wanted = key.partition("~")
    return wanted == digest and routing_key in {own, binding.routing_key}


def _binding(vhost: VHost, source: str, kind: str, destination: str, key: str) -> Binding:
    for binding in _between(vhost, source, kind, destination):
        if _is_called(binding, key):
            return binding
    raise not_found()
