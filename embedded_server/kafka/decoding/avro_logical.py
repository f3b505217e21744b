"""Avro's logical types as text people read, and back, without losing a digit (Avro 1.12, "Logical Types")."""

import base64
import re
import uuid
from collections.abc import Callable
from typing import Any, Final

from embedded_server.kafka.decoding import times
from embedded_server.kafka.decoding.avro_nodes import Node, Shape
from embedded_server.kafka.decoding.plain import shortest

MOST_DECIMAL_BYTES: Final = 1_024
"""A longer number is shown as its bytes: writing it out takes time with the square of its length."""
_UNITS: Final = {"millis": 1_000, "micros": 1_000_000, "nanos": 1_000_000_000}
_DECIMAL: Final = re.compile(r"([+-]?)(\d{1,3000})(?:\.(\d{1,3000}))?")
_DURATION: Final = ("months", "days", "millis")

Show = Callable[[Any], Any]


def shown(node: Node) -> Show | None:
    """Answer how a value of *node* as it is in the bytes becomes a JSON value; None where it is one."""
    logical = node.logical
    if logical == "decimal":
        return lambda raw: decimal_text(raw, node.scale)
    if logical == "uuid":
        return str if node.shape is Shape.STRING else lambda raw: str(uuid.UUID(bytes=raw))
    if logical == "duration":
        return _duration
    if logical == "date":
        return times.date_text
    if logical:
        return _timed(logical)
    if node.shape in {Shape.BYTES, Shape.FIXED}:
        return lambda raw: base64.b64encode(raw).decode()
    return shortest if node.shape is Shape.FLOAT else None


def _timed(logical: str) -> Show:
    what, _, unit = logical.rpartition("-")
    ticks = _UNITS[unit]
    if what == "time":
        return lambda raw: times.time_text(raw, ticks)
    local = what.startswith("local")
    return lambda raw: times.instant_text(raw, ticks, local=local)


def decimal_text(raw: bytes, scale: int) -> str:
    """Answer a decimal with as many digits after the point as its scale says."""
    if len(raw) > MOST_DECIMAL_BYTES:
        return base64.b64encode(raw).decode()
    unscaled = int.from_bytes(raw, "big", signed=True)
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    point = len(digits) - scale
    return f"{'-' if unscaled < 0 else ''}{digits[:point]}{'.' if scale else ''}{digits[point:]}"


def _duration(raw: bytes) -> dict[str, int]:
    return {name: int.from_bytes(raw[at : at + 4], "little") for name, at in zip(_DURATION, (0, 4, 8), strict=True)}


# -- and back; None is: this is not one


def ticks_of(node: Node, value: Any) -> int | None:
    """Answer the number of a date, a time or an instant that is given as text."""
    if not isinstance(value, str):
        return None
    if node.logical == "date":
        return times.date_of(value)
    what, _, unit = node.logical.rpartition("-")
    ticks = _UNITS.get(unit)
    if ticks is None:
        return None
    return times.time_of(value, ticks) if what == "time" else times.instant_of(value, ticks, local=what.startswith("local"))


def decimal_bytes(node: Node, value: Any) -> bytes | None:
    """Answer the bytes of a decimal that is given as text or as a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    found = _DECIMAL.fullmatch(str(value))
    if found is None:
        return None
    fraction = (found[3] or "").rstrip("0")
    if len(fraction) > node.scale:
        return None
    unscaled = int(found[2] + fraction.ljust(node.scale, "0")) * (-1 if found[1] == "-" else 1)
    if node.shape is Shape.FIXED:
        try:
            return unscaled.to_bytes(node.size, "big", signed=True)
        except OverflowError:
            return None
    bits = (unscaled if unscaled >= 0 else ~unscaled).bit_length()  # so that -128 takes one byte
    return unscaled.to_bytes(bits // 8 + 1, "big", signed=True)


def duration_bytes(value: Any) -> bytes | None:
    """Answer the bytes of a duration."""
    if not isinstance(value, dict) or set(value) != set(_DURATION):
        return None
    parts = [value[name] for name in _DURATION]
    if not all(isinstance(part, int) and not isinstance(part, bool) and 0 <= part < 2**32 for part in parts):
        return None
    return b"".join(part.to_bytes(4, "little") for part in parts)


def uuid_bytes(value: Any) -> bytes | None:
    """Answer the bytes of a UUID's text."""
    try:
        return uuid.UUID(value).bytes if isinstance(value, str) else None
    except ValueError:
        return None
