"""A consumer: who gets a queue's messages, and how many may be on the way to it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from embedded_server.brokers.amqp.codec import deliver_prefix
from embedded_server.brokers.amqp.message import Entry

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel
    from embedded_server.brokers.amqp.queue import Queue


class Consumer:
    """One subscription of a channel to a queue."""

    __slots__ = ("arguments", "channel", "exclusive", "no_ack", "prefetch", "prefix", "priority", "queue", "tag", "unacked")

    def __init__(
        self,
        channel: "Channel",
        queue: "Queue",
        tag: str,
        *,
        no_ack: bool,
        exclusive: bool,
        prefetch: int,
        priority: int,
        arguments: Mapping[str, Any],
    ) -> None:
        self.channel = channel
        self.queue = queue
        self.tag = tag
        self.no_ack = no_ack
        self.exclusive = exclusive
        self.prefetch = prefetch
        """Most messages unacknowledged at once; 0 for no limit."""
        self.priority = priority
        self.arguments = arguments
        """As the client gave them, for who asks."""
        self.unacked = 0
        self.prefix = deliver_prefix(tag)

    def can_take(self) -> bool:
        """Whether a message may be sent to it now."""
        channel = self.channel
        if channel.connection.congested:
            return False
        return self.no_ack or ((not self.prefetch or self.unacked < self.prefetch) and channel.unacked.has_room)

    @property
    def active(self) -> bool:
        """Whether it gets messages, or only waits to be its queue's single active consumer."""
        return self.queue.is_active(self)

    def take(self, entry: Entry) -> None:
        """Send it *entry*."""
        self.channel.deliver(self, entry)

    def cancelled(self) -> None:
        """Its queue is gone: tell the client."""
        self.channel.consumer_cancelled(self)
