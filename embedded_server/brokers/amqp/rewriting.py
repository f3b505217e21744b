"""Content headers the broker makes or changes: spliced out of raw bytes, so that whatever it does not know stays as it was."""

import struct
from collections.abc import Mapping
from typing import Final

from embedded_server.brokers.amqp.codec import short
from embedded_server.brokers.amqp.properties import (
    DELIVERY_MODE,
    HEADERS,
    PRIORITY,
    REPLY_TO,
    TIMESTAMP,
    joined,
    spans,
)

_BASIC_CLASS: Final = 60
_UINT: Final = struct.Struct(">I")
_NAMES: Final = (
    "content_type",
    "content_encoding",
    "headers",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "type",
    "user_id",
    "app_id",
    "cluster_id",
)
_NAME_OF: Final = {0x8000 >> place: name for place, name in enumerate(_NAMES)}


def with_reply_to(header: bytes, address: str) -> bytes:
    """*header* with another ``reply_to``."""
    values = {flag: header[start:end] for flag, start, end in spans(header)}
    return joined(header, {**values, REPLY_TO: short(address)})


def header_with(headers: Mapping[str, bytes], body_size: int) -> bytes:
    """A content header with nothing but *headers*: encoded field values, their type's octet first."""
    return joined(struct.pack(">HHQ", _BASIC_CLASS, 0, body_size), {HEADERS: raw_table(headers)})


def raw_table(fields: Mapping[str, bytes]) -> bytes:
    """A field table of encoded field values."""
    entries = b"".join(short(name) + value for name, value in fields.items())
    return _UINT.pack(len(entries)) + entries


def property_fields(header: bytes) -> dict[str, bytes]:
    """The properties that are set, by name, as encoded field values."""
    return {_NAME_OF[flag]: _field(flag, header[start:end]) for flag, start, end in spans(header) if flag in _NAME_OF}


def _field(flag: int, raw: bytes) -> bytes:
    if flag == HEADERS:
        return b"F" + raw
    if flag in {DELIVERY_MODE, PRIORITY}:
        return b"I" + _UINT.pack(raw[0])
    if flag == TIMESTAMP:
        return b"I" + raw[4:]  # RabbitMQ calls it an integer of 32 bits
    return b"S" + _UINT.pack(raw[0]) + raw[1:]
