"""The methods of a channel that make, join and remove queues and exchanges."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pamqp import base
from pamqp.commands import Exchange as ExchangeMethods
from pamqp.commands import Queue as QueueMethods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.direct_reply import PSEUDO_QUEUE
from embedded_server.brokers.amqp.errors import AmqpError, Reply, not_found, precondition
from embedded_server.brokers.amqp.exchange import Binding, Destination, DestinationKind, ExchangeType
from embedded_server.brokers.amqp.permissions import Kind, Operation
from embedded_server.brokers.amqp.properties import type_name
from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.amqp.rules import queue_name, refuse_default, refuse_deletion, refuse_reserved, require_type

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel


_WITHOUT_LINE_ENDS: Final = str.maketrans("", "", "\r\n")


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

    def _require(self, operation: Operation, kind: Kind, name: str) -> None:
        access = self._channel.connection.access
        if access is not None:
            access.require(operation, kind, name)

    # -- queues

    def queue(self, name: str) -> Queue:
        """The queue *name*, or where that is empty the one declared last, to read from; raises ``AmqpError``."""
        name = self._named(name)
        self._require(Operation.READ, Kind.QUEUE, name)
        return self._vhost.queue(name, self._channel.connection)

    def _named(self, name: str) -> str:
        """*name*, or where it is empty the queue declared last on this channel."""
        if name or self._last_queue:
            return name or self._last_queue
        raise AmqpError(Reply.NOT_FOUND, "no previously declared queue")

    def _on_queue_declare(self, method: QueueMethods.Declare) -> None:
        name = method.queue.translate(_WITHOUT_LINE_ENDS)
        if name.startswith(PSEUDO_QUEUE):
            self._on_pseudo_queue_declare(name, method)
            return
        queue = self._vhost.queue(name, self._channel.connection) if method.passive else self._declared(name, method)
        self._last_queue = queue.name
        if not method.nowait:
            self._channel.send(codec.queue_declare_ok(queue.name, len(queue.ready), len(queue.consumers)))

    def _on_pseudo_queue_declare(self, name: str, method: QueueMethods.Declare) -> None:
        """Who answers may ask so whether the one who asked is still there."""
        if not self._vhost.replies.is_declared(name):
            raise not_found("queue", name, self._vhost.name)
        self._last_queue = name
        if not method.nowait:
            self._channel.send(codec.queue_declare_ok(name, 0, 1))

    def _declared(self, name: str, method: QueueMethods.Declare) -> Queue:
        name = queue_name(name, method.arguments or {})
        self._require(Operation.CONFIGURE, Kind.QUEUE, name)
        if name not in self._vhost.queues:
            self._require_forwarding(Kind.QUEUE, name, "x-dead-letter-exchange", method.arguments)
        return self._vhost.declare_queue(
            name,
            self._channel.connection,
            durable=method.durable,
            exclusive=method.exclusive,
            auto_delete=method.auto_delete,
            arguments=method.arguments or {},
        )

    def _require_forwarding(self, kind: Kind, name: str, argument: str, arguments: Mapping[str, Any] | None) -> None:
        """What reads from *name* and writes to the exchange that *argument* names must be allowed to do both."""
        exchange = (arguments or {}).get(argument)
        if exchange is None:
            return
        if not isinstance(exchange, str):
            kind_and_name = f"{kind} '{name}' in vhost '{self._vhost.name}'"
            raise precondition(f"invalid type '{type_name(exchange)}' for arg '{argument}' in {kind_and_name}")
        self._require(Operation.READ, kind, name)
        self._require(Operation.WRITE, Kind.EXCHANGE, exchange)

    def _on_queue_bind(self, method: QueueMethods.Bind) -> None:
        self._vhost.bind(self._queue_binding(method), self._channel.connection)
        if not method.nowait:
            self._channel.reply(QueueMethods.BindOk())

    def _on_queue_unbind(self, method: QueueMethods.Unbind) -> None:
        self._vhost.unbind(self._queue_binding(method), self._channel.connection)
        self._channel.reply(QueueMethods.UnbindOk())

    def _queue_binding(self, method: QueueMethods.Bind | QueueMethods.Unbind) -> Binding:
        name = self._named(method.queue)
        key = method.routing_key
        if not method.queue and not key:
            key = name
        destination = Destination(DestinationKind.QUEUE, name.translate(_WITHOUT_LINE_ENDS))
        return self._binding(method.exchange, destination, key, method.arguments)

    def _on_queue_purge(self, method: QueueMethods.Purge) -> None:
        count = self.queue(method.queue).purge()
        if not method.nowait:
            self._channel.reply(QueueMethods.PurgeOk(count))

    def _on_queue_delete(self, method: QueueMethods.Delete) -> None:
        name = self._named(method.queue).translate(_WITHOUT_LINE_ENDS)
        self._require(Operation.CONFIGURE, Kind.QUEUE, name)
        queue = self._vhost.removable_queue(name, self._channel.connection, if_unused=method.if_unused, if_empty=method.if_empty)
        if not method.nowait:
            self._channel.reply(QueueMethods.DeleteOk(0 if queue is None else len(queue.ready)))
        if queue is not None:
            self._vhost.delete_queue(queue)  # after the answer: the client's own consumers are told then

    # -- exchanges

    def _on_exchange_declare(self, method: ExchangeMethods.Declare) -> None:
        name = method.exchange.translate(_WITHOUT_LINE_ENDS)
        if method.passive:
            refuse_default(name)
            self._vhost.exchange(name)
        else:
            self._declare_exchange(name, method)
        if not method.nowait:
            self._channel.reply(ExchangeMethods.DeclareOk())

    def _declare_exchange(self, name: str, method: ExchangeMethods.Declare) -> None:
        require_type(method.exchange_type)
        refuse_default(name)
        self._require(Operation.CONFIGURE, Kind.EXCHANGE, name)
        if name not in self._vhost.exchanges:
            refuse_reserved("exchange", name)
            self._require_forwarding(Kind.EXCHANGE, name, "alternate-exchange", method.arguments)
        self._vhost.declare_exchange(
            name,
            method.exchange_type,
            durable=method.durable,
            auto_delete=method.auto_delete,
            internal=method.internal,
            arguments=method.arguments or {},
        )

    def _on_exchange_delete(self, method: ExchangeMethods.Delete) -> None:
        name = method.exchange.translate(_WITHOUT_LINE_ENDS)
        refuse_default(name)
        refuse_deletion(name, self._vhost.name)
        self._require(Operation.CONFIGURE, Kind.EXCHANGE, name)
        self._vhost.delete_exchange(name, if_unused=method.if_unused)
        if not method.nowait:
            self._channel.reply(ExchangeMethods.DeleteOk())

    def _on_exchange_bind(self, method: ExchangeMethods.Bind) -> None:
        self._vhost.bind(self._exchange_binding(method), self._channel.connection)
        if not method.nowait:
            self._channel.reply(ExchangeMethods.BindOk())

    def _on_exchange_unbind(self, method: ExchangeMethods.Unbind) -> None:
        self._vhost.unbind(self._exchange_binding(method), self._channel.connection)
        if not method.nowait:
            self._channel.reply(ExchangeMethods.UnbindOk())

    def _exchange_binding(self, method: ExchangeMethods.Bind | ExchangeMethods.Unbind) -> Binding:
        destination = Destination(DestinationKind.EXCHANGE, method.destination.translate(_WITHOUT_LINE_ENDS))
        return self._binding(method.source, destination, method.routing_key, method.arguments)

    def _binding(self, source: str, destination: Destination, key: str, arguments: Mapping[str, Any] | None) -> Binding:
        source = source.translate(_WITHOUT_LINE_ENDS)
        self._require(Operation.WRITE, Kind(destination.kind), destination.name)
        if destination.kind is DestinationKind.EXCHANGE:
            refuse_default(destination.name)
        refuse_default(source)
        self._require(Operation.READ, Kind.EXCHANGE, source)
        access, exchange = self._channel.connection.access, self._vhost.exchanges.get(source)
        if access is not None and exchange is not None and exchange.type is ExchangeType.TOPIC:
            access.require_topic(Operation.READ, source, key)
        return Binding(source, destination, key, arguments or {})

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
