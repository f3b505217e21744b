"""Which state colour a status word or an event's kind has: ok, run, wait, warn or bad."""

from typing import Final

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
    "WARNING": "warn",
    "ERROR": "bad",
    "CRITICAL": "bad",
    "STOPPED": "wait",
    "FAILED": "bad",
    "OK": "ok",
    "DECLARED": "ok",
    "DELETED": "warn",
    "PURGED": "warn",
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
_CLOSE_CODES_AS_PLANNED: Final = {1000, 1001}


def status_tone(status: str) -> str | None:
    """The state colour of a status word, an HTTP status or a close code; none where it says nothing of good or bad."""
    tone = _STATUS_TONES.get(status) or _STATUS_TONES.get(status.upper())
    if tone or not status.isdecimal():
        return tone
    code = int(status)
    if code >= 1000:
        return "wait" if code in _CLOSE_CODES_AS_PLANNED else "bad"
    return "ok" if code < 300 else "run" if code < 400 else "warn" if code < 500 else "bad"


def kind_tone(kind: str, status: str = "") -> str | None:
    """The state colour of an event: of its kind where that tells, else of its status."""
    if kind == "server.lifecycle" and status == "started":
        return "ok"  # of a task the same word says that it runs
    return _KIND_TONES.get(kind) or status_tone(status)
