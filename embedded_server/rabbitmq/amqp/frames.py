"""Frames of the hot paths, made and read by hand: publishing, deliveries, acknowledgements (AMQP 0-9-1, sections 4.2.3 and 1.8.3).

pika's own objects for them take most of a message's time. Everything else goes through pika.
"""

import struct
from typing import Final

from embedded_server.rabbitmq.amqp.fields import encode_short

METHOD: Final = 1
HEADER: Final = 2
BODY: Final = 3
HEARTBEAT: Final = 8
FRAME_END: Final = 0xCE
OVERHEAD: Final = 8
"""Bytes of a frame beside its payload."""

BASIC: Final = 60
RETURN: Final = BASIC << 16 | 50
DELIVER: Final = BASIC << 16 | 60
GET_OK: Final = BASIC << 16 | 71
GET_EMPTY: Final = BASIC << 16 | 72
ACK: Final = BASIC << 16 | 80
NACK: Final = BASIC << 16 | 120
OURS: Final = frozenset({RETURN, DELIVER, GET_OK, GET_EMPTY, ACK, NACK})
"""Methods that pika never sees."""

_END: Final = b"\xce"
_HEAD: Final = struct.Struct(">BHI")
_METHOD_TAG: Final = struct.Struct(">BHIIQB")
_HEADER: Final = struct.Struct(">BHIHHQ")
_PUBLISH: Final = struct.pack(">HHH", BASIC, 40, 0)
_GET: Final = struct.pack(">HHH", BASIC, 70, 0)
_REJECT: Final = BASIC << 16 | 90


def publish_head(channel: int, exchange: str, routing_key: str, *, mandatory: bool) -> bytes:
    """Answer the method frame of basic.publish. Raises `TextTooLong`."""
    payload = _PUBLISH + encode_short(exchange, "exchange") + encode_short(routing_key, "routing key") + (b"\x01" if mandatory else b"\x00")
    return _HEAD.pack(METHOD, channel, len(payload)) + payload + _END


def content_frames(channel: int, content: bytes, body: bytes, max_payload: int) -> bytes:
    """Answer the header frame and the body frames of a message; *content* is its properties as bytes."""
    size = len(body)
    header = _HEADER.pack(HEADER, channel, len(content) + 12, BASIC, 0, size) + content
    if not size:
        return header + _END
    if size <= max_payload:
        return b"".join((header, _END, _HEAD.pack(BODY, channel, size), body, _END))
    pieces: list[bytes | memoryview] = [header, _END]
    view = memoryview(body)
    for first in range(0, size, max_payload):
        piece = view[first : first + max_payload]
        pieces += (_HEAD.pack(BODY, channel, len(piece)), piece, _END)
    return b"".join(pieces)


def get_frame(channel: int, queue: str, *, no_ack: bool) -> bytes:
    """Answer basic.get."""
    payload = _GET + encode_short(queue, "queue") + (b"\x01" if no_ack else b"\x00")
    return _HEAD.pack(METHOD, channel, len(payload)) + payload + _END


def ack_frame(channel: int, tag: int, *, multiple: bool) -> bytes:
    """Answer basic.ack."""
    return _METHOD_TAG.pack(METHOD, channel, 13, ACK, tag, multiple) + _END


def nack_frame(channel: int, tag: int, *, multiple: bool, requeue: bool) -> bytes:
    """Answer basic.nack."""
    return _METHOD_TAG.pack(METHOD, channel, 13, NACK, tag, multiple | requeue << 1) + _END


def reject_frame(channel: int, tag: int, *, requeue: bool) -> bytes:
    """Answer basic.reject."""
    return _METHOD_TAG.pack(METHOD, channel, 13, _REJECT, tag, requeue) + _END
