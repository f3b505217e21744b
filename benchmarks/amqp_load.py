"""Fills a queue faster than any client library would: frames packed beforehand, on a bare socket."""

import os
import socket
import time
from typing import Final

from pamqp import body, commands, frame, header
from pamqp.base import Frame

QUEUE: Final = "load"
CHUNK: Final = 1_000
LIMIT_S: Final = 300.0


class Socket:
    """An AMQP connection with one channel that waits for each answer."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self._buffer = b""
        self._socket.sendall(header.ProtocolHeader().marshal())
        self._hear()
        self.ask(commands.Connection.StartOk({}, "PLAIN", "\0guest\0guest", "en_US"), channel=0)
        self.tell(commands.Connection.TuneOk(2047, 131_072, 0), channel=0)
        self.ask(commands.Connection.Open("/"), channel=0)
        self.ask(commands.Channel.Open())

    def tell(self, method: Frame, channel: int = 1) -> None:
        """Send *method*."""
        self._socket.sendall(frame.marshal(method, channel))

    def ask(self, method: Frame, channel: int = 1) -> object:
        """Send *method* and wait for the answer."""
        self.tell(method, channel)
        return self._hear()

    def send(self, data: bytes) -> None:
        """Send packed frames."""
        self._socket.sendall(data)

    def _hear(self) -> object:
        while True:
            try:
                used, _, answer = frame.unmarshal(self._buffer)
            except Exception:  # noqa: BLE001 - pamqp tells an incomplete frame by several errors
                data = self._socket.recv(65_536)
                if not data:
                    raise ConnectionError("the broker closed the connection") from None
                self._buffer += data
                continue
            self._buffer = self._buffer[used:]
            return answer

    def close(self) -> None:
        """Say goodbye."""
        self.ask(commands.Connection.Close(200, "", 0, 0), channel=0)
        self._socket.close()


def fill(port: int, count: int, *, size: int = 100, persistent: bool = False) -> float:
    """Put *count* messages of *size* random bytes into the queue ``load``; messages a second, once all are there."""
    connection = Socket(port)
    connection.ask(commands.Queue.Declare(queue=QUEUE, durable=persistent))
    publish = frame.marshal(commands.Basic.Publish(routing_key=QUEUE), 1)
    publish += frame.marshal(header.ContentHeader(0, size, commands.Basic.Properties(delivery_mode=2 if persistent else 1)), 1)
    chunk = min(CHUNK, max(1, (1 << 20) // size))
    began = time.perf_counter()
    for start in range(0, count, chunk):
        noise = os.urandom(size + chunk)
        bodies = (noise[n : n + size] for n in range(min(chunk, count - start)))
        connection.send(b"".join(publish + frame.marshal(body.ContentBody(one), 1) for one in bodies))
    told = connection.ask(commands.Queue.Declare(queue=QUEUE, passive=True))
    rate = count / (time.perf_counter() - began)
    assert isinstance(told, commands.Queue.DeclareOk)
    assert told.message_count == count, told.message_count
    connection.close()
    return rate
