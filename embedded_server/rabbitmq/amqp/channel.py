"""A channel as coroutines: declare, bind, publish, get, consume. Beside `link` the only file that imports pika.

When the broker closes a channel, everything that waits on it raises the `ChannelClosed` that its reply code stands for.
"""

import asyncio
import itertools
from collections.abc import Callable, Mapping
from typing import Any, Final, Self

from pika.exceptions import ChannelClosedByBroker, ChannelClosedByClient, ShortStringTooLong

from embedded_server.contracts.problems import UserFacingError
from embedded_server.contracts.rabbitmq import MessageStatus, PublishOutcome
from embedded_server.core.reach.problems import LinkClosed
from embedded_server.rabbitmq.amqp.content import NO_CONTENT
from embedded_server.rabbitmq.amqp.declaring import Declaring
from embedded_server.rabbitmq.amqp.fields import MAX_SHORT_BYTES, TextTooLong
from embedded_server.rabbitmq.amqp.frames import ack_frame, content_frames, get_frame, nack_frame, publish_head, reject_frame
from embedded_server.rabbitmq.amqp.link import Link
from embedded_server.rabbitmq.amqp.receiver import Delivery, OnConfirm, OnDelivery, Receiver, Returned
from embedded_server.rabbitmq.problems import channel_problem

CLOSE_LIMIT_S: Final = 3.0
HEADS_KEPT: Final = 256
"""Method frames of basic.publish kept ready, by exchange and routing key."""

_tags: Final = itertools.count(1)


class _Get:
    """A get that waits for its answer."""

    def __init__(self) -> None:
        self.future: asyncio.Future[Delivery | None] = asyncio.get_running_loop().create_future()

    def answer(self, delivery: Delivery | None) -> None:
        if not self.future.done():
            self.future.set_result(delivery)


class Channel(Declaring):
    """One channel of a link. Made by `open_channel`; it is over after `close`, after a refusal, and with its link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.receiver = Receiver()
        self.ended: asyncio.Future[UserFacingError] = asyncio.get_running_loop().create_future()
        """Done when the channel is over, with the reason."""
        self.on_cancelled: Callable[[str], None] | None = None
        """Told the tag of a consumer that the broker cancels: its queue is gone."""
        self.number = 0
        self._pika: Any = None
        self._confirms = False
        self._next_tag = 1
        self._heads: dict[tuple[str, str, bool], bytes] = {}
        self._calls: set[asyncio.Future[Any]] = set()
        self._confirmed: dict[int, asyncio.Future[bool]] = {}
        self._returned: Returned | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._pika is not None and not self.ended.done()

    async def open(self, *, confirms: bool = False) -> None:
        """Open it, with publisher confirms where asked. Raises why it cannot be."""
        if not self.link.is_open:
            raise self.link.problem()
        opening: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls.add(opening)
        self._pika = self.link.pika.channel(on_open_callback=lambda channel: _settle(opening, channel))
        self.number = self._pika.channel_number
        self.link.pika.receivers[self.number] = self.receiver
        self._pika.add_on_close_callback(self._on_closed)
        self._pika.add_on_cancel_callback(self._on_cancel)
        try:
            await opening
        finally:
            self._calls.discard(opening)
        if confirms:
            await self._call(lambda done: self._pika.confirm_delivery(_nothing, callback=done))
            self._confirms = True
            self.receiver.on_confirm = self._on_confirm
            self.receiver.on_return = self._on_return

    async def close(self) -> None:
        """Close it in good order; what it did not acknowledge goes back. May be called twice."""
        if not self.is_open:
            return
        if self._pika.is_open:
            self._pika.close()
        await asyncio.wait([self.ended], timeout=CLOSE_LIMIT_S)
        self._end(LinkClosed(name=self.link.name))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    # -- reading

    async def get(self, queue: str, *, no_ack: bool = False) -> Delivery | None:
        """Read the message at a queue's head; None where it is empty."""
        self._require_open()
        get = _Get()
        self.receiver.gets.append(get)
        self._calls.add(get.future)
        self.link.write(get_frame(self.number, queue, no_ack=no_ack))
        try:
            return await get.future
        finally:
            self._calls.discard(get.future)

    async def consume(
        self,
        queue: str,
        on_message: OnDelivery,
        *,
        no_ack: bool = False,
        exclusive: bool = False,
        prefetch: int = 0,
        arguments: Mapping[str, Any] | None = None,
        on_batch: Callable[[], None] | None = None,
    ) -> str:
        """Begin to consume; answer the consumer's tag. *on_message* must be quick.

        *on_batch* is called after each piece of input that brought messages.
        """
        if prefetch:
            await self._call(lambda done: self._pika.basic_qos(prefetch_count=prefetch, callback=done))
        tag = f"switchroom-{next(_tags)}"
        self.receiver.consumers[tag] = on_message
        self.receiver.on_batch = on_batch or self.receiver.on_batch
        try:
            await self._call(
                lambda done: self._pika.basic_consume(
                    queue,
                    on_message_callback=_nothing,
                    auto_ack=no_ack,
                    exclusive=exclusive,
                    consumer_tag=tag,
                    arguments=dict(arguments or {}),
                    callback=done,
                )
            )
        except BaseException:
            self.receiver.consumers.pop(tag, None)
            raise
        return tag

    async def cancel(self, tag: str) -> None:
        """End a consumer. What it was handed and has not acknowledged stays unacknowledged."""
        if self.is_open and tag in self.receiver.consumers:
            await self._call(lambda done: self._pika.basic_cancel(tag, callback=done))
        self.receiver.consumers.pop(tag, None)

    def ack(self, tag: int, multiple: bool = False) -> None:
        """Acknowledge a delivery, or all up to it."""
        self._require_open()
        self.link.write(ack_frame(self.number, tag, multiple=multiple))

    def nack(self, tag: int, multiple: bool = False, requeue: bool = True) -> None:
        """Refuse a delivery, or all up to it."""
        self._require_open()
        self.link.write(nack_frame(self.number, tag, multiple=multiple, requeue=requeue))

    def reject(self, tag: int, requeue: bool = True) -> None:
        """Refuse one delivery."""
        self._require_open()
        self.link.write(reject_frame(self.number, tag, requeue=requeue))

    # -- publishing

    def publish(self, exchange: str, routing_key: str, body: bytes, content: bytes = NO_CONTENT, *, mandatory: bool = False) -> int:
        """Send a message without waiting; answer its publish tag, by which a channel with confirms tells its end.

        *content* is its properties as `encode_content` makes them, or as a delivery brought them. Raises `TextTooLong`.
        """
        return self.publish_frames(self.frames_of(exchange, routing_key, body, content, mandatory=mandatory))

    def frames_of(self, exchange: str, routing_key: str, body: bytes, content: bytes = NO_CONTENT, *, mandatory: bool = False) -> bytes:
        """Answer the bytes that publish a message on this channel, for `publish_frames`. Raises `TextTooLong`."""
        key = (exchange, routing_key, mandatory)
        head = self._heads.get(key)
        if head is None:
            if len(self._heads) >= HEADS_KEPT:
                self._heads.clear()
            head = self._heads[key] = publish_head(self.number, exchange, routing_key, mandatory=mandatory)
        return head + content_frames(self.number, content, body, self.link.max_payload)

    def publish_frames(self, frames: bytes, count: int = 1) -> int:
        """Send one message's frames, *count* times over; answer the first publish tag."""
        self._require_open()
        self.link.write(frames if count == 1 else frames * count)
        first = self._next_tag
        self._next_tag = first + count
        return first

    async def publish_confirmed(
        self, exchange: str, routing_key: str, body: bytes, content: bytes = NO_CONTENT, *, mandatory: bool = True
    ) -> PublishOutcome:
        """Send one message and wait for what becomes of it; one at a time on a channel. Raises why the channel ended meanwhile."""
        assert self._confirms, "the channel was opened without confirms"
        self._take_returned()
        confirmed: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._calls.add(confirmed)
        self._confirmed[self.publish(exchange, routing_key, body, content, mandatory=mandatory)] = confirmed
        try:
            acked = await confirmed
        finally:
            self._calls.discard(confirmed)
        returned = self._take_returned()
        if returned is not None:
            return PublishOutcome(MessageStatus.RETURNED, returned.reply_code, returned.reply_text)
        return PublishOutcome(MessageStatus.CONFIRMED if acked else MessageStatus.REFUSED)

    def on_confirms(self, on_confirm: OnConfirm, on_return: Callable[[Returned], None]) -> None:
        """Tell of every confirm and return of `publish`, instead of keeping account for `publish_confirmed`."""
        self.receiver.on_confirm = on_confirm
        self.receiver.on_return = on_return

    # -- inside

    def _require_open(self) -> None:
        if not self.is_open or not self._pika.is_open:
            raise self.ended.result() if self.ended.done() else self.link.problem()

    async def _call(self, start: Callable[[Callable[[Any], None]], object]) -> Any:
        """Run one of pika's calls; answer its reply's frame."""
        self._require_open()
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._calls.add(reply)
        try:
            start(lambda frame: _settle(reply, frame))
            return await reply
        except ShortStringTooLong as exc:
            name = bytes(exc.args[0])
            shown = name[:20].decode("utf-8", "replace") + "…"
            raise TextTooLong(name=shown, size=len(name), most=MAX_SHORT_BYTES) from exc
        finally:
            self._calls.discard(reply)

    def _on_confirm(self, tag: int, multiple: bool, acked: bool) -> None:
        tags = [one for one in self._confirmed if one <= tag] if multiple else [tag]
        for one in tags:
            _settle(self._confirmed.pop(one, None), acked)

    def _take_returned(self) -> Returned | None:
        returned, self._returned = self._returned, None
        return returned

    def _on_return(self, returned: Returned) -> None:
        self._returned = returned

    def _on_cancel(self, frame: Any) -> None:
        tag = str(frame.method.consumer_tag)
        self.receiver.consumers.pop(tag, None)
        if self.on_cancelled is not None:
            self.on_cancelled(tag)

    def _on_closed(self, _: Any, reason: BaseException) -> None:
        if isinstance(reason, ChannelClosedByBroker):
            self._end(channel_problem(reason.reply_code, reason.reply_text))
        elif isinstance(reason, ChannelClosedByClient):
            self._end(LinkClosed(name=self.link.name))
        else:
            self._end(self.link.problem_of(reason))

    def _end(self, problem: UserFacingError) -> None:
        self.link.pika.receivers.pop(self.number, None)
        if not self.ended.done():
            self.ended.set_result(problem)
        calls, self._calls = self._calls, set()
        for call in calls:
            if not call.done():
                call.set_exception(problem)
                call.exception()  # whoever waited may be gone
        self.receiver.gets.clear()
        self._confirmed.clear()


async def open_channel(link: Link, *, confirms: bool = False) -> Channel:
    """Open a channel on *link*."""
    channel = Channel(link)
    await channel.open(confirms=confirms)
    return channel


def _settle(future: asyncio.Future[Any] | None, value: Any) -> None:
    if future is not None and not future.done():
        future.set_result(value)


def _nothing(*_: object) -> None:
    """Stand where pika wants a callback for what it never sees."""
