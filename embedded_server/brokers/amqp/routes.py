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
        keys = (message.routing_key, *message.properties.copies)
        if len(keys) > 1:
            return self._resolve(message, keys)[0]
        return (self.known.get((message.exchange, message.routing_key)) or self.find(message)).queues

    def find(self, message: Message) -> Route:
        """Work out the way of *message*, and remember it where its routing key alone decides."""
        key = message.routing_key
        if not message.exchange:
            queue = self._vhost.queues.get(key)
            if queue is None and key.startswith(ADDRESS_PREFIX):
                return Route((), remembered=False)
            return self._remember("", key, () if queue is None else (queue,))
        queues, by_key_alone = self._resolve(message, (key,))
        return self._remember(message.exchange, key, queues) if by_key_alone else Route(queues, remembered=False)

    def _resolve(self, message: Message, keys: tuple[str, ...]) -> tuple[tuple[Queue, ...], bool]:
        """The queues that *message* reaches with all its *keys*, and whether these alone decide.

        An alternate exchange gets what matches with none of the keys, as in RabbitMQ, and then with all of them.
        """
        queues, exchanges = self._vhost.queues, self._vhost.exchanges
        if not message.exchange:
            return tuple(queues[key] for key in dict.fromkeys(keys) if key in queues), True
        found: dict[Queue, None] = {}
        seen: set[str] = set()
        waiting = [message.exchange]
        by_key_alone = True
        while waiting:
            exchange = exchanges.get(waiting.pop())
            if exchange is None or exchange.name in seen:
                continue
            seen.add(exchange.name)
            by_key_alone = by_key_alone and exchange.by_key_alone
            destinations = [one for key in keys for one in exchange.match(key, lambda: headers_of(message.header))]
            if not destinations and exchange.alternate is not None:
                waiting.append(exchange.alternate)
            for kind, name in destinations:
                if kind is DestinationKind.EXCHANGE:
                    waiting.append(name)
                else:
                    found[queues[name]] = None
        return tuple(found), by_key_alone

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
