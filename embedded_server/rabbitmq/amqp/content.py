"""A message's properties and headers: the content header's bytes to values and back (AMQP 0-9-1, section 4.2.6.1).

A copy of a message keeps the very bytes; they are decoded only to be shown or changed.
"""

import struct
from typing import Any, Final, NamedTuple

from embedded_server.contracts.rabbitmq import Properties
from embedded_server.rabbitmq.amqp.fields import FieldFault, NumberTooLarge, Table, decode_table, encode_short, encode_table

NO_CONTENT: Final = b"\x00\x00"
"""A content header without any property."""
_SHORT, _TABLE, _OCTET, _LONGLONG = range(4)
_HEADERS: Final = "headers"
_FIELDS: Final = (
    ("content_type", _SHORT),
    ("content_encoding", _SHORT),
    (_HEADERS, _TABLE),
    ("delivery_mode", _OCTET),
    ("priority", _OCTET),
    ("correlation_id", _SHORT),
    ("reply_to", _SHORT),
    ("expiration", _SHORT),
    ("message_id", _SHORT),
    ("timestamp", _LONGLONG),
    ("type", _SHORT),
    ("user_id", _SHORT),
    ("app_id", _SHORT),
    ("cluster_id", _SHORT),
)
_BITS: Final = tuple((1 << 15 - index, name, kind) for index, (name, kind) in enumerate(_FIELDS))
_U16: Final = struct.Struct(">H")
_U64: Final = struct.Struct(">Q")


class Content(NamedTuple):
    """Properties and headers. ``headers`` is None where there is no table at all."""

    properties: Properties
    headers: Table | None = None


NOTHING: Final = Content(Properties())


def decode_content(raw: bytes) -> Content:
    """Answer what the bytes behind a content header's body size say. Raises `FieldFault`."""
    if raw == NO_CONTENT:
        return NOTHING
    try:
        return _decoded(raw)
    except (struct.error, IndexError) as exc:
        raise FieldFault("the content header ends too early") from exc


def _decoded(raw: bytes) -> Content:
    (flags,) = _U16.unpack_from(raw)
    if flags & 1:
        raise FieldFault("the content header has more flags than AMQP 0-9-1 knows")
    at = 2
    found: dict[str, str | int] = {}
    headers: Table | None = None
    for bit, name, kind in _BITS:
        if not flags & bit:
            continue
        if kind == _SHORT:
            end = at + 1 + raw[at]
            found[name] = raw[at + 1 : end].decode("utf-8", "surrogateescape")
            at = end
        elif kind == _OCTET:
            found[name] = raw[at]
            at += 1
        elif kind == _LONGLONG:
            found[name] = _U64.unpack_from(raw, at)[0]
            at += 8
        else:
            headers, at = decode_table(raw, at)
    if at > len(raw):
        raise FieldFault("the content header ends too early")
    return Content(Properties(**found), headers)  # type: ignore[arg-type] # each has its type by its name


def encode_content(properties: Properties, headers: Table | None = None) -> bytes:
    """Answer the content header's bytes; an empty or no table of headers is left out. Raises a `FieldUnsendable`."""
    flags = 0
    pieces: list[bytes] = []
    for bit, name, kind in _BITS:
        value: Any = (headers or None) if kind == _TABLE else getattr(properties, name)
        if value is None:
            continue
        flags |= bit
        if kind == _SHORT:
            pieces.append(encode_short(value, name))
        elif kind == _TABLE:
            pieces.append(encode_table(value))
        else:
            pieces.append(_number(value, name, bits=8 if kind == _OCTET else 64))
    return _U16.pack(flags) + b"".join(pieces)


def _number(value: int, name: str, *, bits: int) -> bytes:
    if not 0 <= value < 1 << bits:
        raise NumberTooLarge(name=name, value=value, least=0, most=(1 << bits) - 1)
    return value.to_bytes(bits // 8, "big")
