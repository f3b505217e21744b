"""Puts together all that is known of one task: the projection's row, the result back end, and the journal's events."""

import json
from collections.abc import Sequence
from typing import Any

from embedded_server.contracts.events import Kind
from embedded_server.contracts.tasks import TaskDetail, TaskState, TaskStep
from embedded_server.journal import Journal, StoredEvent
from embedded_server.tasks.record import TaskRecord
from embedded_server.tasks.results import StoredResult
from embedded_server.tasks.states import FINISHED, STATE_OF_KIND

BACK_END = "back end"
EVENT = "event"
_OUTCOMES = frozenset({Kind.TASK_SUCCEEDED.value, Kind.TASK_FAILED.value, Kind.TASK_RETRIED.value})
_KNOWN_STATES = frozenset(state.value for state in STATE_OF_KIND.values())


async def described(journal: Journal, record: TaskRecord, stored: StoredResult | None, steps: Sequence[TaskStep]) -> TaskDetail:
    """Answer the detail. What the back end has whole goes before what an event carried shortened."""
    fields = await _outcome(journal, steps)
    args_json, kwargs_json = await _arguments(journal, stored, steps)
    result, result_from = _result(record, stored, fields)
    failed = record.base in {TaskState.FAILURE, TaskState.RETRY, TaskState.REVOKED}
    return TaskDetail(
        id=record.id,
        name=record.name,
        state=_state(record, stored),
        args=record.args,
        kwargs=record.kwargs,
        worker=record.worker,
        queue=record.queue or (stored.queue if stored else ""),
        eta=record.eta,
        sent_at=record.sent_at,
        received_at=record.received_at,
        started_at=record.started_at,
        finished_at=record.finished_at,
        runtime_ns=record.runtime_ns,
        retries=record.retries,
        progress=record.progress,
        progress_note=record.note,
        root=record.root,
        parent=record.parent,
        result=result,
        result_from=result_from,
        exception=(stored.exception if stored and stored.exception else _text(fields, "exception") or record.result) if failed else "",
        traceback=(stored.traceback if stored and stored.traceback else _text(fields, "traceback")) if failed else "",
        steps=list(steps),
        args_json=args_json,
        kwargs_json=kwargs_json,
    )


def _state(record: TaskRecord, stored: StoredResult | None) -> str:
    """Prefer a state of the task's own making, which only the back end is told."""
    if stored and stored.state not in _KNOWN_STATES and record.base not in FINISHED:
        return stored.state
    return record.state


def _result(record: TaskRecord, stored: StoredResult | None, fields: dict[str, Any]) -> tuple[str, str]:
    if record.base != TaskState.SUCCESS:
        return "", ""
    if stored and stored.state == TaskState.SUCCESS and stored.result:
        return stored.result, BACK_END
    return _text(fields, "result") or record.result, EVENT


async def _outcome(journal: Journal, steps: Sequence[TaskStep]) -> dict[str, Any]:
    """Answer the fields of the newest event that told how the task went."""
    seq = next((step.seq for step in reversed(steps) if step.kind in _OUTCOMES), 0)
    stored = await journal.read(seq) if seq else None
    return _loads(stored.event.body) if stored else {}


async def _arguments(journal: Journal, stored: StoredResult | None, steps: Sequence[TaskStep]) -> tuple[str, str]:
    """Answer the arguments as JSON: from our own sent event, or the result back end."""
    if stored and stored.args_json and stored.kwargs_json:
        return stored.args_json, stored.kwargs_json
    for step in steps:
        if step.kind == Kind.TASK_SENT:
            sent = await journal.read(step.seq)
            if sent is not None and _is_ours(sent):
                body = _loads(sent.event.body)
                return json.dumps(body.get("args", []), ensure_ascii=False), json.dumps(body.get("kwargs", {}), ensure_ascii=False)
    return "", ""


def _is_ours(sent: StoredEvent) -> bool:
    """Whether we wrote the event: then its headers tell what Celery's event would, and its body is the arguments."""
    return bool(sent.event.headers) and not sent.truncated


def _loads(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)  # not orjson: it turns integers beyond 64 bits into floats
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    return value if isinstance(value, str) else "" if value is None else str(value)
