"""One task as its events tell it: a fold that comes to the same end in whatever order, and however often, the events arrive.

Workers' clocks decide: the newest event gives the state. Two things bend that rule. The sender's clock is another one, so ``PENDING``
never replaces anything. And the pool's process tells progress while its parent tells the start, so progress counts from a little
before the start (`PROGRESS_SKEW_NS`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.tasks import TaskState
from embedded_server.tasks.ingest import WireEvent, progress_of
from embedded_server.tasks.states import FINISHED, PROGRESS_SKEW_NS, RANK

MAX_TEXT_CHARS: Final = 1000
"""Of arguments, results and errors the projection keeps this much; the event and the result back end have them whole."""
MAX_STEPS: Final = 150
FIRST_STEPS: Final = 20
"""Of a long life these many first steps are kept, and the newest."""
# Plain strings: an enum's value is a Python call away, and this runs for every event.
_PENDING, _RECEIVED, _STARTED = TaskState.PENDING.value, TaskState.RECEIVED.value, TaskState.STARTED.value
_RETRY, _REJECTED, _REVOKED = TaskState.RETRY.value, TaskState.REJECTED.value, TaskState.REVOKED.value
_FAILURE, _SUCCESS = TaskState.FAILURE.value, TaskState.SUCCESS.value
_OPEN: Final = frozenset({"", _PENDING, _RECEIVED, _STARTED})

COLUMNS: Final = (
    "id", "name", "state", "args", "kwargs", "worker", "queue", "eta", "sent_at", "received_at", "started_at", "finished_at",
    "runtime_ns", "retries", "progress", "note", "root", "parent", "result", "wait_ns", "seen_at",
    "base", "state_at", "custom", "progress_at", "result_at", "result_rank", "told_runtime_ns", "first_started_at", "steps",
)  # fmt: skip
"""The table's columns, and the order of `TaskRecord.values`."""


class TaskRecord:
    """A task's row while events are folded into it."""

    __slots__ = (*COLUMNS, "row")

    def __init__(self, task_id: str) -> None:
        self.row = 0
        """0 while the table has none."""
        self.id = task_id
        self.name = self.state = self.args = self.kwargs = self.worker = self.queue = self.eta = ""
        self.sent_at = self.received_at = self.started_at = self.finished_at = self.runtime_ns = self.retries = 0
        self.progress = -1.0
        self.note = self.root = self.parent = self.result = ""
        self.wait_ns = self.seen_at = 0
        self.base = self.custom = ""
        """The state without progress, and the word that progress calls itself."""
        self.state_at = self.progress_at = self.result_at = self.told_runtime_ns = self.first_started_at = 0
        self.result_rank = -1
        self.steps = ""
        """Sequence numbers of its events, joined by commas."""

    @classmethod
    def load(cls, stored: tuple[Any, ...]) -> "TaskRecord":
        """Take up a row: its number, then `COLUMNS`."""
        record = cls.__new__(cls)
        (
            record.row, record.id, record.name, record.state, record.args, record.kwargs, record.worker, record.queue, record.eta,
            record.sent_at, record.received_at, record.started_at, record.finished_at, record.runtime_ns, record.retries,
            record.progress, record.note, record.root, record.parent, record.result, record.wait_ns, record.seen_at, record.base,
            record.state_at, record.custom, record.progress_at, record.result_at, record.result_rank, record.told_runtime_ns,
            record.first_started_at, record.steps,
        ) = stored  # fmt: skip
        return record

    def values(self) -> tuple[Any, ...]:
        """Settle what follows from the rest, and answer `COLUMNS`."""
        self._settle()
        return (
            self.id, self.name, self.state, self.args, self.kwargs, self.worker, self.queue, self.eta, self.sent_at, self.received_at,
            self.started_at, self.finished_at, self.runtime_ns, self.retries, self.progress, self.note, self.root, self.parent,
            self.result, self.wait_ns, self.seen_at, self.base, self.state_at, self.custom, self.progress_at, self.result_at,
            self.result_rank, self.told_runtime_ns, self.first_started_at, self.steps,
        )  # fmt: skip

    def fold(self, seq: int, event: Event) -> None:
        """Take one event in."""
        self.steps = f"{self.steps},{seq}" if self.steps else str(seq)
        at = event.at
        if not self.seen_at or at < self.seen_at:
            self.seen_at = at
        if not self.name:
            self.name = event.subject
        if not self.root:
            self.root = event.trace
        _FOLDS[event.kind._value_](self, event)  # an enum's own hash is a Python call

    def _sent(self, event: Event) -> None:
        if not self.sent_at or event.at < self.sent_at:
            self.sent_at = event.at
        if not self.base:
            self.base = _PENDING
        data = _data(event)
        if not self.queue:
            self.queue = _word(data, "queue")
        self._describe(data)

    def _received(self, event: Event) -> None:
        if not self.received_at or event.at < self.received_at:
            self.received_at = event.at
        self._reach(_RECEIVED, 1, event)
        self._describe(_data(event))

    def _started(self, event: Event) -> None:
        at = event.at
        if at > self.started_at:  # noqa: PLR1730 - a call less
            self.started_at = at
        if not self.first_started_at or at < self.first_started_at:
            self.first_started_at = at
        self._reach(_STARTED, 2, event)

    def _succeeded(self, event: Event) -> None:
        self._reach(_SUCCESS, 7, event)
        if self._is_newest_outcome(event.at, 7):
            data = _data(event)
            self.result = _word(data, "result")
            runtime = data.get("runtime")
            self.told_runtime_ns = int(runtime * 1e9) if type(runtime) is float and 0 <= runtime < 1e9 else 0

    def _failed(self, event: Event) -> None:
        self._reach(_FAILURE, 6, event)
        self._outcome(event, 6)

    def _retried(self, event: Event) -> None:
        self._reach(_RETRY, 3, event)
        self._outcome(event, 3)

    def _revoked(self, event: Event) -> None:
        self._reach(_REVOKED, 5, event)
        self._outcome(event, 5)

    def _rejected(self, event: Event) -> None:
        self._reach(_REJECTED, 4, event)

    def _progressed(self, event: Event) -> None:
        data = _data(event)
        told = (event.at, progress_of(data), _word(data, "note"))
        if told > (self.progress_at, self.progress, self.note):
            self.progress_at, self.progress, self.note = told
            self.custom = event.status
        if not self.worker:
            self.worker = event.worker

    def _custom(self, event: Event) -> None:
        if event.status:
            self._progressed(event)

    def _reach(self, state: str, rank: int, event: Event) -> None:
        at = event.at
        if at > self.state_at or (at == self.state_at and rank >= RANK.get(self.base, 0)):
            self.base = state
            self.state_at = at
            self.worker = event.worker

    def _is_newest_outcome(self, at: int, rank: int) -> bool:
        if at > self.result_at or (at == self.result_at and rank > self.result_rank):
            self.result_at = at
            self.result_rank = rank
            return True
        return False

    def _outcome(self, event: Event, rank: int) -> None:
        if self._is_newest_outcome(event.at, rank):
            self.told_runtime_ns = 0
            self.result = _word(_data(event), "exception") or event.preview

    def _describe(self, data: Mapping[str, Any]) -> None:
        told_retries = data.get("retries")
        if self.args and told_retries == 0 and data.get("eta") is None:
            return  # the same as was told before: a task is described when it is sent, and again when it is received
        args, kwargs = _word(data, "args"), _word(data, "kwargs")
        retries = told_retries if type(told_retries) is int and 0 <= told_retries < 2**31 else 0
        if len(args) > len(self.args):
            self.args = args
        if len(kwargs) > len(self.kwargs):
            self.kwargs = kwargs
        if retries > self.retries:
            self.retries, self.eta = retries, _word(data, "eta")
        elif retries == self.retries and (eta := _word(data, "eta")) > self.eta:
            self.eta = eta
        if not self.parent:
            self.parent = _word(data, "parent_id")

    def _settle(self) -> None:
        base = self.base
        if self.progress_at and base in _OPEN and self.progress_at >= self.state_at - PROGRESS_SKEW_NS:
            self.state = self.custom
        else:
            self.state = base
        if base in FINISHED:
            self.finished_at = self.state_at
            self.runtime_ns = self.told_runtime_ns or (max(0, self.finished_at - self.started_at) if self.started_at else 0)
        else:
            self.finished_at = self.runtime_ns = 0
        due = max(self.sent_at or self.received_at, _eta_ns(self.eta) if self.eta else 0)
        self.wait_ns = max(0, self.first_started_at - due) if due and self.first_started_at else 0
        if self.steps.count(",") >= MAX_STEPS:
            steps = self.steps.split(",")
            self.steps = ",".join(steps[:FIRST_STEPS] + steps[FIRST_STEPS - MAX_STEPS :])


_FOLDS: Final[Mapping[str, Callable[[TaskRecord, Event], None]]] = {
    Kind.TASK_SENT.value: TaskRecord._sent,  # noqa: SLF001 - its own table of methods
    Kind.TASK_RECEIVED.value: TaskRecord._received,  # noqa: SLF001
    Kind.TASK_STARTED.value: TaskRecord._started,  # noqa: SLF001
    Kind.TASK_PROGRESS.value: TaskRecord._progressed,  # noqa: SLF001
    Kind.TASK_SUCCEEDED.value: TaskRecord._succeeded,  # noqa: SLF001
    Kind.TASK_FAILED.value: TaskRecord._failed,  # noqa: SLF001
    Kind.TASK_RETRIED.value: TaskRecord._retried,  # noqa: SLF001
    Kind.TASK_REVOKED.value: TaskRecord._revoked,  # noqa: SLF001
    Kind.TASK_REJECTED.value: TaskRecord._rejected,  # noqa: SLF001
    Kind.TASK_CUSTOM.value: TaskRecord._custom,  # noqa: SLF001
}
TASK_KINDS: Final = frozenset(_FOLDS)
"""The kinds a record follows."""


def _data(event: Event) -> dict[str, Any]:
    """Answer the fields of a Celery event: our own sent events keep them apart from the arguments."""
    if type(event) is WireEvent:
        return event.fields
    try:
        data = orjson.loads(event.headers or event.body)
    except orjson.JSONDecodeError:
        return {}
    return data if type(data) is dict else {}


def _word(data: Mapping[str, Any], field: str) -> str:
    value = data.get(field)
    if type(value) is str:
        return value[:MAX_TEXT_CHARS]
    return "" if value is None else str(value)[:MAX_TEXT_CHARS]


def _eta_ns(eta: str) -> int:
    try:
        return int(datetime.fromisoformat(eta).timestamp() * 1e9)
    except (ValueError, OverflowError, OSError):
        return 0
