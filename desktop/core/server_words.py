"""What the Server panel says: a part's name and state in words, how full the journal is, which levels a choice takes in."""

import time
from dataclasses import dataclass
from typing import Final

from desktop.core.formatting import NS_PER_S, number, size, span
from desktop.core.i18n import N_, tr, trn
from desktop.core.server_reasons import reason_text
from embedded_server.contracts.server import JournalStatus, Part, PartState

DAY_S: Final = 86_400
NONE: Final = "\u2013"
"""What stands where there is no value."""
REQUIRED: Final = frozenset({"journal", "sessions"})
"""The server cannot do without these, so they are not restarted by themselves."""

_TITLES: Final = {
    "journal": N_("Journal"),
    "sessions": N_("Accounts and sessions"),
    "connections": N_("Connections"),
    "hub": N_("Hub"),
    "streams": N_("Streams"),
    "rabbitmq": "RabbitMQ",
    "kafka": "Kafka",
    "brokers": N_("Embedded brokers"),
    "tasks": N_("Tasks"),
    "worker": N_("Celery worker"),
    "task monitor": N_("Task monitor"),
}
_SUMMARIES: Final = {
    "journal": N_("Keeps every event."),
    "sessions": N_("Keeps who may sign in, and who has."),
    "connections": N_("Keeps which brokers you added, and where their passwords are."),
    "hub": N_("Offers the server's own topics over SSE and WebSocket."),
    "streams": N_("Follows the event streams and WebSockets you added."),
    "rabbitmq": N_("Connects to brokers, reads and publishes, when you ask for it."),
    "kafka": N_("Connects to clusters, reads and produces, when you ask for it."),
    "brokers": N_("The message broker that tasks travel through, on this machine only."),
    "tasks": N_("Sends tasks and follows them."),
    "worker": N_("Runs the demo tasks."),
    "task monitor": N_("Listens to what workers tell of their tasks."),
}
_STATES: Final = {
    PartState.STARTING: (N_("Starting"), "run"),
    PartState.RUNNING: (N_("Running"), "ok"),
    PartState.WAITING: (N_("Waiting"), "warn"),
    PartState.STOPPED: (N_("Stopped"), "wait"),
    PartState.FAILED: (N_("Failed"), "bad"),
}
LEVELS: Final = (
    ("all", N_("All"), ""),
    ("info", N_("Info and up"), "-status:DEBUG"),
    ("warning", N_("Warnings and up"), "(status:WARNING OR status:ERROR OR status:CRITICAL)"),
    ("error", N_("Errors"), "(status:ERROR OR status:CRITICAL)"),
)
"""A choice of the level filter: key, words, filter."""


def part_title(name: str) -> str:
    """Name a part for people."""
    return tr(_TITLES[name]) if name in _TITLES else name


def part_summary(name: str) -> str:
    """Say what a part is for."""
    return tr(_SUMMARIES[name]) if name in _SUMMARIES else ""


def part_state(part: Part) -> tuple[str, str]:
    """Answer the state's word and its colour's name."""
    word, tone = _STATES[part.state]
    return tr(word), tone


def part_note(part: Part, now_ns: int | None = None) -> str:
    """Say what there is to say beside the state: why, and when it is tried again; else where it answers."""
    now = time.time_ns() if now_ns is None else now_ns
    if part.state is PartState.WAITING and part.retry_at > now:
        seconds = -(-(part.retry_at - now) // NS_PER_S)
        return tr("{why}. Starts again in {n} s", why=reason_text(part.reason), n=seconds)
    if part.state is PartState.RUNNING and part.reason and part.restarts:
        return tr("Started again: {why}", why=reason_text(part.reason))
    return reason_text(part.reason) or part.address


def note_tone(part: Part) -> str:
    """Answer the colour of `part_note`."""
    if not part.reason:
        return "dim"
    return "bad" if part.state is PartState.FAILED else "warn"


def uptime(started_at: int, now_ns: int | None = None) -> str:
    """Write how long something has been running; a dash where it is not."""
    now = time.time_ns() if now_ns is None else now_ns
    return span(max(0, now - started_at) / NS_PER_S) if started_at else NONE


def log_filter(level: str) -> str:
    """Answer the filter that lists the log from *level* on."""
    narrowed = next((filter_ for key, _, filter_ in LEVELS if key == level), "")
    return f"kind:server.log {narrowed}".strip()


@dataclass(frozen=True, slots=True)
class Fill:
    """How full the journal is by one of its limits."""

    share: float
    """0 to 1."""
    text: str


def events_kept(journal: JournalStatus) -> int:
    """Answer how many events the journal holds."""
    return max(0, journal.last_seq - journal.first_seq + 1)


def fills(journal: JournalStatus, now_ns: int | None = None) -> list[Fill]:
    """Answer how far each limit of the retention is used: events, bytes, age."""
    now = time.time_ns() if now_ns is None else now_ns
    count = events_kept(journal)
    age_s = max(0, now - journal.oldest_at) / NS_PER_S if journal.oldest_at and count else 0.0
    return [
        Fill(
            _share(count, journal.max_events),
            trn("{n} event of {most}", "{n} events of {most}", count, most=number(journal.max_events)),
        ),
        Fill(_share(journal.bytes, journal.max_bytes), tr("{used} of {most}", used=size(journal.bytes), most=size(journal.max_bytes))),
        Fill(
            _share(age_s, journal.max_age_s),
            tr("oldest {age} of {most}", age=span(age_s), most=_days(journal.max_age_s)),
        ),
    ]


def losses(journal: JournalStatus) -> tuple[str, str]:
    """Say what left the journal or never got in, and in which colour."""
    trimmed = trn("{n} event removed by retention", "{n} events removed by retention", journal.trimmed)
    if journal.dropped:
        dropped = trn("{n} event could not be kept", "{n} events could not be kept", journal.dropped)
        return f"{dropped} · {trimmed}", "warn"
    return (trimmed if journal.trimmed else tr("Nothing dropped, nothing removed yet")), "dim"


def sentence(text: str) -> str:
    """End a reason as a sentence."""
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."


def _days(seconds: int) -> str:
    days = seconds / DAY_S
    return trn("{n} day", "{n} days", round(days)) if days >= 1 else span(seconds)


def _share(used: float, most: float) -> float:
    return min(1.0, used / most) if most > 0 else 0.0
