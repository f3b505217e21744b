"""A queue: messages that wait, the consumers they go to, and all that makes a message leave."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp.arguments import QueueArguments
from embedded_server.brokers.amqp.backlog import Backlog
from embedded_server.brokers.amqp.consumer import Consumer
from embedded_server.brokers.amqp.dead_letter import Reason
from embedded_server.brokers.amqp.figures import QueueFigures
from embedded_server.brokers.amqp.message import NEVER, Entry, Message
from embedded_server.brokers.amqp.ready import FifoReady, PriorityReady, Ready
from embedded_server.brokers.amqp.segment import SEGMENT_MESSAGES, Shelf
from embedded_server.brokers.clock import Timer

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.vhost import VHost

TTL_SLACK_S: Final = 0.001


class Queue:
    """Messages in order, given out to consumers in turn. It knows no channel and no bytes."""

    def __init__(
        self, vhost: "VHost", name: str, arguments: QueueArguments, *, durable: bool, auto_delete: bool, owner: object | None
    ) -> None:
        self.vhost = vhost
        self.name = name
        self.arguments = arguments
        self.durable = durable
        self.auto_delete = auto_delete
        self.owner = owner
        """The connection that declared it exclusive."""
        self.stored = durable and owner is None
        self.store_id = 0
        self.gone = False
        self.backlog = Backlog(self)
        shelf = Shelf(vhost.pages, self.backlog if self.stored else None)
        self.ready: Ready = FifoReady(shelf) if arguments.max_priority is None else PriorityReady(arguments.max_priority, shelf)
        self.ready_bytes = 0
        self.consumers: list[Consumer] = []
        """Higher priority first; among equals the next in turn first."""
        self.figures = QueueFigures()
        self.active: Consumer | None = None
        """The one that gets all messages, where the queue has a single active consumer."""
        self._plain = arguments.plain
        self._used_at = vhost.clock.now()
        self._idle_timer: Timer | None = None
        self._ttl_timer: Timer | None = None
        self._watch_idleness()

    # -- messages come

    def push(self, message: Message) -> None:
        """Take in a routed message: to a consumer at once where one is free, else behind the others."""
        entry = self._entry(message)
        if self.stored and message.properties.persistent:
            self.vhost.store.add(self, entry)
        if self.consumers and not len(self.ready):
            consumer = self._next_consumer()
            if consumer is not None:
                self._hand_over(consumer, entry)
                return
        self.ready.append(entry)
        self.ready_bytes += len(message.body)
        if self._plain and entry.expires_at == NEVER:
            if self.consumers:
                self.pump()
            return
        self._limit_length()
        self.pump()
        self.expire()

    def restore(self, numbers: Sequence[int], sizes: Sequence[int], delivered_up_to: int) -> None:
        """Take in the messages that the store kept; those up to *delivered_up_to* may have been delivered before."""
        self.backlog.redelivered_up_to = delivered_up_to
        self.ready_bytes = sum(sizes)
        if isinstance(self.ready, FifoReady):
            self.ready.restore(numbers, sizes)
            return
        for start in range(0, len(numbers), SEGMENT_MESSAGES):  # only the messages tell their priorities
            for entry in self.backlog.entries(numbers[start : start + SEGMENT_MESSAGES]):
                self.ready.append(entry)

    def requeue(self, entries: Iterable[Entry]) -> None:
        """Take back what was delivered and not acknowledged, to where it was."""
        returning = list(entries)
        self.figures.returned += len(returning)
        if self.gone:
            self._forget(returning)
            return
        for entry in returning:
            entry.redelivered = True
            self.ready_bytes += len(entry.message.body)
        self.ready.requeue(returning)
        self._limit_length()
        self.expire()

    def _entry(self, message: Message) -> Entry:
        if self._plain and message.properties.expiration_ms is None:
            return Entry(message)
        ttl = self.arguments.message_ttl_s
        expiration_ms = message.properties.expiration_ms
        if expiration_ms is not None:
            ttl = expiration_ms / 1000 if ttl is None else min(ttl, expiration_ms / 1000)
        return Entry(message, self.priority_of(message), NEVER if ttl is None else self.vhost.clock.now() + ttl)

    def priority_of(self, message: Message) -> int:
        """Its priority in this queue."""
        highest = self.arguments.max_priority
        return 0 if highest is None else min(message.properties.priority, highest)

    def _limit_length(self) -> None:
        most, most_bytes = self.arguments.max_length, self.arguments.max_length_bytes
        if most is None and most_bytes is None:
            return
        while len(self.ready) and (
            (most is not None and len(self.ready) > most) or (most_bytes is not None and self.ready_bytes > most_bytes)
        ):
            entry = self.ready.popleft()  # the head, of whatever priority, as RabbitMQ
            self.ready_bytes -= len(entry.message.body)
            self.die(entry, Reason.MAXLEN)

    # -- messages go

    def pump(self) -> None:
        """Give out what waits, as far as consumers can take it."""
        ready = self.ready
        while self.consumers and (head := ready.peek()) is not None:
            if head.expires_at != NEVER and head.expires_at <= self.vhost.clock.now():
                self.expire()
                continue
            consumer = self._next_consumer()
            if consumer is None:
                return
            self._hand_over(consumer, self._popleft())

    def get(self) -> Entry | None:
        """The next message, for ``basic.get``."""
        self.touch()
        self.expire()
        if not len(self.ready):
            self.figures.get_empty += 1
            return None
        entry = self._popleft()
        self._mark_delivered(entry)
        return entry

    def settle(self, entry: Entry) -> None:
        """*entry* was acknowledged, or needed no acknowledgement: forget it."""
        if entry.stored:
            self.vhost.store.remove(self, entry)

    def die(self, entry: Entry, reason: Reason) -> None:
        """Dead-letter *entry* where the queue has a dead letter exchange, and forget it."""
        if not self.gone:
            self.vhost.dead_letter(self, entry.message, reason)
        self.settle(entry)

    def purge(self) -> int:
        """Drop what waits; how many there were."""
        count = len(self.ready)
        self.ready_bytes = 0
        self.vhost.store.forget(self, self.ready.discard())
        return count

    def _popleft(self) -> Entry:
        entry = self.ready.popleft()
        self.ready_bytes -= len(entry.message.body)
        return entry

    def _hand_over(self, consumer: Consumer, entry: Entry) -> None:
        self._mark_delivered(entry)
        consumer.take(entry)
        figures = self.figures
        if entry.redelivered:
            figures.redeliver += 1
        if consumer.no_ack:
            figures.deliver_no_ack += 1
            self.settle(entry)
        else:
            figures.deliver += 1

    def _mark_delivered(self, entry: Entry) -> None:
        if entry.stored:
            self.vhost.store.delivered(self, entry)

    def _forget(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self.settle(entry)

    # -- consumers

    def add_consumer(self, consumer: Consumer) -> None:
        """Let *consumer* have its turn, behind those of higher and equal priority."""
        place = next((i for i, other in enumerate(self.consumers) if other.priority < consumer.priority), len(self.consumers))
        self.consumers.insert(place, consumer)
        if self.arguments.single_active_consumer and self.active is None:
            self.active = consumer
        self.touch()

    def admits(self, *, exclusive: bool) -> bool:
        """Whether one more consumer may come, which wants to be alone where it is *exclusive*."""
        if self.arguments.single_active_consumer:
            return not exclusive
        return not self.consumers or not (exclusive or self.consumers[0].exclusive)

    def is_active(self, consumer: Consumer) -> bool:
        """Whether *consumer* gets messages, or only waits for the single active one to go."""
        return self.active is consumer or not self.arguments.single_active_consumer

    def remove_consumer(self, consumer: Consumer) -> None:
        """Take *consumer* out; an auto-delete queue goes with its last one."""
        self.consumers.remove(consumer)
        if self.active is consumer:
            self.active = self.consumers[0] if self.consumers else None
        self.touch()
        if self.auto_delete and not self.consumers and not self.gone:
            self.vhost.delete_queue(self)

    def _next_consumer(self) -> Consumer | None:
        """The consumer whose turn it is, moved behind its equals; ``None`` where none can take a message."""
        consumers = self.consumers
        if self.active is not None:
            return self.active if self.active.can_take() else None
        for index, consumer in enumerate(consumers):
            if consumer.can_take():
                if len(consumers) > 1:
                    del consumers[index]
                    place = index
                    while place < len(consumers) and consumers[place].priority == consumer.priority:
                        place += 1
                    consumers.insert(place, consumer)
                return consumer
        return None

    # -- time

    def touch(self) -> None:
        """The queue is in use: ``x-expires`` counts from now."""
        self._used_at = self.vhost.clock.now()

    def expire(self) -> None:
        """Drop what has expired at the head, and wait for the next that will."""
        now = self.vhost.clock.now()
        while (head := self.ready.peek()) is not None and head.expires_at <= now:
            self.die(self._popleft(), Reason.EXPIRED)
        if head is not None and head.expires_at != NEVER:
            self._wait_for(head.expires_at)

    def _wait_for(self, when: float) -> None:
        if self._ttl_timer is not None:
            if self._ttl_timer.when <= when:
                return
            self._ttl_timer.cancel()
        self._ttl_timer = self.vhost.timers.call_at(when + TTL_SLACK_S, self._on_ttl)

    def _on_ttl(self) -> None:
        self._ttl_timer = None
        if not self.gone:
            self.expire()

    def _watch_idleness(self) -> None:
        limit = self.arguments.expires_s
        if limit is not None:
            self._idle_timer = self.vhost.timers.call_at(self._used_at + limit, self._on_idle)

    def _on_idle(self) -> None:
        if self.gone or self.arguments.expires_s is None:
            return
        if self.consumers:
            self._used_at = self.vhost.clock.now()
        if self._used_at + self.arguments.expires_s <= self.vhost.clock.now():
            self.vhost.delete_queue(self)
        else:
            self._watch_idleness()

    def close(self) -> None:
        """The queue was deleted: its messages, its timers and its consumers go."""
        self.gone = True
        for timer in (self._idle_timer, self._ttl_timer):
            if timer is not None:
                timer.cancel()
        self.purge()
        consumers, self.consumers, self.active = self.consumers, [], None
        for consumer in consumers:
            consumer.cancelled()
