"""One task as its events tell it: a fold that comes to the same end in whatever order, and however often, the events arrive.

Workers' clocks decide: the newest event gives the state. Two things bend that rule. The sender's clock is another one, so ``PENDING``
never replaces anything. And the pool's process tells progress while its parent tells the start, so progress counts from a little
before the start (`PROGRESS_SKEW_NS`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

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


class Standing(NamedTuple):
    """What of a task is counted elsewhere: as it stood before its record was changed."""

    state: str
    finished_at: int
    first_started_at: int


UNSEEN: Final = Standing("", 0, 0)
"""How every task stood that the table does not have."""


class TaskRecord:
    """A task's row while events are folded into it."""

    __slots__ = (*COLUMNS, "new_steps", "row", "was")

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
        self.new_steps: list[int] = []
        """Those that `values` adds to them."""
        self.was = UNSEEN

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
        record.new_steps = []
        record.was = Standing(record.state, record.finished_at, record.first_started_at)
        return record

    def values(self) -> tuple[Any, ...]:
        """Settle what follows from the rest, and answer `COLUMNS`, then the row's number."""
        self._settle()
        return (
            self.id, self.name, self.state, self.args, self.kwargs, self.worker, self.queue, self.eta, self.sent_at, self.received_at,
            self.started_at, self.finished_at, self.runtime_ns, self.retries, self.progress, self.note, self.root, self.parent,
            self.result, self.wait_ns, self.seen_at, self.base, self.state_at, self.custom, self.progress_at, self.result_at,
            self.result_rank, self.told_runtime_ns, self.first_started_at, self.steps, self.row,
        )  # fmt: skip

    def _settle(self) -> None:
        steps = ",".join(map(str, self.new_steps))
        self.steps = f"{self.steps},{steps}" if self.steps and steps else self.steps or steps
        self.new_steps = []
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
        if len(self.steps) > 2 * MAX_STEPS:  # or there are fewer for sure
            self.steps = _shortened(self.steps)


def _shortened(steps: str) -> str:
    numbers = steps.split(",")
    return steps if len(numbers) <= MAX_STEPS else ",".join(numbers[:FIRST_STEPS] + numbers[FIRST_STEPS - MAX_STEPS :])


def fold_all(records: dict[str, TaskRecord], first_seq: int, events: Sequence[Event], kinds: Sequence[str]) -> None:
    """Fold every task's events, numbered from *first_seq* and of these *kinds*, into its record; *records* gains those it lacks."""
    seq = first_seq
    for event, kind in zip(events, kinds, strict=True):
        fold = _FOLDS.get(kind)
        if fold is not None and (task_id := event.key):
            record = records.get(task_id)
            if record is None:
                record = records[task_id] = TaskRecord(task_id)
            record.new_steps.append(seq)
            at = event.at
            if not record.seen_at or at < record.seen_at:
                record.seen_at = at
            if not record.name:
                record.name = event.subject
            if not record.root:
                record.root = event.trace
            fold(record, event, at)
        seq += 1


def _sent(record: TaskRecord, event: Event, at: int) -> None:
    if not record.sent_at or at < record.sent_at:
        record.sent_at = at
    if not record.base:
        record.base = _PENDING
    data = event.fields if type(event) is WireEvent else _data(event)
    if not record.queue:
        record.queue = _word(data, "queue")
    _describe(record, data)


def _received(record: TaskRecord, event: Event, at: int) -> None:
    if not record.received_at or at < record.received_at:
        record.received_at = at
    _reach(record, _RECEIVED, 1, event, at)
    _describe(record, event.fields if type(event) is WireEvent else _data(event))


def _started(record: TaskRecord, event: Event, at: int) -> None:
    record.started_at = max(record.started_at, at)
    if not record.first_started_at or at < record.first_started_at:
        record.first_started_at = at
    _reach(record, _STARTED, 2, event, at)


def _succeeded(record: TaskRecord, event: Event, at: int) -> None:
    _reach(record, _SUCCESS, 7, event, at)
    if _is_newest_outcome(record, at, 7):
        data = event.fields if type(event) is WireEvent else _data(event)
        record.result = _word(data, "result")
        runtime = data.get("runtime")
        record.told_runtime_ns = int(runtime * 1e9) if type(runtime) is float and 0 <= runtime < 1e9 else 0


def _failed(record: TaskRecord, event: Event, at: int) -> None:
    _reach(record, _FAILURE, 6, event, at)
    _outcome(record, event, at, 6)


def _retried(record: TaskRecord, event: Event, at: int) -> None:
    _reach(record, _RETRY, 3, event, at)
    _outcome(record, event, at, 3)


def _revoked(record: TaskRecord, event: Event, at: int) -> None:
    _reach(record, _REVOKED, 5, event, at)
    _outcome(record, event, at, 5)


def _rejected(record: TaskRecord, event: Event, at: int) -> None:
    _reach(record, _REJECTED, 4, event, at)


def _progressed(record: TaskRecord, event: Event, at: int) -> None:
    data = _data(event)
    told = (at, progress_of(data), _word(data, "note"))
    if told > (record.progress_at, record.progress, record.note):
        record.progress_at, record.progress, record.note = told
        record.custom = event.status
    if not record.worker:
        record.worker = event.worker


def _custom(record: TaskRecord, event: Event, at: int) -> None:
    if event.status:
        _progressed(record, event, at)


def _reach(record: TaskRecord, state: str, rank: int, event: Event, at: int) -> None:
    if at > record.state_at or (at == record.state_at and rank >= RANK.get(record.base, 0)):
        record.base = state
        record.state_at = at
        record.worker = event.worker


def _is_newest_outcome(record: TaskRecord, at: int, rank: int) -> bool:
    if at > record.result_at or (at == record.result_at and rank > record.result_rank):
        record.result_at = at
        record.result_rank = rank
        return True
    return False


def _outcome(record: TaskRecord, event: Event, at: int, rank: int) -> None:
    if _is_newest_outcome(record, at, rank):
        record.told_runtime_ns = 0
        record.result = _word(_data(event), "exception") or event.preview


def _describe(record: TaskRecord, data: Mapping[str, Any]) -> None:
    told_retries = data.get("retries")
    told_eta = data.get("eta")
    if record.args and told_retries == 0 and told_eta is None:
        return  # the same as was told before: a task is described when it is sent, and again when it is received
    args, kwargs = _word(data, "args"), _word(data, "kwargs")
    retries = told_retries if type(told_retries) is int and 0 <= told_retries < 2**31 else 0
    if len(args) > len(record.args):
        record.args = args
    if len(kwargs) > len(record.kwargs):
        record.kwargs = kwargs
    eta = "" if told_eta is None else _word(data, "eta")
    if retries > record.retries:
        record.retries, record.eta = retries, eta
    elif eta and retries == record.retries and eta > record.eta:
        record.eta = eta
    if not record.parent:
        record.parent = _word(data, "parent_id")


_FOLDS: Final[Mapping[str, Callable[[TaskRecord, Event, int], None]]] = {
    Kind.TASK_SENT.value: _sent,
    Kind.TASK_RECEIVED.value: _received,
    Kind.TASK_STARTED.value: _started,
    Kind.TASK_PROGRESS.value: _progressed,
    Kind.TASK_SUCCEEDED.value: _succeeded,
    Kind.TASK_FAILED.value: _failed,
    Kind.TASK_RETRIED.value: _retried,
    Kind.TASK_REVOKED.value: _revoked,
    Kind.TASK_REJECTED.value: _rejected,
    Kind.TASK_CUSTOM.value: _custom,
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
        return value if len(value) <= MAX_TEXT_CHARS else value[:MAX_TEXT_CHARS]
    return "" if value is None else str(value)[:MAX_TEXT_CHARS]


def _eta_ns(eta: str) -> int:
    try:
        return int(datetime.fromisoformat(eta).timestamp() * 1e9)
    except (ValueError, OverflowError, OSError):
        return 0
