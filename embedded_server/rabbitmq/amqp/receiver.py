"""Puts a channel's incoming messages together, from frames to values. No socket and no pika here: bytes in, values out."""

import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from embedded_server.rabbitmq.amqp.content import Content, decode_content
from embedded_server.rabbitmq.amqp.frames import ACK, BODY, DELIVER, GET_EMPTY, GET_OK, HEADER, NACK, RETURN

_TAG: Final = struct.Struct(">Q")
_CODE: Final = struct.Struct(">H")
_SIZE: Final = struct.Struct(">Q")
_COUNT: Final = struct.Struct(">I")


class FrameFault(ValueError):
    """Frames that do not follow one another as AMQP says."""


@dataclass(slots=True)
class Delivery:
    """A message as RabbitMQ handed it over, before anyone acknowledged it."""

    exchange: str
    routing_key: str
    redelivered: bool
    delivery_tag: int
    consumer_tag: str
    """Empty for a get."""
    content: bytes = b""
    """Properties and headers as they came; a copy is published with these very bytes."""
    body: bytes = b""
    left: int = -1
    """Messages that were ready behind this one; only a get is told."""

    def decoded(self) -> Content:
        """Answer properties and headers as values. Raises `FieldFault` where they are none."""
        return decode_content(self.content)


@dataclass(slots=True)
class Returned:
    """A mandatory message that no queue was bound for."""

    reply_code: int
    reply_text: str
    exchange: str
    routing_key: str
    content: bytes = b""
    body: bytes = b""


OnDelivery = Callable[[Delivery], Any]
OnConfirm = Callable[[int, bool, bool], None]
"""Takes a publish's delivery tag, whether all before it are meant too, and whether it was an ack."""


class Answered(Protocol):
    """Someone who waits for a get's answer."""

    def answer(self, delivery: Delivery | None) -> None:
        """Take the message, or None where the queue is empty."""


class Receiver:
    """One channel's side of the hot paths."""

    def __init__(self) -> None:
        self.consumers: dict[str, OnDelivery] = {}
        """By consumer tag."""
        self.on_confirm: OnConfirm | None = None
        self.on_return: Callable[[Returned], None] | None = None
        self.on_batch: Callable[[], None] | None = None
        """Called once after each piece of input that brought messages or confirms."""
        self.gets: deque[Answered] = deque()
        self._message: Delivery | Returned | None = None
        self._finish: Callable[[Any], Any] | None = None
        self._missing = 0
        self._pieces: list[bytes] = []

    def method(self, id_: int, payload: bytes) -> bool:
        """Take one of the methods in `OURS`, whose class and method ids *payload* begins with; answer whether it is all there is."""
        if self._message is not None:
            raise FrameFault("a method came before the message was whole")
        try:
            self._method(id_, payload)
        except (struct.error, IndexError) as exc:
            raise FrameFault("a method ends too early") from exc
        return self._message is None

    def _method(self, id_: int, payload: bytes) -> None:
        if id_ == DELIVER:
            end = 5 + payload[4]
            consumer = payload[5:end].decode("utf-8", "surrogateescape")
            (tag,) = _TAG.unpack_from(payload, end)
            exchange, routing_key, _ = _two_shorts(payload, end + 9)
            self._message = Delivery(exchange, routing_key, payload[end + 8] != 0, tag, consumer)
            self._finish = self.consumers.get(consumer, _ignore)
        elif id_ in {ACK, NACK}:
            (tag,) = _TAG.unpack_from(payload, 4)
            if self.on_confirm is not None:
                self.on_confirm(tag, payload[12] & 1 != 0, id_ == ACK)
        elif id_ == GET_OK:
            (tag,) = _TAG.unpack_from(payload, 4)
            exchange, routing_key, end = _two_shorts(payload, 13)
            self._message = Delivery(exchange, routing_key, payload[12] != 0, tag, "", left=_COUNT.unpack_from(payload, end)[0])
            self._finish = self._got
        elif id_ == GET_EMPTY:
            self._got(None)
        elif id_ == RETURN:
            (code,) = _CODE.unpack_from(payload, 4)
            end = 7 + payload[6]
            exchange, routing_key, _ = _two_shorts(payload, end)
            self._message = Returned(code, payload[7:end].decode("utf-8", "replace"), exchange, routing_key)
            self._finish = self.on_return or _ignore

    def content(self, kind: int, payload: bytes) -> bool:
        """Take a header or a body frame's payload; answer whether that made a message whole."""
        message = self._message
        if message is None:
            raise FrameFault("content came without its method")
        if kind == HEADER:
            if len(payload) < 14:
                raise FrameFault("a content header ends too early")
            (self._missing,) = _SIZE.unpack_from(payload, 4)
            message.content = payload[12:]
            if self._missing:
                return False
        elif kind == BODY:
            self._missing -= len(payload)
            if self._missing < 0:
                raise FrameFault("a body is longer than its header said")
            if self._missing:
                self._pieces.append(payload)
                return False
            message.body = b"".join((*self._pieces, payload)) if self._pieces else payload
            self._pieces = []
        finish = self._finish
        self._message = self._finish = None
        if finish is not None:
            finish(message)
        return True

    def _got(self, delivery: Delivery | None) -> None:
        if not self.gets:
            raise FrameFault("a get was answered that nobody asked")
        self.gets.popleft().answer(delivery)


def _two_shorts(payload: bytes, at: int) -> tuple[str, str, int]:
    """Answer two short strings that follow each other, and where they end."""
    middle = at + 1 + payload[at]
    end = middle + 1 + payload[middle]
    return payload[at + 1 : middle].decode("utf-8", "surrogateescape"), payload[middle + 1 : end].decode("utf-8", "surrogateescape"), end


def _ignore(_: Any) -> None:
    """Take what comes for a consumer that is cancelled already: it goes back when the channel closes."""
