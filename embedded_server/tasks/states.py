"""The order of a task's states: which of two that were seen is the later one, whatever order their events came in."""

from collections.abc import Mapping
from typing import Final

from embedded_server.contracts.events import Kind
from embedded_server.contracts.tasks import TaskState

STATE_OF_KIND: Final[Mapping[Kind, TaskState]] = {
    Kind.TASK_SENT: TaskState.PENDING,
    Kind.TASK_RECEIVED: TaskState.RECEIVED,
    Kind.TASK_STARTED: TaskState.STARTED,
    Kind.TASK_PROGRESS: TaskState.PROGRESS,
    Kind.TASK_RETRIED: TaskState.RETRY,
    Kind.TASK_REJECTED: TaskState.REJECTED,
    Kind.TASK_REVOKED: TaskState.REVOKED,
    Kind.TASK_FAILED: TaskState.FAILURE,
    Kind.TASK_SUCCEEDED: TaskState.SUCCESS,
}
"""The state each event announces; ``TASK_CUSTOM`` announces its own, or none."""

RANK: Final[Mapping[str, int]] = {
    TaskState.PENDING.value: 0,
    TaskState.RECEIVED.value: 1,
    TaskState.STARTED.value: 2,
    TaskState.RETRY.value: 3,
    TaskState.REJECTED.value: 4,
    TaskState.REVOKED.value: 5,
    TaskState.FAILURE.value: 6,
    TaskState.SUCCESS.value: 7,
}
"""Decides between events of the same instant, as Celery's own precedence does."""

FINISHED: Final = frozenset({TaskState.SUCCESS.value, TaskState.FAILURE.value, TaskState.REVOKED.value, TaskState.REJECTED.value})
"""States a task does not leave by itself. A redelivered one may: the newer event decides."""

PROGRESS_SKEW_NS: Final = 250_000_000
"""The pool's process tells progress and its parent tells the start, a moment later: progress may seem to precede the start."""
