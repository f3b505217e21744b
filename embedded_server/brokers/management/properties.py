"""A message's properties between JSON and the wire, and values of the wire as RabbitMQ writes them in JSON."""

import base64
import datetime as dt
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from embedded_server.brokers.amqp.codec import short
from embedded_server.brokers.amqp.errors import AmqpError
from embedded_server.brokers.amqp.properties import decoded_table, spans
from embedded_server.brokers.management import wire
from embedded_server.brokers.management.errors import bad_request

_TEXTS: Final = {
    "content_type": 0x8000,
    "content_encoding": 0x4000,
    "correlation_id": 0x0400,
    "reply_to": 0x0200,
    "expiration": 0x0100,
    "message_id": 0x0080,
    "type": 0x0020,
    "user_id": 0x0010,
    "app_id": 0x0008,
    "cluster_id": 0x0004,
}
_OCTETS: Final = {"delivery_mode": 0x1000, "priority": 0x0800}
_HEADERS: Final = 0x2000
_TIMESTAMP: Final = 0x0040
_HEAD: Final = struct.Struct(">HHQH")
_NAMES: Final = (*_TEXTS, *_OCTETS, "headers", "timestamp")
_NAME_OF: Final = {flag: name for name, flag in (*_TEXTS.items(), *_OCTETS.items(), ("headers", _HEADERS), ("timestamp", _TIMESTAMP))}
NOT_UTF8: Final = "Not UTF-8, base64 is: "


def content_header(properties: Mapping[str, Any], size: int) -> bytes:
    """The raw content header of a message with *properties*, out of JSON, and a body of *size* bytes; raises ``ApiError``."""
    fields: dict[int, bytes] = {}
    for name, value in properties.items():
        if name in _TEXTS:
            fields[_TEXTS[name]] = short(_text(name, value))
        elif name in _OCTETS:
            fields[_OCTETS[name]] = bytes((_number(name, value, 255),))
        elif name == "timestamp":
            fields[_TIMESTAMP] = struct.pack(">Q", _number(name, value, 2**63 - 1))
        elif name == "headers":
            if not isinstance(value, dict):
                raise bad_request(["not_object", name])
            fields[_HEADERS] = wire.table(value)
    return _HEAD.pack(60, 0, size, sum(fields)) + b"".join(fields[flag] for flag in sorted(fields, reverse=True))


def properties_row(header: bytes) -> dict[str, Any]:
    """The properties in a raw content header that are set; none where it cannot be read."""
    try:
        found = {_NAME_OF[flag]: _value(flag, header[start:end]) for flag, start, end in spans(header) if flag in _NAME_OF}
    except AmqpError:
        return {}
    return {name: found[name] for name in _NAMES if name in found}


def _value(flag: int, raw: bytes) -> Any:
    if flag == _HEADERS:
        return plain(decoded_table(raw))
    if flag == _TIMESTAMP or flag in _OCTETS.values():
        return int.from_bytes(raw)
    return _decoded(raw[1:])


def plain(value: object) -> Any:
    """A field value as RabbitMQ writes it in JSON."""
    match value:
        case None:
            return "undefined"
        case bytes() | bytearray():
            return _decoded(bytes(value))
        case dt.datetime():
            return int(value.timestamp())
        case Decimal():
            return float(value)
        case Mapping():
            return {str(name): plain(item) for name, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def _decoded(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return NOT_UTF8 + base64.b64encode(octets).decode()


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise bad_request(["not_string", name])
    if len(value.encode()) > wire.MAX_NAME_BYTES:
        raise bad_request(["too_long", name])
    return value


def _number(name: str, value: object, largest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= largest:
        raise bad_request(["not_int", name])
    return value
