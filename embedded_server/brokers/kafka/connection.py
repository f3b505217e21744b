"""A connection, sans I/O: bytes in, bytes out, no sockets.

The shell feeds what it reads to ``receive_data``, takes what there is to send from ``data_to_send`` after each turn, and closes the
socket once ``finished`` is set and those bytes are written. Nothing a client sends raises out of here. As in Kafka, a connection's
requests are worked on one after the other: while one waits for its answer, those behind it wait, too.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.kafka import codec
from embedded_server.brokers.kafka.codec import FRAME_SIZE, Buffer, Malformed
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.held import SMALL_BYTES
from embedded_server.brokers.kafka.request import Answer, Later, Request
from embedded_server.brokers.kafka.versions import ApiKey, understands

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker

logger = logging.getLogger(__name__)

MAX_REQUEST_BYTES: Final = 104_857_600
"""``socket.request.max.bytes`` of Kafka."""
MAX_WAITING_BYTES: Final = 1 << 20
"""So much of what comes behind a request that waits is taken in; the rest stays in the socket."""


class Connection:
    """One client's connection."""

    def __init__(self, broker: "Broker", peer: str = "", local: str = "") -> None:
        self.broker = broker
        self.peer = peer
        """Host and port of the client."""
        self.local = local
        """Host and port it connected to."""
        self.finished = False
        """Close the socket once the bytes to send are written."""
        self._parts: list[bytes] = []
        self._have = 0
        self._need = FRAME_SIZE.size
        self._waits_for: Request | None = None
        self._paused = False
        self._taking = False
        self._output: list[Buffer] = []
        self._unsent = 0
        """Bytes of the answers that the socket has not taken, as far as is known."""
        self._given = 0
        """Bytes that were handed over last."""
        broker.connections.add(self)

    @property
    def host(self) -> str:
        """Where the client is."""
        return self.peer.rpartition(":")[0]

    @property
    def blocked(self) -> bool:
        """The shell reads no more for now: what has come is to be worked on first."""
        return (self._waits_for is not None or self._paused) and self._have > MAX_WAITING_BYTES

    # -- what the shell calls

    def receive_data(self, data: bytes) -> None:
        """Take in bytes from the client, however they are cut."""
        if self.finished:
            return
        self._parts.append(data)
        self._have += len(data)
        self._take()
        self.broker.unread.set(self, self._have)
        if self._have > SMALL_BYTES and not self.broker.unread.room():
            logger.warning("%s has to leave: too many large requests are coming in at once", self.peer)
            self.close()

    def data_to_send(self) -> list[Buffer]:
        """The bytes for the client since the last call."""
        output, self._output = self._output, []
        if not self._paused:
            self._given, self._unsent = self._unsent, 0
            self.broker.unsent.set(self, 0)
        return output

    def pause(self) -> None:
        """The client does not read its answers: take no more of its requests."""
        self._paused = True
        self._unsent += self._given
        self.broker.unsent.set(self, self._unsent)

    def resume(self) -> None:
        """The client reads again."""
        self._paused = False
        self._unsent = sum(map(len, self._output))
        self.broker.unsent.set(self, self._unsent)
        self._take()

    def connection_lost(self) -> None:
        """The socket is gone."""
        self._end()
        self.broker.connections.discard(self)
        self.broker.unsent.set(self, 0)

    def close(self) -> None:
        """End the connection from this side."""
        self._end()
        self.broker.speaks(self)

    # -- requests

    def _held(self) -> bool:
        """No request may be worked on now."""
        return self._waits_for is not None or self._paused or self.finished

    def answered(self, request: Request, answer: Answer) -> None:
        """Send a request's answer, now or later."""
        if self.finished or self._waits_for is not request:
            return
        self._waits_for = None
        request.on_gone = None
        try:
            self._send(request, answer)
        except Exception:
            logger.exception("The answer to %s of %s cannot be sent", request.key.name, self.peer)
            self.close()
        self._take()

    def _take(self) -> None:
        """Work on the whole frames there are."""
        if self._have < self._need or self._taking or self._held():
            return
        self._taking = True
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        view = memoryview(data)
        pos = 0
        self._need = FRAME_SIZE.size
        while len(data) - pos >= FRAME_SIZE.size:
            (size,) = FRAME_SIZE.unpack_from(data, pos)
            if not 0 <= size <= MAX_REQUEST_BYTES:
                logger.info("%s sent a request of %d bytes, over the limit of %d", self.peer, size, MAX_REQUEST_BYTES)
                self.close()
                break
            end = pos + FRAME_SIZE.size + size
            if end > len(data):
                self._need = FRAME_SIZE.size + size
                break
            self._handle(view[pos + FRAME_SIZE.size : end])
            pos = end
            if self._held():
                break
        self._parts = [data[pos:]] if pos < len(data) and not self.finished else []
        self._have = len(self._parts[0]) if self._parts else 0
        self._taking = False

    def _handle(self, frame: memoryview) -> None:
        try:
            key, version, correlation_id = codec.parse_head(frame)
            if not understands(key, version) or not self.broker.answers(key):
                self._refuse_version(key, version, correlation_id)
                return
            self._waits_for = request = Request(self, frame)
            answer = self.broker.handle(request)
            if answer is not Later.PARKED:
                self.answered(request, answer)
        except Malformed as exc:
            logger.info("%s sent what is no request (%s)", self.peer, exc.__cause__ or "cut off")
            self.close()
        except Exception:
            logger.exception("A request of %s failed", self.peer)
            self.close()

    def _refuse_version(self, key: int, version: int, correlation_id: int) -> None:
        """Tell a client that asks for versions in a version of tomorrow which there are; other requests end the connection, as in Kafka."""
        if key != ApiKey.API_VERSIONS:
            logger.info("%s sent request %d in version %d, which is not known here", self.peer, key, version)
            self.close()
            return
        values = {"error_code": ErrorCode.UNSUPPORTED_VERSION, "api_keys": self.broker.versions(only=ApiKey.API_VERSIONS)}
        self._write(correlation_id, [codec.encode_body(key, 0, values)], flexible=False)

    def _send(self, request: Request, answer: Answer) -> None:
        if isinstance(answer, Later):
            return
        body: list[Buffer] = answer if isinstance(answer, list) else [codec.encode_body(request.key, request.version, answer)]
        self._write(request.correlation_id, body, flexible=request.flexible and request.key is not ApiKey.API_VERSIONS)

    def _write(self, correlation_id: int, body: Sequence[Buffer], *, flexible: bool) -> None:
        head = correlation_id.to_bytes(4, "big", signed=True) + (b"\0" if flexible else b"")
        size = len(head) + sum(map(len, body))
        self._output.append(FRAME_SIZE.pack(size) + head)
        self._output += body
        self._unsent += size + FRAME_SIZE.size
        self.broker.unsent.set(self, self._unsent)
        self.broker.speaks(self)

    def _end(self) -> None:
        if self.finished:
            return
        self.finished = True
        self._parts.clear()
        self._have = 0
        self.broker.unread.set(self, 0)
        request, self._waits_for = self._waits_for, None
        if request is not None and request.on_gone is not None:
            request.on_gone()
