"""Builds task details for tests: a task that succeeded, unless told otherwise."""

from typing import Any

from embedded_server.contracts.tasks import TaskDetail, TaskStep

T0 = 1_764_000_000_000_000_000
MS = 1_000_000


def step(kind: str, at_ms: float, seq: int = 0, preview: str = "") -> TaskStep:
    """One event of a task's life, ``at_ms`` after its beginning."""
    return TaskStep(seq=seq, at=T0 + int(at_ms * MS), kind=kind, state="", worker="worker@test", preview=preview)


def make_detail(**changes: Any) -> TaskDetail:
    """A task that waited 26 ms and ran 61 ms."""
    values: dict[str, Any] = {
        "id": "c1f0a9d2-6f54-4b1e-9a53-0f7c7be0a4d1",
        "name": "demo.add",
        "state": "SUCCESS",
        "args": "(2, 3)",
        "kwargs": "{}",
        "worker": "worker@test",
        "queue": "celery",
        "eta": "",
        "sent_at": T0,
        "received_at": T0 + 20 * MS,
        "started_at": T0 + 26 * MS,
        "finished_at": T0 + 87 * MS,
        "runtime_ns": 61 * MS,
        "retries": 0,
        "progress": -1.0,
        "progress_note": "",
        "root": "",
        "parent": "",
        "result": "5",
        "result_from": "back end",
        "exception": "",
        "traceback": "",
        "steps": [step("task.sent", 0), step("task.received", 20), step("task.started", 26), step("task.succeeded", 87)],
    }
    return TaskDetail(**{**values, **changes})
