"""Celery's events, as they come off the wire, become journal events. No socket and no database here: dicts in, values out.

Whatever a worker sends is somebody else's data: a malformed event becomes an event that says so, and never an exception.
"""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from embedded_server.contracts.events import MAX_PREVIEW_CHARS, Event, Join, Kind
from embedded_server.journal.preview import preview_of
from embedded_server.tasks.states import STATE_OF_KIND

EMBEDDED: Final = "embedded"
KNOWN_TASKS: Final = 10_000
"""Names and roots remembered of the newest tasks: later events of a task carry only its id. About 3 MB."""

_KIND_OF_TYPE: Final[Mapping[str, Kind]] = {
    "task-sent": Kind.TASK_SENT,
    "task-received": Kind.TASK_RECEIVED,
    "task-started": Kind.TASK_STARTED,
    "task-progress": Kind.TASK_PROGRESS,
    "task-succeeded": Kind.TASK_SUCCEEDED,
    "task-failed": Kind.TASK_FAILED,
    "task-retried": Kind.TASK_RETRIED,
    "task-revoked": Kind.TASK_REVOKED,
    "task-rejected": Kind.TASK_REJECTED,
}
_KIND_OF_WORKER_TYPE: Final[Mapping[str, Kind]] = {"worker-online": Kind.WORKER_ONLINE, "worker-offline": Kind.WORKER_OFFLINE}
_INT64_MAX: Final = 2**63 - 1
_STATE: Final[Mapping[Kind, str]] = {kind: state.value for kind, state in STATE_OF_KIND.items()}


class Ingest:
    """Turns the events of one connection into journal events; remembers what later events of a task leave out.

    One thread converts. `expect` and `withdraw` may be called from others.
    """

    def __init__(self, connection: str = EMBEDDED) -> None:
        self._connection = connection
        self._known: dict[str, tuple[str, str]] = {}
        self._expected: dict[str, Event] = {}
        self._ours: dict[str, None] = {}
        self._lock = threading.Lock()

    def seed(self, tasks: Iterable[tuple[str, str, str]]) -> None:
        """Remember unfinished tasks of an earlier run: ``(id, name, root)``, the newest last."""
        for task_id, name, root in tasks:
            self._remember(task_id, name, root)

    def expect(self, sent: Event) -> None:
        """Hold the event of a task about to be published: whichever tells of it first, the broker's confirm or the wire, takes it out."""
        with self._lock:
            self._expected[sent.key] = sent
            self._ours[sent.key] = None
            if len(self._ours) > KNOWN_TASKS:
                del self._ours[next(iter(self._ours))]

    def withdraw(self, task_id: str) -> Event | None:
        """Take the held event back; None where the wire has told of the task already."""
        with self._lock:
            return self._expected.pop(task_id, None)

    def convert(self, event: Any) -> list[Event]:
        """Answer the journal events *event* stands for: none for a heartbeat, two where a held one comes first."""
        if type(event) is not dict:
            return [self._malformed(event)]
        try:
            type_ = event["type"]
            at = int(event["timestamp"] * 1e9)
            host = event["hostname"]
            if type(type_) is not str or type(host) is not str or not 0 <= at <= _INT64_MAX:
                return [self._malformed(event)]
            if type_.startswith("task-"):
                return self._task_event(event, type_, at, host)
        except (KeyError, TypeError, ValueError, OverflowError):
            return [self._malformed(event)]
        return self._worker_event(event, type_, at, host)

    def undecodable(self, body: bytes, content_type: str) -> Event:
        """Make the event of a message that is not JSON. It is kept as it came, and never unpickled."""
        preview = f"Not decoded: {content_type or 'no content type'}, {len(body)} bytes"
        return Event(time.time_ns(), self._connection, Kind.TASK_CUSTOM, "undecodable", size=len(body), preview=preview, body=body)

    def _task_event(self, event: dict[str, Any], type_: str, at: int, host: str) -> list[Event]:
        task_id = event["uuid"]
        if type(task_id) is not str:
            return [self._malformed(event)]
        kind = _KIND_OF_TYPE.get(type_)
        first: list[Event] = []
        if self._expected and (held := self.withdraw(task_id)) is not None:
            first = [held]
            self._remember(task_id, held.subject, held.trace)
        if kind is Kind.TASK_SENT and self._ours.pop(task_id, first) is None:
            return first  # we wrote it ourselves, with its arguments whole
        known = self._known.get(task_id)
        if known is None or "name" in event:
            known = self._learn(task_id, event, known)
        name, trace = known
        body = _dumps(event)
        status = _STATE.get(kind, "") if kind is not None else _custom_state(event)
        preview = preview_of_event(kind, event)
        if len(preview) > 250 or not preview.isprintable():
            preview = preview_of(preview[: 2 * MAX_PREVIEW_CHARS].encode("utf-8", "backslashreplace"))
        first.append(
            Event(
                at,
                self._connection,
                kind or Kind.TASK_CUSTOM,
                name,
                task_id,
                trace,
                Join.CELERY_ROOT if trace else Join.NONE,
                status,
                host,
                len(body),
                preview,
                b"",
                body,
            )
        )
        return first

    def _learn(self, task_id: str, event: dict[str, Any], known: tuple[str, str] | None) -> tuple[str, str]:
        name, root = event.get("name"), event.get("root_id")
        old_name, old_root = known or ("", "")
        learned = (name if type(name) is str and name else old_name, root if type(root) is str and root else old_root)
        if learned not in {known, ("", "")}:
            self._remember(task_id, *learned)
        return learned

    def _remember(self, task_id: str, name: str, root: str) -> None:
        self._known[task_id] = (name, task_id if root == task_id else root)
        if len(self._known) > KNOWN_TASKS:
            del self._known[next(iter(self._known))]

    def _worker_event(self, event: dict[str, Any], type_: str, at: int, host: str) -> list[Event]:
        kind = _KIND_OF_WORKER_TYPE.get(type_)
        if kind is None and type_ == "worker-heartbeat":
            return []
        body = _dumps(event)
        software = " ".join(str(event.get(part, "")) for part in ("sw_ident", "sw_ver", "sw_sys")).strip()
        preview = preview_of((software if kind else type_).encode("utf-8", "backslashreplace"))
        return [Event(at, self._connection, kind or Kind.TASK_CUSTOM, host, worker=host, size=len(body), preview=preview, body=body)]

    def _malformed(self, event: Any) -> Event:
        body = _dumps(event)
        preview = f"Malformed event: {preview_of(body)}"[:MAX_PREVIEW_CHARS]
        return Event(time.time_ns(), self._connection, Kind.TASK_CUSTOM, "malformed", size=len(body), preview=preview, body=body)


def preview_of_event(kind: Kind | None, event: Mapping[str, Any]) -> str:
    """Say in a few words what *event* tells beyond its kind: the arguments, the result, the error or the progress."""
    if kind is Kind.TASK_SUCCEEDED:
        return _text(event, "result")
    if kind is Kind.TASK_STARTED:
        return ""
    if kind is Kind.TASK_SENT or kind is Kind.TASK_RECEIVED:
        args, kwargs = _text(event, "args"), _text(event, "kwargs")
        return f"{args} {kwargs}" if kwargs not in {"", "{}"} else args
    if kind is Kind.TASK_FAILED or kind is Kind.TASK_RETRIED:
        return _text(event, "exception")
    if kind is Kind.TASK_PROGRESS:
        fraction = progress_of(event)
        note = _text(event, "note")
        return f"{fraction:.0%} {note}".rstrip() if fraction >= 0 else note
    if kind is Kind.TASK_REVOKED:
        return "terminated" if event.get("terminated") else "expired" if event.get("expired") else ""
    if kind is Kind.TASK_REJECTED:
        return "requeued" if event.get("requeue") else ""
    return str(event.get("type", ""))[:MAX_PREVIEW_CHARS]


def progress_of(event: Mapping[str, Any]) -> float:
    """Answer how far a task has come, 0 to 1, from ``progress``, or ``current`` of ``total``; -1 where it does not tell."""
    progress, current, total = event.get("progress"), event.get("current"), event.get("total")
    if isinstance(progress, int | float) and not isinstance(progress, bool):
        return min(1.0, max(0.0, float(progress))) if progress == progress else -1.0  # noqa: PLR0124 - NaN is unlike itself
    if isinstance(current, int | float) and isinstance(total, int | float) and total > 0:
        return min(1.0, max(0.0, current / total))
    return -1.0


def _text(event: Mapping[str, Any], field: str) -> str:
    value = event.get(field, "")
    return value if type(value) is str else "" if value is None else str(value)


def _custom_state(event: Mapping[str, Any]) -> str:
    state = event.get("state")
    return state[:64] if type(state) is str else ""


def _dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return _dumps_slowly(value)


def _dumps_slowly(value: Any) -> bytes:
    """For what orjson refuses: integers beyond 64 bits, lone surrogates, foreign objects, nesting without end."""
    import json

    try:
        return json.dumps(value, default=str).encode("utf-8", "backslashreplace")
    except (TypeError, ValueError, RecursionError):
        return b"{}"
