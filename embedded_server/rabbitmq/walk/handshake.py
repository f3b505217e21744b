"""The client's side of AMQP's opening, as far as a test goes (AMQP 0-9-1, sections 2.2.4, 4.2). Bytes in, methods out; no socket."""

import struct
from collections.abc import Iterator
from typing import Final

from pamqp import base, commands
from pamqp.exceptions import PAMQPException
from pamqp.frame import marshal, unmarshal

from embedded_server.core.version import VERSION

PROTOCOL_HEADER: Final = b"AMQP\x00\x00\x09\x01"
MAX_FRAME_BYTES: Final = 1 << 20
"""A broker's opening is far smaller; whoever announces more speaks something else."""
_HEAD: Final = struct.Struct(">BHI")
_KINDS: Final = frozenset({1, 2, 3, 8})
_METHOD: Final = 1
_OPEN: Final = struct.pack(">HH", 10, 40)
_PROPERTIES: Final = {
    "product": "Switchroom",
    "version": VERSION,
    "capabilities": {"authentication_failure_close": True, "basic.nack": True, "connection.blocked": True},
}


class NotFrames(Exception):
    """What came is no AMQP; ``data`` is how it begins."""

    def __init__(self, data: bytes) -> None:
        super().__init__("not AMQP")
        self.data = data


class OtherVersion(Exception):
    """The other side answered with a protocol header: the version it speaks."""

    def __init__(self, header: bytes) -> None:
        super().__init__("another version")
        self.version = "1.0" if header[5:6] == b"\x01" and header[6:8] == b"\x00\x00" else "-".join(str(octet) for octet in header[5:8])


class Incoming:
    """Cuts what comes into methods."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, base.Frame]]:
        """Answer each whole method and its channel. Raises `NotFrames` or `OtherVersion`."""
        self._buffer += data
        if self._buffer[:4] == b"AMQP":
            if len(self._buffer) < 8:
                return
            raise OtherVersion(bytes(self._buffer[:8]))
        while (frame := self._next()) is not None:
            kind, channel, whole = frame
            if kind == _METHOD:
                yield channel, _method(whole)

    def _next(self) -> tuple[int, int, bytes] | None:
        buffer = self._buffer
        if buffer and buffer[0] not in _KINDS:
            raise NotFrames(bytes(buffer[:200]))
        if len(buffer) < _HEAD.size:
            return None
        kind, channel, size = _HEAD.unpack_from(buffer)
        end = _HEAD.size + size + 1
        if size > MAX_FRAME_BYTES:
            raise NotFrames(bytes(buffer[:200]))
        if len(buffer) < end:
            return None
        whole = bytes(buffer[:end])
        if whole[-1] != 0xCE:
            raise NotFrames(whole[:200])
        del buffer[:end]
        return kind, channel, whole


def _method(whole: bytes) -> base.Frame:
    try:
        _, _, method = unmarshal(whole)
    except (PAMQPException, ValueError, TypeError, KeyError, IndexError, struct.error, OverflowError, OSError, RecursionError) as exc:
        raise NotFrames(whole[:200]) from exc
    if not isinstance(method, base.Frame):
        raise NotFrames(whole[:200])
    return method


def start_ok(user: str, password: str) -> bytes:
    """Log in by PLAIN (RFC 4616)."""
    method = commands.Connection.StartOk(dict(_PROPERTIES), "PLAIN", "", "en_US")  # type: ignore[arg-type]  # its type leaves nested tables out
    method.response = f"\0{user}\0{password}"
    return marshal(method, 0)


def tune_ok(tune: commands.Connection.Tune) -> bytes:
    """Take what the broker offers; a test is over before the first heartbeat is due."""
    return marshal(commands.Connection.TuneOk(tune.channel_max, tune.frame_max, 0), 0)


def open_vhost(vhost: str) -> bytes:
    """Ask for a virtual host; by hand, because pamqp refuses names that RabbitMQ takes."""
    name = vhost.encode()
    payload = _OPEN + bytes((len(name),)) + name + b"\x00\x00"
    return _HEAD.pack(_METHOD, 0, len(payload)) + payload + b"\xce"


def close() -> bytes:
    """Say goodbye."""
    return marshal(commands.Connection.Close(200, "done", 0, 0), 0)
