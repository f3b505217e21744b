"""pika's AsyncioConnection on asyncio's own transport, and past it for the frames of the hot paths.

pika keeps what it is good at: the handshake, channels, calls and their answers, heartbeats. Its own input and output is not used:
an asyncio transport works on every event loop, does TLS, and says when to stop writing.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any, Final, Protocol

from pika import ConnectionParameters
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.adapters.utils.nbio_interface import AbstractIOServices
from pika.exceptions import AMQPError, StreamLostError
from pika.frame import Heartbeat, decode_frame

from embedded_server.core.reach.problems import LinkProblem, PortWantsTls
from embedded_server.rabbitmq.amqp.fields import encode_table
from embedded_server.rabbitmq.amqp.frames import BODY, FRAME_END, HEADER, HEARTBEAT, METHOD, OURS, OVERHEAD
from embedded_server.rabbitmq.amqp.receiver import FrameFault, Receiver
from embedded_server.rabbitmq.problems import NotAmqp, ProtocolBroken

READ_BYTES: Final = 64 * 1024
"""Read at once: a quarter of asyncio's own, so that a flood lets the loop's other work in between."""
WRITE_AT_BYTES: Final = 64 * 1024
"""What has gathered is handed to the transport at the loop's next turn, or when it is this much."""
_FRAME: Final = struct.Struct(">BHI")
_ID: Final = struct.Struct(">I")
_KINDS: Final = frozenset({METHOD, HEADER, BODY, HEARTBEAT})
_NO_TABLE: Final = b"\x00\x00\x00\x00"
_TLS_ALERT: Final = b"\x15\x03"


class Owner(Protocol):
    """Whose connection it is: told what happens to it."""

    address: str

    def note_open(self) -> None:
        """Note that it can be used."""

    def note_writable(self, *, full: bool | None = None, blocked: str | None = None) -> None:
        """Note whether the transport's buffer is full, or why the broker takes nothing."""

    def over(self, error: BaseException) -> None:
        """Note that it is over, and what pika says why."""


class Services(AbstractIOServices):  # type: ignore[misc] # pika ships no types
    """The little of pika's input and output that is left: timers."""

    def get_native_ioloop(self) -> asyncio.AbstractEventLoop:
        """Answer the loop."""
        return asyncio.get_running_loop()

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call back after *delay* seconds."""
        return asyncio.get_running_loop().call_later(delay, callback)

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        """Call back on the loop."""
        asyncio.get_running_loop().call_soon_threadsafe(callback)

    def _not_ours(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("the asyncio transport does this")

    close = run = stop = getaddrinfo = connect_socket = create_streaming_connection = _not_ours


class Stream(asyncio.Protocol):
    """asyncio's side: hands what comes to the connection."""

    def __init__(self, link: Owner, connection: "Connection") -> None:
        self._link = link
        self._pika = connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the stream to pika, which begins its handshake."""
        if isinstance(transport, asyncio.Transport):
            if hasattr(transport, "max_size"):
                transport.max_size = READ_BYTES
            sock = transport.get_extra_info("socket")
            if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pika._proto_connection_made(transport)  # noqa: SLF001 - how pika's own adapters hand over a stream

    def data_received(self, data: bytes) -> None:
        """Hand over what comes."""
        self._pika.receive(data)

    def eof_received(self) -> bool:
        """Note that nothing more comes."""
        self._pika._proto_eof_received()  # noqa: SLF001 - the same
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Let pika end the connection."""
        self._pika._proto_connection_lost(exc)  # noqa: SLF001 - the same

    def pause_writing(self) -> None:
        """Note that the transport's buffer is full."""
        self._link.note_writable(full=True)

    def resume_writing(self) -> None:
        """Note that it has room again."""
        self._link.note_writable(full=False)


class Connection(AsyncioConnection):  # type: ignore[misc] # pika ships no types
    """pika's connection, but for the hot paths."""

    def __init__(self, link: Owner, parameters: ConnectionParameters) -> None:
        self._link = link
        self.receivers: dict[int, Receiver] = {}
        """By channel number."""
        self.full = False
        self._rest = b""
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._paused = False
        self._error: Exception | None = None
        self.refusal: tuple[int, str] | None = None
        self.reached_open = False
        self.fault: LinkProblem | None = None
        self._touched: set[Receiver] = set()
        super().__init__(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_over,
            on_close_callback=self._on_over,
            custom_ioloop=Services(),
            internal_connection_workflow=False,
        )
        self.add_on_connection_blocked_callback(self._on_blocked)
        self.add_on_connection_unblocked_callback(lambda *_: link.note_writable(blocked=""))

    @property
    def was_open(self) -> bool:
        """Whether the handshake has been done."""
        return bool(self._opened)

    # -- out

    def send(self, data: bytes) -> None:
        """Take whole frames to send."""
        self.bytes_sent += len(data)  # the heartbeats go by it
        self._adapter_emit_data(data)

    def _adapter_emit_data(self, data: bytes) -> None:
        if self._transport is None:
            return
        if not self._out:
            asyncio.get_running_loop().call_soon(self._flush)
        self._out.append(data)
        self._out_bytes += len(data)
        if self._out_bytes >= WRITE_AT_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._out and self._transport is not None:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            self._out_bytes = 0
            self._transport.write(data)

    def _send_method(self, channel_number: int, method: Any, content: Any = None) -> None:
        """Encode arguments with our own codec: they are the last field wherever there are any."""
        arguments = getattr(method, "arguments", None)
        if not arguments:
            super()._send_method(channel_number, method, content)
            return
        table = encode_table(arguments)
        method.arguments = {}
        payload = _ID.pack(method.INDEX) + b"".join(method.encode())[: -len(_NO_TABLE)] + table
        self.send(_FRAME.pack(METHOD, channel_number, len(payload)) + payload + bytes((FRAME_END,)))

    def cut(self) -> None:
        """End the stream without a word."""
        if self._transport is not None:
            self._error = self._error or StreamLostError("cut here")
            self._transport.abort()

    def _terminate_stream(self, error: Exception | None) -> None:
        self._flush()  # the answer to a channel's close may still be here
        super()._terminate_stream(error)

    # -- in

    def pause_reading(self, pause: bool) -> None:
        """Stop or resume the transport's reading."""
        if self._transport is None or self._paused == pause or self._transport.is_closing():
            return
        self._paused = pause
        if pause:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def receive(self, data: bytes) -> None:
        """Take bytes as they come."""
        buffer = self._rest + data if self._rest else data
        try:
            used = self._frames(buffer)
        except FrameFault as exc:
            self.fault = ProtocolBroken(address=self._link.address, reason=str(exc))
        except (AMQPError, struct.error, ValueError, IndexError, KeyError, TypeError) as exc:  # what pika makes of bad bytes
            self.fault = ProtocolBroken(address=self._link.address, reason=str(exc) or type(exc).__name__)
        else:
            self._rest = buffer[used:] if used else buffer
            self._tell_batches()
            return
        self._rest = b""
        self.cut()

    def _frames(self, buffer: bytes) -> int:
        """Take the whole frames of *buffer*; answer how many bytes they are."""
        at, end = 0, len(buffer)
        while at < end:
            if buffer[at] not in _KINDS:
                self._no_frame(buffer[at:])
                return end
            if end - at < OVERHEAD:
                break
            kind, channel, size = _FRAME.unpack_from(buffer, at)
            stop = at + 7 + size
            if stop >= end:
                break
            if buffer[stop] != FRAME_END:
                raise FrameFault("a frame does not end where it should")
            if not self._taken(kind, channel, buffer[at + 7 : stop]):
                self._for_pika(buffer[at : stop + 1])
                if self.is_closed:
                    return end
            self.bytes_received += stop + 1 - at
            at = stop + 1
        return at

    def _taken(self, kind: int, channel: int, payload: bytes) -> bool:
        """Take a frame of the hot paths; false for one that is pika's."""
        receiver = self.receivers.get(channel)
        if receiver is None:
            return False
        if kind == METHOD:
            id_ = _ID.unpack_from(payload)[0]
            if id_ not in OURS:
                return False
            whole = receiver.method(id_, payload)
        else:
            whole = receiver.content(kind, payload)
        if whole:
            self._touched.add(receiver)
        return True

    def _for_pika(self, raw: bytes) -> None:
        _, frame = decode_frame(raw)
        if frame is None:
            raise FrameFault("a frame is not understood")
        if isinstance(frame, Heartbeat) and self._heartbeat_checker is None:
            return
        self._process_frame(frame)

    def _no_frame(self, data: bytes) -> None:
        address = self._link.address
        if data.startswith(_TLS_ALERT):
            self.fault = PortWantsTls(address=address)
        elif self.bytes_received:
            raise FrameFault("a frame of an unknown type")
        else:
            self.fault = NotAmqp(address=address, answer=data[:40].decode("ascii", "backslashreplace").splitlines()[0])
        self.cut()

    def _tell_batches(self) -> None:
        if self._touched:
            touched = tuple(self._touched)
            self._touched.clear()
            for receiver in touched:
                if receiver.on_batch is not None:
                    receiver.on_batch()

    # -- what pika tells

    def _send_connection_open(self) -> None:
        self.reached_open = True
        super()._send_connection_open()

    def _on_connection_close_from_broker(self, method_frame: Any) -> None:
        method = method_frame.method
        self.refusal = (method.reply_code, method.reply_text)
        super()._on_connection_close_from_broker(method_frame)

    def _on_open(self, _: Any) -> None:
        self._link.note_open()

    def _on_blocked(self, _: Any, frame: Any) -> None:
        self._link.note_writable(blocked=str(frame.method.reason) or "low on resources")

    def _on_over(self, _: Any, error: BaseException) -> None:
        self._link.over(error)
