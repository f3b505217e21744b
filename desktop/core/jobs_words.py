"""A job in words: what it does, how far it is, and what came of it."""

import time
from collections.abc import Callable
from typing import Final

from desktop.core.formatting import NS_PER_S, number, rate, size, span
from desktop.core.i18n import N_, tr, trn
from desktop.core.problems import hint_of, title_of
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.rabbitmq import SUBJECT_ARROW

TO_PREFIX: Final = "to "
"""A count of this prefix says how many messages of a dry run would go to a target."""

KIND_WORDS: Final = {
    JobKind.PUBLISH: N_("Publish"),
    JobKind.TAP: N_("Tap"),
    JobKind.FIREHOSE: N_("Firehose"),
    JobKind.CONSUME: N_("Consume"),
    JobKind.STREAM_READ: N_("Read stream"),
    JobKind.MOVE: N_("Move"),
    JobKind.REDRIVE: N_("Redrive"),
    JobKind.PRODUCE: N_("Produce"),
    JobKind.TAIL: N_("Tail"),
    JobKind.READ: N_("Read"),
    JobKind.SEARCH: N_("Search"),
    JobKind.COPY: N_("Copy"),
}
STATE_WORDS: Final = {
    JobState.STARTING: (N_("starting"), "run"),
    JobState.RUNNING: (N_("running"), "run"),
    JobState.WAITING: (N_("waiting for the connection"), "warn"),
    JobState.STOPPING: (N_("stopping"), "wait"),
    JobState.DONE: (N_("done"), "ok"),
    JobState.STOPPED: (N_("stopped"), "wait"),
    JobState.FAILED: (N_("failed"), "bad"),
}
COUNT_WORDS: Final[dict[str, Callable[[int], str]]] = {
    "confirmed": lambda n: trn("1 confirmed", "{n} confirmed", n),
    "moved": lambda n: trn("1 moved", "{n} moved", n),
    "redriven": lambda n: trn("1 redriven", "{n} redriven", n),
    "matched": lambda n: trn("1 matches", "{n} match", n),
    "consumed": lambda n: trn("1 consumed", "{n} consumed", n),
    "tapped": lambda n: trn("1 tapped", "{n} tapped", n),
    "read": lambda n: trn("1 read", "{n} read", n),
    "acknowledged": lambda n: trn("1 acknowledged", "{n} acknowledged", n),
    "tailed": lambda n: trn("1 read", "{n} read", n),
    "copied": lambda n: trn("1 copied", "{n} copied", n),
    "hits": lambda n: trn("1 hit", "{n} hits", n),
    "returned": lambda n: trn("1 returned", "{n} returned", n),
    "refused": lambda n: trn("1 refused", "{n} refused", n),
    "unconfirmed": lambda n: trn("1 unconfirmed", "{n} unconfirmed", n),
    "unacknowledged": lambda n: trn("1 unacknowledged", "{n} unacknowledged", n),
    "skipped": lambda n: trn("1 skipped", "{n} skipped", n),
    "left": lambda n: trn("1 left", "{n} left", n),
    "records": lambda n: trn("1 record", "{n} records", n),
    "bytes": size,
}
WENT_WELL: Final = frozenset(
    {"confirmed", "moved", "redriven", "consumed", "tapped", "read", "acknowledged", "tailed", "copied", "records"}
)
"""While a job runs its progress tells them."""
_LEFT_OPEN: Final = {JobKind.PUBLISH: "unconfirmed", JobKind.PRODUCE: "unacknowledged"}
"""The count of what nobody answered for."""


def what_words(job: Job) -> str:
    """Say what a job does: ``Move orders.dead → orders.retry``, ``Publish → orders``."""
    kind = tr(KIND_WORDS[job.kind])
    if job.dry_run:
        kind = tr("Dry run: {kind}", kind=kind.lower() if kind.isascii() else kind)
    ends = SUBJECT_ARROW.join(part for part in (job.source, job.target) if part)
    if job.target and not job.source and SUBJECT_ARROW not in job.target:
        ends = f"{SUBJECT_ARROW.strip()} {job.target}"
    return f"{kind} {ends}".strip()


def state_words(job: Job) -> tuple[str, str]:
    """Answer a job's state as a word and its colour."""
    word, tone = STATE_WORDS[job.state]
    return tr(word), tone


def progress_words(job: Job, now_ns: int | None = None) -> str:
    """Say how far it is: ``1,204 of 10,000 · 812 / s · 12 s``."""
    parts = [tr("{done} of {total}", done=number(job.done), total=number(job.total)) if job.total >= 0 else number(job.done)]
    if not job.state.is_over:
        parts.append(rate(job.rate))
    if job.started_at:
        parts.append(span(elapsed_s(job, now_ns)))
    return " · ".join(parts)


def elapsed_s(job: Job, now_ns: int | None = None) -> float:
    """Answer how long it has run, or ran."""
    if not job.started_at:
        return 0.0
    end = job.ended_at or (time.time_ns() if now_ns is None else now_ns)
    return max(0, end - job.started_at) / NS_PER_S


def summary_words(job: Job) -> str:
    """Say what came of it: ``9,998 confirmed · 2 returned``. What is nothing is left out; so is, until the end, what went well."""
    told = set() if job.state.is_over else WENT_WELL
    counts = {name: count for name, count in job.counts.items() if count and name not in told and not name.startswith(TO_PREFIX)}
    ordered = [name for name in COUNT_WORDS if name in counts] + [name for name in counts if name not in COUNT_WORDS]
    parts = [COUNT_WORDS[name](counts[name]) if name in COUNT_WORDS else f"{number(counts[name])} {name}" for name in ordered]
    return " · ".join(parts)


def problem_words(job: Job) -> str:
    """Say why a job failed or waits, or what else it has to say; empty where it has nothing."""
    return f"{title_of(job.problem)}\n{hint_of(job.problem)}" if job.problem is not None else ""


def targets_of(job: Job) -> list[tuple[str, int]]:
    """Answer how many messages a dry run found for each target, the most first."""
    found = [(name.removeprefix(TO_PREFIX), count) for name, count in job.counts.items() if name.startswith(TO_PREFIX)]
    return sorted(found, key=lambda each: (-each[1], each[0]))


def left_open(job: Job) -> int:
    """Answer how many messages nobody answered for."""
    return sum(job.counts.get(name, 0) for name in _LEFT_OPEN.values())


def worth_resending(job: Job) -> int:
    """Answer how many messages of a publish were neither confirmed nor refused, now that it is over; of a produce, how many records."""
    name = _LEFT_OPEN.get(job.kind, "")
    return job.counts.get(name, 0) if name and job.state.is_over else 0


def resend_words(job: Job) -> str:
    """Name the act that sends them again."""
    count = worth_resending(job)
    if job.kind is JobKind.PRODUCE:
        return trn("Resend the 1 unacknowledged", "Resend the {n} unacknowledged", count)
    return trn("Resend the 1 unconfirmed", "Resend the {n} unconfirmed", count)
