"""Times, sizes and states as a table shows them: short, aligned, the same everywhere."""

import time
from typing import Final

_KB: Final = 1000
_UNITS: Final = ("kB", "MB", "GB", "TB")

_STATUS_TONES: Final = {
    "SUCCESS": "ok",
    "STARTED": "run",
    "PROGRESS": "run",
    "RECEIVED": "run",
    "PENDING": "wait",
    "RETRY": "warn",
    "REVOKED": "warn",
    "FAILURE": "bad",
    "REJECTED": "bad",
    "DEBUG": "wait",
    "INFO": "run",
    "WARNING": "warn",
    "ERROR": "bad",
    "CRITICAL": "bad",
    "STOPPED": "wait",
    "FAILED": "bad",
    "OK": "ok",
}
_KIND_TONES: Final = {
    "task.sent": "wait",
    "task.received": "run",
    "task.started": "run",
    "task.progress": "run",
    "task.succeeded": "ok",
    "task.failed": "bad",
    "task.retried": "warn",
    "task.revoked": "warn",
    "task.rejected": "bad",
    "worker.online": "ok",
    "worker.offline": "bad",
    "message.returned": "warn",
    "sse.opened": "ok",
    "ws.opened": "ok",
}


class _Clock:
    """The last second formatted: a table full of rows mostly shares a few of them."""

    second = -1
    text = ""


def clock_time(at_ns: int, *, with_date: bool = False) -> str:
    """Local time to the millisecond, such as ``03:14:58.105``; nothing where the time is not known (0)."""
    if not at_ns:
        return ""
    second, rest = divmod(at_ns, 1_000_000_000)
    if with_date:
        return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(second))}.{rest // 1_000_000:03d}"
    if second != _Clock.second:
        _Clock.text = time.strftime("%H:%M:%S", time.localtime(second))
        _Clock.second = second
    return f"{_Clock.text}.{rest // 1_000_000:03d}"


def size_text(size: int) -> str:
    """Bytes with their unit, such as ``178 B``, ``1.2 kB`` and ``20 MB``; nothing for none."""
    if size < _KB:
        return f"{size} B" if size else ""
    value = float(size)
    for unit in _UNITS:
        value /= _KB
        if value < 999.5 or unit == _UNITS[-1]:
            return f"{value:.1f} {unit}" if value < 9.95 else f"{value:,.0f} {unit}"
    raise AssertionError


def duration_text(ns: int) -> str:
    """A run time with its unit, such as ``84 ms``, ``1.25 s`` and ``3 min 5 s``; nothing for none."""
    if ns <= 0:
        return ""
    ms = ns / 1_000_000
    if ms < 0.9995:
        return f"{ns / 1000:.0f} µs"
    if ms < 9.95:
        return f"{ms:.1f} ms"
    if ms < 999.5:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 9.995 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def short_id(text: str, keep: int = 8) -> str:
    """The beginning of a long id; the whole stays in the tool tip and the clipboard."""
    return text if len(text) <= keep + 4 else f"{text[:keep]}…"


def status_tone(status: str) -> str | None:
    """The state colour of a status word, an HTTP status or a close code; none where it says nothing of good or bad."""
    tone = _STATUS_TONES.get(status) or _STATUS_TONES.get(status.upper())
    if tone or not status.isdecimal():
        return tone
    code = int(status)
    if code in {1000, 1001}:
        return "wait"
    if code >= 1000:
        return "bad"
    return "ok" if code < 300 else "run" if code < 400 else "warn" if code < 500 else "bad"


def kind_tone(kind: str, status: str = "") -> str | None:
    """The state colour of an event: of its kind where that tells, else of its status."""
    return _KIND_TONES.get(kind) or status_tone(status)


def rate_text(rate: float) -> str:
    """Events a second, such as ``0``, ``3.2`` and ``1,204``."""
    return f"{rate:,.0f}" if rate >= 9.95 or rate == 0 else f"{rate:.1f}"
