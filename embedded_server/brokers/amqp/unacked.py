"""What a channel has been sent and not yet acknowledged."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from embedded_server.brokers.amqp.consumer import Consumer
from embedded_server.brokers.amqp.errors import precondition
from embedded_server.brokers.amqp.message import Entry

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.queue import Queue


class Delivery(NamedTuple):
    """A message that was handed to a client and is still the queue's."""

    tag: int
    entry: Entry
    queue: "Queue"
    consumer: Consumer | None
    """``None`` where the client fetched it by ``basic.get``."""


class Unacked:
    """A channel's unacknowledged deliveries, in the order of their tags, and its shared limit."""

    def __init__(self) -> None:
        self._deliveries: dict[int, Delivery] = {}
        self.limit = 0
        """Most deliveries at once over all consumers; 0 for no limit."""

    def __len__(self) -> int:
        return len(self._deliveries)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._deliveries.values())

    @property
    def has_room(self) -> bool:
        """Whether one more may be delivered to a consumer that acknowledges."""
        return not self.limit or len(self._deliveries) < self.limit

    def add(self, delivery: Delivery) -> None:
        """Remember *delivery*."""
        self._deliveries[delivery.tag] = delivery
        if delivery.consumer is not None:
            delivery.consumer.unacked += 1

    def take_one(self, tag: int) -> Delivery | None:
        """Take the delivery numbered *tag*, where it is there."""
        delivery = self._deliveries.pop(tag, None)
        if delivery is not None and delivery.consumer is not None:
            delivery.consumer.unacked -= 1
        return delivery

    def take(self, tag: int, *, multiple: bool) -> list[Delivery]:
        """Take what an acknowledgement names: one, all up to it, or with tag 0 all. Raises ``AmqpError`` for an unknown tag."""
        if multiple and tag == 0:
            return self.take_all()
        if tag not in self._deliveries:
            raise precondition(f"unknown delivery tag {tag}")
        tags = [tag]
        if multiple:
            tags = []
            for known in self._deliveries:
                tags.append(known)
                if known == tag:
                    break
        return [delivery for delivery in map(self.take_one, tags) if delivery is not None]

    def take_all(self) -> list[Delivery]:
        """Take every delivery."""
        return [delivery for delivery in map(self.take_one, list(self._deliveries)) if delivery is not None]

    def put_back(self, deliveries: Iterable[Delivery]) -> None:
        """Undo a take: a transaction was rolled back."""
        for delivery in deliveries:
            self.add(delivery)
        self._deliveries = dict(sorted(self._deliveries.items()))
