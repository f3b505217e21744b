"""Protobuf's own message types as JSON has them (https://protobuf.dev/programming-guides/json/)."""

from collections.abc import Callable
from typing import Any, Final

from embedded_server.kafka.decoding.times import instant_text

_NANOS: Final = 1_000_000_000
_EXACT: Final = 2**53
"""Up to here a double holds every whole number."""


def _timestamp(made: dict[str, Any]) -> Any:
    seconds, nanos = made.get("seconds", 0), made.get("nanos", 0)
    if not 0 <= nanos < _NANOS:
        return made
    text = instant_text(seconds * _NANOS + nanos, _NANOS)
    return _short(text, "Z") if isinstance(text, str) else made


def _short(text: str, unit: str) -> str:
    """Leave out zeros in threes: milliseconds, microseconds, nanoseconds."""
    for zeros in (f"000000{unit}", f"000{unit}"):
        if "." in text and text.endswith(zeros):
            return text[: -len(zeros)] + unit
    return text


def _duration(made: dict[str, Any]) -> Any:
    seconds, nanos = made.get("seconds", 0), made.get("nanos", 0)
    if not -_NANOS < nanos < _NANOS or seconds * nanos < 0:
        return made
    fraction = f".{abs(nanos):09d}" if nanos else ""
    return _short(f"{'-' if seconds < 0 or nanos < 0 else ''}{abs(seconds)}{fraction}s", "s")


def _value(made: dict[str, Any]) -> Any:
    """A Value is whichever of its kinds is there; the parts of it are values already."""
    for name in ("struct_value", "list_value", "string_value", "number_value", "bool_value"):
        if name in made:
            value = made[name]
            return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else value
    return None


def _wrapped(zero: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda made: made.get("value", zero)


KNOWN: Final[dict[str, Callable[[dict[str, Any]], Any]]] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
    "google.protobuf.FieldMask": lambda made: ",".join(made.get("paths", [])),
    "google.protobuf.Struct": lambda made: made.get("fields", {}),
    "google.protobuf.ListValue": lambda made: made.get("values", []),
    "google.protobuf.Value": _value,
    "google.protobuf.StringValue": _wrapped(""),
    "google.protobuf.BytesValue": _wrapped(""),
    "google.protobuf.BoolValue": _wrapped(False),
    "google.protobuf.DoubleValue": _wrapped(0.0),
    "google.protobuf.FloatValue": _wrapped(0.0),
    **{f"google.protobuf.{kind}Value": _wrapped(0) for kind in ("Int32", "Int64", "UInt32", "UInt64")},
}
