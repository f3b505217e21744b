"""The methods of a channel that make, join and remove queues and exchanges."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pamqp import base
from pamqp.commands import Exchange as ExchangeMethods
from pamqp.commands import Queue as QueueMethods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.errors import AmqpError, Reply, refused
from embedded_server.brokers.amqp.exchange import Binding, Destination, DestinationKind
from embedded_server.brokers.amqp.queue import Queue

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel


class Topology:
    """A channel's view of its virtual host; it remembers the queue declared last, which an empty name means."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._vhost = channel.vhost
        self._last_queue = ""

    def method(self, method: base.Frame) -> bool:
        """Carry out *method* where it is one of topology; raises ``AmqpError``."""
        handler = self._HANDLERS.get(method.index)
        if handler is not None:
            handler(self, method)
        return handler is not None

    # -- queues

    def queue(self, name: str) -> Queue:
        """The queue *name*, or where that is empty the one declared last; raises ``AmqpError``."""
        return self._vhost.queue(self._named(name), self._channel.connection)

    def _named(self, name: str) -> str:
        """*name*, or where it is empty the queue declared last on this channel."""
        if name or self._last_queue:
            return name or self._last_queue
        raise AmqpError(Reply.NOT_FOUND, "no previously declared queue")

    def _on_queue_declare(self, method: QueueMethods.Declare) -> None:
        if method.passive:
            queue = self.queue(method.queue)
        else:
            queue = self._vhost.declare_queue(
                method.queue,
                self._channel.connection,
                durable=method.durable,
                exclusive=method.exclusive,
                auto_delete=method.auto_delete,
                arguments=method.arguments or {},
            )
        self._last_queue = queue.name
        if not method.nowait:
            self._channel.send(codec.queue_declare_ok(queue.name, len(queue.ready), len(queue.consumers)))

    def _on_queue_bind(self, method: QueueMethods.Bind) -> None:
        self._vhost.bind(self._queue_binding(method))
        if not method.nowait:
            self._channel.reply(QueueMethods.BindOk())

    def _on_queue_unbind(self, method: QueueMethods.Unbind) -> None:
        self._vhost.unbind(self._queue_binding(method))
        self._channel.reply(QueueMethods.UnbindOk())

    def _queue_binding(self, method: QueueMethods.Bind | QueueMethods.Unbind) -> Binding:
        queue = self.queue(method.queue)
        key = method.routing_key
        if not method.queue and not key:
            key = queue.name
        return Binding(method.exchange, Destination(DestinationKind.QUEUE, queue.name), key, method.arguments or {})

    def _on_queue_purge(self, method: QueueMethods.Purge) -> None:
        count = self.queue(method.queue).purge()
        if not method.nowait:
            self._channel.reply(QueueMethods.PurgeOk(count))

    def _on_queue_delete(self, method: QueueMethods.Delete) -> None:
        count = self._vhost.remove_queue(
            self._named(method.queue), self._channel.connection, if_unused=method.if_unused, if_empty=method.if_empty
        )
        if not method.nowait:
            self._channel.reply(QueueMethods.DeleteOk(count))

    # -- exchanges

    def _on_exchange_declare(self, method: ExchangeMethods.Declare) -> None:
        if method.passive:
            self._vhost.exchange(method.exchange)
        else:
            self._vhost.declare_exchange(
                method.exchange,
                method.exchange_type,
                durable=method.durable,
                auto_delete=method.auto_delete,
                internal=method.internal,
                arguments=method.arguments or {},
            )
        if not method.nowait:
            self._channel.reply(ExchangeMethods.DeclareOk())

    def _on_exchange_delete(self, method: ExchangeMethods.Delete) -> None:
        self._vhost.delete_exchange(method.exchange, if_unused=method.if_unused)
        if not method.nowait:
            self._channel.reply(ExchangeMethods.DeleteOk())

    def _on_exchange_bind(self, method: ExchangeMethods.Bind) -> None:
        self._vhost.bind(self._exchange_binding(method))
        if not method.nowait:
            self._channel.reply(ExchangeMethods.BindOk())

    def _on_exchange_unbind(self, method: ExchangeMethods.Unbind) -> None:
        self._vhost.unbind(self._exchange_binding(method))
        if not method.nowait:
            self._channel.reply(ExchangeMethods.UnbindOk())

    def _exchange_binding(self, method: ExchangeMethods.Bind | ExchangeMethods.Unbind) -> Binding:
        if not method.destination:
            raise refused("operation not permitted on the default exchange")
        self._vhost.exchange(method.destination)
        destination = Destination(DestinationKind.EXCHANGE, method.destination)
        return Binding(method.source, destination, method.routing_key, method.arguments or {})

    _HANDLERS: ClassVar[Mapping[int, Callable[["Topology", Any], None]]] = {
        QueueMethods.Declare.index: _on_queue_declare,
        QueueMethods.Bind.index: _on_queue_bind,
        QueueMethods.Unbind.index: _on_queue_unbind,
        QueueMethods.Purge.index: _on_queue_purge,
        QueueMethods.Delete.index: _on_queue_delete,
        ExchangeMethods.Declare.index: _on_exchange_declare,
        ExchangeMethods.Delete.index: _on_exchange_delete,
        ExchangeMethods.Bind.index: _on_exchange_bind,
        ExchangeMethods.Unbind.index: _on_exchange_unbind,
    }
