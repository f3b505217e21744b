"""Exchanges in RabbitMQ's JSON."""

from embedded_server.brokers.amqp.exchange import Exchange
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.acting import act, arguments_of, real_name, vhost_to_change
from embedded_server.brokers.management.call import CREATED, NOTHING, Answer, Call, yes_or_no
from embedded_server.brokers.management.errors import bad_request, not_found
from embedded_server.brokers.management.listing import Listing, Row, columns_of, cut
from embedded_server.brokers.management.properties import plain
from embedded_server.brokers.management.rates import EXCHANGE_KEYS, exchange_numbers


def exchange_row(call: Call, vhost: VHost, exchange: Exchange) -> Row:
    """An exchange."""
    row = {
        "arguments": plain(exchange.arguments),
        "auto_delete": exchange.auto_delete,
        "durable": exchange.durable,
        "internal": exchange.internal,
        "name": exchange.name,
        "type": exchange.type.value,
        "vhost": vhost.name,
    }
    counted = zip(EXCHANGE_KEYS, exchange_numbers(exchange), call.node.rates.exchanges.rates(exchange), strict=True)
    stats: Row = {}
    for key, number, rate in counted:
        if number:  # RabbitMQ tells nothing of what has never happened
            stats |= {key: number, f"{key}_details": {"rate": rate}}
    if stats:
        row["message_stats"] = stats
    return row


async def list_exchanges(call: Call, vhost: str = "") -> Answer:
    """``GET exchanges`` and ``GET exchanges/{vhost}``."""
    pairs = [(one, exchange) for one in call.chosen(vhost) for exchange in (one.default_exchange, *one.exchanges.values())]
    listing: Listing[tuple[VHost, Exchange]] = Listing(
        lambda pair: exchange_row(call, *pair),
        lambda pair: pair[1].name,
        lambda pair: (pair[0].name, pair[1].name),
        {"name": lambda pair: pair[1].name, "type": lambda pair: pair[1].type.value},
    )
    return await listing.answer(call, pairs)


async def get_exchange(call: Call, vhost: str, name: str) -> Answer:
    """``GET exchanges/{vhost}/{name}``."""
    found = call.vhost(vhost)
    return Answer(body=cut(exchange_row(call, found, _exchange(found, name)), columns_of(call)))


async def put_exchange(call: Call, vhost: str, name: str) -> Answer:
    """``PUT exchanges/{vhost}/{name}``."""
    found = vhost_to_change(call, vhost)
    body = call.json()
    is_new = name not in found.exchanges
    kind = body.get("type", "direct")
    if not isinstance(kind, str):
        raise bad_request(f"unknown exchange type '{kind}'")
    method = wire.exchange_declare(
        name,
        kind,
        durable=yes_or_no(body.get("durable", False)),
        auto_delete=yes_or_no(body.get("auto_delete", False)),
        internal=yes_or_no(body.get("internal", False)),
        arguments=arguments_of(body),
    )
    act(call, vhost, method)
    return CREATED if is_new else NOTHING


async def delete_exchange(call: Call, vhost: str, name: str) -> Answer:
    """``DELETE exchanges/{vhost}/{name}``, with ``if-unused``."""
    _exchange(call.vhost(vhost), name)
    act(call, vhost, wire.exchange_delete(name, if_unused=call.flag("if-unused")))
    return NOTHING


def _exchange(vhost: VHost, name: str) -> Exchange:
    if not real_name(name):
        return vhost.default_exchange
    exchange = vhost.exchanges.get(name)
    if exchange is None:
        raise not_found()
    return exchange
