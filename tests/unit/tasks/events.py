"""Celery events as they come off the wire, for tests."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from embedded_server.contracts.events import Event
from embedded_server.tasks.ingest import Ingest
from embedded_server.tasks.projection import TaskProjection

AT = 1_700_000_000
NS = 1_000_000_000
WORKER = "celery@host"


def wire(type_: str, uuid: str = "t1", at: float = AT, **fields: Any) -> dict[str, Any]:
    """An event of a task, with what every event carries."""
    return {"type": type_, "uuid": uuid, "hostname": WORKER, "timestamp": float(at), "utcoffset": 0, "pid": 7, "clock": 3, **fields}


def described(type_: str, uuid: str = "t1", at: float = AT, **fields: Any) -> dict[str, Any]:
    """A sent or received event, which tells the task's name and arguments."""
    told = {"name": "shop.pay", "args": "(1,)", "kwargs": "{}", "root_id": uuid, "parent_id": None, "retries": 0, "eta": None}
    return wire(type_, uuid, at, **{**told, **fields})


def sent(uuid: str = "t1", at: float = AT, **fields: Any) -> dict[str, Any]:
    return described("task-sent", uuid, at, **{"hostname": "gen1@host", "queue": "celery", **fields})


def life(uuid: str = "t1", at: float = AT) -> list[dict[str, Any]]:
    """A task that went well, a second a step."""
    return [
        sent(uuid, at),
        described("task-received", uuid, at + 1),
        wire("task-started", uuid, at + 2),
        wire("task-progress", uuid, at + 3, current=1, total=4, note="one"),
        wire("task-progress", uuid, at + 3.5, current=3, total=4, note="three"),
        wire("task-succeeded", uuid, at + 4, result="'paid'", runtime=1.75),
    ]


def retried_life(uuid: str = "t1", at: float = AT) -> list[dict[str, Any]]:
    """A task that failed once, was tried again, and failed for good."""
    return [
        sent(uuid, at),
        described("task-received", uuid, at + 1),
        wire("task-started", uuid, at + 2),
        sent(uuid, at + 2.9, retries=1),
        wire("task-retried", uuid, at + 3, exception="Timeout()", traceback="tb1"),
        described("task-received", uuid, at + 3.5, retries=1),
        wire("task-started", uuid, at + 4),
        wire("task-failed", uuid, at + 5, exception="Refused('no')", traceback="tb2"),
    ]


class Table:
    """The projection over a database in memory."""

    def __init__(self, projection: TaskProjection | None = None) -> None:
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.projection = projection or TaskProjection()
        self.projection.create(self.db)
        self.ingest = Ingest()
        self.next_seq = 1

    def apply(self, events: Sequence[Event]) -> None:
        self.projection.apply(self.db, self.next_seq, events)
        self.next_seq += len(events)

    def tell(self, *events: dict[str, Any]) -> None:
        self.apply(self.ingest.convert(events))

    def task(self, uuid: str = "t1") -> dict[str, Any]:
        cursor = self.db.execute("SELECT * FROM task WHERE id = ?", (uuid,))
        row = cursor.fetchone()
        assert row is not None, f"no task {uuid}"
        return dict(zip((column[0] for column in cursor.description), row, strict=True))

    def counts(self) -> dict[str, int]:
        return dict(self.db.execute("SELECT state, n FROM task_count WHERE n > 0"))
