"""Direct reply-to: answers that go straight to the channel of who asked, without a queue.

A client consumes from the pseudo-queue ``amq.rabbitmq.reply-to``; in what it publishes on that channel with this name in ``reply_to`` the
broker puts an address, and what is published to that address through the default exchange is sent to the channel.
"""

import secrets
from typing import TYPE_CHECKING, Final

from pamqp.commands import Basic

from embedded_server.brokers.amqp.codec import deliver_prefix
from embedded_server.brokers.amqp.errors import AmqpError, Reply, precondition

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel
    from embedded_server.brokers.amqp.message import Message

PSEUDO_QUEUE: Final = "amq.rabbitmq.reply-to"
ADDRESS_PREFIX: Final = PSEUDO_QUEUE + "."


class ReplyConsumer:
    """A channel's consumer of replies."""

    __slots__ = ("address", "channel", "prefix", "tag")

    def __init__(self, channel: "Channel", tag: str) -> None:
        self.channel = channel
        self.tag = tag
        self.address = ADDRESS_PREFIX + secrets.token_urlsafe(24)
        self.prefix = deliver_prefix(tag)


class Replies:
    """The consumers of replies in one virtual host, by the addresses given out."""

    def __init__(self) -> None:
        self._consumers: dict[str, ReplyConsumer] = {}

    def consume(self, channel: "Channel", method: Basic.Consume) -> ReplyConsumer:
        """``basic.consume`` from the pseudo-queue came; raises ``AmqpError``."""
        tag = method.consumer_tag or ""
        if tag in channel.consumers:
            raise AmqpError(Reply.NOT_ALLOWED, f"attempt to reuse consumer tag '{tag}'")
        if not method.no_ack:
            raise precondition("reply consumer cannot acknowledge")
        if channel.reply_consumer is not None:
            raise precondition("reply consumer already set")
        consumer = ReplyConsumer(channel, tag or f"amq.ctag-{secrets.token_urlsafe(16)}")
        self._consumers[consumer.address] = consumer
        return consumer

    def forget(self, consumer: ReplyConsumer) -> None:
        """*consumer* was cancelled, or its channel has ended: its address leads nowhere."""
        self._consumers.pop(consumer.address, None)

    def is_declared(self, name: str) -> bool:
        """Whether a queue of this name seems to be there to who declares it."""
        return name == PSEUDO_QUEUE or name in self._consumers

    @property
    def is_empty(self) -> bool:
        """Whether nobody waits for replies."""
        return not self._consumers

    def deliver(self, message: "Message") -> None:
        """Send *message* to the channel its routing key names, where that is still there."""
        consumer = self._consumers.get(message.routing_key)
        if consumer is not None:
            consumer.channel.deliver_reply(consumer, message)
