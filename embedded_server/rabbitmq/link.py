"""One AMQP connection: pika's AsyncioConnection on asyncio's own transport, with futures instead of callbacks.

Only this file and `channel` import pika. Two things differ from pika as it is: the bytes come and go through an asyncio transport,
which works on every event loop, does TLS, and says when to stop writing; and the frames of the hot paths (`frames.OURS`) never
become pika's objects. Everything else, from the handshake to heartbeats, is pika's.
"""

import asyncio
import logging
import socket
import ssl
import struct
from collections.abc import Callable
from typing import Any, Final

from pika import ConnectionParameters, PlainCredentials
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.adapters.utils.nbio_interface import AbstractIOServices
from pika.exceptions import AMQPError, ConnectionClosedByBroker, ConnectionClosedByClient, ProbableAuthenticationError, StreamLostError
from pika.frame import Heartbeat, decode_frame

from embedded_server.contracts.connections import RabbitSettings
from embedded_server.core.version import VERSION
from embedded_server.rabbitmq.fields import encode_table
from embedded_server.rabbitmq.frames import BODY, FRAME_END, HEADER, HEARTBEAT, METHOD, OURS, OVERHEAD
from embedded_server.rabbitmq.problems import (
    BrokerBlocked,
    BrokerClosed,
    CertificateRefused,
    LinkClosed,
    LinkLost,
    LinkProblem,
    LoginRefused,
    NameNotFound,
    NetworkFails,
    NoAnswer,
    NobodyListens,
    NotAmqp,
    PortWantsTls,
    ProtocolBroken,
    VHostRefused,
)
from embedded_server.rabbitmq.receiver import FrameFault, Receiver
from embedded_server.rabbitmq.tls import tls_context_blocking, tls_problem

CONNECT_LIMIT_S: Final = 8.0
OPEN_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 2.0
PORT: Final = 5672
TLS_PORT: Final = 5671
WRITE_AT_BYTES: Final = 64 * 1024
"""What has gathered is handed to the transport at the loop's next turn, or when it is this much."""
_FRAME: Final = struct.Struct(">BHI")
_ID: Final = struct.Struct(">I")
_KINDS: Final = frozenset({METHOD, HEADER, BODY, HEARTBEAT})
_NO_TABLE: Final = b"\x00\x00\x00\x00"
_TLS_ALERT: Final = b"\x15\x03"

_logger = logging.getLogger(__name__)
logging.getLogger("pika").setLevel(logging.CRITICAL + 1)  # every closed channel is an error to it; we raise what it logs


def address_of(settings: RabbitSettings) -> str:
    """Answer host and port as one reads them."""
    port = settings.port or (TLS_PORT if settings.tls else PORT)
    return f"[{settings.host}]:{port}" if ":" in settings.host else f"{settings.host}:{port}"


class Link:
    """One open AMQP connection. Made by `open_link`; ends once, and says why in `ended`."""

    def __init__(self, settings: RabbitSettings, vhost: str, name: str) -> None:
        self.settings = settings
        self.vhost = vhost
        self.name = name
        self.address = address_of(settings)
        self.ended: asyncio.Future[LinkProblem] = asyncio.get_running_loop().create_future()
        """Done when the connection is over, with the reason."""
        self.blocked = ""
        """Why the broker takes no messages for now, or nothing."""
        self.on_blocked: list[Callable[[], None]] = []
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.pika: _Connection
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self.opened.done() and not self.ended.done()

    @property
    def max_payload(self) -> int:
        """Bytes of a body that fit into one frame."""
        return int(self.pika._body_max_length)  # noqa: SLF001 - pika tells it nowhere else

    def write(self, data: bytes) -> None:
        """Send *data*, a whole number of frames, together with whatever else this turn of the loop sends."""
        self.pika.send(data)

    def problem(self) -> LinkProblem:
        """Answer why it is over."""
        return self.ended.result() if self.ended.done() else LinkLost(address=self.address)

    @property
    def is_writable(self) -> bool:
        """Whether there is room in the transport's buffer, and the broker takes messages."""
        return self._writable.is_set() and not self.ended.done()

    async def writable(self) -> None:
        """Wait while the transport's buffer is full or the broker takes nothing. Raises why it ended, where it has."""
        while not self._writable.is_set() and not self.ended.done():
            await self._writable.wait()
        if self.ended.done():
            raise self.problem()

    def pause_reading(self) -> None:
        """Leave what comes in the socket for now: whoever reads has enough to do."""
        self.pika.pause_reading(True)

    def resume_reading(self) -> None:
        """Read on."""
        self.pika.pause_reading(False)

    async def close(self) -> None:
        """End it in good order. May be called twice."""
        if self.pika.is_open:
            self.pika.close()
        else:
            self.pika.cut()
        try:
            await asyncio.wait_for(asyncio.shield(self.ended), CLOSE_LIMIT_S)
        except TimeoutError:
            self.pika.cut()
            self.end(LinkClosed(name=self.name))

    # -- told by the connection

    def end(self, problem: LinkProblem) -> None:
        """Note that it is over, once."""
        if not self.ended.done():
            self.ended.set_result(problem)
        if not self.opened.done():
            self.opened.set_exception(problem)
            self.opened.exception()  # nobody may be waiting any more
        self._writable.set()

    def note_writable(self, *, full: bool | None = None, blocked: str | None = None) -> None:
        """Note whether the transport's buffer is full, or whether the broker takes messages."""
        if blocked is not None:
            self.blocked = blocked
            for callback in tuple(self.on_blocked):
                callback()
        if full is not None:
            self.pika.full = full
        if self.pika.full or self.blocked:
            self._writable.clear()
        else:
            self._writable.set()

    def blocked_problem(self) -> BrokerBlocked:
        """Answer that the broker takes no messages, in its words."""
        return BrokerBlocked(address=self.address, reason=self.blocked)


async def open_link(settings: RabbitSettings, password: str, *, vhost: str, name: str, purpose: str = "") -> Link:
    """Connect and open *vhost*. Raises a `LinkProblem` that says what stood against it."""
    context = await asyncio.to_thread(tls_context_blocking, settings) if settings.tls else None
    link = Link(settings, vhost, name)
    link.pika = _Connection(link, _parameters(settings, password, vhost, purpose))
    await _connect(link, context)
    try:
        async with asyncio.timeout(OPEN_LIMIT_S):
            await asyncio.shield(link.opened)
    except TimeoutError as exc:
        link.pika.cut()
        raise NoAnswer(address=link.address, seconds=OPEN_LIMIT_S) from exc
    except NotAmqp as exc:
        from embedded_server.rabbitmq.walk.peer import speaks_tls  # the walk stands above links

        if not settings.tls and await speaks_tls((settings.host, settings.port or PORT)):  # some hang up without a TLS alert
            raise PortWantsTls(address=link.address) from exc
        raise
    except asyncio.CancelledError:
        link.pika.cut()
        raise
    return link


async def _connect(link: Link, context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    settings, address = link.settings, link.address
    port = settings.port or (TLS_PORT if settings.tls else PORT)
    try:
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await loop.create_connection(lambda: _Stream(link), settings.host, port, ssl=context)
    except TimeoutError as exc:
        raise NoAnswer(address=address, seconds=CONNECT_LIMIT_S) from exc
    except ssl.SSLError as exc:
        raise tls_problem(exc, address) from exc
    except (socket.gaierror, UnicodeError) as exc:
        raise NameNotFound(host=settings.host, detail=str(exc)) from exc
    except ConnectionRefusedError as exc:
        raise NobodyListens(address=address) from exc
    except ConnectionResetError as exc:
        if context is None:
            raise NetworkFails(address=address, reason=exc.strerror or str(exc)) from exc
        raise CertificateRefused(address=address, reason="it hung up") from exc
    except OSError as exc:
        if "Multiple exceptions" in str(exc) and "refused" in str(exc):  # a name with several addresses
            raise NobodyListens(address=address, detail=str(exc)) from exc
        raise NetworkFails(address=address, reason=exc.strerror or str(exc)) from exc


def _parameters(settings: RabbitSettings, password: str, vhost: str, purpose: str) -> ConnectionParameters:
    name = f"Switchroom {VERSION}"
    return ConnectionParameters(
        host=settings.host,
        virtual_host=vhost,
        credentials=PlainCredentials(settings.user, password),
        heartbeat=settings.heartbeat_s,
        client_properties={"connection_name": f"{name} ({purpose})" if purpose else name, "product": "Switchroom", "version": VERSION},
    )


class _Services(AbstractIOServices):  # type: ignore[misc] # pika ships no types
    """The little of pika's input and output that is left: timers."""

    def get_native_ioloop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(delay, callback)

    def add_callback_threadsafe(self, callback: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon_threadsafe(callback)

    def _not_ours(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("the asyncio transport does this")

    close = run = stop = getaddrinfo = connect_socket = create_streaming_connection = _not_ours


class _Stream(asyncio.Protocol):
    """asyncio's side: hands what comes to the connection."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._pika = link.pika

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            sock = transport.get_extra_info("socket")
            if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._pika._proto_connection_made(transport)  # noqa: SLF001 - how pika's own adapters hand over a stream

    def data_received(self, data: bytes) -> None:
        self._pika.receive(data)

    def eof_received(self) -> bool:
        self._pika._proto_eof_received()  # noqa: SLF001 - the same
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._pika._proto_connection_lost(exc)  # noqa: SLF001 - the same

    def pause_writing(self) -> None:
        self._link.note_writable(full=True)

    def resume_writing(self) -> None:
        self._link.note_writable(full=False)


class _Connection(AsyncioConnection):  # type: ignore[misc] # pika ships no types
    """pika's connection, but for the hot paths."""

    def __init__(self, link: Link, parameters: ConnectionParameters) -> None:
        self._link = link
        self.receivers: dict[int, Receiver] = {}
        """By channel number."""
        self.full = False
        self._rest = b""
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._paused = False
        self._error: Exception | None = None
        self._refusal: tuple[int, str] | None = None
        self._reached_open = False
        self._fault: LinkProblem | None = None
        self._touched: set[Receiver] = set()
        super().__init__(
            parameters,
            on_open_callback=self._on_open,
            on_open_error_callback=self._on_over,
            on_close_callback=self._on_over,
            custom_ioloop=_Services(),
            internal_connection_workflow=False,
        )
        self.add_on_connection_blocked_callback(self._on_blocked)
        self.add_on_connection_unblocked_callback(lambda *_: link.note_writable(blocked=""))

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
            self._fault = ProtocolBroken(address=self._link.address, reason=str(exc))
        except (AMQPError, struct.error, ValueError, IndexError, KeyError, TypeError) as exc:  # what pika makes of bad bytes
            self._fault = ProtocolBroken(address=self._link.address, reason=str(exc) or type(exc).__name__)
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
            self._fault = PortWantsTls(address=address)
        elif self.bytes_received:
            raise FrameFault("a frame of an unknown type")
        else:
            self._fault = NotAmqp(address=address, answer=data[:40].decode("ascii", "backslashreplace").splitlines()[0])
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
        self._reached_open = True
        super()._send_connection_open()

    def _on_connection_close_from_broker(self, method_frame: Any) -> None:
        method = method_frame.method
        self._refusal = (method.reply_code, method.reply_text)
        super()._on_connection_close_from_broker(method_frame)

    def _on_open(self, _: Any) -> None:
        if not self._link.opened.done():
            self._link.opened.set_result(None)

    def _on_blocked(self, _: Any, frame: Any) -> None:
        self._link.note_writable(blocked=str(frame.method.reason) or "low on resources")

    def _on_over(self, _: Any, error: BaseException) -> None:
        self._link.end(self.problem_of(error))

    def problem_of(self, error: BaseException) -> LinkProblem:
        link = self._link
        settings, address = link.settings, link.address
        if self._fault is not None:
            return self._fault
        if isinstance(error, ConnectionClosedByClient):
            return LinkClosed(name=link.name)
        code, text = self._refusal or (0, "")
        if not self._opened:
            if code == 403 or (not code and isinstance(error, ProbableAuthenticationError)):
                return LoginRefused(address=address, user=settings.user, detail=text)
            if code and self._reached_open and code in {402, 530}:
                return VHostRefused(address=address, user=settings.user, vhost=link.vhost, detail=text)
            if not code and not self.bytes_received:
                return NotAmqp(address=address, answer="nothing, and hung up")
        if code or isinstance(error, ConnectionClosedByBroker):
            return BrokerClosed(address=address, code=code, text=text)
        return LinkLost(address=address, detail=str(error))
