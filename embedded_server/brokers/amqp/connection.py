"""A connection, sans I/O: bytes in, bytes out, no sockets.

The shell feeds what it reads to ``receive_data``, takes what there is to send from ``data_to_send`` after each turn, and closes the
socket once ``finished`` is set and those bytes are written. Nothing a client sends raises out of here.
"""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pamqp import base
from pamqp.commands import Channel as ChannelMethods
from pamqp.commands import Connection as Methods

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.channel import Channel
from embedded_server.brokers.amqp.dispatch import Dispatcher
from embedded_server.brokers.amqp.errors import AmqpError, Reply
from embedded_server.brokers.amqp.frames import FrameReader
from embedded_server.brokers.amqp.handshake import CHANNEL_MAX, Handshake, State
from embedded_server.brokers.amqp.permissions import Access
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.amqp.vigil import CLOSE_LIMIT_S, Vigil

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.broker import Broker

logger = logging.getLogger(__name__)

MAX_BUFFERED_BYTES: Final = 1 << 20


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
        self._output: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self._vigil = Vigil(self)
        self._handshake = Handshake(self)
        self._dispatcher = Dispatcher(self, self._handshake)
        broker.connections.add(self)

    @property
    def finished(self) -> bool:
        """Close the socket once the bytes to send are written."""
        return self.state is State.CLOSED

    @property
    def heartbeat_s(self) -> int:
        """How often both sides show that they live; 0 for never."""
        return self._vigil.heartbeat_s

    def understands(self, capability: str) -> bool:
        """Whether the client announced *capability*."""
        capabilities = self.client_properties.get("capabilities")
        return isinstance(capabilities, dict) and capabilities.get(capability) is True

    # -- what the handshake calls

    def tuned(self, *, frame_max: int, channel_max: int, heartbeat_s: int) -> None:
        """Both sides agree on the sizes and the heartbeat."""
        self.frame_max = self._reader.frame_max = frame_max
        self.channel_max = channel_max
        self.state = State.OPENING
        self._vigil.beat(heartbeat_s)

    def let_in(self, vhost: VHost) -> None:
        """The client may use *vhost*: the connection is open."""
        self.vhost = vhost
        self.opened = True
        self.refresh_access()
        self.state = State.OPEN
        self._vigil.lift_limit()

    # -- what the shell calls

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the client, however they are cut."""
        self._vigil.heard_at = self.broker.clock.now()
        self.received_bytes += len(data)
        if self.state is State.HEADER:
            data = self._handshake.header(data)
        receive = self._dispatcher.receive
        for frame in self._reader.feed(data):
            if self.state is State.CLOSED:
                return
            receive(frame)
        if self._reader.error is not None and self.state is not State.CLOSED:
            self.fail(self._reader.error)
        if self.broker.blocked:
            self._block_if_publishing()

    def connection_lost(self) -> None:
        """The socket is gone."""
        self.finish()

    def data_to_send(self) -> list[bytes]:
        """The bytes for the client since the last call, in one piece where there are any."""
        data = [b"".join(self._output)] if self._output else []
        self._output.clear()
        self.sent_bytes += self._buffered
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
        self.finish()

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
            self._vigil.heard_at = self.broker.clock.now()
            self._tell_if_understood(Methods.Unblocked())

    def _block_if_publishing(self) -> None:
        if not self.blocked and any(channel.figures.publish for channel in self.channels.values()):
            self.blocked = True
            self._tell_if_understood(Methods.Blocked(self.broker.blocked))

    def _tell_if_understood(self, method: base.Frame) -> None:
        self.broker.has_output(self)  # the shell looks whether to read on
        if self.state is State.OPEN and self.understands("connection.blocked"):
            self.reply(method)

    # -- sending

    def send(self, data: bytes) -> None:
        """Queue whole frames for the client."""
        if not self._output:
            self.broker.has_output(self)
        self._output.append(data)
        self._vigil.spoke = True
        self._buffered += len(data)
        if self._buffered > MAX_BUFFERED_BYTES:
            self.congested = True

    def reply(self, method: base.Frame) -> None:
        """Send a method of the connection's own."""
        self.send(codec.method_frame(0, method))

    def _update_congestion(self) -> None:
        was = self.congested
        self.congested = self._paused or self._buffered > MAX_BUFFERED_BYTES
        if was and not self.congested:
            for channel in list(self.channels.values()):
                channel.pump()

    # -- endings

    def refuse(self, error: AmqpError, channel: Channel | None, culprit: int) -> None:
        """Close the channel for a soft error, the connection for a hard one."""
        if error.hard or channel is None or self.state is not State.OPEN:
            self.fail(error, 0 if self.state is State.START else culprit)
            return
        logger.info("Channel %d of %s closed: %s", channel.number, self.peer, error.text)
        channel.publisher.confirm(written=self.broker.flush())
        channel.close()
        self.send(codec.method_frame(channel.number, ChannelMethods.Close(error.reply, error.text, culprit >> 16, culprit & 0xFFFF)))

    def fail(self, error: AmqpError, culprit: int = 0) -> None:
        """Close the connection; before the client has identified itself, without a word where it would not understand."""
        logger.info("Connection from %s closed: %s", self.peer, error.text)
        refused_login = error.reply is Reply.ACCESS_REFUSED and self.state is State.START
        if self.state in {State.HEADER, State.CLOSING} or (refused_login and not self.understands("authentication_failure_close")):
            self.finish()
        else:
            self._close(error.reply, error.text, culprit)

    def _close(self, reply: Reply, text: str, culprit: int) -> None:
        self._end_channels()
        self.reply(Methods.Close(reply, text, culprit >> 16, culprit & 0xFFFF))
        self.state = State.CLOSING
        self._vigil.limit(CLOSE_LIMIT_S)

    def finish(self) -> None:
        """End for good; may be called twice."""
        if self.state is State.CLOSED:
            return
        self._end_channels()
        self.state = State.CLOSED
        self._vigil.stop()
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
