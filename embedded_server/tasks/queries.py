"""What the service asks the projection, on a reader thread."""

import sqlite3
from collections.abc import Sequence
from typing import Final, NamedTuple

from embedded_server.contracts.tasks import TaskStep
from embedded_server.journal.filters.vocabulary import EVENTS
from embedded_server.journal.schema import KINDS
from embedded_server.tasks.ingest import KNOWN_TASKS
from embedded_server.tasks.record import COLUMNS, TaskRecord

assert EVENTS.fields["seq"].sql == "event.seq"

_TASK = f"SELECT row, {', '.join(COLUMNS)} FROM task WHERE id = ?"  # noqa: S608 - our own column names


ROWS_A_PAGE: Final = 10_000
TASKS_A_PAGE: Final = 1000
_UNFINISHED = "SELECT row, id, name, root, worker, state_at FROM task WHERE finished_at = 0 AND "


class Unfinished(NamedTuple):
    """A task that is not known to be over."""

    row: int
    id: str
    name: str
    root: str
    worker: str
    state_at: int
    """When it came to its state, ns; 0 while it waits in its queue."""


def task(db: sqlite3.Connection, task_id: str) -> TaskRecord | None:
    """Answer one task, or None where it was never seen or has left."""
    stored = db.execute(_TASK, (task_id,)).fetchone()
    return TaskRecord.load(stored) if stored else None


def steps(db: sqlite3.Connection, seqs: Sequence[int]) -> list[TaskStep]:
    """Answer the events of these numbers that the journal still has, oldest first by their own clock."""
    marks = ",".join("?" * len(seqs))
    rows = db.execute(f"SELECT seq, at, kind, status, worker, preview FROM event WHERE seq IN ({marks}) ORDER BY at, seq", seqs)  # noqa: S608 - our own names
    return [TaskStep(seq, at, KINDS[kind].value, state, worker, preview) for seq, at, kind, state, worker, preview in rows if kind in KINDS]


def unfinished(db: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Answer ``(id, name, root)`` of the newest unfinished tasks, the newest last: what the monitor has to know after a restart."""
    found = db.execute("SELECT id, name, root FROM task WHERE finished_at = 0 ORDER BY row DESC LIMIT ?", (KNOWN_TASKS // 2,))
    return list(reversed(found.fetchall()))


def unfinished_page(db: sqlite3.Connection, before: int | None) -> tuple[list[Unfinished], int]:
    """Answer unfinished tasks among the newest rows *before* a row, the newest first, and where the next page begins: 0 after the last."""
    if before is None:
        (newest,) = db.execute("SELECT max(row) FROM task").fetchone()
        before = (newest or 0) + 1
    low = max(0, before - ROWS_A_PAGE)
    query = f"{_UNFINISHED} row < ? AND row >= ? ORDER BY row DESC LIMIT ?"
    found = [Unfinished._make(row) for row in db.execute(query, (before, low, TASKS_A_PAGE))]
    return found, found[-1].row if len(found) == TASKS_A_PAGE else low


def still_unfinished(db: sqlite3.Connection, rows: Sequence[int]) -> list[Unfinished]:
    """Answer those of the tasks in *rows* that are unfinished now."""
    return [Unfinished._make(row) for row in db.execute(f"{_UNFINISHED} row IN ({','.join('?' * len(rows))})", rows)]


def workers(db: sqlite3.Connection) -> list[tuple[str, int, str]]:
    """Answer ``(name, last seen, software)`` of every worker that ever came online."""
    return db.execute("SELECT name, seen_at, software FROM worker").fetchall()


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """Answer how many tasks are in each state."""
    return dict(db.execute("SELECT state, n FROM task_count WHERE n > 0"))


def trimmed(db: sqlite3.Connection) -> int:
    """Answer how many finished tasks have left to keep the table within its cap."""
    found = db.execute("SELECT n FROM task_total WHERE name = 'trimmed'").fetchone()
    return int(found[0]) if found else 0
