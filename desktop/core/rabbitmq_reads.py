"""The ways of reading messages and what each costs, in words: nobody takes a message away by accident."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_spots import Place, Spot
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.rabbitmq import GetMode, QueueInfo


class Read(StrEnum):
    """A way of reading."""

    TAP = "tap"
    GET = "get"
    CONSUME = "consume"
    STREAM = "stream"
    FIREHOSE = "firehose"


TITLES: Final = {
    Read.TAP: N_("Tap"),
    Read.GET: N_("Get"),
    Read.CONSUME: N_("Consume"),
    Read.STREAM: N_("Read from"),
    Read.FIREHOSE: N_("Firehose"),
}
HEADINGS: Final = {
    Read.TAP: N_("Tap {name}"),
    Read.GET: N_("Get from {name}"),
    Read.CONSUME: N_("Consume from {name}"),
    Read.STREAM: N_("Read from {name}"),
    Read.FIREHOSE: N_("Firehose of {name}"),
}
"""What a read does, with the place it does it at."""
BADGES: Final = {
    Read.TAP: (N_("copies"), "ok"),
    Read.GET: (N_("marks"), "warn"),
    Read.CONSUME: (N_("removes"), "bad"),
    Read.STREAM: (N_("keeps all"), "ok"),
    Read.FIREHOSE: (N_("copies all"), "ok"),
}
"""The cost in a word, and its colour."""
ICONS: Final = {
    Read.TAP: "ph.eye",
    Read.GET: "ph.hand-grabbing",
    Read.CONSUME: "ph.tray",
    Read.STREAM: "ph.book-open",
    Read.FIREHOSE: "ph.broadcast",
}
CHANGING: Final = frozenset({Read.GET, Read.CONSUME})
"""What a read-only connection refuses."""
_KINDS: Final = {
    JobKind.TAP: Read.TAP,
    JobKind.CONSUME: Read.CONSUME,
    JobKind.STREAM_READ: Read.STREAM,
    JobKind.FIREHOSE: Read.FIREHOSE,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What a read does to the broker, as a sentence with its colour."""

    sentence: str
    tone: str


def reads_of(spot: Spot | None, value: object) -> tuple[Read, ...]:
    """Answer how messages can be read at a place."""
    if spot is None:
        return ()
    if spot.place is Place.QUEUE:
        is_stream = isinstance(value, QueueInfo) and value.type == "stream"
        return (Read.STREAM, Read.TAP) if is_stream else (Read.TAP, Read.GET, Read.CONSUME)
    if spot.place is Place.EXCHANGE:
        return (Read.TAP,) if spot.name else ()
    return (Read.FIREHOSE,) if spot.place is Place.VHOST else ()


def cost_of_read(read: Read, value: object, mode: GetMode = GetMode.REQUEUE) -> Cost:
    """Say what reading so costs, of the queue *value* in particular."""
    queue_type = value.type if isinstance(value, QueueInfo) else "classic"
    match read:
        case Read.TAP:
            return Cost(
                tr("A copy: nothing is taken. It goes through a queue of its own that ends with the tap and holds only so many messages."),
                "ok",
            )
        case Read.FIREHOSE:
            return Cost(
                tr("A copy of every message that enters or leaves the virtual host. Tracing slows the broker while it is on."), "warn"
            )
        case Read.STREAM:
            return Cost(tr("Nothing is taken: a stream keeps its messages, whoever reads them."), "ok")
        case Read.CONSUME:
            return Cost(tr("Removes: each message is acknowledged once it is in the journal, and is then gone from the queue."), "bad")
    return _cost_of_get(mode, queue_type)


def _cost_of_get(mode: GetMode, queue_type: str) -> Cost:
    if mode is GetMode.ACK:
        return Cost(tr("Removes: the messages are acknowledged, and are then gone from the queue."), "bad")
    if mode is GetMode.REJECT:
        return Cost(tr("Removes: the messages are rejected, and dead-lettered where the queue has a dead letter exchange."), "bad")
    if queue_type == "quorum":
        return Cost(
            tr("Put back, but marked as redelivered, and each counts toward the delivery limit: at the limit the queue drops it."), "warn"
        )
    return Cost(tr("Put back in their place, but marked as redelivered."), "warn")


MODE_WORDS: Final = {
    GetMode.REQUEUE: N_("Put them back"),
    GetMode.REJECT_REQUEUE: N_("Reject, and put them back"),
    GetMode.ACK: N_("Acknowledge: remove them"),
    GetMode.REJECT: N_("Reject: remove or dead-letter them"),
}
CHANGES_BY_MODE: Final = frozenset({GetMode.ACK, GetMode.REJECT})


def read_of(job: Job) -> Read | None:
    """Answer which way of reading a job is."""
    return _KINDS.get(job.kind)


# -- what is typed


def routing_keys_of(text: str) -> list[str]:
    """Read binding keys that were typed with blanks or commas between them; nothing is everything."""
    keys = [key for key in re.split(r"[\s,]+", text) if key]
    return list(dict.fromkeys(keys)) or ["#"]


class Start(StrEnum):
    """Where in a stream reading begins."""

    FIRST = "first"
    LAST = "last"
    NEXT = "next"
    OFFSET = "offset"
    AGE = "age"
    TIME = "time"


START_WORDS: Final = {
    Start.FIRST: N_("The first message"),
    Start.LAST: N_("The last chunk"),
    Start.NEXT: N_("What comes from now on"),
    Start.OFFSET: N_("An offset"),
    Start.AGE: N_("So long ago"),
    Start.TIME: N_("A time"),
}
EXAMPLES: Final = {Start.OFFSET: "0", Start.AGE: "1h", Start.TIME: "2026-11-24T14:30:00"}
_CHECKS: Final = {
    Start.OFFSET: re.compile(r"\d{1,19}"),
    Start.AGE: re.compile(r"\d+[YMDhms]"),
    Start.TIME: re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"),
}


def offset_of(start: Start, text: str) -> str | None:
    """Answer a stream's offset as the server reads it; None where what was typed is none."""
    check = _CHECKS.get(start)
    text = text.strip()
    if check is None:
        return start.value
    return text if check.fullmatch(text) else None
