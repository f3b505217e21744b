"""Instants, dates and times of day as exact text, and back; what lies outside of years 1 to 9999 stays a number."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_DAYS: Final = range(1, date(9999, 12, 31).toordinal() + 1)
_DAY_S: Final = 86_400
_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?")
_TIME: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?")


def instant_text(ticks: int, per_second: int, *, local: bool = False) -> str | int:
    """Answer an instant as ``2026-11-24T11:51:18.123Z``; *local* ones have no zone."""
    seconds, rest = divmod(ticks, per_second)
    try:
        whole = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
    except OverflowError:
        return ticks
    return f"{whole}{_fraction(rest, per_second)}{'' if local else 'Z'}"


def instant_of(text: str, per_second: int, *, local: bool = False) -> int | None:
    """Answer the ticks of an instant; None where it is none, or finer than they are."""
    found = _INSTANT.fullmatch(text)
    if found is None or (local and found[4]):
        return None
    zone = "+00:00" if found[4] in {None, "Z"} else found[4]
    try:
        whole = datetime.fromisoformat(f"{found[1]}T{found[2]}{zone}") - _EPOCH
    except (ValueError, OverflowError):
        return None
    rest = _ticks(found[3], per_second)
    return None if rest is None else (whole.days * _DAY_S + whole.seconds) * per_second + rest


def date_text(days: int) -> str | int:
    """Answer a day as ``2026-11-24``, by its distance to 1970-01-01."""
    day = days + _EPOCH_DAY
    return date.fromordinal(day).isoformat() if day in _DAYS else days


def date_of(text: str) -> int | None:
    """Answer the days since 1970-01-01; None where it is no day."""
    try:
        return date.fromisoformat(text).toordinal() - _EPOCH_DAY
    except ValueError:
        return None


def time_text(ticks: int, per_second: int) -> str | int:
    """Answer a time of day as ``11:51:18.123``."""
    seconds, rest = divmod(ticks, per_second)
    if not 0 <= seconds < _DAY_S:
        return ticks
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{_fraction(rest, per_second)}"


def time_of(text: str, per_second: int) -> int | None:
    """Answer the ticks since midnight; None where it is no time of day."""
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    rest = _ticks(found[4], per_second)
    return None if rest is None else (int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)) * per_second + rest


def _fraction(rest: int, per_second: int) -> str:
    return f".{rest:0{len(str(per_second)) - 1}d}" if rest else ""


def _ticks(digits: str | None, per_second: int) -> int | None:
    if not digits:
        return 0
    wide = int(digits.ljust(9, "0"))
    ticks, rest = divmod(wide, 1_000_000_000 // per_second)
    return None if rest else ticks
