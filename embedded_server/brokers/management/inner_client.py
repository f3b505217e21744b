"""A client without a socket: what the management API does to the broker goes the way of every client's bytes.

So permissions, the firehose, confirms and the words of every refusal are the same ones. It does not outlive the call it was made for.
"""

import struct
from types import TracebackType
from typing import Final, NamedTuple, Self

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.connection import Connection
from embedded_server.brokers.amqp.errors import Reply
from embedded_server.brokers.amqp.frames import Frame, FrameReader
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.errors import ApiError, bad_request, from_amqp, no_such, not_authorised

PEER: Final = "management"
_CONNECTION_CLOSE: Final = 0x000A0032
_CHANNEL_CLOSE: Final = 0x00140028
_BASIC_RETURN: Final = 0x003C0032
_GET_OK: Final = 0x003C0047
_CHANNEL: Final = 1
_TAG_AND_FLAG: Final = struct.Struct(">QB")


class Refused(Exception):
    """The broker closed the channel or the connection."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text

    def as_api_error(self) -> ApiError:
        """What the API answers for a change of topology."""
        return from_amqp(self.code, self.text)

    def as_fetch_error(self) -> ApiError:
        """What the API answers where a message was to be fetched."""
        match self.code:
            case Reply.NOT_FOUND:
                return no_such(self.text)
            case Reply.ACCESS_REFUSED:
                return not_authorised(self.text)
            case _:
                return self.as_publish_error()

    def as_publish_error(self) -> ApiError:
        """What the API answers where a message was to be published."""
        return bad_request(f"{self.code} {self.text}")


class GotMessage(NamedTuple):
    """A message as ``basic.get`` gave it."""

    exchange: str
    routing_key: str
    redelivered: bool
    left: int
    """Ready messages behind it."""
    header: bytes
    """Its content header as it was published."""
    body: bytes


class InnerClient:
    """Connected as *user* to *vhost*; a context manager. Every call raises ``Refused`` where the broker refuses."""

    def __init__(self, broker: Broker, user: str, password: str, vhost: str) -> None:
        self._connection = Connection(broker, PEER)
        self._frames = FrameReader()
        try:
            self._open(user, password, vhost)
        except Refused:
            self._end()
            raise

    def _open(self, user: str, password: str, vhost: str) -> None:
        self._connection.receive_data(codec.PROTOCOL_HEADER)
        for number, payload in (
            (0, wire.start_ok(user, password)),
            (0, wire.tune_ok(1, codec.FRAME_MAX_SIZE)),
            (0, wire.connection_open(vhost)),
            (_CHANNEL, wire.channel_open()),
        ):
            self._send(codec.frame(number, payload))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def call(self, method: bytes) -> bytes:
        """Send a method; the payload of the broker's answer, empty where there is none."""
        frames = self._send(codec.frame(_CHANNEL, method))
        return frames[0][2] if frames else b""

    def publish(self, exchange: str, routing_key: str, header: bytes, body: bytes) -> bool:
        """Publish a message whose content header is *header*; whether it reached a queue."""
        frames = self._send(codec.content_frames(_CHANNEL, wire.basic_publish(exchange, routing_key), header, body, codec.FRAME_MAX_SIZE))
        return not any(kind == codec.FRAME_METHOD and codec.method_index(payload) == _BASIC_RETURN for kind, _, payload, _ in frames)

    def get(self, queue: str, *, no_ack: bool) -> GotMessage | None:
        """Fetch the next message of *queue*, left unacknowledged unless *no_ack*."""
        frames = self._send(codec.frame(_CHANNEL, wire.basic_get(queue, no_ack=no_ack)))
        payload = frames[0][2]
        if codec.method_index(payload) != _GET_OK:
            return None
        _, redelivered = _TAG_AND_FLAG.unpack_from(payload, 4)
        exchange, at = _short(payload, 13)
        routing_key, at = _short(payload, at)
        body = b"".join(piece for kind, _, piece, _ in frames if kind == codec.FRAME_BODY)
        return GotMessage(exchange, routing_key, bool(redelivered), int.from_bytes(payload[at : at + 4]), frames[1][2], body)

    def give_back(self, *, requeue: bool) -> None:
        """Reject all that was fetched: to where it was, or to the dead letter exchange."""
        self._send(codec.frame(_CHANNEL, wire.basic_nack(requeue=requeue)))

    def _send(self, data: bytes) -> list[Frame]:
        self._connection.receive_data(data)
        frames = [frame for frame in self._frames.feed(self._taken()) if frame[0] != codec.FRAME_HEARTBEAT]
        for kind, _, payload, _ in frames:
            if kind == codec.FRAME_METHOD and codec.method_index(payload) in {_CONNECTION_CLOSE, _CHANNEL_CLOSE}:
                text, _ = _short(payload, 6)
                raise Refused(int.from_bytes(payload[4:6]), text)
        return frames

    def _end(self) -> None:
        self._connection.connection_lost()
        self._connection.data_to_send()

    def _taken(self) -> bytes:
        return b"".join(self._connection.data_to_send())


def _short(payload: bytes, at: int) -> tuple[str, int]:
    end = at + 1 + payload[at]
    return payload[at + 1 : end].decode(errors="replace"), end
