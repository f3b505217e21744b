"""A channel: deliveries and acknowledgements, and the methods of AMQP 0-9-1 that concern messages."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pamqp import base
from pamqp.commands import Basic, Confirm, Tx
from pamqp.commands import Channel as ChannelMethods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.arguments import check_consume_arguments
from embedded_server.brokers.amqp.consumer import Consumer
from embedded_server.brokers.amqp.direct_reply import PSEUDO_QUEUE, ReplyConsumer
from embedded_server.brokers.amqp.errors import AmqpError, Reply, not_implemented, precondition, refused
from embedded_server.brokers.amqp.figures import ChannelFigures
from embedded_server.brokers.amqp.message import Entry, Message
from embedded_server.brokers.amqp.publisher import Publisher
from embedded_server.brokers.amqp.queue import Queue
from embedded_server.brokers.amqp.settling import Settling
from embedded_server.brokers.amqp.topology import Topology
from embedded_server.brokers.amqp.unacked import Delivery, Unacked

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.connection import Connection


class Channel:
    """One channel of a connection."""

    def __init__(self, connection: "Connection", number: int) -> None:
        self.connection = connection
        self.number = number
        self.vhost = connection.vhost
        self.publisher = Publisher(self)
        self.unacked = Unacked()
        self.settling = Settling(self)
        self.consumers: dict[str, Consumer] = {}
        self.figures = ChannelFigures()
        self.reply_consumer: ReplyConsumer | None = None
        self.closing = False
        """The broker has closed it and waits for the client's ``close-ok``; all else is ignored."""
        self.prefetch = 0
        """Most unacknowledged messages of each consumer to come; 0 for no limit."""
        self._delivery_tag = 0
        self._topology = Topology(self)

    @property
    def delivered(self) -> int:
        """Messages handed out so far."""
        return self._delivery_tag

    # -- what the connection calls

    def method(self, method: base.Frame) -> None:
        """Carry out *method*; raises ``AmqpError``."""
        handler = self._HANDLERS.get(method.index)
        if handler is not None:
            handler(self, method)
        elif not self.settling.method(method) and not self._topology.method(method):
            raise AmqpError(Reply.COMMAND_INVALID, "unimplemented method")

    def close(self) -> None:
        """The channel ends: its consumers go and what it had not acknowledged returns to its queues."""
        self.closing = True
        self.vhost.figures.channel_gone(self.figures)
        self.figures = ChannelFigures()
        self._forget_reply_consumer()
        left = [consumer.queue for consumer in self.consumers.values()]
        for consumer in list(self.consumers.values()):
            self._drop(consumer)
        self.settling.close()
        self.pump_those(left)

    def pump(self) -> None:
        """There is room again: let its queues deliver."""
        for queue in {consumer.queue: None for consumer in self.consumers.values()}:
            queue.pump()

    def pump_those(self, queues: Iterable[Queue]) -> None:
        """Let *queues* deliver, and where a limit of the whole channel has moved, all of its queues."""
        for queue in dict.fromkeys(queues):
            queue.pump()
        if self.unacked.limit:
            self.pump()

    # -- what queues and consumers call

    def deliver(self, consumer: Consumer, entry: Entry) -> None:
        """Send *entry* to *consumer*."""
        self._delivery_tag += 1
        tag = self._delivery_tag
        if not consumer.no_ack:
            self.unacked.add(Delivery(tag, entry, consumer.queue, consumer))
        message = entry.message
        if self.vhost.firehose is not None:
            self.vhost.firehose.delivered(consumer.queue, message, self, redelivered=entry.redelivered)
        self.send_content(codec.deliver(consumer.prefix, tag, entry.redelivered, message.address), message)

    def deliver_reply(self, consumer: ReplyConsumer, message: Message) -> None:
        """Send a direct reply. Its tag counts for nothing: there is nothing to acknowledge."""
        self.send_content(codec.deliver(consumer.prefix, self._delivery_tag + 1, False, message.address), message)

    def consumer_cancelled(self, consumer: Consumer) -> None:
        """The queue of *consumer* is gone: tell a client that understands."""
        self.consumers.pop(consumer.tag, None)
        if not self.closing and self.connection.understands("consumer_cancel_notify"):
            self.reply(Basic.Cancel(consumer.tag, nowait=True))

    # -- sending

    def send(self, payload: bytes) -> None:
        """Send a method that is packed already."""
        self.connection.send(codec.frame(self.number, payload))

    def send_content(self, method: bytes, message: Message) -> None:
        """Send a method and the content it carries."""
        self.connection.send(codec.content_frames(self.number, method, message.header, message.body, self.connection.frame_max))

    def reply(self, method: base.Frame) -> None:
        """Send *method*."""
        self.connection.send(codec.method_frame(self.number, method))

    # -- consuming

    def _on_qos(self, method: Basic.Qos) -> None:
        if method.prefetch_size:
            raise not_implemented(f"prefetch_size!=0 ({method.prefetch_size})")
        if method.global_:
            self.unacked.limit = method.prefetch_count
        else:
            self.prefetch = method.prefetch_count
        self.reply(Basic.QosOk())
        self.pump()

    def _on_get(self, method: Basic.Get) -> None:
        queue = self._topology.queue(method.queue)
        entry = queue.get()
        if entry is None:
            self.reply(Basic.GetEmpty())
            return
        self._delivery_tag += 1
        tag, message = self._delivery_tag, entry.message
        if self.vhost.firehose is not None:
            self.vhost.firehose.delivered(queue, message, self, redelivered=entry.redelivered)
        self.send_content(codec.get_ok(tag, entry.redelivered, message.address, len(queue.ready)), message)
        if entry.redelivered:
            queue.figures.redeliver += 1
        if method.no_ack:
            queue.figures.get_no_ack += 1
            queue.settle(entry)
        else:
            queue.figures.get += 1
            self.unacked.add(Delivery(tag, entry, queue, None))

    def _on_consume(self, method: Basic.Consume) -> None:
        if method.queue == PSEUDO_QUEUE:
            self.reply_consumer = self.vhost.replies.consume(self, method)
            if not method.nowait:
                self.reply(Basic.ConsumeOk(self.reply_consumer.tag))
            return
        tag = method.consumer_tag or f"amq.ctag-{secrets.token_urlsafe(16)}"
        if tag in self.consumers:
            raise AmqpError(Reply.NOT_ALLOWED, f"attempt to reuse consumer tag '{tag}'")
        queue = self._topology.queue(method.queue)
        arguments = method.arguments or {}
        priority = check_consume_arguments(arguments, queue.name, self.vhost.name)
        if not queue.admits(exclusive=method.exclusive):
            raise refused(f"queue '{queue.name}' in vhost '{self.vhost.name}' in exclusive use")
        consumer = Consumer(
            self,
            queue,
            tag,
            no_ack=method.no_ack,
            exclusive=method.exclusive,
            prefetch=self.prefetch,
            priority=priority,
            arguments=arguments,
        )
        self.consumers[tag] = consumer
        queue.add_consumer(consumer)
        if not method.nowait:
            self.reply(Basic.ConsumeOk(tag))
        queue.pump()

    def _on_cancel(self, method: Basic.Cancel) -> None:
        consumer = self.consumers.get(method.consumer_tag or "")
        if not method.nowait:
            self.reply(Basic.CancelOk(method.consumer_tag))
        if consumer is not None:
            self._drop(consumer)
            self.pump_those((consumer.queue,))  # another one may be the single active consumer now
        elif self.reply_consumer is not None and self.reply_consumer.tag == method.consumer_tag:
            self._forget_reply_consumer()

    def _forget_reply_consumer(self) -> None:
        if self.reply_consumer is not None:
            self.vhost.replies.forget(self.reply_consumer)
            self.reply_consumer = None

    def _drop(self, consumer: Consumer) -> None:
        del self.consumers[consumer.tag]
        if not consumer.queue.gone:
            consumer.queue.remove_consumer(consumer)

    # -- modes

    def _on_confirm_select(self, method: Confirm.Select) -> None:
        self.publisher.select_confirm()
        if not method.nowait:
            self.reply(Confirm.SelectOk())

    def _on_tx_select(self, _method: Tx.Select) -> None:
        self.publisher.select_tx()
        self.reply(Tx.SelectOk())

    def _on_tx_commit(self, _method: Tx.Commit) -> None:
        self.publisher.require_tx()
        accepted = [self.publisher.publish(message, mandatory=mandatory) for message, mandatory in self.publisher.take_held()]
        self.settling.commit()
        if not all(accepted):
            raise precondition("partial tx completion")
        self.reply(Tx.CommitOk())

    def _on_tx_rollback(self, _method: Tx.Rollback) -> None:
        self.publisher.require_tx()
        self.publisher.take_held()
        self.settling.rollback()
        self.reply(Tx.RollbackOk())

    def _on_flow(self, method: ChannelMethods.Flow) -> None:
        if not method.active:
            raise not_implemented("active=false")
        self.reply(ChannelMethods.FlowOk(active=True))

    _HANDLERS: ClassVar[Mapping[int, Callable[["Channel", Any], None]]] = {
        Basic.Qos.index: _on_qos,
        Basic.Get.index: _on_get,
        Basic.Consume.index: _on_consume,
        Basic.Cancel.index: _on_cancel,
        Confirm.Select.index: _on_confirm_select,
        Tx.Select.index: _on_tx_select,
        Tx.Commit.index: _on_tx_commit,
        Tx.Rollback.index: _on_tx_rollback,
        ChannelMethods.Flow.index: _on_flow,
    }
