"""How numbers, sizes, durations and times are written everywhere in the window: one way each, pure and quick enough for a flood."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from desktop.core.i18n import tr

__all__ = [
    "TimeDisplay",
    "age",
    "date_time",
    "duration",
    "number",
    "rate",
    "set_time_display",
    "short_id",
    "short_number",
    "size",
    "span",
    "time_display",
    "time_text",
]

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class TimeDisplay:
    """How the user wants times: in which zone, and as a clock time or as an age."""

    utc: bool = False
    relative: bool = False


class _Current:
    display = TimeDisplay()


def set_time_display(display: TimeDisplay) -> None:
    """Write times like *display* from now on; whoever shows times repaints on the settings' signal."""
    _Current.display = display
    _day_of.cache_clear()
    _clock_of.cache_clear()


def time_display() -> TimeDisplay:
    """Answer how times are written at present."""
    return _Current.display


def number(value: float, decimals: int = 0) -> str:
    """Write a whole number with separators: ``1,203,441``; one of 64 bits stays exact."""
    if isinstance(value, int) and not decimals:
        return f"{value:,}"
    return f"{value:,.{decimals}f}"


def short_number(value: float) -> str:
    """Write a count where there is little room: ``412``, ``9,812``, ``12.3 k``, ``1.2 M``."""
    magnitude = abs(value)
    if magnitude < 10_000:
        return f"{value:,.0f}"
    for unit, factor in (("k", 1e3), ("M", 1e6), ("G", 1e9)):
        if magnitude < factor * 999.5 or unit == "G":
            scaled = value / factor
            return f"{scaled:.1f} {unit}" if abs(scaled) < 99.95 else f"{scaled:,.0f} {unit}"
    raise AssertionError


def rate(per_second: float) -> str:
    """Write a rate: ``0 / s``, ``0.4 / s``, ``1,204 / s``."""
    decimals = 1 if 0 < per_second < 10 and round(per_second, 1) != round(per_second) else 0
    return f"{per_second:,.{decimals}f} / s"


def size(byte_count: float) -> str:
    """Write a number of bytes in decimal units: ``178 B``, ``1.2 kB``, ``20 MB``."""
    value = float(byte_count)
    if value < 1000:
        return f"{value:.0f} B"
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.5 or unit == "TB":
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"
    raise AssertionError


def duration(ns: float) -> str:
    """Write a span of nanoseconds: ``0.4 ms``, ``84 ms``, ``1.25 s``, ``2 m 03 s``, ``1 h 04 m``, ``3 d 02 h``."""
    ms = ns / NS_PER_MS
    if ms < 9.95:
        return f"{ms:.1f} ms"
    if ms < 999.5:
        return f"{ms:.0f} ms"
    seconds = ns / NS_PER_S
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    minutes, seconds_left = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} m {seconds_left:02d} s"
    hours, minutes_left = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes_left:02d} m"
    days, hours_left = divmod(hours, 24)
    return f"{days} d {hours_left:02d} h"


def span(seconds: float) -> str:
    """Write how long something has lasted, in whole seconds: ``0 s``, ``35 s``, ``2 m 03 s``."""
    whole = int(seconds)
    return f"{whole} s" if whole < 60 else duration(whole * NS_PER_S)


@lru_cache(maxsize=4096)
def _clock_of(second: int) -> str:
    return _datetime_of(second).strftime("%H:%M:%S")


@lru_cache(maxsize=4096)
def _day_of(second: int) -> str:
    return _datetime_of(second).strftime("%Y-%m-%d")


def _datetime_of(second: float) -> datetime:
    moment = datetime.fromtimestamp(second, UTC)
    return moment if _Current.display.utc else moment.astimezone()


def time_text(ns: int, now_ns: int | None = None) -> str:
    """Write a moment for a table: ``03:14:58.105``, with its date when that is not today's; or its age. Nothing for 0."""
    if ns <= 0:
        return ""
    now = time.time_ns() if now_ns is None else now_ns
    if _Current.display.relative:
        return age(ns, now)
    second, rest = divmod(ns, NS_PER_S)
    clock = f"{_clock_of(second)}.{rest // NS_PER_MS:03d}"
    # Seconds within a minute share a day's look-up, so that a flood costs one dictionary hit.
    day, today = _day_of(second - second % 60), _day_of(now // NS_PER_S // 60 * 60)
    return clock if day == today else f"{day[5:] if day[:4] == today[:4] else day} {clock}"


def date_time(ns: int) -> str:
    """Write a moment in full: ``2026-11-24 03:14:58.105123 +08:00``. Nothing for 0."""
    if ns <= 0:
        return ""
    second, rest = divmod(ns, NS_PER_S)
    zone = _datetime_of(second).strftime("%z")
    return f"{_day_of(second)} {_clock_of(second)}.{rest // 1000:06d} {zone[:3]}:{zone[3:5]}"


def age(ns: int, now_ns: int | None = None) -> str:
    """Write how long ago a moment was: ``now``, ``3 s ago``, ``5 m ago``, ``2 h ago``, ``4 d ago``. Nothing for 0."""
    if ns <= 0:
        return ""
    seconds = max(0, ((time.time_ns() if now_ns is None else now_ns) - ns) // NS_PER_S)
    if seconds < 1:
        return tr("now")
    if seconds < 60:
        return tr("{n} s ago", n=seconds)
    if seconds < 3600:
        return tr("{n} m ago", n=seconds // 60)
    if seconds < 48 * 3600:
        return tr("{n} h ago", n=seconds // 3600)
    return tr("{n} d ago", n=seconds // 86400)


def short_id(identifier: str, length: int = 8) -> str:
    """Shorten an id to its first characters; the whole belongs into the tool tip and the clipboard."""
    return identifier if len(identifier) <= length + 2 else identifier[:length]


def breakable(name: str) -> str:
    """Let a name on the wire wrap behind its dots and underscores: it has no spaces to wrap at."""
    return name.replace(".", ".\u200b").replace("_", "_\u200b")
