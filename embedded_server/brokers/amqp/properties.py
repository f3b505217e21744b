"""A message's properties without decoding them all: the content header stays raw, and what the broker needs is read out of it.

Layout: AMQP 0-9-1, section 4.2.6.1. Re-encoding a header would lose what a client's types meant (a double would become a float), so
dead-lettering splices bytes instead.
"""

import functools
import re
import struct
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pamqp import decode

from embedded_server.brokers.amqp.codec import cannot_decode, is_too_deep, short
from embedded_server.brokers.amqp.errors import precondition

_FLAGS: Final = struct.Struct(">H")
_UINT: Final = struct.Struct(">I")
PROPERTIES_AT: Final = 12

HEADERS: Final = 0x2000
DELIVERY_MODE: Final = 0x1000
PRIORITY: Final = 0x0800
_EXPIRATION: Final = 0x0100
TIMESTAMP: Final = 0x0040
_USER_ID: Final = 0x0010
REPLY_TO: Final = 0x0200

_SIZES: Final = {DELIVERY_MODE: 1, PRIORITY: 1, TIMESTAMP: 8}
_NUMBER: Final = re.compile(rb"[+-]?[0-9]+")
MAX_MILLISECONDS: Final = 315_360_000_000
"""Ten years: the longest life of a message or a queue."""
_PSEUDO_QUEUE: Final = b"amq.rabbitmq.reply-to"

_FIXED_SIZES: Final = {
    b"t": 1,
    b"b": 1,
    b"B": 1,
    b"s": 2,
    b"u": 2,
    b"I": 4,
    b"i": 4,
    b"l": 8,
    b"L": 8,
    b"f": 4,
    b"d": 8,
    b"D": 5,
    b"T": 8,
    b"V": 0,
}
_COUNTED: Final = frozenset({b"S", b"A", b"F", b"x"})


class Properties(NamedTuple):
    """The properties a broker acts on."""

    persistent: bool = False
    priority: int = 0
    expiration_ms: int | None = None
    user_id: str | None = None
    wants_reply: bool = False
    """Its ``reply_to`` asks for a direct reply."""
    copies: tuple[str, ...] = ()
    """Further routing keys, out of the headers ``CC`` and ``BCC``."""


PLAIN: Final = Properties()

# A publisher that sets no more than a few properties sets the same ones on every message.
MAX_REMEMBERED_BYTES: Final = 96
MAX_REMEMBERED: Final = 1024
_remembered: dict[bytes, Properties] = {}


def properties_of(header: bytes) -> Properties:
    """Read what matters from a raw content header.

    Raises ``AmqpError`` for a header that does not add up and for an expiration that is no number of milliseconds.
    """
    if len(header) > MAX_REMEMBERED_BYTES:
        return _read(header)
    raw = header[PROPERTIES_AT:]
    known = _remembered.get(raw)
    if known is None:
        known = _read(header)
        if len(_remembered) >= MAX_REMEMBERED:
            _remembered.clear()
        _remembered[raw] = known
    return known


def _read(header: bytes) -> Properties:
    persistent, priority, expiration_ms, user_id, wants_reply, copies = PLAIN
    for flag, start, end in spans(header):
        if flag == DELIVERY_MODE:
            persistent = header[start] == 2
        elif flag == PRIORITY:
            priority = header[start]
        elif flag == _EXPIRATION:
            expiration_ms = _expiration(header[start + 1 : end])
        elif flag == _USER_ID:
            user_id = header[start + 1 : end].decode(errors="replace")
        elif flag == REPLY_TO:
            wants_reply = header[start + 1 : end] == _PSEUDO_QUEUE
        elif flag == HEADERS and b"CC" in header[start:end]:
            copies = copies_in(decoded_table(header[start:]))
    return Properties(persistent, priority, expiration_ms, user_id, wants_reply, copies)


def copies_in(headers: Mapping[str, Any]) -> tuple[str, ...]:
    """The routing keys that ``CC`` and ``BCC`` name; raises ``AmqpError`` where they are no lists."""
    keys: list[str] = []
    for name in ("CC", "BCC"):
        told = headers.get(name, [])
        if not isinstance(told, list):
            raise precondition(f'invalid message: {{unacceptable_type_in_header,"{name}",{type_name(told)}}}')
        keys += [key for key in told if isinstance(key, str)]
    return tuple(keys)


def type_name(value: object) -> str:
    """RabbitMQ's word for the type of a field value."""
    match value:
        case None:
            return "void"
        case bool():
            return "bool"
        case int():
            return "signedint" if -(2**31) <= value < 2**31 else "long"
        case str():
            return "longstr"
        case bytes() | bytearray():
            return "binary"
        case float():
            return "float"
        case Decimal():
            return "decimal"
        case dict():
            return "table"
        case list():
            return "array"
        case _:
            return "timestamp"


@functools.lru_cache(maxsize=1024)
def _present(flags: int) -> tuple[tuple[int, int], ...]:
    """The flags that are set, in the order of their properties, each with its property's size; 0 where the size is on the wire."""
    return tuple((flag, _SIZES.get(flag, 0)) for flag in (0x8000 >> shift for shift in range(15)) if flags & flag)


def headers_of(header: bytes) -> dict[str, Any]:
    """Decode the headers table; empty where there is none or it cannot be read."""
    for flag, start, _ in spans(header):
        if flag == HEADERS:
            return decoded_table(header[start:])
    return {}


def decoded_table(raw: bytes) -> dict[str, Any]:
    """Decode a field table; empty where it cannot be read, or is nested too deep."""
    try:
        table = decode.field_table(raw)[1]
    except (ValueError, TypeError, IndexError, struct.error, OverflowError, OSError, RecursionError):
        return {}
    return {} if is_too_deep(table) else table


def with_headers(header: bytes, changes: Mapping[str, bytes]) -> bytes:
    """A content header without its expiration and with some headers replaced; every other byte is as it was.

    *changes* are encoded field values, their type's octet first; an empty one takes the header away.
    """
    kept = {flag: header[start:end] for flag, start, end in spans(header) if flag != _EXPIRATION}
    kept[HEADERS] = _replaced(kept.get(HEADERS, b""), changes)
    return joined(header, kept)


def without_header(header: bytes, name: str) -> bytes:
    """A content header without one of its headers; every other byte is as it was."""
    kept = {flag: header[start:end] for flag, start, end in spans(header)}
    kept[HEADERS] = _replaced(kept.get(HEADERS, b""), {name: b""})
    return joined(header, kept)


def joined(header: bytes, values: Mapping[int, bytes]) -> bytes:
    """*header* with these properties for its own: raw values by their flags."""
    flags = sum(values)
    return b"".join((header[:PROPERTIES_AT], _FLAGS.pack(flags), *(values[flag] for flag in sorted(values, reverse=True))))


def _replaced(table: bytes, changes: Mapping[str, bytes]) -> bytes:
    entries = [table[start:end] for key, start, end in _entries(table) if key not in changes]
    entries += [short(key) + value for key, value in changes.items() if value]
    return _UINT.pack(sum(map(len, entries))) + b"".join(entries)


def _entries(table: bytes) -> Iterator[tuple[str, int, int]]:
    """Key, start and end of each entry of a raw field table; ends early where the table does not add up."""
    position = 4
    while position < len(table):
        key_end = position + 1 + table[position]
        tag = table[key_end : key_end + 1]
        if tag in _FIXED_SIZES:
            end = key_end + 1 + _FIXED_SIZES[tag]
        elif tag in _COUNTED and key_end + 5 <= len(table):
            end = key_end + 5 + int(_UINT.unpack_from(table, key_end + 1)[0])
        else:
            return
        if end > len(table):
            return
        yield table[position + 1 : key_end].decode(errors="replace"), position, end
        position = end


Span = tuple[int, int, int]
"""A property's flag, and where it begins and ends in the raw content header. A plain tuple: most messages have several."""


def spans(header: bytes) -> list[Span]:
    """The properties that are present, in their order on the wire. Raises ``AmqpError`` for a header that does not add up."""
    size = len(header)
    if size < PROPERTIES_AT + 2:
        raise cannot_decode(header)
    found: list[Span] = []
    position = PROPERTIES_AT + 2
    for flag, fixed in _present(header[PROPERTIES_AT] << 8 | header[PROPERTIES_AT + 1]):
        if fixed:
            end = position + fixed
        elif flag == HEADERS:
            end = position + 4 + int.from_bytes(header[position : position + 4])
        else:
            end = position + 1 + (header[position] if position < size else size)
        if end > size:
            raise cannot_decode(header)
        found.append((flag, position, end))
        position = end
    return found


def _expiration(text: bytes) -> int:
    """As RabbitMQ reads it: a whole number, and nothing behind it."""
    shown = text.decode(errors="replace")
    number = _NUMBER.match(text)
    if number is None:
        raise precondition(f"invalid expiration '{shown}': no_integer")
    value, rest = int(number[0]), shown[number.end() :]
    if rest:
        raise precondition(f"invalid expiration '{shown}': {{leftover_string,\"{rest}\"}}")
    if value < 0:
        raise precondition(f"invalid expiration '{shown}': {{value_negative,{value}}}")
    if value > MAX_MILLISECONDS:
        raise precondition(f"invalid expiration '{shown}': {{value_too_large,{value}}}")
    return value
