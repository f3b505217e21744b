"""The journal's file: its tables, its stable codes, and how connections to it are opened."""

import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.journal.problems import JournalTooNew

SCHEMA_VERSION: Final = 1
APPLICATION_ID: Final = 0x53574A31
"""``SWJ1``: tells the file apart from other SQLite databases."""
PAGE_BYTES: Final = 16_384
WAL_BYTES: Final = 32 * 1024**2
"""The write-ahead log goes into the file each time it has grown by this much."""
INLINE_BODY_BYTES: Final = 1024
"""Longer bodies live in a table of their own, so that a scan does not read past them."""

# Codes are written into files: never change or reuse one; a new kind takes the next number.
KIND_CODES: Final[dict[str, int]] = {
    Kind.TASK_SENT.value: 1,
    Kind.TASK_RECEIVED.value: 2,
    Kind.TASK_STARTED.value: 3,
    Kind.TASK_PROGRESS.value: 4,
    Kind.TASK_SUCCEEDED.value: 5,
    Kind.TASK_FAILED.value: 6,
    Kind.TASK_RETRIED.value: 7,
    Kind.TASK_REVOKED.value: 8,
    Kind.TASK_REJECTED.value: 9,
    Kind.TASK_CUSTOM.value: 10,
    Kind.WORKER_ONLINE.value: 11,
    Kind.WORKER_OFFLINE.value: 12,
    Kind.MESSAGE_PUBLISHED.value: 13,
    Kind.MESSAGE_RETURNED.value: 14,
    Kind.MESSAGE_DELIVERED.value: 15,
    Kind.MESSAGE_CONSUMED.value: 16,
    Kind.RECORD_PRODUCED.value: 17,
    Kind.RECORD_READ.value: 18,
    Kind.SSE_OPENED.value: 19,
    Kind.SSE_EVENT.value: 20,
    Kind.SSE_CLOSED.value: 21,
    Kind.WS_OPENED.value: 22,
    Kind.WS_RECEIVED.value: 23,
    Kind.WS_SENT.value: 24,
    Kind.WS_CLOSED.value: 25,
    Kind.HTTP_EXCHANGE.value: 26,
    Kind.CUSTOM.value: 27,
    Kind.SERVER_LIFECYCLE.value: 28,
    Kind.SERVER_LOG.value: 29,
    Kind.TOPOLOGY_CHANGED.value: 30,
}
KINDS: Final[dict[int, Kind]] = {code: Kind(name) for name, code in KIND_CODES.items()}
JOIN_CODES: Final[dict[str, int]] = {
    Join.NONE.value: 0,
    Join.TRACEPARENT.value: 1,
    Join.CELERY_ROOT.value: 2,
    Join.CORRELATION_ID.value: 3,
    Join.JSON_PATH.value: 4,
}
JOINS: Final[dict[int, Join]] = {code: Join(name) for name, code in JOIN_CODES.items()}

_TABLES: Final = """
create table if not exists meta (name text primary key, value) without rowid;
create table if not exists kind (code integer primary key, name text not null unique);
create table if not exists event (
    seq integer primary key,
    at integer not null,
    kind integer not null,
    connection text not null,
    subject text not null,
    key text not null,
    trace text not null,
    joined integer not null,
    status text not null,
    worker text not null,
    size integer not null,
    preview text not null,
    headers blob not null,
    body blob
);
create table if not exists clock (seq integer primary key, at integer not null);
create table if not exists body (seq integer primary key, body blob not null);
"""
EVENT_COLUMNS: Final = 14
INSERT_BODY: Final = "insert into body values (?,?)"

BODY_SQL: Final = "coalesce(event.body, (select body.body from body where body.seq = event.seq))"
_JOIN_SQL: Final = "case joined " + " ".join(f"when {code} then '{join.value}'" for code, join in JOINS.items()) + " else '' end"
ROW_SQL: Final = (
    "event.seq, at, connection, (select name from kind where code = event.kind), subject, key, trace, "  # noqa: S608 - constants
    f"{_JOIN_SQL}, status, worker, size, preview"
)
"""What makes a `Row` of an event; ``body`` is left out, so a page of rows reads no big page."""

FULL_SQL: Final = f"event.seq, at, kind, connection, subject, key, trace, joined, status, worker, size, preview, headers, {BODY_SQL}"
"""What `event_of` makes a whole event of."""


def insert_event(rows: int) -> str:
    """SQL that inserts so many rows into the event table, all columns in their order."""
    row = f"({','.join('?' * EVENT_COLUMNS)})"
    return f"insert into event values {','.join([row] * rows)}"  # noqa: S608 - question marks


@dataclass(frozen=True, slots=True)
class Opened:
    """A journal file that is ready to be written."""

    db: sqlite3.Connection
    epoch: str
    origin: int
    """Number of the first event this file ever had."""
    first_seq: int
    last_seq: int


def open_for_writing(path: Path, *, origin: int = 1) -> Opened:
    """Open or create the journal at *path*; a new one numbers its events from *origin*.

    Raises whatever SQLite finds wrong, and `JournalTooNew`.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0, cached_statements=64)
    try:
        return _prepare(db, path, origin)
    except BaseException:
        db.close()
        raise


def _prepare(db: sqlite3.Connection, path: Path, origin: int) -> Opened:
    version = int(db.execute("pragma user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise JournalTooNew(path=str(path))
    db.execute(f"pragma page_size={PAGE_BYTES}")
    db.execute("pragma journal_mode=wal")
    db.execute("pragma synchronous=normal")  # a killed process loses nothing; only a power cut may lose the last commits
    db.execute("pragma secure_delete=off")  # some builds overwrite deleted rows with zeros, which doubles retention's work
    db.execute(f"pragma wal_autocheckpoint={WAL_BYTES // PAGE_BYTES}")
    db.execute(f"pragma journal_size_limit={2 * WAL_BYTES}")
    db.execute("pragma cache_size=-8192")
    db.execute("begin immediate")
    create_tables(db)
    defaults = [("epoch", secrets.token_hex(4)), ("origin", origin), ("first_seq", origin)]
    db.executemany("insert or ignore into meta values (?,?)", defaults)
    db.execute(f"pragma application_id={APPLICATION_ID}")
    db.execute(f"pragma user_version={SCHEMA_VERSION}")
    db.execute("commit")
    return _state(db)


def create_tables(db: sqlite3.Connection) -> None:
    """Create the tables that are not there, and name every kind."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            db.execute(statement)
    db.executemany("insert or ignore into kind values (?,?)", [(code, name) for name, code in KIND_CODES.items()])


def _state(db: sqlite3.Connection) -> Opened:
    meta = dict(db.execute("select name, value from meta"))
    low, high = db.execute("select (select min(seq) from event), (select max(seq) from event)").fetchone()
    first_seq = int(meta["first_seq"]) if low is None else int(low)
    last_seq = first_seq - 1 if high is None else int(high)
    return Opened(db, str(meta["epoch"]), int(meta["origin"]), first_seq, last_seq)


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A read-only connection for one reader thread. The writer has to have the file open."""
    db = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=5.0, cached_statements=64
    )
    db.execute("pragma query_only=on")
    db.execute("pragma cache_size=-4096")
    return db


def event_of(row: tuple[int, int, int, str, str, str, str, int, str, str, int, str, bytes, bytes | None]) -> Event:
    """Build the event of a full row of the table, its body already joined."""
    _, at, kind, connection, subject, key, trace, joined, status, worker, size, preview, headers, body = row
    return Event(
        at,
        connection,
        KINDS.get(kind, Kind.CUSTOM),
        subject,
        key,
        trace,
        JOINS.get(joined, Join.NONE),
        status,
        worker,
        size,
        preview,
        headers,
        body or b"",
    )
