"""Queues in RabbitMQ's JSON: what each is, what is in it and what went through it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any, Final

from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.acting import act, arguments_of, vhost_to_change
from embedded_server.brokers.management.call import CREATED, NOTHING, Answer, Call, yes_or_no
from embedded_server.brokers.management.clients import consumer_row, owner_row
from embedded_server.brokers.management.errors import bad_request, not_found
from embedded_server.brokers.management.listing import Listing, Row, columns_of, cut
from embedded_server.brokers.management.node import NODE_NAME, Node
from embedded_server.brokers.management.properties import plain
from embedded_server.brokers.management.rates import DEPTH_KEYS, QUEUE_KEYS, queue_numbers

MAX_COUNTED: Final = 20_000
_ACTIONS: Final = frozenset({"sync", "cancel_sync"})


class QueueRows:
    """Makes rows of queues."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._rates = node.rates.queues
        self._held: dict[Queue, int] | None = None
        self._too_many = False

    def short(self, queue: Queue) -> Row:
        """What a queue is, without any figure."""
        return {
            "arguments": plain(queue.arguments.raw),
            "auto_delete": queue.auto_delete,
            "durable": queue.durable,
            "exclusive": queue.owner is not None,
            "name": queue.name,
            "node": NODE_NAME,
            "type": "classic",
            "vhost": queue.vhost.name,
        }

    def with_totals(self, queue: Queue) -> Row:
        """What a queue is, and how full."""
        ready, unacknowledged = len(queue.ready), queue.figures.unacknowledged
        depths = {"messages": ready + unacknowledged, "messages_ready": ready, "messages_unacknowledged": unacknowledged}
        return {**self.short(queue), **depths, "state": "running"}

    def whole(self, queue: Queue) -> Row:
        """All that a list tells of a queue."""
        numbers, rates = queue_numbers(queue), self._rates.rates(queue)
        capacity = _capacity(queue)
        row = {
            **self.short(queue),
            "consumer_capacity": capacity,
            "consumer_utilisation": capacity,
            "consumers": len(queue.consumers),
            "effective_policy_definition": {},
            "exclusive_consumer_tag": next((one.tag for one in queue.consumers if one.exclusive), None),
            "message_bytes_ready": queue.ready_bytes,
            "operator_policy": None,
            "policy": None,
            "single_active_consumer_tag": None if queue.active is None else queue.active.tag,
            "state": "running",
            **_with_rates(DEPTH_KEYS, numbers[len(QUEUE_KEYS) :], rates[len(QUEUE_KEYS) :]),
        }
        held = self._bytes_held(queue)
        if held is not None:
            row["message_bytes"], row["message_bytes_unacknowledged"] = queue.ready_bytes + held, held
        if queue.owner is not None:
            row["owner_pid_details"] = owner_row(queue.owner)
        idle_since = self._idle_since(queue)
        if idle_since:
            row["idle_since"] = idle_since
        if queue.figures.used:
            row["message_stats"] = _with_rates(QUEUE_KEYS, numbers, rates)
        return row

    def _bytes_held(self, queue: Queue) -> int | None:
        """Bytes of unacknowledged bodies; ``None`` where they are too many to be counted while clients wait."""
        if not queue.figures.unacknowledged:
            return 0
        if self._held is None:
            channels = [channel for one in self._node.broker.connections for channel in one.channels.values()]
            self._held = {}
            self._too_many = sum(len(channel.unacked) for channel in channels) > MAX_COUNTED
            for channel in () if self._too_many else channels:
                for delivery in channel.unacked:
                    self._held[delivery.queue] = self._held.get(delivery.queue, 0) + len(delivery.entry.message.body)
        return None if self._too_many else self._held.get(queue, 0)

    def _idle_since(self, queue: Queue) -> str:
        """When it was last used; empty while it is in use, and where nobody watched."""
        changed_at = self._rates.changed_at(queue)
        if changed_at is None or any(self._rates.rates(queue)):
            return ""
        return dt.datetime.fromtimestamp(changed_at, dt.UTC).isoformat(timespec="milliseconds")


def _capacity(queue: Queue) -> float:
    """The share of consumers that could take a message now."""
    if not queue.consumers:
        return 0
    return sum(consumer.can_take() for consumer in queue.consumers) / len(queue.consumers)


def _with_rates(keys: Sequence[str], numbers: Sequence[int], rates: Sequence[float]) -> Row:
    row: Row = {}
    for key, number, rate in zip(keys, numbers, rates, strict=False):
        row[key] = number
        row[f"{key}_details"] = {"rate": rate}
    return row


async def list_queues(call: Call, vhost: str = "") -> Answer:
    """``GET queues`` and ``GET queues/{vhost}``."""
    rows = QueueRows(call.node)
    row = rows.whole
    if call.flag("disable_stats"):
        row = rows.with_totals if call.flag("enable_queue_totals") else rows.short
    rates = call.node.rates.queues.rates
    fields: dict[str, Callable[[Queue], Any]] = {
        "name": lambda queue: queue.name,
        "vhost": lambda queue: queue.vhost.name,
        "type": lambda _queue: "classic",
        "state": lambda _queue: "running",
        "durable": lambda queue: queue.durable,
        "auto_delete": lambda queue: queue.auto_delete,
        "exclusive": lambda queue: queue.owner is not None,
        "arguments": lambda queue: plain(queue.arguments.raw),
        "consumers": lambda queue: len(queue.consumers),
        "messages_ready": lambda queue: len(queue.ready),
        "messages_unacknowledged": lambda queue: queue.figures.unacknowledged,
        "messages": lambda queue: len(queue.ready) + queue.figures.unacknowledged,
        "message_stats.publish_details.rate": lambda queue: rates(queue)[0] if queue.figures.used else None,
        "message_stats.deliver_get_details.rate": lambda queue: rates(queue)[8] if queue.figures.used else None,
        "message_stats.ack_details.rate": lambda queue: rates(queue)[6] if queue.figures.used else None,
    }
    if row != rows.whole:
        fields = {name: fields[name] for name in ("name", "vhost")}  # the rest is to be left out
    listing = Listing(row, lambda queue: queue.name, lambda queue: (queue.vhost.name, queue.name), fields)
    return await listing.answer(call, [queue for one in call.chosen(vhost) for queue in one.queues.values()])


async def get_queue(call: Call, vhost: str, name: str) -> Answer:
    """``GET queues/{vhost}/{name}``."""
    queue = _queue(call, vhost, name)
    row = QueueRows(call.node).whole(queue)
    row["consumer_details"] = [consumer_row(consumer) for consumer in queue.consumers]
    return Answer(body=cut(row, columns_of(call)))


async def put_queue(call: Call, vhost: str, name: str) -> Answer:
    """``PUT queues/{vhost}/{name}``."""
    found = vhost_to_change(call, vhost)
    body = call.json()
    is_new = name not in found.queues
    method = wire.queue_declare(
        name,
        durable=yes_or_no(body.get("durable", False)),
        auto_delete=yes_or_no(body.get("auto_delete", False)),
        arguments=arguments_of(body),
    )
    act(call, vhost, method)
    return CREATED if is_new else NOTHING


async def delete_queue(call: Call, vhost: str, name: str) -> Answer:
    """``DELETE queues/{vhost}/{name}``, with ``if-empty`` and ``if-unused``."""
    _queue(call, vhost, name)
    act(call, vhost, wire.queue_delete(name, if_unused=call.flag("if-unused"), if_empty=call.flag("if-empty")))
    return NOTHING


async def purge_queue(call: Call, vhost: str, name: str) -> Answer:
    """``DELETE queues/{vhost}/{name}/contents``."""
    _queue(call, vhost, name)
    act(call, vhost, wire.queue_purge(name))
    return NOTHING


async def act_on_queue(call: Call, vhost: str, name: str) -> Answer:
    """``POST queues/{vhost}/{name}/actions``: mirrors have nothing to do on one node."""
    _queue(call, vhost, name)
    action = call.json("action")["action"]
    if action not in _ACTIONS:
        raise bad_request(["unknown", action])
    return NOTHING


def _queue(call: Call, vhost: str, name: str) -> Queue:
    queue = call.vhost(vhost).queues.get(name)
    if queue is None:
        raise not_found()
    return queue


def totals(numbers: Sequence[int], rates: Sequence[float]) -> dict[str, Any]:
    """Depths with their rates, out of numbers that end with them."""
    width = len(DEPTH_KEYS)
    return _with_rates(DEPTH_KEYS, numbers[-width:], rates[-width:])
