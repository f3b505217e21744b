"""How values are written: sizes, durations, numbers and times."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from embedded_server.journal.filters.problems import NotADurationError, NotANumberError, NotASizeError, NotATimeError
from embedded_server.journal.filters.syntax import Value

MAX_INT: Final = 2**63 - 1
NS: Final = 1_000_000_000
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WITH_UNIT: Final = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))([A-Za-zµμ]*)", re.ASCII)
_AGE: Final = re.compile(r"-(\d+(?:\.\d*)?)([a-z]+)", re.ASCII)
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?", re.ASCII)
_SIZES: Final = {"": 1, "b": 1, "kb": 10**3, "k": 10**3, "mb": 10**6, "m": 10**6, "gb": 10**9, "g": 10**9}
_SIZES_BINARY: Final = {"kib": 2**10, "mib": 2**20, "gib": 2**30}
_SPANS: Final = {
    "": NS,
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": NS,
    "m": 60 * NS,
    "min": 60 * NS,
    "h": 3_600 * NS,
    "d": 86_400 * NS,
    "w": 604_800 * NS,
}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as precise as it was written: ``14:30`` is a minute long."""

    start: int
    end: int
    """Nanoseconds; the first one after it."""
    open_end: bool = False
    """An age: alone it means everything since."""


def number(text: str) -> int | float | None:
    """The number *text* writes, whole ones exact; None where it is none."""
    if not _NUMBER.fullmatch(text):
        return None
    if re.fullmatch(r"[+-]?\d{1,400}", text, re.ASCII):
        return int(text)
    value = float(text)
    return value if math.isfinite(value) else None


def number_of(value: Value) -> int | float:
    """A number that SQLite can be given."""
    found = None if value.quoted else number(value.text)
    if found is None:
        raise NotANumberError(value.at.position, value.at.length, value=value.text)
    return bindable(found)


def bindable(found: float) -> int | float:
    """Whole numbers beyond 64 bits become floats, for comparing."""
    if isinstance(found, int) and not -MAX_INT <= found <= MAX_INT:
        return math.copysign(1e308, found) if abs(found) > 10**308 else float(found)
    return found


def size_of(value: Value) -> int:
    """Bytes."""
    match = _WITH_UNIT.fullmatch(value.text)
    factor = None if match is None else (_SIZES | _SIZES_BINARY).get(match[2].lower())
    if match is None or factor is None:
        raise NotASizeError(value.at.position, value.at.length, value=value.text)
    return _scaled(match[1], factor)


def duration_of(value: Value) -> int:
    """Nanoseconds."""
    match = _WITH_UNIT.fullmatch(value.text)
    factor = None if match is None else _SPANS.get(match[2])
    if match is None or factor is None:
        raise NotADurationError(value.at.position, value.at.length, value=value.text)
    return _scaled(match[1], factor)


def _scaled(digits: str, factor: int) -> int:
    exact = int(digits[:400]) if digits.lstrip("+-").isdigit() else None
    if exact is not None:
        return max(-MAX_INT, min(exact * factor, MAX_INT))
    value = float(digits) * factor
    return round(value) if abs(value) < MAX_INT else int(math.copysign(MAX_INT, value))


def moment_of(value: Value, now: datetime) -> Moment:
    """When. *now* says what today is and from when ages count; without a zone a time is the server's local one."""
    text = value.text.strip()
    try:
        found = _age(text, now) or _day_word(text, now) or _clock(text, now) or _iso(text)
    except (ValueError, OverflowError, OSError):
        found = None
    if found is None:
        raise NotATimeError(value.at.position, value.at.length, value=value.text)
    return found


def _age(text: str, now: datetime) -> Moment | None:
    match = _AGE.fullmatch(text)
    factor = None if match is None else _SPANS.get(match[2])
    if match is None or factor is None:
        return None
    at = max(-MAX_INT, _ns(now) - _scaled(match[1], factor))
    return Moment(at, at, open_end=True)


def _day_word(text: str, now: datetime) -> Moment | None:
    days = {"today": 0, "yesterday": 1}.get(text.lower())
    if days is None:
        return None
    return _lasting((now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0), timedelta(days=1))


def _clock(text: str, now: datetime) -> Moment | None:
    match = _CLOCK.fullmatch(text)
    if match is None:
        return None
    start = now.replace(hour=int(match[1]), minute=int(match[2]), second=int(match[3] or 0), microsecond=0)
    if match[4]:
        nanoseconds = int(match[4][1:].ljust(9, "0"))
        at = _ns(start) + nanoseconds
        return Moment(at, at + 10 ** (9 - len(match[4][1:])))
    return _lasting(start, timedelta(seconds=1) if match[3] else timedelta(minutes=1))


def _iso(text: str) -> Moment | None:
    start = datetime.fromisoformat(text)
    clock = re.search(r"[T ](.*)", text)
    if clock is None:
        return _lasting(start, timedelta(days=1))
    digits = re.sub(r"[+-]\d{2}:?\d{2}$|Z$", "", clock[1])
    if "." in digits or "," in digits:
        at = _ns(start)
        return Moment(at, at + 1_000_000)
    return _lasting(start, timedelta(seconds=1) if digits.count(":") == 2 or len(digits) == 6 else timedelta(minutes=1))


def _lasting(start: datetime, span: timedelta) -> Moment:
    at = _ns(start)
    return Moment(at, at + int(span.total_seconds()) * NS)


def _ns(when: datetime) -> int:
    return int(when.replace(microsecond=0).timestamp()) * NS + when.microsecond * 1_000
