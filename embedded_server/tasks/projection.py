"""The present state of every task, derived from the journal's events and kept beside them, in one transaction with them."""

import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.tasks import TaskState
from embedded_server.tasks.record import COLUMNS, TASK_KINDS, UNSEEN, TaskRecord, fold_all
from embedded_server.tasks.seconds import Seconds, create_seconds

MAX_TASKS: Final = 1_000_000
"""Beyond this the oldest finished tasks go first, and are counted."""
TRIM_AHEAD: Final = 1000
"""So many more go at once, so that not every batch has to look."""
OLDEST_LOOKED_AT: Final = 50_000
_IDS_A_QUERY: Final = 200
_FAILURE: Final = TaskState.FAILURE.value
_ROWS: Final = "rows"
"""Tasks ever seen, which is the newest row's number: one is never used again."""
_TRIMMED: Final = "trimmed"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS task (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, state TEXT NOT NULL, args TEXT NOT NULL,
    kwargs TEXT NOT NULL, worker TEXT NOT NULL, queue TEXT NOT NULL, eta TEXT NOT NULL, sent_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER NOT NULL, runtime_ns INTEGER NOT NULL,
    retries INTEGER NOT NULL, progress REAL NOT NULL, note TEXT NOT NULL, root TEXT NOT NULL, parent TEXT NOT NULL,
    result TEXT NOT NULL, wait_ns INTEGER NOT NULL, seen_at INTEGER NOT NULL, base TEXT NOT NULL, state_at INTEGER NOT NULL,
    custom TEXT NOT NULL, progress_at INTEGER NOT NULL, result_at INTEGER NOT NULL, result_rank INTEGER NOT NULL,
    told_runtime_ns INTEGER NOT NULL, first_started_at INTEGER NOT NULL, steps TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS task_count (state TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS task_total (name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS worker (
    name TEXT PRIMARY KEY, online INTEGER NOT NULL, seen_at INTEGER NOT NULL, software TEXT NOT NULL
) WITHOUT ROWID;
"""
_SELECT: Final = f"SELECT row, {', '.join(COLUMNS)} FROM (VALUES %s) AS wanted CROSS JOIN task ON task.id = wanted.column1"  # noqa: S608 - our own column names
"""A join takes half as long as ``IN``, which sorts what it is given first."""
_INSERT: Final = f"INSERT INTO task ({', '.join(COLUMNS)}, row) VALUES ({', '.join('?' * len(COLUMNS))}, ?)"  # noqa: S608 - our own names
"""One row a statement: unlike the journal's rows, these go in slower by the dozen."""
_UPDATE: Final = f"UPDATE task SET {', '.join(f'{column} = ?' for column in COLUMNS)} WHERE row = ?"  # noqa: S608 - our own names
_OLDEST_FINISHED: Final = (
    "SELECT row, state FROM (SELECT row, state, finished_at FROM task ORDER BY row LIMIT ?) WHERE finished_at > 0 LIMIT ?"
)
_WORKER_KINDS: Final = frozenset({Kind.WORKER_ONLINE.value, Kind.WORKER_OFFLINE.value})


class TaskProjection:
    """Follows the journal: a row a task, a row a worker, a row a second."""

    def __init__(self, *, max_tasks: int = MAX_TASKS) -> None:
        self._max_tasks = max_tasks
        self.touched: list[int] = []
        """Rows the last `apply` has made, changed or removed."""

    def create(self, db: sqlite3.Connection) -> None:
        """Make the tables where they are missing."""
        for statement in _SCHEMA.split(";\n"):
            db.execute(statement)
        create_seconds(db)

    def apply(self, db: sqlite3.Connection, first_seq: int, events: Sequence[Event]) -> None:
        """Fold *events* into the tasks they belong to: one read and one write a task, however many its events."""
        self.touched = []
        kinds = [event.kind._value_ for event in events]  # an enum's own hash is a Python call
        if not TASK_KINDS.isdisjoint(kinds):
            self._apply_tasks(db, first_seq, events, kinds)
        if not _WORKER_KINDS.isdisjoint(kinds):
            for event, kind in zip(events, kinds, strict=True):
                if kind in _WORKER_KINDS:
                    _apply_worker(db, event)

    def _apply_tasks(self, db: sqlite3.Connection, first_seq: int, events: Sequence[Event], kinds: Sequence[str]) -> None:
        task_kinds = TASK_KINDS
        ids = dict.fromkeys([event.key for event, kind in zip(events, kinds, strict=True) if kind in task_kinds])
        ids.pop("", None)
        records = _load(db, list(ids))
        fold_all(records, first_seq, events, kinds)
        next_row = _total(db, _ROWS) + 1
        inserts: list[tuple[Any, ...]] = []
        updates: list[tuple[Any, ...]] = []
        for task_id in ids:
            record = records[task_id]
            if record.row:
                updates.append(record.values())
            else:
                record.row = next_row + len(inserts)
                inserts.append(record.values())
        self.touched = [records[task_id].row for task_id in ids]
        db.executemany(_INSERT, inserts)
        db.executemany(_UPDATE, updates)
        _tally(db, records.values())
        if inserts:
            _add_total(db, _ROWS, len(inserts))
            self._trim(db)

    def _trim(self, db: sqlite3.Connection) -> None:
        (kept,) = db.execute("SELECT total(n) FROM task_count").fetchone()
        if kept <= self._max_tasks:
            return
        over = int(kept) - self._max_tasks
        limit = over + min(TRIM_AHEAD, self._max_tasks // 100)
        gone = db.execute(_OLDEST_FINISHED, (OLDEST_LOOKED_AT, limit)).fetchall()
        if len(gone) < over > self._max_tasks // 10:  # what was never heard of again must not fill the table either
            gone = db.execute("SELECT row, state FROM task ORDER BY row LIMIT ?", (over,)).fetchall()
        db.executemany("DELETE FROM task WHERE row = ?", [(row,) for row, _ in gone])
        _count(db, Counter({state: -n for state, n in Counter(state for _, state in gone).items()}))
        _add_total(db, _TRIMMED, len(gone))
        self.touched += [row for row, _ in gone]


def _load(db: sqlite3.Connection, ids: Sequence[str]) -> dict[str, TaskRecord]:
    found: dict[str, TaskRecord] = {}
    for first in range(0, len(ids), _IDS_A_QUERY):
        part = ids[first : first + _IDS_A_QUERY]
        for stored in db.execute(_SELECT % ",".join(["(?)"] * len(part)), part):
            record = TaskRecord.load(stored)
            found[record.id] = record
    return found


def _tally(db: sqlite3.Connection, records: Collection[TaskRecord]) -> None:
    """Bring the tables of what is counted up to date with what became of *records*."""
    counts = Counter([record.state for record in records])
    counts.subtract([record.was.state for record in records if record.was is not UNSEEN])
    _count(db, counts)
    ended = [record for record in records if record.finished_at and not record.was.finished_at]
    seconds = Seconds()
    seconds.finish([record.finished_at for record in ended])
    seconds.fail([record.finished_at for record in ended if record.state == _FAILURE])
    seconds.start(
        [(record.first_started_at, record.wait_ns) for record in records if record.first_started_at and not record.was.first_started_at]
    )
    seconds.save(db)


def _count(db: sqlite3.Connection, counts: "Counter[str]") -> None:
    changed: Iterable[tuple[str, int]] = [(state, n) for state, n in counts.items() if n]
    db.executemany("INSERT INTO task_count VALUES (?, ?) ON CONFLICT (state) DO UPDATE SET n = n + excluded.n", changed)


def _total(db: sqlite3.Connection, name: str) -> int:
    found = db.execute("SELECT n FROM task_total WHERE name = ?", (name,)).fetchone()
    return int(found[0]) if found else 0


def _add_total(db: sqlite3.Connection, name: str, n: int) -> None:
    db.execute("INSERT INTO task_total VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = n + excluded.n", (name, n))


def _apply_worker(db: sqlite3.Connection, event: Event) -> None:
    db.execute(
        "INSERT INTO worker VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET online = excluded.online, seen_at = excluded.seen_at, "
        "software = CASE excluded.software WHEN '' THEN software ELSE excluded.software END WHERE excluded.seen_at >= seen_at",
        (event.worker, int(event.kind is Kind.WORKER_ONLINE), event.at, event.preview if event.kind is Kind.WORKER_ONLINE else ""),
    )
