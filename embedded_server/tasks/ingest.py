"""Celery's events, as they come off the wire, become journal events. No socket and no database here: dicts in, values out.

Whatever a worker sends is somebody else's data: a malformed event becomes an event that says so, and never an exception.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from operator import itemgetter
from typing import Any, Final

import orjson

from embedded_server.contracts.events import MAX_PREVIEW_CHARS, Event, Join, Kind
from embedded_server.journal.preview import preview_of
from embedded_server.tasks.states import STATE_OF_KIND

EMBEDDED: Final = "embedded"
KNOWN_TASKS: Final = 10_000
"""Names and roots remembered of the newest tasks: later events of a task carry only its id. About 3 MB."""

_INT64_MAX: Final = 2**63 - 1
_UNKNOWN: Final = ("", "")


def _described(event: Mapping[str, Any]) -> str:
    args, kwargs = event.get("args", ""), event.get("kwargs", "")
    if type(args) is not str or type(kwargs) is not str:
        args, kwargs = _text(event, "args"), _text(event, "kwargs")
    return f"{args} {kwargs}" if kwargs and kwargs != "{}" else args


def _nothing(_: Mapping[str, Any]) -> str:
    return ""


def _error(event: Mapping[str, Any]) -> str:
    return _text(event, "exception")


def _result(event: Mapping[str, Any]) -> str:
    return _text(event, "result")


def _progressed(event: Mapping[str, Any]) -> str:
    fraction = progress_of(event)
    note = _text(event, "note")
    return f"{fraction:.0%} {note}".rstrip() if fraction >= 0 else note


def _revoked(event: Mapping[str, Any]) -> str:
    return "terminated" if event.get("terminated") else "expired" if event.get("expired") else ""


def _rejected(event: Mapping[str, Any]) -> str:
    return "requeued" if event.get("requeue") else ""


_Form = tuple[Kind, str, Callable[[Mapping[str, Any]], str]]
"""What a type of event becomes: its kind, the state it announces, and its preview."""
_TASK_TYPES: Final[Mapping[str, _Form]] = {
    type_: (kind, STATE_OF_KIND[kind].value, preview)
    for type_, kind, preview in (
        ("task-sent", Kind.TASK_SENT, _described),
        ("task-received", Kind.TASK_RECEIVED, _described),
        ("task-started", Kind.TASK_STARTED, _nothing),
        ("task-progress", Kind.TASK_PROGRESS, _progressed),
        ("task-succeeded", Kind.TASK_SUCCEEDED, _result),
        ("task-failed", Kind.TASK_FAILED, _error),
        ("task-retried", Kind.TASK_RETRIED, _error),
        ("task-revoked", Kind.TASK_REVOKED, _revoked),
        ("task-rejected", Kind.TASK_REJECTED, _rejected),
    )
}
_WORKER_TYPES: Final[Mapping[str, Kind]] = {"worker-online": Kind.WORKER_ONLINE, "worker-offline": Kind.WORKER_OFFLINE}


class WireEvent(Event):
    """A journal event that still has the fields it was made of, so that the projection need not read them from the body again.

    They are one item more at its end: an attribute of its own would take a dict for every event.
    """

    __slots__ = ()

    fields: Final[dict[str, Any]] = property(itemgetter(len(Event._fields)))  # type: ignore[assignment] # a field added past the tuple's own


_CELERY_ROOT, _NONE = Join.CELERY_ROOT, Join.NONE
_orjson_dumps: Final = orjson.dumps
_new_event: Final = tuple.__new__
"""`WireEvent` without its Python-level constructor: a third of the time, and this is the hot path."""


class Ingest:
    """Turns the events of one connection into journal events; remembers what later events of a task leave out.

    One thread converts. `expect` and `withdraw` may be called from others.
    """

    def __init__(self, connection: str = EMBEDDED) -> None:
        self._connection = connection
        self._known: dict[str, tuple[str, str]] = {}
        self._older: dict[str, tuple[str, str]] = {}
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

    def convert(self, events: Iterable[Any]) -> list[Event]:
        """Answer the journal events that *events* stand for: none for a heartbeat, two where a held one comes first."""
        made: list[Event] = []
        types = _TASK_TYPES
        for event in events:
            try:
                form = types.get(event["type"])
                if form is None:
                    self._convert_other(event, made)
                else:
                    self._convert_task(event, form, made)
            except (KeyError, TypeError, ValueError, OverflowError, IndexError):
                made.append(self._malformed(event))
        return made

    def undecodable(self, body: bytes, content_type: str) -> Event:
        """Make the event of a message that is not JSON. It is kept as it came, and never unpickled."""
        preview = f"Not decoded: {content_type or 'no content type'}, {len(body)} bytes"
        headers = _dumps({"content-type": content_type})
        return Event(
            time.time_ns(), self._connection, Kind.TASK_CUSTOM, "undecodable", size=len(body), preview=preview, headers=headers, body=body
        )

    def _convert_task(self, event: dict[str, Any], form: _Form, made: list[Event]) -> None:
        host = event["hostname"]
        task_id = event["uuid"]
        at = int(event["timestamp"] * 1e6 + 0.5) * 1000  # a float of this size has no nanoseconds
        if type(task_id) is not str or type(host) is not str or not 0 <= at <= _INT64_MAX:
            raise ValueError  # `convert` tells of it
        if self._ours and self._told_ourselves(task_id, event["type"], made):
            return
        known = self._known.get(task_id)
        if known is None or ("root_id" in event and (event["root_id"] != known[1] or event.get("name") != known[0])):
            known = self._learn(task_id, event, known)
        name, trace = known
        kind, status, preview_text = form
        preview = preview_text(event)
        if len(preview) > MAX_PREVIEW_CHARS or not preview.isprintable():
            preview = preview_of(preview[: 2 * MAX_PREVIEW_CHARS].encode("utf-8", "backslashreplace"))
        try:
            body = b"%b" % _orjson_dumps(event)  # a copy, as short as it is: orjson's own takes 8 kB for as long as it lives
        except (TypeError, ValueError, RecursionError):
            body = _dumps_slowly(event)
        joined = _CELERY_ROOT if trace else _NONE
        made.append(
            _new_event(
                WireEvent, (at, self._connection, kind, name, task_id, trace, joined, status, host, len(body), preview, b"", body, event)
            )
        )

    def _convert_other(self, event: dict[str, Any], made: list[Event]) -> None:
        type_, host = event["type"], event["hostname"]
        at = int(event["timestamp"] * 1e6 + 0.5) * 1000
        if type(type_) is not str or type(host) is not str or not 0 <= at <= _INT64_MAX:
            raise ValueError  # `convert` tells of it
        if type_.startswith("task-"):
            self._convert_task(event, (Kind.TASK_CUSTOM, _custom_state(event), _type_of), made)
        elif type_ != "worker-heartbeat":
            made.append(self._worker_event(event, type_, at, host))

    def _told_ourselves(self, task_id: str, type_: str, made: list[Event]) -> bool:
        """Let a held event go first; true for the wire's copy of an event that we write ourselves, with its arguments whole."""
        with self._lock:
            held = self._expected.pop(task_id, None)
            if held is not None:
                made.append(held)
                self._remember(task_id, held.subject, held.trace)
            if type_ == "task-sent" and task_id in self._ours:
                del self._ours[task_id]
                return True
        return False

    def _learn(self, task_id: str, event: dict[str, Any], known: tuple[str, str] | None) -> tuple[str, str]:
        name, root = event.get("name"), event.get("root_id")
        old_name, old_root = known or self._older.get(task_id, _UNKNOWN)
        learned = (name if type(name) is str and name else old_name, root if type(root) is str and root else old_root)
        if learned != _UNKNOWN:
            self._remember(task_id, *learned)
        return learned

    def _remember(self, task_id: str, name: str, root: str) -> None:
        if len(self._known) >= KNOWN_TASKS // 2:
            self._older, self._known = self._known, {}  # two generations: dropping the eldest one by one takes long in a dict
        self._known[task_id] = (name, task_id if root == task_id else root)

    def _worker_event(self, event: dict[str, Any], type_: str, at: int, host: str) -> Event:
        kind = _WORKER_TYPES.get(type_)
        body = _dumps(event)
        software = " ".join(str(event.get(part, "")) for part in ("sw_ident", "sw_ver", "sw_sys")).strip()
        preview = preview_of((software if kind else type_).encode("utf-8", "backslashreplace"))
        return Event(at, self._connection, kind or Kind.TASK_CUSTOM, host, worker=host, size=len(body), preview=preview, body=body)

    def _malformed(self, event: Any) -> Event:
        body = _dumps(event)
        preview = f"Malformed event: {preview_of(body)}"[:MAX_PREVIEW_CHARS]
        return Event(time.time_ns(), self._connection, Kind.TASK_CUSTOM, "malformed", size=len(body), preview=preview, body=body)


def _type_of(event: Mapping[str, Any]) -> str:
    return _text(event, "type")


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
        return b"%b" % _orjson_dumps(value)
    except (TypeError, ValueError, RecursionError):
        return _dumps_slowly(value)


def _dumps_slowly(value: Any) -> bytes:
    """For what orjson refuses: integers beyond 64 bits, lone surrogates, foreign objects, nesting without end."""
    import json

    try:
        return json.dumps(value, default=str).encode("utf-8", "backslashreplace")
    except (TypeError, ValueError, RecursionError):
        return b"{}"
