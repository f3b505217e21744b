"""Reads the result back end's file: results, tracebacks and arguments whole. Plain SQLite, so the server needs no SQLAlchemy.

Celery keeps JSON there, as our worker is set up; anything else is left alone.
"""

import contextlib
import json
import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from embedded_server.journal.repair import is_damage, set_aside

_logger = logging.getLogger(__name__)

BUSY_TIMEOUT_S: Final = 2.0
_QUERY: Final = "SELECT status, result, traceback, args, kwargs, queue FROM celery_taskmeta WHERE task_id = ?"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """What the back end keeps of one task; the JSON texts are as the worker wrote them, numbers untouched."""

    state: str
    result: str
    exception: str
    traceback: str
    args_json: str
    kwargs_json: str
    queue: str
    note: str
    """What a running task says of its progress."""


def prepare_blocking(path: Path, max_age_s: int) -> None:
    """Make the file so that worker and server can use it at once, and remove results older than *max_age_s*; a damaged one is set aside."""
    try:
        create_blocking(path)
        with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as db:
            _remove_old_blocking(db, max_age_s)
    except sqlite3.Error as exc:
        kept = set_aside(path) if is_damage(exc) else None
        _logger.warning(
            f"The task results at {path} cannot be used: {exc}{f'; they are kept as {kept}, and new ones begin' if kept else ''}"
        )
        if kept:
            prepare_blocking(path, max_age_s)


def create_blocking(path: Path) -> None:
    """Make the file, for its owner only, where there is none. Raises `OSError` or `sqlite3.Error` for one that cannot be used."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)) as db:
        db.execute("PRAGMA journal_mode=wal")


def _remove_old_blocking(db: sqlite3.Connection, max_age_s: int) -> None:
    exists = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'celery_taskmeta'").fetchone()
    if exists:
        before = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - max_age_s))
        with db:
            db.execute("DELETE FROM celery_taskmeta WHERE date_done < ?", (before,))


def read_blocking(path: Path, task_id: str) -> StoredResult | None:
    """Answer what is kept of a task; None where nothing is, or the file cannot be read now."""
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S)) as db:
            row = db.execute(_QUERY, (task_id,)).fetchone()
    except sqlite3.Error as exc:
        _logger.debug("the result back end cannot be read: %s", exc)
        return None
    return None if row is None else _stored(*row)


def _stored(state: str, result: Any, traceback: Any, args: Any, kwargs: Any, queue: Any) -> StoredResult:
    text = _json_text(result)
    exception = note = ""
    if state in {"FAILURE", "RETRY", "REVOKED"}:
        exception, text = _exception(text), ""
    elif state not in {"SUCCESS", "STARTED"}:
        note, text = text, ""
    elif state == "STARTED":
        text = ""  # the worker's name and process, which is no result
    return StoredResult(
        state,
        text,
        exception,
        traceback if isinstance(traceback, str) else "",
        _json_text(args, list),
        _json_text(kwargs, dict),
        queue if isinstance(queue, str) else "",
        note,
    )


def _json_text(stored: Any, shape: type | None = None) -> str:
    """Answer *stored* where it is JSON, and of *shape*."""
    if not isinstance(stored, bytes | str):
        return ""
    try:
        text = stored.decode("utf-8") if isinstance(stored, bytes) else stored
        value = json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return ""
    return text if shape is None or isinstance(value, shape) else ""


def _exception(text: str) -> str:
    value = json.loads(text) if text else None
    if not isinstance(value, dict):
        return ""
    message = value.get("exc_message", "")
    if isinstance(message, list):
        message = ", ".join(str(part) for part in message)
    return f"{value.get('exc_type', '')}: {message}" if message else str(value.get("exc_type", ""))
