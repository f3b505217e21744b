"""Reads some messages from a queue's head, and puts them back, removes them, or has them dead-lettered."""

import asyncio
from typing import Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.rabbitmq import GetMode, GetRequest, Got, MessageStatus
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.events import EventMaker
from embedded_server.rabbitmq.messages.problems import CountInvalid

MAX_COUNT: Final = 10_000
MAX_BYTES: Final = 64 * 1024**2
"""Held in memory at once; where so much is read, a get ends early."""
PIPELINED: Final = 64
_REMOVING: Final = frozenset({GetMode.ACK, GetMode.REJECT})


def check_get(request: GetRequest) -> None:
    """Raise for a number that nobody means."""
    if not 0 < request.count <= MAX_COUNT:
        raise CountInvalid(count=request.count, most=MAX_COUNT)


async def get(channel: Channel, journal: Journal, connection_name: str, request: GetRequest) -> Got:
    """Read, keep in the journal, then do with the messages what the mode says. Raises what the channel raises."""
    deliveries = await _read(channel, request)
    if not deliveries:
        return Got(0, 0, "")
    maker = EventMaker(connection_name)
    last = await journal.append_many_durably([_event(maker, delivery, request) for delivery in deliveries])
    _settle(channel, deliveries, request.mode)
    first = last - len(deliveries) + 1
    return Got(len(deliveries), max(0, deliveries[-1].left), f"seq:{first}..{last}")


async def _read(channel: Channel, request: GetRequest) -> list[Delivery]:
    """Ask for several at once: an empty queue answers each of them."""
    deliveries: list[Delivery] = []
    size = 0
    while len(deliveries) < request.count and size < MAX_BYTES:
        wanted = min(PIPELINED if deliveries and size < MAX_BYTES // PIPELINED else 4, request.count - len(deliveries))
        answers = await asyncio.gather(*(channel.get(request.queue) for _ in range(wanted)))
        found = [answer for answer in answers if answer is not None]
        deliveries += found
        size += sum(len(delivery.body) for delivery in found)
        if len(found) < wanted:
            break
    return deliveries


def _event(maker: EventMaker, delivery: Delivery, request: GetRequest) -> Event:
    removed = request.mode in _REMOVING
    return maker.make(
        Kind.MESSAGE_CONSUMED if removed else Kind.MESSAGE_DELIVERED,
        MessageStatus.CONSUMED if removed else MessageStatus.GOT,
        exchange=delivery.exchange,
        routing_key=delivery.routing_key,
        content=delivery.content,
        body=delivery.body,
        queue=request.queue,
        redelivered=delivery.redelivered,
    )


def _settle(channel: Channel, deliveries: list[Delivery], mode: GetMode) -> None:
    last = deliveries[-1].delivery_tag
    if mode is GetMode.ACK:
        channel.ack(last, multiple=True)
    elif mode is GetMode.REQUEUE:
        channel.nack(last, multiple=True, requeue=True)
    else:
        for delivery in deliveries:
            channel.reject(delivery.delivery_tag, requeue=mode is GetMode.REJECT_REQUEUE)
