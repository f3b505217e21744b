"""The move and redrive forms as typed, the request they make, and what they say."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.formatting import number
from desktop.core.i18n import N_, tr, trn
from desktop.core.rabbitmq_draft import check_short
from desktop.core.repeat import whole_number
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.rabbitmq import MoveRequest, RedriveRequest

MAX_LIMIT: Final = 10**12


class Goal(StrEnum):
    """Where a move sends messages."""

    QUEUE = "queue"
    EXCHANGE = "exchange"


class Back(StrEnum):
    """How a redrive sends messages back."""

    QUEUE = "queue"
    """Straight to the queue they died in."""
    EXCHANGE = "exchange"
    """Through their first exchange and routing key again."""


class Place(StrEnum):
    """The parts of the form, so that a fault stands at its own."""

    TARGET = "target"
    ROUTING_KEY = "routing_key"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class MoveDraft:
    """The form's fields exactly as typed."""

    goal: Goal = Goal.QUEUE
    queue: str = ""
    exchange: str = ""
    routing_key: str = ""
    back: Back = Back.QUEUE
    strip_death: bool = True
    filter: str = ""
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A draft after its check: the request, or what keeps it from being one."""

    request: MoveRequest | RedriveRequest | None
    faults: dict[Place, Fault]


def prepare(draft: MoveDraft, vhost: str, source: str, *, redrive: bool) -> Prepared:
    """Check every field; the request is not a dry run and names nothing as typed yet."""
    faults: dict[Place, Fault] = {}
    limit = whole_number(draft.limit) if draft.limit.strip() else 0
    if limit is None or limit > MAX_LIMIT or (draft.limit.strip() and limit == 0):
        faults[Place.LIMIT] = Fault(N_("This is no number of messages"), N_("Write one above 0, or nothing for all."))
    if not redrive:
        faults |= _target_faults(draft, source)
    if faults:
        return Prepared(None, faults)
    text = draft.filter.strip()
    if redrive:
        back = draft.back is Back.QUEUE
        return Prepared(RedriveRequest(vhost, source, text, limit or 0, to_queue=back, strip_death=draft.strip_death), {})
    if draft.goal is Goal.QUEUE:
        return Prepared(MoveRequest(vhost, source, "", draft.queue, text, limit or 0), {})
    return Prepared(MoveRequest(vhost, source, draft.exchange, draft.routing_key, text, limit or 0), {})


def _target_faults(draft: MoveDraft, source: str) -> dict[Place, Fault]:
    faults: dict[Place, Fault] = {}
    name = draft.queue if draft.goal is Goal.QUEUE else draft.exchange
    if not name:
        hint = N_("Choose one of the list, or type its name.")
        faults[Place.TARGET] = Fault(N_("No target is named"), hint)
    elif draft.goal is Goal.QUEUE and name == source:
        faults[Place.TARGET] = Fault(N_("This is the queue they are in"), N_("Choose another one."))
    elif (fault := check_short(name)) is not None:
        faults[Place.TARGET] = fault
    if draft.goal is Goal.EXCHANGE and (fault := check_short(draft.routing_key)) is not None:
        faults[Place.ROUTING_KEY] = fault
    return faults


def act_words(count: int | None, *, redrive: bool) -> str:
    """Name the act and the amount: ``Move 1,204 messages``."""
    if count is None:
        return tr("Redrive") if redrive else tr("Move")
    if redrive:
        return trn("Redrive 1 message", "Redrive {n} messages", count)
    return trn("Move 1 message", "Move {n} messages", count)


def is_short(job: Job) -> bool:
    """Whether a dry run ended before it had looked at every message: what it counted is the least that would be sent."""
    return job.dry_run and job.problem is not None


def found_words(job: Job) -> str:
    """Say what a dry run found: ``17 messages would be sent:``."""
    matched = job.counts.get("matched", 0)
    if is_short(job):
        looked = number(job.done)
        if not matched:
            return tr("None of the first {looked} messages would be sent.", looked=looked)
        return trn(
            "1 of the first {looked} messages would be sent:", "{n} of the first {looked} messages would be sent:", matched, looked=looked
        )
    if not matched:
        return tr("No message would be sent.")
    return trn("1 message would be sent:", "{n} messages would be sent:", matched)


def rest_words(job: Job) -> str:
    """Say why the others stay."""
    parts = []
    if skipped := job.counts.get("skipped", 0):
        if job.kind is JobKind.REDRIVE:
            reason = trn(
                "1 stays: it does not match, is over the limit, or never died elsewhere",
                "{n} stay: they do not match, are over the limit, or never died elsewhere",
                skipped,
            )
        else:
            reason = trn("1 stays: it does not match, or is over the limit", "{n} stay: they do not match, or are over the limit", skipped)
        parts.append(reason)
    if refused := job.counts.get("refused", 0):
        parts.append(
            trn(
                "1 cannot be sent: its user-id is another user's",
                "{n} cannot be sent: their user-id is another user's",
                refused,
            )
        )
    return "\n".join(parts)
