"""A client that speaks AMQP only as far as it is told, for what no client library would send."""

import socket
import struct
from typing import Any, TypeVar

from pamqp import base, body, commands, frame, header

LIMIT_S = 10.0
M = TypeVar("M")


class Raw:
    """A bare socket that speaks AMQP only as far as it is told."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def method(self, channel: int, method: base.Frame) -> None:
        self.send(frame.marshal(method, channel))

    def read_all(self) -> bytes:
        """Everything until the broker closes the connection."""
        while True:
            try:
                data = self._socket.recv(65536)
            except ConnectionResetError:
                return self._buffer
            if not data:
                return self._buffer
            self._buffer += data

    def publish(
        self, queue: str, payload: bytes, *, exchange: str = "", channel: int = 1, mandatory: bool = False, **properties: Any
    ) -> None:
        """Publish in one write."""
        parts = [
            frame.marshal(commands.Basic.Publish(exchange=exchange, routing_key=queue, mandatory=mandatory), channel),
            frame.marshal(header.ContentHeader(0, len(payload), commands.Basic.Properties(**properties)), channel),
        ]
        if payload:
            parts.append(frame.marshal(body.ContentBody(payload), channel))
        self.send(b"".join(parts))

    def declare(self, name: str = "", **arguments: Any) -> str:
        """Declare a queue that goes with this connection; its name."""
        raw = {f"x-{key.replace('_', '-')}": value for key, value in arguments.items()}
        return self.ask(commands.Queue.Declare(queue=name, exclusive=True, arguments=raw), commands.Queue.DeclareOk).queue or ""

    def ask(self, method: base.Frame, kind: type[M], channel: int = 1) -> M:
        """Send *method* and take the answer."""
        self.method(channel, method)
        return self.expect(kind)

    def expect(self, *kinds: type[M]) -> M:
        """The next method of *kind*; others are skipped."""
        while True:
            _, _, found = frame.unmarshal(self.read_frame())
            if isinstance(found, kinds):
                return found

    def read_frame(self) -> bytes:
        """The next frame as it came."""
        while len(self._buffer) < 7 or len(self._buffer) < 8 + struct.unpack(">I", self._buffer[3:7])[0]:
            data = self._socket.recv(65536)
            assert data, "the broker closed the connection"
            self._buffer += data
        end = 8 + struct.unpack(">I", self._buffer[3:7])[0]
        found, self._buffer = self._buffer[:end], self._buffer[end:]
        return found

    def log_in(self, user: str = "guest", password: str = "guest", capabilities: dict[str, bool] | None = None) -> None:
        self.send(header.ProtocolHeader().marshal())
        self.expect(commands.Connection.Start)
        properties: dict[str, Any] = {"capabilities": capabilities or {}}
        self.method(0, commands.Connection.StartOk(properties, "PLAIN", f"\0{user}\0{password}", "en_US"))

    def open(self, vhost: str = "/", *, channel: bool = False, **capabilities: bool) -> None:
        self.log_in(capabilities=capabilities)
        self.expect(commands.Connection.Tune)
        self.method(0, commands.Connection.TuneOk(2047, 131072, 0))
        self.method(0, commands.Connection.Open(vhost))
        self.expect(commands.Connection.OpenOk)
        if channel:
            self.ask(commands.Channel.Open(), commands.Channel.OpenOk)

    def refusal(self) -> tuple[int, str, int, int]:
        """Code, text, class and method with which the broker closes the connection."""
        close = self.expect(commands.Connection.Close)
        self.method(0, commands.Connection.CloseOk())
        assert self.read_all() == b""
        return close.reply_code or 0, close.reply_text, close.class_id or 0, close.method_id or 0

    def channel_refusal(self, channel: int = 1) -> tuple[int, str, int, int]:
        """Code, text, class and method with which the broker closes a channel."""
        close = self.expect(commands.Channel.Close)
        self.method(channel, commands.Channel.CloseOk())
        return close.reply_code or 0, close.reply_text, close.class_id or 0, close.method_id or 0

    def close(self) -> None:
        self._socket.close()
