"""A durable queue's stored messages, read back when their turn comes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from embedded_server.brokers.amqp.message import NEVER, Entry

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.queue import Queue


class Backlog:
    """Makes the entries of one queue out of what the store has."""

    __slots__ = ("_queue", "redelivered_up_to")

    def __init__(self, queue: "Queue") -> None:
        self._queue = queue
        self.redelivered_up_to = 0
        """Messages up to this number may have been delivered before the broker was restarted."""

    def entries(self, numbers: Sequence[int]) -> list[Entry]:
        """The messages *numbers*, in order. Raises ``StoreFailed`` where they cannot be read."""
        queue = self._queue
        clock = queue.vhost.clock
        offset = clock.now() - clock.wall()
        entries: list[Entry] = []
        for kept in queue.vhost.store.read(queue, numbers):
            message = kept.message
            expires_at = NEVER if kept.expires_at is None else kept.expires_at + offset
            entry = Entry(message, queue.priority_of(message), expires_at, redelivered=message.id <= self.redelivered_up_to)
            entry.stored = True
            entries.append(entry)
        return entries
