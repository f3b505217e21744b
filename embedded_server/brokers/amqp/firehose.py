"""The firehose: a copy of every message published and delivered in a virtual host, sent to ``amq.rabbitmq.trace``.

While it is off a virtual host has none of these objects, and a message costs one look at that.
"""

import struct
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp.dead_letter import encoded
from embedded_server.brokers.amqp.direct_reply import ADDRESS_PREFIX
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.rewriting import header_with, property_fields, raw_table

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel
    from embedded_server.brokers.amqp.queue import Queue
    from embedded_server.brokers.amqp.vhost import VHost

TRACE_EXCHANGE: Final = "amq.rabbitmq.trace"
NODE_NAME: Final = "switchroom@localhost"


class Firehose:
    """Tells what happens in one virtual host."""

    def __init__(self, vhost: "VHost") -> None:
        self._vhost = vhost

    def published(self, message: Message, channel: "Channel") -> None:
        """*channel* publishes *message*, which has not been routed yet."""
        if message.exchange:
            queues = [queue.name for queue in self._vhost.destinations(message)]
        else:  # RabbitMQ does not look whether it is there
            keys = (message.routing_key, *message.properties.copies)
            queues = [key for key in keys if not key.startswith(ADDRESS_PREFIX)]
        self._tell("publish", message.exchange, message, {**_of_channel(channel), "routed_queues": encoded(queues)})

    def delivered(self, queue: "Queue", message: Message, channel: "Channel", *, redelivered: bool) -> None:
        """*message* goes from *queue* to *channel*."""
        self._tell("deliver", queue.name, message, {"redelivered": _signed(redelivered), **_of_channel(channel)})

    def _tell(self, what: str, name: str, message: Message, facts: dict[str, bytes]) -> None:
        if message.exchange == TRACE_EXCHANGE:
            return  # or the firehose would tell of itself without end
        headers = {
            "exchange_name": encoded(message.exchange),
            "routing_keys": encoded([message.routing_key, *message.properties.copies]),
            "properties": b"F" + raw_table(property_fields(message.header)),
            "node": encoded(NODE_NAME),
            **facts,
        }
        self._vhost.forward(Message(TRACE_EXCHANGE, f"{what}.{name}", header_with(headers, len(message.body)), message.body))


def _of_channel(channel: "Channel") -> dict[str, bytes]:
    connection = channel.connection
    return {
        "vhost": encoded(connection.vhost.name),
        "connection": encoded(connection.name),
        "channel": _signed(channel.number),
        "user": encoded(connection.user),
    }


def _signed(number: int) -> bytes:
    return b"I" + struct.pack(">i", number)
