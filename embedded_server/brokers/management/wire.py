"""The methods of AMQP that the management API sends to the broker, packed by hand: the general codec refuses names that RabbitMQ takes."""

import struct
from collections.abc import Mapping
from typing import Any, Final

from embedded_server.brokers.amqp.codec import short
from embedded_server.brokers.amqp.dead_letter import encoded
from embedded_server.brokers.management.errors import bad_request

_METHOD: Final = struct.Struct(">HHH")
_START: Final = struct.Struct(">HH")
_MIN_LONG: Final = -(2**63)
_MAX_LONG: Final = 2**63 - 1
MAX_NAME_BYTES: Final = 255


def queue_declare(name: str, *, durable: bool, auto_delete: bool, arguments: Mapping[str, Any]) -> bytes:
    """``queue.declare``."""
    return _METHOD.pack(50, 10, 0) + _name(name) + bytes((_bits(False, durable, False, auto_delete),)) + table(arguments)


def queue_delete(name: str, *, if_unused: bool, if_empty: bool) -> bytes:
    """``queue.delete``."""
    return _METHOD.pack(50, 40, 0) + _name(name) + bytes((_bits(if_unused, if_empty),))


def queue_purge(name: str) -> bytes:
    """``queue.purge``."""
    return _METHOD.pack(50, 30, 0) + _name(name) + b"\0"


def queue_bind(queue: str, exchange: str, key: str, arguments: Mapping[str, Any]) -> bytes:
    """``queue.bind``."""
    return _METHOD.pack(50, 20, 0) + _name(queue) + _name(exchange) + _name(key) + b"\0" + table(arguments)


def queue_unbind(queue: str, exchange: str, key: str, arguments: Mapping[str, Any]) -> bytes:
    """``queue.unbind``."""
    return _METHOD.pack(50, 50, 0) + _name(queue) + _name(exchange) + _name(key) + _known(arguments)


def exchange_declare(name: str, kind: str, *, durable: bool, auto_delete: bool, internal: bool, arguments: Mapping[str, Any]) -> bytes:
    """``exchange.declare``."""
    flags = _bits(False, durable, auto_delete, internal)
    return _METHOD.pack(40, 10, 0) + _name(name) + _name(kind) + bytes((flags,)) + table(arguments)


def exchange_delete(name: str, *, if_unused: bool) -> bytes:
    """``exchange.delete``."""
    return _METHOD.pack(40, 20, 0) + _name(name) + bytes((_bits(if_unused),))


def exchange_bind(destination: str, source: str, key: str, arguments: Mapping[str, Any]) -> bytes:
    """``exchange.bind``."""
    return _METHOD.pack(40, 30, 0) + _name(destination) + _name(source) + _name(key) + b"\0" + table(arguments)


def exchange_unbind(destination: str, source: str, key: str, arguments: Mapping[str, Any]) -> bytes:
    """``exchange.unbind``."""
    return _METHOD.pack(40, 40, 0) + _name(destination) + _name(source) + _name(key) + b"\0" + _known(arguments)


def basic_publish(exchange: str, key: str) -> bytes:
    """``basic.publish``, mandatory."""
    return _METHOD.pack(60, 40, 0) + _name(exchange) + _name(key) + b"\1"


def basic_get(queue: str, *, no_ack: bool) -> bytes:
    """``basic.get``."""
    return _METHOD.pack(60, 70, 0) + _name(queue) + bytes((no_ack,))


def basic_nack(*, requeue: bool) -> bytes:
    """``basic.nack`` of all that was delivered."""
    return _START.pack(60, 120) + bytes(8) + bytes((_bits(True, requeue),))


def start_ok(user: str, password: str) -> bytes:
    """``connection.start-ok`` with SASL's PLAIN."""
    response = f"\0{user}\0{password}".encode(errors="surrogateescape")
    capabilities = {"capabilities": {"authentication_failure_close": True}}
    return _START.pack(10, 11) + table(capabilities) + short("PLAIN") + struct.pack(">I", len(response)) + response + short("en_US")


def tune_ok(channel_max: int, frame_max: int) -> bytes:
    """``connection.tune-ok`` without heartbeats."""
    return _START.pack(10, 31) + struct.pack(">HIH", channel_max, frame_max, 0)


def connection_open(vhost: str) -> bytes:
    """``connection.open``."""
    return _START.pack(10, 40) + _name(vhost) + b"\0\0"


def channel_open() -> bytes:
    """``channel.open``."""
    return _START.pack(20, 10) + b"\0"


def table(values: Mapping[str, Any]) -> bytes:
    """A field table out of JSON, typed as RabbitMQ types it; raises ``ApiError`` for what it refuses."""
    _check(values)
    return encoded(dict(values))[1:]


def _known(values: Mapping[str, Any]) -> bytes:
    """A field table that the broker has given out itself."""
    return encoded(dict(values))[1:]


def _check(value: object) -> None:
    match value:
        case None:
            raise bad_request("null_not_allowed")
        case int() if not _MIN_LONG <= value <= _MAX_LONG:
            raise bad_request(["not_integer", value])
        case dict():
            for name, item in value.items():
                _name(name)
                _check(item)
        case list():
            for item in value:
                _check(item)


def _name(name: str) -> bytes:
    if len(name.encode()) > MAX_NAME_BYTES:
        raise bad_request(f"a name has at most {MAX_NAME_BYTES} bytes")
    return short(name)


def _bits(*flags: bool) -> int:
    return sum(flag << place for place, flag in enumerate(flags))
