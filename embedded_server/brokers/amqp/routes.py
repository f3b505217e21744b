"""The ways of messages through the exchanges of a virtual host, remembered for as long as its topology stays as it is."""

from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp.direct_reply import ADDRESS_PREFIX
from embedded_server.brokers.amqp.exchange import DestinationKind
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.properties import headers_of
from embedded_server.brokers.amqp.queue import Queue

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.vhost import VHost

MAX_REMEMBERED_ROUTES: Final = 4096


class Route:
    """Where messages of one exchange and routing key go, and how many went there since somebody counted."""

    __slots__ = ("published", "queues", "remembered")

    def __init__(self, queues: tuple[Queue, ...], *, remembered: bool) -> None:
        self.queues = queues
        self.remembered = remembered
        """The next message of the key goes the same way."""
        self.published = 0


class Routes:
    """Where the messages of one virtual host go."""

    def __init__(self, vhost: "VHost") -> None:
        self._vhost = vhost
        self.known: dict[tuple[str, str], Route] = {}
        """By exchange and routing key."""

    def destinations(self, message: Message) -> tuple[Queue, ...]:
        """The queues *message* would come to."""
        route = self.known.get((message.exchange, message.routing_key)) or self.find(message)
        if not message.properties.copies:
            return route.queues
        found = dict.fromkeys(route.queues)
        for key in message.properties.copies:
            found |= dict.fromkeys(self.destinations(Message(message.exchange, key, message.header, b"")))
        return tuple(found)

    def find(self, message: Message) -> Route:
        """Work out the way of *message*, and remember it where its routing key alone decides."""
        key = message.routing_key
        if not message.exchange:
            queue = self._vhost.queues.get(key)
            if queue is None and key.startswith(ADDRESS_PREFIX):
                return Route((), remembered=False)
            return self._remember("", key, () if queue is None else (queue,))
        found: dict[Queue, None] = {}
        seen: set[str] = set()
        waiting = [message.exchange]
        by_key_alone = True
        while waiting:
            exchange = self._vhost.exchanges.get(waiting.pop())
            if exchange is None or exchange.name in seen:
                continue
            seen.add(exchange.name)
            by_key_alone = by_key_alone and exchange.by_key_alone
            destinations = list(exchange.match(key, lambda: headers_of(message.header)))
            if not destinations and exchange.alternate is not None:
                waiting.append(exchange.alternate)
            for kind, name in destinations:
                if kind is DestinationKind.EXCHANGE:
                    waiting.append(name)
                else:
                    found[self._vhost.queues[name]] = None
        return self._remember(message.exchange, key, tuple(found)) if by_key_alone else Route(tuple(found), remembered=False)

    def _remember(self, exchange: str, key: str, queues: tuple[Queue, ...]) -> Route:
        if len(self.known) >= MAX_REMEMBERED_ROUTES:
            self.forget()
        route = self.known[exchange, key] = Route(queues, remembered=True)
        return route

    def forget(self) -> None:
        """The topology has changed."""
        if self.known:
            self.tally()
            self.known.clear()

    def tally(self) -> None:
        """Bring the figures of exchanges and queues up to date: each message counts on its route alone."""
        for (exchange, _), route in self.known.items():
            if route.published:
                self.count(exchange, route, route.published)
                route.published = 0

    def count(self, exchange: str, route: Route, count: int) -> None:
        """*count* messages went from *exchange* on *route*."""
        source = self._vhost.exchanges.get(exchange) if exchange else self._vhost.default_exchange
        if source is not None:
            source.figures.publish_in += count
            source.figures.publish_out += count * len(route.queues)
        for queue in route.queues:
            queue.figures.publish += count
