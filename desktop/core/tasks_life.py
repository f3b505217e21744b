"""The picture of a task's life: which span it waited, ran and waited again, from the events that told of it."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from embedded_server.contracts.events import Kind
from embedded_server.contracts.tasks import TaskDetail, TaskState, TaskStep

FINISHED_STATES: Final = frozenset({TaskState.SUCCESS, TaskState.FAILURE, TaskState.REVOKED, TaskState.REJECTED})
NS_PER_S: Final = 1_000_000_000


class Phase(StrEnum):
    """What a task does during one span of its life."""

    QUEUED = "queued"
    HELD = "held"
    """A worker has it and has not begun."""
    SCHEDULED = "scheduled"
    """A worker has it, and its time has not come."""
    RUNNING = "running"
    RETRY_WAIT = "retry-wait"


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of a task's life, in nanoseconds since the epoch."""

    phase: Phase
    start: int
    end: int
    """0 while it lasts."""
    attempt: int = 0
    """Which run this is, from 1; 0 for a wait."""
    outcome: str = ""
    """The state a run ended in, empty while it runs and for a wait."""

    def duration_ns(self, now: int) -> int:
        """How long it lasted, or has lasted at *now*."""
        return max((self.end or now) - self.start, 0)


def is_finished(state: str) -> bool:
    """Whether nothing more is to come of a task in *state*."""
    return state in FINISHED_STATES


class _Life:
    """Reads steps in order and closes one span where the next begins."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._open: Span | None = None
        self._runs = 0
        self._taken_again_at = 0
        """When a worker received the task while a run of it was not known to have ended."""

    def take(self, kind: str, at: int) -> None:
        """Go on with one event."""
        phase = self._open.phase if self._open else None
        if kind == Kind.TASK_SENT and phase is None and not self.spans:
            self._begin(Phase.QUEUED, at)
        elif kind == Kind.TASK_RECEIVED:
            self._receive(phase, at)
        elif kind == Kind.TASK_STARTED:
            self._start(phase, at)
        elif kind == Kind.TASK_RETRIED:
            self.close(at, TaskState.RETRY)
            self._begin(Phase.RETRY_WAIT, at)
        elif kind in _OUTCOMES:
            self.close(at, _OUTCOMES[Kind(kind)])

    def close(self, at: int, outcome: str = "") -> None:
        """End the span that lasts, keeping only one that took time."""
        span, self._open = self._open, None
        self._taken_again_at = 0
        if span is None or at < span.start or (at == span.start and not outcome):
            return
        self.spans.append(Span(span.phase, span.start, at, span.attempt, outcome if span.phase is Phase.RUNNING else ""))

    def result(self) -> list[Span]:
        """All spans, the one that lasts at the end."""
        return [*self.spans, self._open] if self._open else self.spans

    def _begin(self, phase: Phase, at: int) -> None:
        self.close(at)
        self._open = Span(phase, at, 0, self._runs if phase is Phase.RUNNING else 0)

    def _receive(self, phase: Phase | None, at: int) -> None:
        if phase is Phase.RUNNING:
            # A retry's message is received before the worker tells of the retry. Only a start without one means that the
            # run's worker died and the broker gave the task to another.
            self._taken_again_at = at
        elif phase is not Phase.RETRY_WAIT and not self._ended:
            self._begin(Phase.HELD, at)

    def _start(self, phase: Phase | None, at: int) -> None:
        if phase is Phase.RUNNING:
            if not self._taken_again_at:
                return
            self._begin(Phase.HELD, self._taken_again_at)
        self._runs += 1
        self._begin(Phase.RUNNING, at)

    @property
    def _ended(self) -> bool:
        return bool(self.spans) and self.spans[-1].outcome in FINISHED_STATES


_OUTCOMES: Final = {
    Kind.TASK_SUCCEEDED: TaskState.SUCCESS,
    Kind.TASK_FAILED: TaskState.FAILURE,
    Kind.TASK_REVOKED: TaskState.REVOKED,
    Kind.TASK_REJECTED: TaskState.REJECTED,
}


def life_of(detail: TaskDetail) -> list[Span]:
    """Answer the spans of a task's life in their order; from its times alone where its events have left the journal."""
    steps = sorted(detail.steps, key=lambda step: (step.at, step.seq)) or _steps_from_times(detail)
    life = _Life()
    for step in steps:
        life.take(step.kind, step.at)
    if is_finished(detail.state):
        life.close(detail.finished_at or (steps[-1].at if steps else 0), detail.state)
    spans = life.result()
    if detail.eta and not detail.retries:  # a retry has a time as well: its wait has a phase of its own
        spans = [replace(span, phase=Phase.SCHEDULED) if span.phase is Phase.HELD else span for span in spans]
    return spans


def _steps_from_times(detail: TaskDetail) -> list[TaskStep]:
    times = ((Kind.TASK_SENT, detail.sent_at), (Kind.TASK_RECEIVED, detail.received_at), (Kind.TASK_STARTED, detail.started_at))
    return [TaskStep(0, at, kind, "", "", "") for kind, at in times if at]


@dataclass(frozen=True, slots=True)
class Bar:
    """Where a span stands in a picture of a given width, in pixels."""

    span: Span
    left: float
    width: float


def bars(spans: list[Span], *, width: float, now: int, least: float = 3.0) -> list[Bar]:
    """Lay *spans* on one linear time axis; a short one keeps *least* pixels, so that it can be seen."""
    if not spans or width <= 0:
        return []
    begin = spans[0].start
    whole = max(max(span.end or now for span in spans) - begin, 1)
    result = []
    for span in spans:
        left = (span.start - begin) / whole * width
        long = max(span.duration_ns(now) / whole * width, least)
        result.append(Bar(span, min(left, max(width - long, 0.0)), min(long, width)))
    return result
