"""What each frame of a connection is for: the connection itself, one of its channels, or a message on its way in."""

import logging
from typing import TYPE_CHECKING

from pamqp import base
from pamqp.commands import Channel as ChannelMethods
from pamqp.commands import Connection as Methods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.channel import Channel
from embedded_server.brokers.amqp.errors import AmqpError, Reply, odd_frame, unexpected_frame
from embedded_server.brokers.amqp.frames import Frame, three_frames
from embedded_server.brokers.amqp.handshake import Handshake, State

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.connection import Connection

logger = logging.getLogger(__name__)


class Dispatcher:
    """Hands the frames of one connection on, and answers a breach of the rules with the close it deserves."""

    def __init__(self, connection: "Connection", handshake: Handshake) -> None:
        self._connection = connection
        self._handshake = handshake
        self._channels = connection.channels

    def receive(self, frame: Frame) -> None:
        """Take in one frame."""
        connection = self._connection
        kind, number, payload, opening = frame
        channel = self._channels.get(number)
        if connection.state is State.CLOSING or (channel is not None and channel.closing):
            self._receive_while_closing(kind, number, payload)
            return
        if opening is not None and (channel is None or channel.publisher.receiving):
            for part in three_frames(frame):
                if connection.state is not State.CLOSED:
                    self.receive(part)
            return
        try:
            if opening is not None and channel is not None:
                channel.publisher.whole(opening, payload)
            elif kind == codec.FRAME_METHOD and len(payload) >= codec.METHOD_MIN_SIZE and (number == 0 or connection.state is State.OPEN):
                self._receive_method(number, channel, payload)
            else:
                self._receive_other(kind, number, channel, payload)
        except AmqpError as error:
            connection.refuse(error, channel, _culprit(kind, payload) if error.culprit is None else error.culprit)
        except Exception:
            logger.exception("A frame from %s could not be handled", connection.peer)
            connection.refuse(AmqpError(Reply.INTERNAL_ERROR, "the broker failed on this frame"), None, _culprit(kind, payload))

    def _receive_other(self, kind: int, number: int, channel: Channel | None, payload: bytes) -> None:
        """A heartbeat, a part of a content, or what should not have come."""
        is_content = kind == codec.FRAME_BODY or (kind == codec.FRAME_HEADER and len(payload) >= codec.CONTENT_MIN_SIZE)
        if kind == codec.FRAME_HEARTBEAT and not payload:
            if number == 0:
                return
            raise odd_frame(Reply.UNEXPECTED_FRAME, kind, payload)
        if number != 0 and self._connection.state is not State.OPEN:
            raise odd_frame(Reply.UNEXPECTED_FRAME, kind, payload)
        if not is_content:
            raise odd_frame(Reply.FRAME_ERROR, kind, payload, "unknown_frame")
        if number == 0:
            raise odd_frame(Reply.UNEXPECTED_FRAME, kind, payload)
        if channel is None:
            raise unexpected_frame("expected method frame, got non method frame instead")
        if kind == codec.FRAME_BODY:
            channel.publisher.body(payload)
        else:
            channel.publisher.header(payload)

    def _receive_method(self, number: int, channel: Channel | None, payload: bytes) -> None:
        index = codec.method_index(payload)
        if channel is not None:
            if channel.publisher.receiving:
                raise channel.publisher.out_of_order()
            if index == codec.BASIC_PUBLISH:
                channel.publisher.begin(payload)
                return
            if index == codec.BASIC_ACK:
                channel.settling.acknowledge(payload)
                return
            if index == codec.ACCESS_REQUEST:  # of older versions of AMQP; some clients still ask
                channel.send(codec.ACCESS_REQUEST_OK)
                return
        method = codec.parse_method(payload)
        if number == 0:
            self._on_connection_method(method)
        elif isinstance(method, ChannelMethods.Open):
            self._on_channel_open(number, channel)
        elif channel is None:
            raise AmqpError(Reply.CHANNEL_ERROR, "expected 'channel.open'")
        elif isinstance(method, ChannelMethods.Close):
            self._drop_channel(channel)
            self._connection.send(codec.method_frame(number, ChannelMethods.CloseOk()))
        else:
            channel.method(method)

    def _receive_while_closing(self, kind: int, number: int, payload: bytes) -> None:
        """Everything is ignored but the close that both wait for."""
        if kind != codec.FRAME_METHOD or len(payload) < 4:
            return
        index = codec.method_index(payload)
        if self._connection.state is State.CLOSING:
            if number != 0:
                return
            if index == Methods.Close.index:
                self._connection.reply(Methods.CloseOk())
            if index in {Methods.Close.index, Methods.CloseOk.index}:
                self._connection.finish()
        elif index == ChannelMethods.CloseOk.index:
            del self._channels[number]
        elif index == ChannelMethods.Close.index:
            self._connection.send(codec.method_frame(number, ChannelMethods.CloseOk()))

    def _on_channel_open(self, number: int, channel: Channel | None) -> None:
        if channel is not None:
            raise AmqpError(Reply.CHANNEL_ERROR, "second 'channel.open' seen")
        if len(self._channels) >= self._connection.channel_max:
            counts = f"({len(self._channels)}) has reached the negotiated channel_max ({self._connection.channel_max})"
            raise AmqpError(Reply.NOT_ALLOWED, f"number of channels opened {counts}", culprit=0)
        self._channels[number] = Channel(self._connection, number)
        self._connection.send(codec.method_frame(number, ChannelMethods.OpenOk()))

    def _drop_channel(self, channel: Channel) -> None:
        self._channels.pop(channel.number, None)
        channel.close()

    def _on_connection_method(self, method: base.Frame) -> None:
        if self._handshake.method(method):
            return
        match method:
            case Methods.Close():
                self._connection.reply(Methods.CloseOk())
                self._connection.finish()
            case Methods.UpdateSecret() if self._connection.state is State.OPEN:
                self._connection.reply(Methods.UpdateSecretOk())
            case _:
                raise AmqpError(Reply.CHANNEL_ERROR, f"unexpected method in connection state {self._connection.state.value}")


def _culprit(kind: int, payload: bytes) -> int:
    """The method to blame: a content's frames belong to its ``basic.publish``."""
    if kind == codec.FRAME_METHOD:
        return int.from_bytes(payload[:4]) if len(payload) >= 4 else 0
    return codec.BASIC_PUBLISH if kind in {codec.FRAME_HEADER, codec.FRAME_BODY} else 0
