"""AMQP's typed field tables: bytes to Python values and back, without loss (AMQP 0-9-1, section 4.2.5, as RabbitMQ reads it).

pika's own codec cuts fractions off floats, knows no float to send, and reads times as dates that not every time has.
"""

import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from embedded_server.contracts.problems import N_, UserFacingError

MAX_DEPTH: Final = 100
"""Tables within tables; RabbitMQ itself sets no limit."""
MAX_SHORT_BYTES: Final = 255

Value = Any
"""str, bool, int, float, Decimal, Timestamp, bytes, None, a list of these, or a dict from names to these."""
Table = dict[str, Value]


class Timestamp(int):
    """Whole seconds since the Unix epoch, apart from plain integers."""

    __slots__ = ()


class FieldFault(ValueError):
    """Bytes that are no field table."""


class FieldUnsendable(UserFacingError):
    """A value that AMQP has no place for."""

    status = 422
    title = N_("“{name}” cannot be sent: AMQP knows no such type")
    hint = N_("Use text, numbers, booleans, times, bytes, tables or arrays.")


class TextTooLong(FieldUnsendable):
    """A short string is counted in one byte."""

    title = N_("“{name}” is too long: {size} bytes")
    hint = N_("AMQP takes {most} bytes of UTF-8 there.")


class NestedTooDeep(FieldUnsendable):
    """Tables in tables in tables."""

    title = N_("“{name}” is nested too deep")
    hint = N_("Nest tables and arrays at most {most} deep.")


class NumberTooLarge(FieldUnsendable):
    """Numbers have 64 bits, decimals 32 without their point, times no sign."""

    title = N_("{value} does not fit into “{name}”")
    hint = N_("It takes numbers from {least} to {most}. Send it as text.")


_U32: Final = struct.Struct(">I")
_FIXED: Final = {
    ord("b"): struct.Struct(">b"),
    ord("B"): struct.Struct(">B"),
    ord("s"): struct.Struct(">h"),
    ord("U"): struct.Struct(">h"),
    ord("u"): struct.Struct(">H"),
    ord("I"): struct.Struct(">i"),
    ord("i"): struct.Struct(">I"),
    ord("l"): struct.Struct(">q"),
    ord("L"): struct.Struct(">q"),
    ord("f"): struct.Struct(">f"),
    ord("d"): struct.Struct(">d"),
}
_DECIMAL: Final = struct.Struct(">Bi")
_U64: Final = struct.Struct(">Q")
_INT32: Final = struct.Struct(">ci")
_INT64: Final = struct.Struct(">cq")
_DOUBLE: Final = struct.Struct(">cd")
_TIME: Final = struct.Struct(">cQ")
_LONG: Final = struct.Struct(">cI")
_DEC: Final = struct.Struct(">cBi")


# -- reading


def decode_table(data: bytes, at: int = 0) -> tuple[Table, int]:
    """Answer the table that begins at *at*, and where it ends. Raises `FieldFault`."""
    try:
        return _table(data, at, 0)
    except (struct.error, IndexError) as exc:
        raise FieldFault("a table ends too early") from exc


def _table(data: bytes, at: int, depth: int) -> tuple[Table, int]:
    if depth > MAX_DEPTH:
        raise FieldFault(f"tables are nested more than {MAX_DEPTH} deep")
    (size,) = _U32.unpack_from(data, at)
    at += 4
    end = at + size
    if end > len(data):
        raise FieldFault("a table is longer than what holds it")
    table: Table = {}
    while at < end:
        length = data[at]
        at += 1
        name = data[at : at + length].decode("utf-8", "surrogateescape")
        at += length
        table[name], at = _value(data, at, depth)
    if at != end:
        raise FieldFault("a value is longer than its table")
    return table, end


def _value(data: bytes, at: int, depth: int) -> tuple[Value, int]:  # noqa: C901 - a case a type, and the hot path
    kind = data[at]
    at += 1
    if kind == 83:  # S
        end = at + 4 + _U32.unpack_from(data, at)[0]
        raw = _slice(data, at + 4, end)
        try:
            return raw.decode(), end
        except UnicodeDecodeError:
            return raw, end
    fixed = _FIXED.get(kind)
    if fixed is not None:
        return fixed.unpack_from(data, at)[0], at + fixed.size
    if kind == 116:  # t
        return data[at] != 0, at + 1
    if kind == 70:  # F
        return _table(data, at, depth + 1)
    if kind == 65:  # A
        return _array(data, at, depth + 1)
    if kind == 84:  # T
        return Timestamp(_U64.unpack_from(data, at)[0]), at + 8
    if kind == 120:  # x
        end = at + 4 + _U32.unpack_from(data, at)[0]
        return _slice(data, at + 4, end), end
    if kind == 68:  # D
        scale, number = _DECIMAL.unpack_from(data, at)
        return Decimal(number).scaleb(-scale), at + 5
    if kind == 86:  # V
        return None, at
    raise FieldFault(f"there is no field type {chr(kind)!r}")


def _slice(data: bytes, at: int, end: int) -> bytes:
    if end > len(data):
        raise FieldFault("a value is longer than what holds it")
    return data[at:end]


def _array(data: bytes, at: int, depth: int) -> tuple[list[Value], int]:
    if depth > MAX_DEPTH:
        raise FieldFault(f"arrays are nested more than {MAX_DEPTH} deep")
    end = at + 4 + _U32.unpack_from(data, at)[0]
    if end > len(data):
        raise FieldFault("an array is longer than what holds it")
    at += 4
    values: list[Value] = []
    while at < end:
        value, at = _value(data, at, depth)
        values.append(value)
    if at != end:
        raise FieldFault("a value is longer than its array")
    return values, end


# -- writing


def encode_table(table: Mapping[str, Value]) -> bytes:
    """Answer *table* as bytes, its length first. Raises `FieldUnsendable`."""
    return _encoded_table(table, "", 0)


def encode_short(text: str, name: str) -> bytes:
    """Answer a short string; *name* says whose it is where it is too long."""
    raw = _utf8(text, name)
    if len(raw) > MAX_SHORT_BYTES:
        raise TextTooLong(name=name, size=len(raw), most=MAX_SHORT_BYTES)
    return bytes((len(raw),)) + raw


def _utf8(text: str, name: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")  # what came undecodable goes out as it came
    except UnicodeEncodeError as exc:
        raise FieldUnsendable(name=name) from exc


def _encoded_table(table: Mapping[str, Value], path: str, depth: int) -> bytes:
    _check_depth(path, depth)
    pieces: list[bytes] = []
    for name, value in table.items():
        inner = f"{path}.{name}" if path else name
        pieces += (encode_short(name, inner), _encoded_value(value, inner, depth))
    body = b"".join(pieces)
    return _U32.pack(len(body)) + body


def _check_depth(path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        shown = path if len(path) <= 60 else f"{path[:57]}…"
        raise NestedTooDeep(name=shown, most=MAX_DEPTH)


def _encoded_value(value: Value, path: str, depth: int) -> bytes:  # noqa: C901 - a case a type
    if isinstance(value, str):
        raw = _utf8(value, path)
        return _LONG.pack(b"S", len(raw)) + raw
    if isinstance(value, bool):
        return b"t\x01" if value else b"t\x00"
    if isinstance(value, Timestamp):
        if not 0 <= value < 2**64:
            raise NumberTooLarge(name=path, value=int(value), least=0, most=2**64 - 1)
        return _TIME.pack(b"T", value)
    if isinstance(value, int):
        return _encoded_int(value, path)
    if isinstance(value, float):
        return _DOUBLE.pack(b"d", value)
    if value is None:
        return b"V"
    if isinstance(value, Mapping):
        return b"F" + _encoded_table(value, path, depth + 1)
    if isinstance(value, list | tuple):
        _check_depth(path, depth + 1)
        body = b"".join([_encoded_value(one, f"{path}.{index}", depth + 1) for index, one in enumerate(value)])
        return _LONG.pack(b"A", len(body)) + body
    if isinstance(value, bytes | bytearray | memoryview):
        return _LONG.pack(b"x", len(value)) + bytes(value)
    if isinstance(value, Decimal):
        return _encoded_decimal(value, path)
    raise FieldUnsendable(name=path)


def _encoded_int(value: int, path: str) -> bytes:
    if -(2**31) <= value < 2**31:
        return _INT32.pack(b"I", value)
    if -(2**63) <= value < 2**63:
        return _INT64.pack(b"l", value)
    raise NumberTooLarge(name=path, value=str(value)[:40], least=-(2**63), most=2**63 - 1)


def _encoded_decimal(value: Decimal, path: str) -> bytes:
    exponent = value.as_tuple().exponent
    scale = max(0, -exponent) if isinstance(exponent, int) else 256
    if scale <= 255:
        number = int(value.scaleb(scale)) if value.adjusted() < 12 else 2**31
        if -(2**31) <= number < 2**31:
            return _DEC.pack(b"D", scale, number)
    raise NumberTooLarge(name=path, value=str(value)[:40], least=-(2**31), most=2**31 - 1)
