"""Moments, lengths of time, sizes and offsets as somebody types them for Kafka, and as they are shown again."""

import re
import time
from datetime import UTC, datetime
from datetime import time as clock_time
from typing import Final

from desktop.core.formatting import date_time, time_display
from desktop.core.tasks_draft import parse_duration

INT64: Final = 2**63
NS_PER_MS: Final = 1_000_000
_CLOCK: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d{1,3})?)?")
_AGO: Final = re.compile(r"-\s*(.+)|(.+?)\s+ago")
_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_SIZES: Final = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_STEPS_MS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_SIZE_STEPS: Final = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


def millis_of(text: str, now_ms: int | None = None) -> int | None:
    """Answer milliseconds since 1970 for ``now``, ``-15m``, ``2h ago``, ``14:30``, a date and time, or the number itself; else None.

    What names no zone is in the zone in which times are shown; a clock time is today's.
    """
    text = text.strip()
    now = time.time_ns() // NS_PER_MS if now_ms is None else now_ms
    if text.lower() == "now":
        return now
    if text.isascii() and text.isdigit():
        return int(text) if int(text) < INT64 else None
    if (ago := _AGO.fullmatch(text)) is not None:
        seconds = parse_duration(ago[1] or ago[2])
        return None if seconds is None else max(0, now - round(seconds * 1000))
    return _moment_ms(text, now)


def _moment_ms(text: str, now_ms: int) -> int | None:
    zone = UTC if time_display().utc else None
    try:
        if _CLOCK.fullmatch(text):
            whole = text if text.index(":") == 2 else f"0{text}"
            today = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).date()
            moment = datetime.combine(today, clock_time.fromisoformat(whole))
        else:
            moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC) if zone else moment.astimezone()
        return max(0, round(aware.timestamp() * 1000))
    except (ValueError, OverflowError, OSError):
        return None


def millis_text(millis: int) -> str:
    """Write a moment of Kafka in full, to the millisecond: it is read back as the same."""
    head, _, zone = date_time(max(1, millis * NS_PER_MS) if millis >= 0 else 0).rpartition(" ")  # 1970 is a moment, too
    return f"{head[:-3]}{zone}" if head else ""


def offset_of(text: str) -> int | None:
    """Answer an offset such as ``1,204``; None where it is none."""
    digits = text.strip().replace(",", "").replace("_", "").replace(" ", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) < INT64 else None


def shift_of(text: str) -> int | None:
    """Answer a number of records with its sign, such as ``-500`` or ``+20``; None where it is none."""
    bare = text.strip().replace("\u2212", "-")
    value = offset_of(bare.lstrip("+-")) if len(bare) - len(bare.lstrip("+-")) <= 1 else None
    return None if value is None else -value if bare.startswith("-") else value


def duration_ms(text: str) -> int | None:
    """Answer the milliseconds of ``7d``, ``36h`` or ``500ms``; a bare number is milliseconds, ``-1`` is for ever. None where it is none."""
    text = text.strip()
    if text == "-1":
        return -1
    if text.isascii() and text.isdigit():
        return int(text) if int(text) < INT64 else None
    seconds = parse_duration(text)
    return None if seconds is None or seconds * 1000 >= INT64 else round(seconds * 1000)


def duration_text(millis: int) -> str:
    """Write milliseconds in the largest unit that says them exactly: ``7d``."""
    unit, step = next(((unit, step) for unit, step in _STEPS_MS if millis > 0 and millis % step == 0), ("ms", 1))
    return f"{millis // step}{unit}" if millis > 0 else str(millis)


def size_of(text: str) -> int | None:
    """Answer the bytes of ``1 MiB``, ``500kB`` or ``1048588``; ``-1`` is no limit. None where it is none."""
    text = text.strip()
    if text == "-1":
        return -1
    found = _SIZE.fullmatch(text.lower())
    if found is None or found[2] not in _SIZES:
        return None
    value = int(found[1]) if found[1].isdigit() else float(found[1])
    return round(value * _SIZES[found[2]])


def size_text(count: int) -> str:
    """Write bytes in the largest unit that says them exactly: ``1 GiB``; else the number."""
    found = next(((unit, step) for unit, step in _SIZE_STEPS if count > 0 and count % step == 0), None)
    return f"{count // found[1]} {found[0]}" if found else str(count)
