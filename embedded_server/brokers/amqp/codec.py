"""AMQP 0-9-1 on the wire: methods out of bytes, and bytes out of methods and contents.

Methods go through pamqp. ``basic.publish``, ``basic.ack`` and what is sent for each message are packed by hand: they are nearly all of
the traffic, and the general codec spends ten times as long on them.
"""

import functools
import struct
from typing import Any, Final, NamedTuple

from pamqp import base, commands

from embedded_server.brokers.amqp.errors import AmqpError, Reply

PROTOCOL_HEADER: Final = b"AMQP\x00\x00\x09\x01"
PROTOCOL_HEADER_0_9: Final = b"AMQP\x01\x01\x00\x09"
"""How older clients ask for the same."""
METHOD_MIN_SIZE: Final = 4
CONTENT_MIN_SIZE: Final = 12
FRAME_METHOD: Final = 1
FRAME_HEADER: Final = 2
FRAME_BODY: Final = 3
FRAME_HEARTBEAT: Final = 8
FRAME_END: Final = 0xCE
FRAME_OVERHEAD: Final = 8
_SHOWN_BYTES: Final = 160
MAX_DEPTH: Final = 100
FRAME_MIN_SIZE: Final = 4096
FRAME_MAX_SIZE: Final = 131_072
HEARTBEAT: Final = b"\x08\x00\x00\x00\x00\x00\x00\xce"

BASIC_PUBLISH: Final = 0x003C0028
BASIC_ACK: Final = 0x003C0050
ACCESS_REQUEST: Final = 0x001E000A
ACCESS_REQUEST_OK: Final = b"\x00\x1e\x00\x0b\x00\x01"
_BASIC_RETURN: Final = b"\x00\x3c\x00\x32"
_BASIC_DELIVER: Final = b"\x00\x3c\x00\x3c"
_BASIC_GET_OK: Final = b"\x00\x3c\x00\x47"
_QUEUE_DECLARE_OK: Final = b"\x00\x32\x00\x0b"

FRAME_HEAD: Final = struct.Struct(">BHI")
_TAG_AND_FLAG: Final = struct.Struct(">QB")
_UINT: Final = struct.Struct(">I")
_TWO_UINTS: Final = struct.Struct(">II")
_ULONG: Final = struct.Struct(">Q")
_REPLY_CODE: Final = struct.Struct(">H")
_END: Final = b"\xce"
HEADER_MIN_SIZE: Final = 14


class Publish(NamedTuple):
    """The fields of ``basic.publish``."""

    exchange: str
    routing_key: str
    mandatory: bool
    immediate: bool


@functools.lru_cache(maxsize=1024)
def parse_publish(payload: bytes) -> Publish:
    """Read the payload of a ``basic.publish`` frame. What goes to the same address is the same object."""
    try:
        key_at = 7 + payload[6]
        exchange = payload[7:key_at].decode()
        flags_at = key_at + 1 + payload[key_at]
        flags = payload[flags_at]
        return Publish(exchange, payload[key_at + 1 : flags_at].decode(), bool(flags & 1), bool(flags & 2))
    except (IndexError, UnicodeDecodeError) as exc:
        raise cannot_decode(payload) from exc


def parse_ack(payload: bytes) -> tuple[int, bool]:
    """Read the payload of a ``basic.ack`` frame: the delivery tag, and whether all before it are meant too."""
    try:
        tag, flags = _TAG_AND_FLAG.unpack_from(payload, 4)
    except struct.error as exc:
        raise cannot_decode(payload) from exc
    return tag, bool(flags & 1)


def method_index(payload: bytes) -> int:
    """Class id and method id of a method frame, as one number."""
    if len(payload) < 4:
        raise cannot_decode(payload)
    return int.from_bytes(payload[:4])


def parse_method(payload: bytes) -> base.Frame:
    """Read any method frame's payload."""
    index = method_index(payload)
    known = commands.INDEX_MAPPING.get(index)
    if known is None:
        raise AmqpError(Reply.NOT_IMPLEMENTED, f"unknown method {index >> 16}.{index & 0xFFFF}")
    method: base.Frame = object.__new__(known)  # its constructor would fill in defaults, check them, and warn of old methods
    try:
        method.unmarshal(payload[4:])
    except (ValueError, TypeError, IndexError, struct.error, OverflowError, OSError, RecursionError) as exc:
        raise cannot_decode(payload) from exc
    for table in (getattr(method, "arguments", None), getattr(method, "client_properties", None)):
        if table and is_too_deep(table):
            raise AmqpError(Reply.FRAME_ERROR, f"tables are nested more than {MAX_DEPTH} deep")
    return method


def is_too_deep(table: object) -> bool:
    """Whether tables and lists are nested beyond what is ever read or kept. Python's own limit depends on who asks; this one does not."""
    level: list[Any] = [table]
    for _ in range(MAX_DEPTH):
        level = [item for one in level for item in (one.values() if isinstance(one, dict) else one) if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def cannot_decode(payload: bytes) -> AmqpError:
    """The error for a method or a content header whose fields do not add up."""
    octets = ",".join(str(octet) for octet in payload[4:_SHOWN_BYTES])  # more would not fit the text
    return AmqpError(Reply.FRAME_ERROR, f"cannot decode <<{octets}>>")


def short(text: str) -> bytes:
    """*text* as a short string."""
    octets = text.encode()
    return bytes((len(octets),)) + octets


@functools.lru_cache(maxsize=4096)
def address(exchange: str, routing_key: str) -> bytes:
    """Exchange and routing key as short strings."""
    return short(exchange) + short(routing_key)


def method_frame(channel: int, method: base.Frame) -> bytes:
    """A method as a whole frame."""
    return frame(channel, _UINT.pack(method.index) + method.marshal())


def frame(channel: int, payload: bytes, kind: int = FRAME_METHOD) -> bytes:
    """*payload* as a whole frame."""
    return b"".join((FRAME_HEAD.pack(kind, channel, len(payload)), payload, _END))


def deliver_prefix(consumer_tag: str) -> bytes:
    """What every ``basic.deliver`` to one consumer begins with."""
    return _BASIC_DELIVER + short(consumer_tag)


def deliver(prefix: bytes, delivery_tag: int, redelivered: bool, address: bytes) -> bytes:
    """Payload of ``basic.deliver``; *address* is exchange and routing key as short strings."""
    return b"".join((prefix, _TAG_AND_FLAG.pack(delivery_tag, redelivered), address))


def get_ok(delivery_tag: int, redelivered: bool, address: bytes, message_count: int) -> bytes:
    """Payload of ``basic.get-ok``."""
    return b"".join((_BASIC_GET_OK, _TAG_AND_FLAG.pack(delivery_tag, redelivered), address, _UINT.pack(message_count)))


def basic_return(reply: Reply, address: bytes) -> bytes:
    """Payload of ``basic.return``."""
    return b"".join((_BASIC_RETURN, _REPLY_CODE.pack(reply), short(reply.name), address))


def ack(delivery_tag: int, multiple: bool, *, negative: bool = False) -> bytes:
    """Payload of ``basic.ack``, or of ``basic.nack``, as a publisher's confirm."""
    return (b"\x00\x3c\x00\x78" if negative else b"\x00\x3c\x00\x50") + _TAG_AND_FLAG.pack(delivery_tag, multiple)


def queue_declare_ok(name: str, messages: int, consumers: int) -> bytes:
    """Payload of ``queue.declare-ok``; by hand, because pamqp refuses names that RabbitMQ takes."""
    return b"".join((_QUEUE_DECLARE_OK, short(name), _TWO_UINTS.pack(messages, consumers)))


def content_frames(channel: int, method: bytes, header: bytes, body: bytes, frame_max: int) -> bytes:
    """A method that carries a content, its header and its body, as whole frames."""
    parts = [FRAME_HEAD.pack(1, channel, len(method)), method, b"\xce", FRAME_HEAD.pack(2, channel, len(header)), header, b"\xce"]
    largest = frame_max - FRAME_OVERHEAD
    if 0 < len(body) <= largest:
        parts += (FRAME_HEAD.pack(3, channel, len(body)), body, b"\xce")
    else:
        for start in range(0, len(body), largest):
            piece = body[start : start + largest]
            parts += (FRAME_HEAD.pack(3, channel, len(piece)), piece, b"\xce")
    return b"".join(parts)


def body_size(header: bytes) -> int:
    """How many bytes of body a content header announces."""
    if len(header) < HEADER_MIN_SIZE:
        raise cannot_decode(header)
    return int(_ULONG.unpack_from(header, 4)[0])
