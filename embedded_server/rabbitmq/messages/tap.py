"""Copies what passes an exchange, or what bindings bring to a queue, through a queue of our own that goes by itself."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.rabbitmq import DEFAULT_EXCHANGE, BindingInfo, MessageStatus, TapRequest
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.headers import table_of
from embedded_server.rabbitmq.amqp.links import Links
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.messages.events import TAP_PREFIX, EventMaker
from embedded_server.rabbitmq.messages.gaps import Gaps, Watch
from embedded_server.rabbitmq.messages.problems import DefaultExchangeNotTappable, LengthInvalid, NoRoutingKeys, NothingToTap
from embedded_server.rabbitmq.messages.pump import MakeEvent, Pump
from embedded_server.rabbitmq.messages.reading import read_on

EXPIRES_MS: Final = 60_000
"""Its queue goes after this long without us, should the broker not notice that we are gone."""
MAX_LENGTH: Final = 1_000_000
PREFETCH: Final = 1_000

BindingsOf = Callable[[str, str, str], Awaitable[Sequence[BindingInfo]]]
"""Answers the bindings that lead to a queue, by connection, virtual host and queue."""


@dataclass(frozen=True, slots=True)
class TapBinding:
    """One binding of a tap's queue."""

    exchange: str
    routing_key: str
    arguments: dict[str, Any]


def check_tap(request: TapRequest) -> None:
    """Raise for a length that its queue cannot have."""
    if not 0 < request.max_length <= MAX_LENGTH:
        raise LengthInvalid(length=request.max_length, most=MAX_LENGTH)


async def bindings_for(request: TapRequest, connection: str, bindings_of: BindingsOf) -> list[TapBinding]:
    """Answer what a tap's queue is bound to. Raises where that is nothing, and what asking for bindings raises."""
    check_tap(request)
    if request.queue:
        found = await bindings_of(connection, request.vhost, request.queue)
        copied = [TapBinding(one.source, one.routing_key, one.arguments) for one in found if one.source and one.to_queue]
        if not copied:
            raise NothingToTap(queue=request.queue)
        return copied
    if request.exchange in {"", DEFAULT_EXCHANGE}:
        raise DefaultExchangeNotTappable
    if not request.routing_keys:
        raise NoRoutingKeys
    arguments = table_of(request.arguments)
    return [TapBinding(request.exchange, key, arguments) for key in dict.fromkeys(request.routing_keys)]


def tap_name(request: TapRequest) -> str:
    """Answer what stands as the queue of a tap's events."""
    return f"{TAP_PREFIX}{request.queue or request.exchange}"


async def tap(
    links: Links, journal: Journal, connection_name: str, job: RunningJob, request: TapRequest, bindings: Sequence[TapBinding]
) -> None:
    """Tap until stopped. While the connection is lost nothing is seen, and the journal gets an event that says so."""
    maker = EventMaker(connection_name, job.id)
    name = tap_name(request)

    def make(delivery: Delivery) -> Event:
        return maker.make(
            Kind.MESSAGE_DELIVERED,
            MessageStatus.TAPPED,
            exchange=delivery.exchange,
            routing_key=delivery.routing_key,
            content=delivery.content,
            body=delivery.body,
            queue=name,
        )

    await run_tap(links, journal, connection_name, job, request.max_length, bindings, make, name)


async def run_tap(
    links: Links,
    journal: Journal,
    connection_name: str,
    job: RunningJob,
    max_length: int,
    bindings: Sequence[TapBinding],
    make: MakeEvent,
    name: str,
) -> None:
    """Read through a queue of our own that is bound so; *make* makes the events, *name* is what it is called."""
    gaps = Gaps(journal, connection_name, job, name)
    watch = Watch(gaps, max_length)

    async def begin(channel: Channel) -> Pump:
        queue = await declare_tap_queue(channel, max_length)
        for binding in bindings:
            await channel.bind_queue(queue, binding.exchange, binding.routing_key, binding.arguments)
        pump = Pump(journal, job, channel, make, queue=queue, durably=False)
        await channel.consume(queue, pump.on_message, exclusive=True, prefetch=min(PREFETCH, max_length), on_batch=pump.on_batch)
        gaps.closed()
        await watch.start(channel, queue)
        return pump

    try:
        await read_on(links, job, begin, on_lost=gaps.opened)
    finally:
        await watch.stop()


async def declare_tap_queue(channel: Channel, max_length: int) -> str:
    """Declare the queue of a tap: exclusive, auto-delete, expiring, and dropping its oldest beyond *max_length*."""
    name = f"switchroom.tap.{secrets.token_hex(4)}"
    arguments = {"x-expires": EXPIRES_MS, "x-max-length": max_length}
    declared = await channel.declare_queue(name, durable=False, exclusive=True, auto_delete=True, arguments=arguments)
    return declared.name
