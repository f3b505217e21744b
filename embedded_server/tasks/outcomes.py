"""How tasks went, as the result back end keeps it: for those whose last event was lost."""

import contextlib
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.events import Kind
from embedded_server.tasks.results import BUSY_TIMEOUT_S

_logger = logging.getLogger(__name__)

MAX_RESULT_BYTES: Final = 4000
"""More of a result is not read here, and shown shortened: events carry it shortened, too."""
MAX_REPR_CHARS: Final = 1000
MAX_TRACEBACK_CHARS: Final = 20_000
_IDS_A_QUERY: Final = 500
_QUERY: Final = (
    "SELECT task_id, status, date_done, worker, substr(result, 1, ?), substr(traceback, 1, ?) FROM celery_taskmeta "
    "WHERE status IN ('SUCCESS', 'FAILURE', 'REVOKED') AND task_id IN (%s)"
)
_KINDS: Final[Mapping[str, Kind]] = {"SUCCESS": Kind.TASK_SUCCEEDED, "FAILURE": Kind.TASK_FAILED, "REVOKED": Kind.TASK_REVOKED}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a task: what its last event would have told."""

    kind: Kind
    """Succeeded, failed or revoked."""
    at: int
    """When the result was stored, ns."""
    worker: str = ""
    told: str = ""
    """The result or the exception, as ``repr`` shows it, or why the task was revoked."""
    traceback: str = ""


def read_outcomes_blocking(path: Path, ids: Sequence[str]) -> dict[str, Outcome]:
    """Answer how those of the tasks *ids* went that are over, by id; nothing where the file cannot be read now."""
    if not ids or not path.exists():
        return {}
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as db:
            db.text_factory = lambda raw: raw.decode("utf-8", "replace")
            return dict(_read_blocking(db, ids))
    except sqlite3.Error as exc:
        _logger.debug("the result back end cannot be read: %s", exc)
        return {}


def _read_blocking(db: sqlite3.Connection, ids: Sequence[str]) -> Iterator[tuple[str, Outcome]]:
    for first in range(0, len(ids), _IDS_A_QUERY):
        part = ids[first : first + _IDS_A_QUERY]
        query = _QUERY % ",".join("?" * len(part))
        for task_id, state, done, worker, result, traceback in db.execute(query, (MAX_RESULT_BYTES, MAX_TRACEBACK_CHARS, *part)):
            if at := _nanoseconds(done):
                kind = _KINDS[state]
                yield task_id, Outcome(kind, at, _text(worker), _told(kind, _text(result)), _text(traceback))


def _nanoseconds(done: Any) -> int:
    """Read a time as SQLAlchemy writes it to SQLite, in UTC and without saying so; 0 where it is none."""
    try:
        return (datetime.fromisoformat(done).replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1) * 1000
    except (TypeError, ValueError):
        return 0


def _text(stored: Any) -> str:
    if isinstance(stored, bytes):
        stored = "" if stored[:1] == b"\x80" else stored.decode("utf-8", "ignore")  # a pickle is left alone
    return stored if isinstance(stored, str) else ""


def _told(kind: Kind, text: str) -> str:
    try:
        told = _TELL[kind](json.loads(text))
    except (ValueError, RecursionError):
        told = text  # longer than what was read of it
    return told[:MAX_REPR_CHARS].encode("utf-8", "backslashreplace").decode()


def _exception(value: Any) -> str:
    if not isinstance(value, dict):
        return repr(value)
    message = value.get("exc_message", "")
    arguments = message if isinstance(message, list) else [message] if message else []
    return f"{value.get('exc_type', '')}({', '.join(map(repr, arguments))})"


def _reason(value: Any) -> str:
    """Answer what a revoked task's event has to say: nothing where it was just revoked."""
    message = value.get("exc_message") if isinstance(value, dict) else None
    reason = message[0] if isinstance(message, list) and message else message
    return reason if isinstance(reason, str) and reason in {"terminated", "expired"} else ""


_TELL: Final[Mapping[Kind, Callable[[Any], str]]] = {Kind.TASK_SUCCEEDED: repr, Kind.TASK_FAILED: _exception, Kind.TASK_REVOKED: _reason}
