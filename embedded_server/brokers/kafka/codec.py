"""Requests and answers as bytes, by kafka-python's message classes, which know every field of every version."""

import struct
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, Final
from uuid import UUID

Buffer = bytes | bytearray | memoryview
Values = Mapping[str, Any]
"""An answer's fields by their names in the protocol, in snake case. Those that its version has not are left out; those not told have
the protocol's defaults. A structure within is a mapping again."""

NO_TOPIC_ID: Final = UUID(int=0)
FRAME_SIZE: Final = struct.Struct(">i")
_HEAD: Final = struct.Struct(">hhi")
_LENGTH: Final = struct.Struct(">h")


class Malformed(Exception):
    """A request whose bytes are not what its version says; Kafka closes the connection."""


def load() -> None:
    """Import the message classes, which the first request would wait for; a broker is ready sooner that does so once it is."""
    _schemas()


@cache
def _schemas() -> ModuleType:
    from embedded_server.brokers.kafka import schemas

    return schemas


def request_class(key: int) -> Any:
    """The message class of a request."""
    return _schemas().REQUESTS[key]


def response_class(key: int) -> Any:
    """The message class of its answer."""
    return _schemas().RESPONSES[key]


def is_flexible(key: int, version: int) -> bool:
    """Whether that version has compact lengths and tagged fields (KIP-482)."""
    return bool(request_class(key).flexible_version_q(version))


def parse_head(data: memoryview) -> tuple[int, int, int]:
    """A request's key, version and correlation id. Raises ``Malformed``."""
    try:
        return _HEAD.unpack_from(data, 0)
    except struct.error as exc:
        raise Malformed from exc


def parse_client_id(data: memoryview, *, flexible: bool) -> tuple[str, int]:
    """The client's name from behind the head, and where the request's body begins. Raises ``Malformed``."""
    pos = _HEAD.size
    try:
        (length,) = _LENGTH.unpack_from(data, pos)
        pos += 2
        end = pos + max(length, 0)
        name = str(data[pos:end], "utf-8")
        pos = end
        if flexible:
            pos = skip_tags(data, pos)
    except (struct.error, IndexError, UnicodeDecodeError) as exc:
        raise Malformed from exc
    if pos > len(data):
        raise Malformed
    return name, pos


def skip_tags(data: Buffer, pos: int) -> int:
    """Where the tagged fields at *pos* end. Raises ``IndexError``."""
    count, pos = uvarint(data, pos)
    for _ in range(count):
        _, pos = uvarint(data, pos)
        size, pos = uvarint(data, pos)
        pos += size
    return pos


def uvarint(data: Buffer, pos: int) -> tuple[int, int]:
    """A number of variable length, and where it ends. Raises ``IndexError``."""
    value = data[pos]
    pos += 1
    if value < 0x80:
        return value, pos
    value &= 0x7F
    for shift in (7, 14, 21, 28):
        byte = data[pos]
        pos += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, pos
    raise IndexError(pos)


def varint_bytes(value: int) -> bytes:
    """An unsigned number in its variable length."""
    if value < 0x80:
        return bytes((value,))
    made = bytearray()
    while value >= 0x80:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def decode_body(key: int, version: int, data: memoryview, pos: int) -> Any:
    """A request's fields. Raises ``Malformed``."""
    decode, check = _decoder(key, version)
    try:
        body, end = decode(data, pos)
        if end > len(data):
            raise Malformed
        check(body)
    except (struct.error, IndexError, ValueError, TypeError, AssertionError, OverflowError, MemoryError, KeyError) as exc:
        raise Malformed from exc
    return body


def encode_body(key: int, version: int, values: Values) -> bytes:
    """An answer's bytes, without frame and header."""
    encode, fill = _encoder(key, version)
    item = fill(values)
    with _schemas().EncodeBufferPool.acquire() as out:
        encode(item, out)
        return bytes(out.result())


@cache
def _decoder(key: int, version: int) -> tuple[Any, Any]:
    cls = request_class(key)
    flexible = is_flexible(key, version)
    decode = cls._struct.compiled_decode_from(version, compact=flexible, tagged=flexible, data_class=cls)
    return decode, _null_check(cls._struct, version)


def _null_check(struct_field: Any, version: int) -> Any:
    """A function that raises ``Malformed`` where null stands for something that cannot be null."""
    required: list[str] = []
    nested: list[tuple[str, bool, Any]] = []
    for field in struct_field.untagged_fields(version):
        nullable = field.nullable_for_version_q(version)
        if not nullable and field.type_str != "uuid":  # an id of zeros is read as none
            required.append(field.name)
        inner = _check_within(field, version)
        if inner is not None:
            nested.append((field.name, field.is_array(), inner))

    def check(body: Any) -> None:
        for name in required:
            if getattr(body, name) is None:
                raise Malformed(name)
        for name, many, inner in nested:
            value = getattr(body, name)
            if value is None:
                continue
            for one in value if many else (value,):
                inner(one)

    return check


def _check_within(field: Any, version: int) -> Any:
    """The function for a structure, for each of an array of them, or for each text of an array; nothing where no null can be."""
    if field.type_str == "[]string":
        return _check_text
    if field.is_struct_array():
        return _null_check(field.array_of, version)
    return _null_check(field, version) if field.is_struct() else None


def _check_text(text: str | None) -> None:
    if text is None:
        raise Malformed


@cache
def _encoder(key: int, version: int) -> tuple[Any, Any]:
    cls = response_class(key)
    flexible = is_flexible(key, version)
    return cls._struct.compiled_encode_into(version, compact=flexible, tagged=flexible), _filler(cls, cls._struct, version)


def _filler(cls: Any, struct_field: Any, version: int) -> Any:
    """A function that makes a *cls* of a mapping: its constructor takes ten times as long."""
    names = frozenset(field.name for field in struct_field.fields.values())
    plain: list[tuple[str, Any]] = []
    nested: list[tuple[str, bool, Any, Any]] = []
    for field in struct_field.fields.values():
        if not field.for_version_q(version):
            continue
        if field.is_struct_array() or field.is_struct():
            inner = field.array_of if field.is_struct_array() else field
            default = None if field.is_struct() else field.default
            nested.append((field.name, field.is_struct_array(), _filler(field.data_class, inner, version), default))
        else:
            plain.append((field.name, field.default))

    def fill(values: Values) -> Any:
        made = object.__new__(cls)
        made._version = version
        made.tags = made.unknown_tags = None
        for name, default in plain:
            setattr(made, name, values.get(name, default))
        for name, many, inner, default in nested:
            value = values.get(name, default)
            if value is not None:
                value = [inner(one) for one in value] if many else inner(value)
            setattr(made, name, value)
        if not names.issuperset(values):
            raise KeyError(f"{cls.__name__} has no {sorted(set(values) - names)}")
        return made

    return fill
