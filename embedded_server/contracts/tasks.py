"""Celery tasks and workers on the wire."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class TaskState(StrEnum):
    """Celery's states, in the order of a task's life. Custom states travel as their own word."""

    PENDING = "PENDING"
    """Sent, and waiting in its queue."""
    RECEIVED = "RECEIVED"
    STARTED = "STARTED"
    PROGRESS = "PROGRESS"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"
    REJECTED = "REJECTED"


class TaskRow(NamedTuple):
    """What the Tasks table shows of a task. On the wire a JSON array in this order. Times in ns, 0 for not yet."""

    row: int
    """Number of the task in the projection, in the order first seen."""
    id: str
    name: str
    state: str
    args: str
    """Positional arguments as Celery shows them: a repr, possibly shortened by the sender."""
    kwargs: str
    worker: str
    queue: str
    sent_at: int
    received_at: int
    started_at: int
    finished_at: int
    runtime_ns: int
    retries: int
    progress: float
    """0 to 1; -1 where the task tells none."""


@dataclass(frozen=True, slots=True)
class EnqueueRequest:
    """Send one task. ``args`` and ``kwargs`` are JSON, whole 64-bit integers and beyond."""

    name: str
    args: list[Any] = field(default_factory=list)
    kwargs: dict[str, Any] = field(default_factory=dict)
    queue: str | None = None
    countdown: float | None = None
    """Seconds from now; not together with ``eta``."""
    eta: str | None = None
    """ISO 8601 with a zone."""
    priority: int | None = None
    """0 (last) to 9 (first), as RabbitMQ has it."""
    allow_unknown: bool = False
    """Send it although no worker online has registered the name."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The broker has confirmed the task's message."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class TaskStep:
    """One event in a task's life."""

    seq: int
    at: int
    kind: str
    state: str
    worker: str
    preview: str


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """All that is known of one task."""

    id: str
    name: str
    state: str
    args: str
    kwargs: str
    worker: str
    queue: str
    eta: str
    sent_at: int
    received_at: int
    started_at: int
    finished_at: int
    runtime_ns: int
    retries: int
    progress: float
    progress_note: str
    root: str
    parent: str
    result: str
    """The result as JSON where the result back end has it whole, else the repr its event carried."""
    result_from: str
    """``back end`` or ``event``."""
    exception: str
    traceback: str
    steps: list[TaskStep]
    args_json: str = ""
    """The arguments whole, as a JSON array, where they are known whole: enqueued here, or kept by the result back end. Else empty."""
    kwargs_json: str = ""
    """The same for the keyword arguments, a JSON object."""


@dataclass(frozen=True, slots=True)
class TaskName:
    """A task a worker has registered."""

    name: str
    summary: str
    signature: str
    """Parameters as Python writes them, such as ``(x: int, y: int = 2)``; empty where unknown."""
    example_args: str
    """JSON to begin with in the enqueue form."""


@dataclass(frozen=True, slots=True)
class RevokeRequest:
    """Do not run a task, or with ``terminate`` kill it while it runs."""

    terminate: bool = False
    signal: str = "SIGTERM"


@dataclass(frozen=True, slots=True)
class Worker:
    """A Celery worker as its heartbeats tell."""

    name: str
    online: bool
    last_seen_at: int
    active: int
    processed: int
    pid: int
    software: str
    pool: str
    ours: bool
    """Started and supervised by this server."""


@dataclass(frozen=True, slots=True)
class TaskStats:
    """The figures above the Tasks table, over the last ``len(throughput)`` seconds, oldest first."""

    throughput: list[float]
    """Tasks finished in each second."""
    failures: list[float]
    """Tasks failed in each second."""
    wait_p95_ms: list[float]
    """95th percentile of the wait in the queue, of the tasks started in each second; 0 where none."""
    workers_online: list[float]
    workers_known: int
    counts: dict[str, int]
    """Tasks in each state, of all kept."""
