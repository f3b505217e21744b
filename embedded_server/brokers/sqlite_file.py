"""A SQLite file that one broker has to itself: opened, made where there is none, set aside where it is damaged."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from embedded_server.brokers.sqlite_errors import StoreTooNew, explained

logger = logging.getLogger(__name__)

LOCK_WAIT_S: Final = 2.0
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

Prepare = Callable[[sqlite3.Connection], None]
"""Makes a file what it is to be, and reads it as far as its owner would notice damage."""


def open_or_set_aside(path: Path, prepare: Prepare, lost: str) -> tuple[sqlite3.Connection, Path | None]:
    """Open *path* for this process alone and *prepare* it. Raises ``UserFacingError`` where it cannot be had.

    A damaged one is kept under another name, for someone may still want what is in it, and another one begun. *lost* is logged then,
    with the reason and that name, which is answered, too.
    """
    try:
        return _opened(path, prepare), None
    except sqlite3.DatabaseError as exc:
        if exc.sqlite_errorcode & 0xFF not in _DAMAGED:
            raise explained(exc, path) from exc
        kept = _set_aside(path)
        logger.warning(lost, exc, kept)
    try:
        return _opened(path, prepare), kept
    except sqlite3.DatabaseError as exc:
        raise explained(exc, path) from exc


def write_ahead(db: sqlite3.Connection) -> None:
    """Let what is committed survive the death of the process, ``kill -9`` included, without a wait for the disk."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")


def migrate(db: sqlite3.Connection, path: Path, schema: str, version: int) -> None:
    """Make the tables where there are none, inside the caller's transaction. Raises ``StoreTooNew``."""
    found = db.execute("PRAGMA user_version").fetchone()[0]
    if found > version:
        raise StoreTooNew(folder=str(path.parent))
    for statement in schema.split(";") if found == 0 else ():
        db.execute(statement)


def _opened(path: Path, prepare: Prepare) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(path: Path) -> Path:
    kept = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    for suffix in ("", "-wal", "-shm"):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{kept}{suffix}")
    return kept
