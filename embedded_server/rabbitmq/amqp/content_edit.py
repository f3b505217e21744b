"""Takes headers off a content header and leaves every other byte as it came, so that no type and no value of a copy changes."""

import struct
from collections.abc import Callable
from typing import Final

from embedded_server.rabbitmq.amqp.fields import FieldFault

_U16: Final = struct.Struct(">H")
_U32: Final = struct.Struct(">I")
_CONTENT_TYPE, _CONTENT_ENCODING, _HEADERS, _USER_ID = (1 << bit for bit in (15, 14, 13, 4))
_SIZES: Final = {ord(kind): size for kinds, size in (("tbB", 1), ("sUu", 2), ("Iif", 4), ("lLdT", 8), ("D", 5), ("V", 0)) for kind in kinds}
"""Bytes of a field's value by its type; all others tell their length in four bytes."""
_COUNTED: Final = frozenset(b"SxFA")


def has_user_id(content: bytes) -> bool:
    """Whether a message names the user who published it: nobody else may publish a copy that does."""
    return bool(int(_U16.unpack_from(content)[0]) & _USER_ID)


def without_headers(content: bytes, is_unwanted: Callable[[str], bool]) -> bytes:
    """Answer *content* without the headers that are unwanted. Raises `FieldFault`."""
    try:
        return _without(content, is_unwanted)
    except (struct.error, IndexError) as exc:
        raise FieldFault("the content header ends too early") from exc


def _without(content: bytes, is_unwanted: Callable[[str], bool]) -> bytes:
    (flags,) = _U16.unpack_from(content)
    if not flags & _HEADERS:
        return content
    start = 2
    for flag in (_CONTENT_TYPE, _CONTENT_ENCODING):
        if flags & flag:
            start += 1 + content[start]
    end = start + 4 + _U32.unpack_from(content, start)[0]
    if end > len(content):
        raise FieldFault("a table is longer than what holds it")
    kept = _kept(content[start + 4 : end], is_unwanted)
    if len(kept) == end - start - 4:
        return content
    table = _U32.pack(len(kept)) + kept if kept else b""
    left = flags if kept else flags & ~_HEADERS
    return _U16.pack(left) + content[2:start] + table + content[end:]


def _kept(table: bytes, is_unwanted: Callable[[str], bool]) -> bytes:
    pieces: list[bytes] = []
    at = 0
    while at < len(table):
        begin = at
        at += 1 + table[at]
        name = table[begin + 1 : at].decode("utf-8", "backslashreplace")
        kind = table[at]
        at += 1
        if kind in _COUNTED:
            at += 4 + _U32.unpack_from(table, at)[0]
        elif kind in _SIZES:
            at += _SIZES[kind]
        else:
            raise FieldFault(f"there is no field type {chr(kind)!r}")
        if at > len(table):
            raise FieldFault("a value is longer than its table")
        if not is_unwanted(name):
            pieces.append(table[begin:at])
    return b"".join(pieces)
