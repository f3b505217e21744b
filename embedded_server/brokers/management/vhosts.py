"""Virtual hosts in RabbitMQ's JSON."""

from collections.abc import Sequence

from embedded_server.brokers.amqp.permissions import Permissions
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.management.accounts import tags_of
from embedded_server.brokers.management.call import CREATED, NOTHING, Answer, Call, yes_or_no
from embedded_server.brokers.management.errors import bad_request, not_found
from embedded_server.brokers.management.listing import Listing, Row, columns_of, cut
from embedded_server.brokers.management.node import NODE_NAME, Node
from embedded_server.brokers.management.queues import totals
from embedded_server.brokers.management.rates import CHANNEL_KEYS, DEPTH_KEYS, QUEUE_KEYS, vhost_numbers


def vhost_row(node: Node, vhost: VHost) -> Row:
    """A virtual host, with the sums of what is in it."""
    numbers = vhost_numbers(vhost, node.broker)
    rates = node.rates.vhosts.rates(vhost)
    row: Row = {
        "cluster_state": {NODE_NAME: "running"},
        "default_queue_type": "undefined",
        "description": vhost.description,
        "metadata": {"description": vhost.description, "tags": list(vhost.tags)},
        "name": vhost.name,
        "tags": list(vhost.tags),
        "tracing": vhost.tracing,
        **totals(numbers, rates),
    }
    stats = message_stats(numbers, rates)
    if stats:
        row["message_stats"] = stats
    return row


def message_stats(numbers: Sequence[int], rates: Sequence[float]) -> Row:
    """The sums of a virtual host as RabbitMQ writes them; nothing where nothing was sent or taken."""
    keys = (*CHANNEL_KEYS, *QUEUE_KEYS)
    counts = numbers[: len(keys)]
    if not any(counts):
        return {}
    stats: Row = {}
    for index, key in enumerate(keys):
        if key == "publish" and index >= len(CHANNEL_KEYS):
            continue  # of the channels, not what their queues got of it
        stats[key] = numbers[index]
        stats[f"{key}_details"] = {"rate": rates[index]}
    return stats


def summed(node: Node, vhosts: Sequence[VHost]) -> tuple[list[int], list[float]]:
    """Numbers and rates of several virtual hosts together."""
    width = len(CHANNEL_KEYS) + len(QUEUE_KEYS) + len(DEPTH_KEYS)
    numbers, rates = [0] * width, [0.0] * width
    for vhost in vhosts:
        numbers = [have + more for have, more in zip(numbers, vhost_numbers(vhost, node.broker), strict=True)]
        rates = [have + more for have, more in zip(rates, node.rates.vhosts.rates(vhost), strict=True)]
    return numbers, rates


async def list_vhosts(call: Call) -> Answer:
    """``GET vhosts``: a monitor sees all, others those they are let into."""
    vhosts = list(call.node.broker.vhosts.values()) if call.is_monitor else call.vhosts()
    listing: Listing[VHost] = Listing(lambda one: vhost_row(call.node, one), lambda one: one.name, lambda one: one.name, {})
    return await listing.answer(call, vhosts)


async def get_vhost(call: Call, name: str) -> Answer:
    """``GET vhosts/{name}``."""
    return Answer(body=cut(vhost_row(call.node, _vhost(call, name)), columns_of(call)))


async def put_vhost(call: Call, name: str) -> Answer:
    """``PUT vhosts/{name}``: who makes it may do everything in it."""
    broker = call.node.broker
    is_new = name not in broker.vhosts
    body = call.json()
    description = body.get("description", "")
    if not isinstance(description, str):
        raise bad_request("description_not_string")
    tracing = yes_or_no(body["tracing"]) if "tracing" in body else None
    broker.add_vhost(name, description=description, tags=tags_of(body.get("tags", "")))
    if is_new:
        broker.users.set_permissions(call.user.name, name, Permissions())
    if tracing is not None:
        broker.set_tracing(name, on=tracing)
    return CREATED if is_new else NOTHING


async def delete_vhost(call: Call, name: str) -> Answer:
    """``DELETE vhosts/{name}``: with all that is in it."""
    _vhost(call, name)
    call.node.broker.delete_vhost(name)
    return NOTHING


def _vhost(call: Call, name: str) -> VHost:
    vhost = call.node.broker.vhosts.get(name)
    if vhost is None:
        raise not_found()
    return vhost
