"""The columns of the Tasks table."""

from typing import Final

from desktop.core.feed_columns import Align, Column, time_column
from desktop.core.formatting import duration, number, short_id
from desktop.core.i18n import N_, tr
from desktop.core.tasks_states import state_tone, state_word
from embedded_server.contracts.tasks import TaskRow

MAX_ARGUMENT_CHARS: Final = 300
"""More than the widest column shows."""


def first_seen(row: TaskRow) -> int:
    """Answer the earliest moment known of a task."""
    return row.sent_at or row.received_at or row.started_at or row.finished_at


def _state(row: TaskRow) -> str:
    word = state_word(row.state)
    return tr("{state} {percent} %", state=word, percent=f"{row.progress * 100:.0f}") if row.progress >= 0 and _lives(row) else word


def _lives(row: TaskRow) -> bool:
    return not row.finished_at


def arguments_text(args: str, kwargs: str) -> str:
    """Write arguments as a call would: ``2, 3, {'y': 4}``."""
    args = args[:MAX_ARGUMENT_CHARS]
    if args[:1] in {"(", "["} and args[-1:] in {")", "]"}:
        args = args[1:-1].removesuffix(",")
    parts = [args, "" if kwargs in {"", "{}"} else kwargs[:MAX_ARGUMENT_CHARS]]
    return ", ".join(part for part in parts if part)


TASK_COLUMNS: Final = (
    time_column(first_seen),
    Column("state", N_("State"), 120, _state, tone=lambda row: state_tone(row.state), value=lambda row: row.state, min_width=116),
    Column("name", N_("Task"), 148, lambda row: row.name, mono=True, min_width=120),
    Column("worker", N_("Worker"), 120, lambda row: row.worker, dim=True, yields=3, tooltip=lambda row: row.worker, min_width=100),
    Column("queue", N_("Queue"), 92, lambda row: row.queue, dim=True, yields=4, min_width=84),
    Column(
        "runtime",
        N_("Run time"),
        80,
        lambda row: duration(row.runtime_ns) if row.runtime_ns else "",
        align=Align.RIGHT,
        value=lambda row: f"{row.runtime_ns / 1_000_000:.0f}ms" if row.runtime_ns else "",
        field="-",
        min_width=76,
        yields=1,
    ),
    Column(
        "id",
        N_("Id"),
        84,
        lambda row: short_id(row.id),
        mono=True,
        dim=True,
        value=lambda row: row.id,
        tooltip=lambda row: row.id,
        yields=5,
        min_width=80,
    ),
    Column(
        "retries",
        N_("Retries"),
        68,
        lambda row: number(row.retries) if row.retries else "",
        align=Align.RIGHT,
        value=lambda row: str(row.retries),
        hidden=True,
        yields=6,
    ),
    Column(
        "args",
        N_("Arguments"),
        180,
        lambda row: arguments_text(row.args, row.kwargs),
        mono=True,
        dim=True,
        field="-",
        value=lambda row: f"{row.args} {row.kwargs}".strip(),
        tooltip=lambda row: f"{row.args}\n{row.kwargs}".strip()[:2000],
        min_width=96,
        yields=2,
    ),
)
