"""The clock behind every rate: looks at all counters once a second while somebody asks, and never for long at once."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.channel import Channel
from embedded_server.brokers.amqp.connection import Connection
from embedded_server.brokers.amqp.exchange import Exchange
from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.contracts.concurrency import spawn

logger = logging.getLogger(__name__)

TICK_S: Final = 1.0
IDLE_LIMIT_S: Final = 60.0
"""Without a request for so long the clock stands still."""
CHUNK: Final = 500

Numbers = tuple[int, ...]
K = TypeVar("K")

QUEUE_KEYS: Final = ("publish", "deliver", "deliver_no_ack", "get", "get_no_ack", "get_empty", "ack", "redeliver", "deliver_get")
DEPTH_KEYS: Final = ("messages_ready", "messages_unacknowledged", "messages")
EXCHANGE_KEYS: Final = ("publish_in", "publish_out")
CHANNEL_KEYS: Final = ("publish", "confirm", "return_unroutable", "drop_unroutable")
CONNECTION_KEYS: Final = ("recv_oct", "send_oct")


class Track:
    """What was seen of one thing's counters."""

    __slots__ = ("changed_at", "numbers", "rates", "seen_at")

    def __init__(self, numbers: Numbers, seen_at: float) -> None:
        self.numbers = numbers
        self.seen_at = seen_at
        self.rates: tuple[float, ...] = (0.0,) * len(numbers)
        self.changed_at: float | None = None
        """Calendar time at which a change was seen."""

    def look(self, numbers: Numbers, now: float) -> None:
        """Take down what the counters show now."""
        elapsed = now - self.seen_at
        if numbers == self.numbers:
            if any(self.rates):
                self.rates = (0.0,) * len(numbers)
        elif elapsed > 0:
            self.rates = tuple((new - old) / elapsed for new, old in zip(numbers, self.numbers, strict=True))
            self.numbers = numbers
            self.changed_at = time.time()
        self.seen_at = now


class Tracker(Generic[K]):
    """Follows the counters of all things of one sort; those that are gone are forgotten."""

    def __init__(self, numbers: Callable[[K], Numbers], width: int) -> None:
        self._numbers = numbers
        self._nothing = (0.0,) * width
        self._tracks: dict[K, Track] = {}

    def rates(self, thing: K) -> Sequence[float]:
        """Changes a second, in the order of the numbers; zeros before two looks."""
        track = self._tracks.get(thing)
        return self._nothing if track is None else track.rates

    def changed_at(self, thing: K) -> float | None:
        """When its counters were last seen to change; ``None`` where they never were."""
        track = self._tracks.get(thing)
        return None if track is None else track.changed_at

    async def look(self, things: Sequence[K]) -> None:
        """Look at all *things*, and let the loop turn between chunks of them."""
        tracks: dict[K, Track] = {}
        for start in range(0, len(things), CHUNK):
            now = time.monotonic()
            for thing in things[start : start + CHUNK]:
                numbers = self._numbers(thing)
                track = self._tracks.get(thing)
                if track is None:
                    track = Track(numbers, now)
                else:
                    track.look(numbers, now)
                tracks[thing] = track
            await asyncio.sleep(0)
        self._tracks = tracks

    def clear(self) -> None:
        """Forget all."""
        self._tracks = {}


class Rates:
    """All trackers of a broker, and the clock that makes them look."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.queues: Tracker[Queue] = Tracker(queue_numbers, len(QUEUE_KEYS) + len(DEPTH_KEYS))
        self.exchanges: Tracker[Exchange] = Tracker(exchange_numbers, len(EXCHANGE_KEYS))
        self.channels: Tracker[Channel] = Tracker(channel_numbers, len(CHANNEL_KEYS))
        self.connections: Tracker[Connection] = Tracker(connection_numbers, len(CONNECTION_KEYS))
        self.vhosts: Tracker[VHost] = Tracker(self._vhost_numbers, len(CHANNEL_KEYS) + len(QUEUE_KEYS) + len(DEPTH_KEYS))
        self._asked_at = 0.0
        self._running = False

    def asked(self) -> None:
        """Somebody wants to see figures: let the clock run."""
        self._asked_at = time.monotonic()
        if not self._running:
            self._running = True
            spawn(self._run(), name="management-rates", notify=self._on_fault)

    async def _run(self) -> None:
        while time.monotonic() - self._asked_at < IDLE_LIMIT_S:
            await self._look()
            await asyncio.sleep(TICK_S)
        self._stop()

    async def _look(self) -> None:
        broker = self._broker
        vhosts = list(broker.vhosts.values())
        for vhost in vhosts:
            vhost.tally()
        await self.queues.look([queue for vhost in vhosts for queue in vhost.queues.values()])
        await self.exchanges.look([exchange for vhost in vhosts for exchange in (vhost.default_exchange, *vhost.exchanges.values())])
        connections = list(broker.connections)
        await self.connections.look(connections)
        await self.channels.look([channel for connection in connections for channel in connection.channels.values()])
        await self.vhosts.look(vhosts)

    def _stop(self) -> None:
        self._running = False
        for tracker in (self.queues, self.exchanges, self.channels, self.connections, self.vhosts):
            tracker.clear()

    def _on_fault(self, exc: BaseException) -> None:
        self._stop()
        logger.error("The management API's clock failed", exc_info=exc)

    def _vhost_numbers(self, vhost: VHost) -> Numbers:
        return vhost_numbers(vhost, self._broker)


def queue_numbers(queue: Queue) -> Numbers:
    """The numbers of a queue: `QUEUE_KEYS`, then `DEPTH_KEYS`."""
    one = queue.figures
    handed_out = one.deliver + one.deliver_no_ack + one.get + one.get_no_ack
    ready = len(queue.ready)
    unacknowledged = one.deliver + one.get - one.ack - one.returned
    return (
        *(one.publish, one.deliver, one.deliver_no_ack, one.get, one.get_no_ack, one.get_empty, one.ack, one.redeliver, handed_out),
        *(ready, unacknowledged, ready + unacknowledged),
    )


def exchange_numbers(exchange: Exchange) -> Numbers:
    """The numbers of an exchange: `EXCHANGE_KEYS`."""
    return exchange.figures.publish_in, exchange.figures.publish_out


def channel_numbers(channel: Channel) -> Numbers:
    """The numbers of a channel: `CHANNEL_KEYS`."""
    one = channel.figures
    return one.publish, one.confirm, one.return_unroutable, one.drop_unroutable


def connection_numbers(connection: Connection) -> Numbers:
    """The numbers of a connection: `CONNECTION_KEYS`."""
    return connection.received_bytes, connection.sent_bytes


def vhost_numbers(vhost: VHost, broker: Broker) -> Numbers:
    """The sums of a virtual host: `CHANNEL_KEYS`, `QUEUE_KEYS`, `DEPTH_KEYS`."""
    gone = vhost.figures
    published = [gone.channels.publish, gone.channels.confirm, gone.channels.return_unroutable, gone.channels.drop_unroutable]
    for connection in broker.connections:
        if connection.opened and connection.vhost is vhost:
            for channel in connection.channels.values():
                published = [have + more for have, more in zip(published, channel_numbers(channel), strict=True)]
    taken = [getattr(gone.queues, key) for key in QUEUE_KEYS]
    ready = unacknowledged = 0
    for queue in vhost.queues.values():
        ready += len(queue.ready)
        if queue.figures.used:
            numbers = queue_numbers(queue)
            taken = [have + more for have, more in zip(taken, numbers, strict=False)]
            unacknowledged += numbers[-2]
    return (*published, *taken, ready, unacknowledged, ready + unacknowledged)
