"""What a client does with its deliveries: it acknowledges, rejects or gives them back, at once or with its transaction's commit."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pamqp import base
from pamqp.commands import Basic

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.dead_letter import Reason
from embedded_server.brokers.amqp.errors import AmqpError, Reply, not_implemented
from embedded_server.brokers.amqp.message import Entry
from embedded_server.brokers.amqp.publisher import Mode
from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.amqp.unacked import Delivery

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel


class Settlement:
    """An acknowledgement inside an open transaction, waiting for its commit."""

    __slots__ = ("deliveries", "reject", "requeue")

    def __init__(self, deliveries: list[Delivery], *, reject: bool, requeue: bool) -> None:
        self.deliveries = deliveries
        self.reject = reject
        self.requeue = requeue


class Settling:
    """Settles the deliveries of one channel."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self._unacked = channel.unacked
        self._held: list[Settlement] = []

    @property
    def uncommitted(self) -> int:
        """Acknowledgements that wait for their transaction's commit."""
        return sum(len(settlement.deliveries) for settlement in self._held)

    def method(self, method: base.Frame) -> bool:
        """Carry out *method* where it settles deliveries; raises ``AmqpError``."""
        handler = self._HANDLERS.get(method.index)
        if handler is not None:
            handler(self, method)
        return handler is not None

    def acknowledge(self, payload: bytes) -> None:
        """``basic.ack`` came: the hot path of every consumer."""
        tag, multiple = codec.parse_ack(payload)
        if multiple or self._channel.publisher.mode is Mode.TX:
            self._settle_or_hold(Settlement(self._unacked.take(tag, multiple=multiple), reject=False, requeue=False))
            return
        delivery = self._unacked.take_one(tag)
        if delivery is None:
            raise AmqpError(Reply.PRECONDITION_FAILED, f"unknown delivery tag {tag}")
        delivery.queue.figures.ack += 1
        if delivery.entry.stored:
            delivery.queue.settle(delivery.entry)
        if self._unacked.limit:
            self._channel.pump()
        elif len(delivery.queue.ready):
            delivery.queue.pump()

    def commit(self) -> None:
        """Carry out what the transaction held back."""
        for settlement in self._take_held():
            self._settle(settlement)

    def rollback(self) -> None:
        """What the transaction held back is unacknowledged again."""
        for settlement in self._take_held():
            self._unacked.put_back(settlement.deliveries)

    def close(self) -> None:
        """The channel ends: what is not settled returns to its queues."""
        held = [delivery for settlement in self._take_held() for delivery in settlement.deliveries]
        self._requeue([*held, *self._unacked.take_all()])

    def _take_held(self) -> list[Settlement]:
        held, self._held = self._held, []
        return held

    def _settle_or_hold(self, settlement: Settlement) -> None:
        if self._channel.publisher.mode is Mode.TX:
            self._held.append(settlement)
        else:
            self._settle(settlement)

    def _settle(self, settlement: Settlement) -> None:
        deliveries = settlement.deliveries
        if settlement.reject and settlement.requeue:
            self._requeue(deliveries)
            return
        for delivery in deliveries:
            if settlement.reject:
                delivery.queue.figures.returned += 1
                delivery.queue.die(delivery.entry, Reason.REJECTED)
            else:
                delivery.queue.figures.ack += 1
                delivery.queue.settle(delivery.entry)
        self._channel.pump_those(delivery.queue for delivery in deliveries)

    def _requeue(self, deliveries: Iterable[Delivery]) -> None:
        by_queue: dict[Queue, list[Entry]] = {}
        for delivery in deliveries:
            by_queue.setdefault(delivery.queue, []).append(delivery.entry)
        for queue, entries in by_queue.items():
            queue.requeue(entries)
        self._channel.pump_those(by_queue)

    def _on_nack(self, method: Basic.Nack) -> None:
        taken = self._unacked.take(method.delivery_tag or 0, multiple=method.multiple)
        self._settle_or_hold(Settlement(taken, reject=True, requeue=method.requeue))

    def _on_reject(self, method: Basic.Reject) -> None:
        taken = self._unacked.take(method.delivery_tag or 0, multiple=False)
        self._settle_or_hold(Settlement(taken, reject=True, requeue=method.requeue))

    def _on_recover(self, method: Basic.Recover) -> None:
        self._on_recover_async(method)
        self._channel.reply(Basic.RecoverOk())

    def _on_recover_async(self, method: Basic.Recover | Basic.RecoverAsync) -> None:
        if not method.requeue:
            raise not_implemented("requeue=false")
        self._requeue(self._unacked.take_all())

    _HANDLERS: ClassVar[Mapping[int, Callable[["Settling", Any], None]]] = {
        Basic.Nack.index: _on_nack,
        Basic.Reject.index: _on_reject,
        Basic.Recover.index: _on_recover,
        Basic.RecoverAsync.index: _on_recover_async,
    }
