"""A connection, sans I/O: bytes in, bytes out, no sockets.

The shell feeds what it reads to ``receive_data``, takes what there is to send from ``data_to_send`` after each turn, and closes the
socket once ``finished`` is set and those bytes are written. Nothing a client sends raises out of here.
"""

import functools
import logging
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from pamqp import base
from pamqp.commands import Channel as ChannelMethods
from pamqp.commands import Connection as Methods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.channel import Channel
from embedded_server.brokers.amqp.clock import Timer
from embedded_server.brokers.amqp.errors import AmqpError, Reply, odd_frame, unexpected_frame
from embedded_server.brokers.amqp.frames import Frame, FrameReader, three_frames
from embedded_server.brokers.amqp.login import MECHANISMS, credentials
from embedded_server.brokers.amqp.permissions import Access
from embedded_server.brokers.amqp.vhost import VHost

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.broker import Broker

logger = logging.getLogger(__name__)

CHANNEL_MAX: Final = 2047
HEARTBEAT_S: Final = 60
HANDSHAKE_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 5.0
MAX_BUFFERED_BYTES: Final = 1 << 20

_SERVER_PROPERTIES: Final[dict[str, Any]] = {
    "product": "Switchroom",
    "information": "Embedded broker for one machine",
    "capabilities": {
        "publisher_confirms": True,
        "exchange_exchange_bindings": True,
        "basic.nack": True,
        "consumer_cancel_notify": True,
        "connection.blocked": True,
        "consumer_priorities": True,
        "authentication_failure_close": True,
        "per_consumer_qos": True,
    },
}


@functools.cache
def server_properties() -> dict[str, Any]:
    """What the broker says of itself. Finding out its version takes as long as a tenth of its start, so the first client waits for it."""
    from embedded_server.core.version import VERSION

    return {**_SERVER_PROPERTIES, "version": VERSION}


class State(Enum):
    """How far a connection has come, in RabbitMQ's words."""

    HEADER = "waits for the protocol header"
    START = "starting"
    TUNE = "tuning"
    OPENING = "opening"
    OPEN = "running"
    CLOSING = "closing"
    CLOSED = "closed"


class Connection:
    """One client's connection."""

    def __init__(self, broker: "Broker", peer: str = "", local: str = "") -> None:
        self.broker = broker
        self.peer = peer
        """Host and port of the client."""
        self.local = local
        """Host and port it connected to."""
        self.name = f"{peer} -> {local}"
        """What RabbitMQ calls a connection."""
        self.connected_at = broker.clock.wall()
        """Calendar time."""
        self.received_bytes = 0
        self.sent_bytes = 0
        self.mechanism = ""
        """How the client logged in."""
        self.channel_max = CHANNEL_MAX
        self.state = State.HEADER
        self.vhost: VHost
        """Set once the connection is open."""
        self.opened = False
        """The client has logged in and been let into its virtual host."""
        self.user = ""
        self.access: Access | None = None
        """What to ask before each operation; ``None`` where everything is allowed."""
        self.client_properties: Mapping[str, Any] = {}
        self.channels: dict[int, Channel] = {}
        self.frame_max = codec.FRAME_MAX_SIZE
        self.blocked = False
        """It publishes while publishers are to wait: the shell reads no more from it for now."""
        self.congested = False
        """The client does not read as fast as its queues deliver; they wait."""
        self._reader = FrameReader()
        self._head = b""
        self._output: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self.heartbeat_s = 0
        self._received_at = broker.clock.now()
        self._sent = False
        self._heartbeat_timer: Timer | None = None
        self._limit_timer: Timer | None = broker.timers.call_at(self._received_at + HANDSHAKE_LIMIT_S, self._on_limit)
        broker.connections.add(self)

    @property
    def finished(self) -> bool:
        """Close the socket once the bytes to send are written."""
        return self.state is State.CLOSED

    def understands(self, capability: str) -> bool:
        """Whether the client announced *capability*."""
        capabilities = self.client_properties.get("capabilities")
        return isinstance(capabilities, dict) and capabilities.get(capability) is True

    # -- what the shell calls

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the client, however they are cut."""
        self._received_at = self.broker.clock.now()
        self.received_bytes += len(data)
        if self.state is State.HEADER:
            data = self._receive_header(data)
        for frame in self._reader.feed(data):
            if self.state is State.CLOSED:
                return
            self._receive_frame(frame)
        if self._reader.error is not None and self.state is not State.CLOSED:
            self._fail(self._reader.error)
        if self.broker.blocked:
            self._block_if_publishing()

    def connection_lost(self) -> None:
        """The socket is gone."""
        self._finish()

    def data_to_send(self) -> bytes:
        """Take the bytes to send."""
        data = b"".join(self._output)
        self._output.clear()
        self.sent_bytes += len(data)
        self._buffered = 0
        self._update_congestion()
        return data

    def pause(self) -> None:
        """The socket takes no more for now: queues must wait."""
        self._paused = True
        self._update_congestion()

    def resume(self) -> None:
        """The socket takes bytes again."""
        self._paused = False
        self._update_congestion()

    def shut_down(self) -> None:
        """The broker goes."""
        self.force_close("broker forced connection closure with reason 'shutdown'")
        self._finish()

    def force_close(self, reason: str) -> None:
        """Somebody in charge ends this connection (``connection.close`` with 320)."""
        if self.state is State.OPEN:
            self._close(Reply.CONNECTION_FORCED, f"CONNECTION_FORCED - {reason}", 0)

    def refresh_access(self) -> None:
        """Permissions have changed: ask for them anew."""
        if self.opened:
            self.access = self.broker.users.access(self.user, self.vhost.name)

    def tell_blocked(self, reason: str) -> None:
        """The broker wants publishers to wait, or with no *reason* to go on. Who does not publish is not told, as with RabbitMQ."""
        if reason:
            self._block_if_publishing()
        elif self.blocked:
            self.blocked = False
            self._received_at = self.broker.clock.now()
            self._tell_if_understood(Methods.Unblocked())

    def _block_if_publishing(self) -> None:
        if not self.blocked and any(channel.figures.publish for channel in self.channels.values()):
            self.blocked = True
            self._tell_if_understood(Methods.Blocked(self.broker.blocked))

    def _tell_if_understood(self, method: base.Frame) -> None:
        self.broker.has_output(self)  # the shell looks whether to read on
        if self.state is State.OPEN and self.understands("connection.blocked"):
            self._reply(method)

    # -- sending

    def send(self, data: bytes) -> None:
        """Queue whole frames for the client."""
        if not self._output:
            self.broker.has_output(self)
        self._output.append(data)
        self._sent = True
        self._buffered += len(data)
        if self._buffered > MAX_BUFFERED_BYTES:
            self.congested = True

    def _reply(self, method: base.Frame) -> None:
        self.send(codec.method_frame(0, method))

    def _update_congestion(self) -> None:
        was = self.congested
        self.congested = self._paused or self._buffered > MAX_BUFFERED_BYTES
        if was and not self.congested:
            for channel in list(self.channels.values()):
                channel.pump()

    # -- receiving

    def _receive_header(self, data: bytes) -> bytes:
        """Wait for the protocol header; what follows it."""
        self._head += data
        expected = codec.PROTOCOL_HEADER
        if not any(known.startswith(self._head[: len(expected)]) for known in (expected, codec.PROTOCOL_HEADER_0_9)):
            self.send(expected)
            self._finish()
            return b""
        if len(self._head) < len(expected):
            return b""
        rest, self._head = self._head[len(expected) :], b""
        self.state = State.START
        self._reply(Methods.Start(0, 9, server_properties(), MECHANISMS, "en_US"))
        return rest

    def _receive_frame(self, frame: Frame) -> None:
        """Take in one frame, and answer a breach of the rules with the close it deserves."""
        kind, number, payload, opening = frame
        channel = self.channels.get(number)
        if self.state is State.CLOSING or (channel is not None and channel.closing):
            self._receive_while_closing(kind, number, payload)
            return
        if opening is not None and (channel is None or channel.publisher.receiving):
            for part in three_frames(frame):
                if self.state is not State.CLOSED:
                    self._receive_frame(part)
            return
        try:
            if opening is not None and channel is not None:
                channel.publisher.whole(opening, payload)
            elif kind == codec.FRAME_METHOD and len(payload) >= codec.METHOD_MIN_SIZE and (number == 0 or self.state is State.OPEN):
                self._receive_method(number, channel, payload)
            else:
                self._receive_other(kind, number, channel, payload)
        except AmqpError as error:
            self._refuse(error, channel, self._culprit(kind, payload) if error.culprit is None else error.culprit)
        except Exception:
            logger.exception("A frame from %s could not be handled", self.peer)
            self._refuse(AmqpError(Reply.INTERNAL_ERROR, "the broker failed on this frame"), None, self._culprit(kind, payload))

    def _receive_other(self, kind: int, number: int, channel: Channel | None, payload: bytes) -> None:
        """A heartbeat, a part of a content, or what should not have come."""
        is_content = kind == codec.FRAME_BODY or (kind == codec.FRAME_HEADER and len(payload) >= codec.CONTENT_MIN_SIZE)
        if kind == codec.FRAME_HEARTBEAT and not payload:
            if number == 0:
                return
            raise odd_frame(Reply.UNEXPECTED_FRAME, kind, payload)
        if number != 0 and self.state is not State.OPEN:
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
                channel.acknowledge(payload)
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
            self.send(codec.method_frame(number, ChannelMethods.CloseOk()))
        else:
            channel.method(method)

    def _receive_while_closing(self, kind: int, number: int, payload: bytes) -> None:
        """Everything is ignored but the close that both wait for."""
        if kind != codec.FRAME_METHOD or len(payload) < 4:
            return
        index = codec.method_index(payload)
        if self.state is State.CLOSING:
            if number != 0:
                return
            if index == Methods.Close.index:
                self._reply(Methods.CloseOk())
            if index in {Methods.Close.index, Methods.CloseOk.index}:
                self._finish()
        elif index == ChannelMethods.CloseOk.index:
            del self.channels[number]
        elif index == ChannelMethods.Close.index:
            self.send(codec.method_frame(number, ChannelMethods.CloseOk()))

    # -- channels

    def _on_channel_open(self, number: int, channel: Channel | None) -> None:
        if channel is not None:
            raise AmqpError(Reply.CHANNEL_ERROR, "second 'channel.open' seen")
        if len(self.channels) >= self.channel_max:
            counts = f"({len(self.channels)}) has reached the negotiated channel_max ({self.channel_max})"
            raise AmqpError(Reply.NOT_ALLOWED, f"number of channels opened {counts}", culprit=0)
        self.channels[number] = Channel(self, number)
        self.send(codec.method_frame(number, ChannelMethods.OpenOk()))

    def _drop_channel(self, channel: Channel) -> None:
        self.channels.pop(channel.number, None)
        channel.close()

    # -- the connection's own methods

    def _on_connection_method(self, method: base.Frame) -> None:
        match method:
            case Methods.StartOk() if self.state is State.START:
                self._on_start_ok(method)
            case Methods.TuneOk() if self.state is State.TUNE:
                self._on_tune_ok(method)
            case Methods.Open() if self.state is State.OPENING:
                self._on_open(method)
            case Methods.Close():
                self._reply(Methods.CloseOk())
                self._finish()
            case Methods.UpdateSecret() if self.state is State.OPEN:
                self._reply(Methods.UpdateSecretOk())
            case _:
                raise AmqpError(Reply.CHANNEL_ERROR, f"unexpected method in connection state {self.state.value}")

    def _on_start_ok(self, method: Methods.StartOk) -> None:
        self.client_properties = method.client_properties or {}
        login = credentials(method.mechanism, method.response)
        if login is None or self.broker.users.authenticate(*login) is None:
            logger.warning("Login from %s was refused", self.peer)
            raise AmqpError(
                Reply.ACCESS_REFUSED,
                f"Login was refused using authentication mechanism {method.mechanism}. For details see the broker logfile.",
                hard=True,
            )
        self.user, self.mechanism = login[0], method.mechanism
        self.state = State.TUNE
        self._reply(Methods.Tune(CHANNEL_MAX, codec.FRAME_MAX_SIZE, HEARTBEAT_S))

    def _on_tune_ok(self, method: Methods.TuneOk) -> None:
        _require_between("frame_max", method.frame_max, codec.FRAME_MIN_SIZE, codec.FRAME_MAX_SIZE)
        _require_between("channel_max", method.channel_max, 1, CHANNEL_MAX)
        self.frame_max = self._reader.frame_max = method.frame_max
        self.channel_max = method.channel_max
        self.heartbeat_s = method.heartbeat
        self.state = State.OPENING
        if self.heartbeat_s:
            self._on_heartbeat()

    def _on_open(self, method: Methods.Open) -> None:
        vhost = self.broker.vhosts.get(method.virtual_host)
        if vhost is None:
            raise AmqpError(Reply.NOT_ALLOWED, f"vhost {method.virtual_host} not found")
        if self.broker.users.permissions(self.user, vhost.name) is None:
            raise AmqpError(Reply.NOT_ALLOWED, f"access to vhost '{vhost.name}' refused for user '{self.user}'")
        self.vhost = vhost
        self.opened = True
        self.refresh_access()
        self.state = State.OPEN
        self._stop_limit()
        logger.info("Connection from %s opened by %s", self.peer, self.user)
        self._reply(Methods.OpenOk())

    # -- endings

    @staticmethod
    def _culprit(kind: int, payload: bytes) -> int:
        """The method to blame: a content's frames belong to its ``basic.publish``."""
        if kind == codec.FRAME_METHOD:
            return int.from_bytes(payload[:4]) if len(payload) >= 4 else 0
        return codec.BASIC_PUBLISH if kind in {codec.FRAME_HEADER, codec.FRAME_BODY} else 0

    def _refuse(self, error: AmqpError, channel: Channel | None, culprit: int) -> None:
        """Close the channel for a soft error, the connection for a hard one."""
        if error.hard or channel is None or self.state is not State.OPEN:
            self._fail(error, 0 if self.state is State.START else culprit)
            return
        logger.info("Channel %d of %s closed: %s", channel.number, self.peer, error.text)
        channel.publisher.confirm(written=self.broker.flush())
        channel.close()
        self.send(codec.method_frame(channel.number, ChannelMethods.Close(error.reply, error.text, culprit >> 16, culprit & 0xFFFF)))

    def _fail(self, error: AmqpError, culprit: int = 0) -> None:
        """Close the connection; before the client has identified itself, without a word where it would not understand."""
        logger.info("Connection from %s closed: %s", self.peer, error.text)
        refused_login = error.reply is Reply.ACCESS_REFUSED and self.state is State.START
        if self.state in {State.HEADER, State.CLOSING} or (refused_login and not self.understands("authentication_failure_close")):
            self._finish()
        else:
            self._close(error.reply, error.text, culprit)

    def _close(self, reply: Reply, text: str, culprit: int) -> None:
        self._end_channels()
        self._reply(Methods.Close(reply, text, culprit >> 16, culprit & 0xFFFF))
        self.state = State.CLOSING
        self._stop_limit()
        self._limit_timer = self.broker.timers.call_at(self.broker.clock.now() + CLOSE_LIMIT_S, self._on_limit)

    def _finish(self) -> None:
        """End for good; may be called twice."""
        if self.state is State.CLOSED:
            return
        self._end_channels()
        self.state = State.CLOSED
        self._stop_limit()
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
        self.broker.connections.discard(self)
        self.broker.has_output(self)

    def _end_channels(self) -> None:
        self.congested = True
        for channel in list(self.channels.values()):
            if not channel.closing:
                channel.close()
        self.channels.clear()
        if self.opened:
            self.vhost.delete_queues_of(self)

    # -- time

    def _stop_limit(self) -> None:
        if self._limit_timer is not None:
            self._limit_timer.cancel()
            self._limit_timer = None

    def _on_limit(self) -> None:
        """The handshake or the closing took too long."""
        logger.info("Connection from %s ended: it took too long (%s)", self.peer, self.state.value)
        self._finish()

    def _on_heartbeat(self) -> None:
        """Send a heartbeat where nothing else was sent; end a connection that has been silent for two intervals."""
        now = self.broker.clock.now()
        if now - self._received_at > 2 * self.heartbeat_s and not self.blocked:
            logger.info("Connection from %s ended: no heartbeat for %d s", self.peer, 2 * self.heartbeat_s)
            self._finish()
            return
        if not self._sent:
            self.send(codec.HEARTBEAT)
        self._sent = False
        self._heartbeat_timer = self.broker.timers.call_at(now + self.heartbeat_s / 2, self._on_heartbeat)


def _require_between(name: str, value: int, smallest: int, largest: int) -> None:
    """Refuse what a client wants to negotiate beyond what the broker offered; 0 asks for no limit."""
    shown = f"negotiated {name} = {value}{' (no limit)' if name == 'channel_max' and not value else ''}"
    if value and value < smallest:
        raise AmqpError(Reply.NOT_ALLOWED, f"{shown} is lower than the minimum allowed value ({smallest})")
    if not value or value > largest:
        raise AmqpError(Reply.NOT_ALLOWED, f"{shown} is higher than the maximum allowed value ({largest})")
