"""The publishing half of a channel: contents in, confirms and returns out, transactions."""

from enum import Enum
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.errors import AmqpError, Reply, not_implemented, precondition, unexpected_frame
from embedded_server.brokers.amqp.exchange import ExchangeType
from embedded_server.brokers.amqp.frames import Opening
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.permissions import Access, Kind, Operation
from embedded_server.brokers.amqp.properties import PLAIN, properties_of, without_header
from embedded_server.brokers.amqp.rewriting import with_reply_to
from embedded_server.brokers.amqp.users import IMPERSONATOR

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel


_BASIC_HEADER: Final = b"\x00\x3c\x00\x00"
MAX_BODY_BYTES: Final = 128 * 1024**2


class Mode(Enum):
    """What a channel promises its publisher."""

    PLAIN = "none"
    CONFIRM = "confirm"
    TX = "tx"


class Content:
    """A message on its way in, frame by frame."""

    __slots__ = ("header", "missing", "parts", "publish")

    def __init__(self, publish: codec.Publish) -> None:
        self.publish = publish
        self.header = b""
        self.parts: list[bytes] = []
        self.missing = -1
        """Bytes of the body that are still to come; -1 before the header."""


class Publisher:
    """Puts contents together and publishes them."""

    def __init__(self, channel: "Channel") -> None:
        self._channel = channel
        self.mode = Mode.PLAIN
        self.held: list[tuple[Message, bool]] = []
        """Published in an open transaction: the message, and whether it is mandatory."""
        self._content: Content | None = None
        self._opening: Opening | None = None
        self._publish = codec.Publish("", "", mandatory=False, immediate=False)
        """What the last message that came at once began with, and what was read out of it."""
        self._published = 0
        self._confirmed = 0
        self._refused: list[int] = []
        """Numbers of messages that a full queue turned away."""

    @property
    def receiving(self) -> bool:
        """A content has begun and is not complete."""
        return self._content is not None

    @property
    def unconfirmed(self) -> int:
        """Messages whose publisher waits for the confirm."""
        return self._published - self._confirmed

    def out_of_order(self) -> AmqpError:
        """The error for a frame that is not the one that must come next."""
        if self._content is None:
            return unexpected_frame("expected method frame, got non method frame instead")
        if self._content.missing < 0:
            text = "expected content header for class 60, got non content header frame instead"
        else:
            text = "expected content body, got non content body frame instead"
        return unexpected_frame(text, codec.BASIC_PUBLISH)

    def begin(self, payload: bytes) -> None:
        """``basic.publish`` came."""
        publish = codec.parse_publish(payload)
        if publish.immediate:
            raise not_implemented("immediate=true")
        self._content = Content(publish)

    def header(self, payload: bytes) -> None:
        """A content header came."""
        content = self._content
        if content is None or content.missing >= 0:
            raise self.out_of_order()
        _require_basic(payload)
        content.header = payload
        content.missing = codec.body_size(payload)
        if content.missing > MAX_BODY_BYTES:
            self._content = None
            raise precondition(f"message size {content.missing} is larger than configured max size {MAX_BODY_BYTES}")
        if not content.missing:
            self._complete(content)

    def body(self, payload: bytes) -> None:
        """A piece of a body came."""
        content = self._content
        if content is None or content.missing < 0:
            raise self.out_of_order()
        if not payload:
            return
        content.parts.append(payload)
        content.missing -= len(payload)
        if content.missing < 0:
            raise unexpected_frame("received more body than the content header announced", codec.BASIC_PUBLISH)
        if not content.missing:
            self._complete(content)

    def whole(self, opening: Opening, body: bytes) -> None:
        """A whole message came at once, and none is half received."""
        if opening is not self._opening:
            self._publish = codec.parse_publish(opening.method)
            if self._publish.immediate:
                raise not_implemented("immediate=true")
            _require_basic(opening.header)
            self._opening = opening
        self._take(self._publish, opening.header, body)

    def _complete(self, content: Content) -> None:
        self._content = None
        parts = content.parts
        self._take(content.publish, content.header, parts[0] if len(parts) == 1 else b"".join(parts))

    def _take(self, publish: codec.Publish, header: bytes, body: bytes) -> None:
        properties = PLAIN
        connection = self._channel.connection
        if connection.access is not None:
            self._require_permission(connection.access, publish)
        if header[12] or header[13]:
            connection.vhost.require_publishable(publish.exchange)
            properties = properties_of(header)
            if properties.wants_reply:
                header = with_reply_to(header, self._reply_address())
            if properties.user_id is not None and properties.user_id != connection.user:
                self._require_impersonator(properties.user_id)
            if properties.copies and b"BCC" in header:
                header = without_header(header, "BCC")
        message = Message(publish.exchange, publish.routing_key, header, body, properties)
        if self.mode is Mode.TX:
            connection.vhost.require_publishable(message.exchange)
            self.held.append((message, publish.mandatory))
            return
        accepted = self.publish(message, mandatory=publish.mandatory)
        if self.mode is Mode.CONFIRM:
            self._published += 1
            if not accepted:
                self._refused.append(self._published)
            if self._published - self._confirmed == 1:
                connection.broker.has_confirms(self._channel)

    def _require_permission(self, access: Access, publish: codec.Publish) -> None:
        access.require(Operation.WRITE, Kind.EXCHANGE, publish.exchange)
        vhost = self._channel.connection.vhost
        vhost.require_publishable(publish.exchange)
        if publish.exchange and vhost.exchanges[publish.exchange].type is ExchangeType.TOPIC:
            access.require_topic(Operation.WRITE, publish.exchange, publish.routing_key)

    def _require_impersonator(self, claimed: str) -> None:
        user = self._channel.connection.user
        if IMPERSONATOR not in self._channel.connection.broker.users.get(user).tags:
            raise precondition(f"user_id property set to '{claimed}' but authenticated user was '{user}'")

    def _reply_address(self) -> str:
        consumer = self._channel.reply_consumer
        if consumer is None:
            raise precondition("fast reply consumer does not exist")
        return consumer.address

    def publish(self, message: Message, *, mandatory: bool) -> bool:
        """Route *message*, and hand it back where it is mandatory and reaches no queue; whether no full queue turned it away."""
        vhost = self._channel.connection.vhost
        if vhost.firehose is not None:
            vhost.require_publishable(message.exchange)
            vhost.firehose.published(message, self._channel)
        self._channel.figures.publish += 1
        properties = message.properties
        reached = vhost.publish_copies(message) if properties is not PLAIN and properties.copies else vhost.publish(message)
        if not reached:
            self._reached_nobody(message, mandatory=mandatory)
        if vhost.refused:
            vhost.refused = False
            return False
        return True

    def _reached_nobody(self, message: Message, *, mandatory: bool) -> None:
        figures = self._channel.figures
        if mandatory:
            figures.return_unroutable += 1
            self._channel.send_content(codec.basic_return(Reply.NO_ROUTE, message.address), message)
        else:
            figures.drop_unroutable += 1

    def confirm(self, *, written: bool) -> None:
        """The turn is over: acknowledge what was published in it, or refuse it where it could not be written."""
        refused, self._refused = self._refused, []
        if not self._channel.closing:
            for number in refused if written else ():
                self._answer(number - 1)
                self._answer(number, negative=True)
            self._answer(self._published, negative=not written)
        self._confirmed = self._published

    def _answer(self, up_to: int, *, negative: bool = False) -> None:
        """Confirm what was not yet confirmed, up to a number."""
        waiting = up_to - self._confirmed
        if waiting:
            self._channel.send(codec.ack(up_to, waiting > 1, negative=negative))
            self._confirmed = up_to
            if not negative:
                self._channel.figures.confirm += waiting

    # -- modes

    def select_confirm(self) -> None:
        """``confirm.select`` came."""
        if self.mode is Mode.TX:
            raise precondition("cannot switch from tx to confirm mode")
        self.mode = Mode.CONFIRM

    def select_tx(self) -> None:
        """``tx.select`` came."""
        if self.mode is Mode.CONFIRM:
            raise precondition("cannot switch from confirm to tx mode")
        self.mode = Mode.TX

    def require_tx(self) -> None:
        """Raise unless a transaction is open."""
        if self.mode is not Mode.TX:
            raise precondition("channel is not transactional")

    def take_held(self) -> list[tuple[Message, bool]]:
        """Take what was published since the transaction began."""
        held, self.held = self.held, []
        return held


def _require_basic(header: bytes) -> None:
    """Raise ``AmqpError`` for a content header of another class than that of ``basic.publish``."""
    if header.startswith(_BASIC_HEADER):
        return
    if len(header) < codec.HEADER_MIN_SIZE or header[2:4] != _BASIC_HEADER[2:]:
        text = "expected content header for class 60, got non content header frame instead"
    else:
        text = f"expected content header for class 60, got one for class {int.from_bytes(header[:2])} instead"
    raise unexpected_frame(text, codec.BASIC_PUBLISH)
