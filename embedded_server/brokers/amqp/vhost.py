"""A virtual host: its exchanges, its queues, the bindings between them, and the way of a message through them."""

import itertools
from collections.abc import Mapping
from typing import Any, Final

from embedded_server.brokers.amqp.arguments import Overflow, QueueArguments, kept_queue_arguments, parse_queue_arguments
from embedded_server.brokers.amqp.dead_letter import DeadLetters, Reason
from embedded_server.brokers.amqp.direct_reply import Replies
from embedded_server.brokers.amqp.errors import locked, not_found, precondition, refused
from embedded_server.brokers.amqp.exchange import Binding, Destination, DestinationKind, Exchange, ExchangeType, make_exchange
from embedded_server.brokers.amqp.figures import VHostFigures
from embedded_server.brokers.amqp.firehose import TRACE_EXCHANGE, Firehose
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.overflow import RejectingQueue
from embedded_server.brokers.amqp.pages import Pages
from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.amqp.routes import Route, Routes
from embedded_server.brokers.amqp.rules import require_same_exchange, require_same_queue, require_type
from embedded_server.brokers.amqp.store import Store
from embedded_server.brokers.clock import Clock, Timers

_PREDECLARED: Final = (
    ("amq.direct", ExchangeType.DIRECT, False),
    ("amq.fanout", ExchangeType.FANOUT, False),
    ("amq.topic", ExchangeType.TOPIC, False),
    ("amq.headers", ExchangeType.HEADERS, False),
    ("amq.match", ExchangeType.HEADERS, False),
    (TRACE_EXCHANGE, ExchangeType.TOPIC, True),
)


class VHost:
    """Topology and routing. Every change of what is durable goes to the store as it happens."""

    def __init__(self, name: str, *, store: Store, clock: Clock, timers: Timers, pages: Pages) -> None:
        self.name = name
        self.description = ""
        self.tags: tuple[str, ...] = ()
        self.firehose: Firehose | None = None
        """Told of every message, while it is on."""
        self.replies = Replies()
        self.refused = False
        """Set where a full queue turned away the message published last."""
        self.store = store
        self.clock = clock
        self.timers = timers
        self.pages = pages
        self.queues: dict[str, Queue] = {}
        self.exchanges: dict[str, Exchange] = {name: make_exchange(name, kind, internal=internal) for name, kind, internal in _PREDECLARED}
        self.default_exchange = make_exchange("", ExchangeType.DIRECT)
        """What its queues are bound to by name; it holds no bindings itself."""
        self.figures = VHostFigures()
        self._message_ids = itertools.count(1)
        self._routes = Routes(self)
        self._known_routes = self._routes.known
        self._dead_letters = DeadLetters(self)
        self._restore()

    # -- messages

    def publish(self, message: Message) -> bool:
        """Route *message* and push it to every queue it reaches; whether it reached any. Raises ``AmqpError`` for a wrong exchange."""
        route = self._known_routes.get((message.exchange, message.routing_key))
        if route is None:
            self.require_publishable(message.exchange)
            route = self._routes.find(message)
            if not route.remembered:
                self._routes.count(message.exchange, route, 1)
            if not route.queues and not message.exchange:
                self.replies.deliver(message)
        route.published += 1
        return self._push(message, route.queues)

    def publish_copies(self, message: Message) -> bool:
        """The same for a message that has further routing keys (the headers ``CC`` and ``BCC``)."""
        self.require_publishable(message.exchange)
        route = Route(self.destinations(message), remembered=False)
        self._routes.count(message.exchange, route, 1)
        return self._push(message, route.queues)

    def forward(self, message: Message, queues: tuple[Queue, ...] | None = None) -> None:
        """Send on a message of the broker's own, to *queues* if given: what becomes of it is no publisher's concern."""
        refused_before = self.refused
        queues = self.destinations(message) if queues is None else queues
        if not queues and not message.exchange:
            self.replies.deliver(message)
        self._push(message, queues)
        self.refused = refused_before

    def destinations(self, message: Message) -> tuple[Queue, ...]:
        """The queues *message* would come to."""
        return self._routes.destinations(message)

    def tally(self) -> None:
        """Bring the figures of exchanges and queues up to date."""
        self._routes.tally()

    def require_publishable(self, exchange: str) -> None:
        """Raise ``AmqpError`` unless a client may publish to *exchange*."""
        if exchange and self.exchange(exchange).internal:
            raise refused(f"cannot publish to internal exchange '{exchange}' in vhost '{self.name}'")

    def dead_letter(self, queue: Queue, message: Message, reason: Reason) -> None:
        """Send *message* on to the queue's dead letter exchange, where there is one."""
        self._dead_letters.send(queue, message, reason)

    def _push(self, message: Message, queues: tuple[Queue, ...]) -> bool:
        message.id = next(self._message_ids)
        for queue in queues:
            queue.push(message)
        return bool(queues)

    # -- exchanges

    def exchange(self, name: str) -> Exchange:
        """The exchange *name*; raises ``AmqpError`` where there is none."""
        exchange = self.exchanges.get(name)
        if exchange is None:
            raise not_found("exchange", name, self.name)
        return exchange

    def declare_exchange(
        self, name: str, kind: str, *, durable: bool, auto_delete: bool, internal: bool, arguments: Mapping[str, Any]
    ) -> None:
        """Make an exchange, or check that the one of this name is the same."""
        require_type(kind)
        existing = self.exchanges.get(name)
        if existing is not None:
            require_same_exchange(
                existing, self.name, kind=kind, durable=durable, auto_delete=auto_delete, internal=internal, arguments=arguments
            )
            return
        exchange = make_exchange(name, ExchangeType(kind), durable=durable, auto_delete=auto_delete, internal=internal, arguments=arguments)
        self.exchanges[name] = exchange
        self._routes.forget()
        if durable:
            self.store.save_exchange(exchange)

    def delete_exchange(self, name: str, *, if_unused: bool) -> None:
        """Delete an exchange and all bindings from and to it; nothing where there is none."""
        exchange = self.exchanges.get(name)
        if exchange is None:
            return
        if if_unused and exchange.bindings:
            raise precondition(f"exchange '{name}' in vhost '{self.name}' in use")
        self._drop_exchange(exchange)

    def _drop_exchange(self, exchange: Exchange) -> None:
        del self.exchanges[exchange.name]
        self._routes.forget()
        if exchange.durable:
            self.store.delete_exchange(exchange)
        self._unbind_everywhere(Destination(DestinationKind.EXCHANGE, exchange.name))

    # -- queues

    def queue(self, name: str, connection: object) -> Queue:
        """The queue *name* for *connection*; raises ``AmqpError`` where there is none or it is exclusive to another connection."""
        queue = self.queues.get(name)
        if queue is None:
            raise not_found("queue", name, self.name)
        if queue.owner is not None and queue.owner is not connection:
            raise locked(name, self.name)
        return queue

    def declare_queue(
        self, name: str, connection: object, *, durable: bool, exclusive: bool, auto_delete: bool, arguments: Mapping[str, Any]
    ) -> Queue:
        """Make a queue, or check that the one of this name is the same."""
        durable = durable and not exclusive  # such a queue ends with its connection
        if name in self.queues:
            queue = self.queue(name, connection)
            require_same_queue(queue, self.name, durable=durable, exclusive=exclusive, auto_delete=auto_delete, arguments=arguments)
            queue.touch()
            return queue
        parsed = parse_queue_arguments(arguments, name, self.name)
        owner = connection if exclusive else None
        queue = self._made(name, parsed, durable=durable, auto_delete=auto_delete, owner=owner)
        self.queues[name] = queue
        self._routes.forget()
        if queue.stored:
            self.store.save_queue(queue)
        return queue

    def _made(self, name: str, arguments: QueueArguments, *, durable: bool, auto_delete: bool, owner: object | None = None) -> Queue:
        cls = Queue if arguments.overflow is Overflow.DROP_HEAD else RejectingQueue
        return cls(self, name, arguments, durable=durable, auto_delete=auto_delete, owner=owner)

    def removable_queue(self, name: str, connection: object, *, if_unused: bool, if_empty: bool) -> Queue | None:
        """The queue a client may delete, where there is one; raises ``AmqpError`` where it may not."""
        if name not in self.queues:
            return None
        queue = self.queue(name, connection)
        if if_unused and queue.consumers:
            raise precondition(f"queue '{name}' in vhost '{self.name}' in use")
        if if_empty and len(queue.ready):
            raise precondition(f"queue '{name}' in vhost '{self.name}' not empty")
        return queue

    def delete_queue(self, queue: Queue) -> None:
        """Delete *queue*, its bindings and its messages; its consumers are told."""
        if queue.gone:
            return
        del self.queues[queue.name]
        self._routes.forget()
        queue.close()
        self.figures.queue_gone(queue.figures)
        if queue.stored:
            self.store.delete_queue(queue)
        self._unbind_everywhere(Destination(DestinationKind.QUEUE, queue.name))

    def delete_queues_of(self, connection: object) -> None:
        """Delete the exclusive queues of a connection that has ended."""
        for queue in [queue for queue in self.queues.values() if queue.owner is connection]:
            self.delete_queue(queue)

    # -- bindings

    def bind(self, binding: Binding, connection: object) -> None:
        """Add a binding between ends that exist; nothing where it is there already."""
        exchange = self.exchange(binding.source)
        self._require_destination(binding.destination, connection)
        if exchange.bind(binding):
            self._routes.forget()
            if exchange.durable and self._is_stored(binding.destination):
                self.store.save_binding(binding)

    def unbind(self, binding: Binding, connection: object) -> None:
        """Remove a binding; nothing where it is not there, or its ends are not."""
        exchange = self.exchanges.get(binding.source)
        if exchange is None or not exchange.has(binding):
            return
        self._require_destination(binding.destination, connection)
        exchange.unbind(binding)
        self._unbound(exchange, binding)

    def _require_destination(self, destination: Destination, connection: object) -> None:
        if destination.kind is DestinationKind.QUEUE:
            self.queue(destination.name, connection)
        else:
            self.exchange(destination.name)

    def _unbind_everywhere(self, destination: Destination) -> None:
        for exchange in list(self.exchanges.values()):
            for binding in exchange.bindings_to(destination):
                exchange.unbind(binding)
                self._unbound(exchange, binding)

    def _unbound(self, exchange: Exchange, binding: Binding) -> None:
        self._routes.forget()
        if exchange.durable:
            self.store.delete_binding(binding)
        if exchange.auto_delete and not exchange.bindings and exchange.name in self.exchanges:
            self._drop_exchange(exchange)

    def _exists(self, destination: Destination) -> bool:
        return destination.name in (self.queues if destination.kind is DestinationKind.QUEUE else self.exchanges)

    def _is_stored(self, destination: Destination) -> bool:
        if destination.kind is DestinationKind.QUEUE:
            return self.queues[destination.name].stored
        return self.exchanges[destination.name].durable

    # -- the whole

    def set_tracing(self, *, on: bool) -> None:
        """Turn the firehose on or off."""
        self.firehose = Firehose(self) if on else None

    @property
    def tracing(self) -> bool:
        """Whether the firehose is on."""
        return self.firehose is not None

    def close(self) -> None:
        """The virtual host was deleted: its queues go, and its store is let go of."""
        for queue in list(self.queues.values()):
            self.delete_queue(queue)
        self.store.close()

    # -- what was kept

    def _restore(self) -> None:
        kept = self.store.load()
        for exchange in kept.exchanges:
            self.exchanges[exchange.name] = exchange
        backlogs = {backlog.queue_id: backlog for backlog in kept.backlogs}
        last_id = 0
        for stored in kept.queues:
            arguments = kept_queue_arguments(stored.arguments, stored.name, self.name)
            queue = self._made(stored.name, arguments, durable=True, auto_delete=stored.auto_delete)
            queue.store_id = stored.id
            self.queues[queue.name] = queue
            last_id = max(last_id, stored.delivered_up_to)
            backlog = backlogs.get(stored.id)
            if backlog is not None:
                queue.restore(backlog.numbers, backlog.sizes, stored.delivered_up_to)
                last_id = max(last_id, backlog.numbers[-1])
        for binding in kept.bindings:
            if binding.source in self.exchanges and self._exists(binding.destination):
                self.exchanges[binding.source].bind(binding)
        self._message_ids = itertools.count(last_id + 1)
        for queue in self.queues.values():
            queue.expire()
