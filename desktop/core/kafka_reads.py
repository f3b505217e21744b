"""The ways of reading a topic, what each costs, and a reading as somebody types it with the request it makes."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.formatting import number
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_names import partitions_of, partitions_text
from desktop.core.kafka_values import millis_of, millis_text, offset_of
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.kafka import From, Isolation, ReadRequest, SearchRequest, Start

SEARCH_CHARS: Final = 24
NEWEST_AT_OPENING: Final = 100
"""Read by itself when a topic is opened for the first time: enough to see what is in it, and quick on any cluster."""


class Read(StrEnum):
    """A way of reading."""

    READ = "read"
    TAIL = "tail"
    SEARCH = "search"


TITLES: Final = {Read.READ: N_("Read…"), Read.TAIL: N_("Live tail"), Read.SEARCH: N_("Search")}
ICONS: Final = {Read.READ: "ph.book-open", Read.TAIL: "ph.broadcast", Read.SEARCH: "ph.magnifying-glass"}
BADGES: Final = {
    Read.READ: (N_("offset-safe"), "ok"),
    Read.TAIL: (N_("offset-safe"), "ok"),
    Read.SEARCH: (N_("reads all"), "ok"),
}
"""The cost in a word, and its colour."""
COSTS: Final = {
    Read.READ: N_("Offset-safe: it joins no consumer group and commits nothing, so nothing changes for anybody."),
    Read.TAIL: N_("Shows records as they come. Offset-safe: it joins no consumer group and commits nothing."),
    Read.SEARCH: N_("Reads the whole topic and keeps only what matches. It joins no consumer group and commits nothing."),
}
FROM_WORDS: Final = {
    From.NEWEST: N_("The newest records"),
    From.OLDEST: N_("The oldest record"),
    From.OFFSET: N_("An offset"),
    From.TIME: N_("A time"),
    From.END: N_("What comes from now on"),
}
ISOLATION_WORDS: Final = {
    Isolation.READ_UNCOMMITTED: N_("All, uncommitted ones too"),
    Isolation.READ_COMMITTED: N_("Only committed ones"),
}
EXAMPLES: Final = {From.OFFSET: N_("1200, or by partition: 0:1200, 3:90"), From.TIME: N_("2026-11-24 14:30, or -2h")}
_KINDS: Final = {JobKind.READ: Read.READ, JobKind.TAIL: Read.TAIL, JobKind.SEARCH: Read.SEARCH}


def read_of(job: Job) -> Read | None:
    """Answer which way of reading a job is."""
    return _KINDS.get(job.kind)


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """A reading exactly as typed."""

    start: From = From.NEWEST
    count: int = NEWEST_AT_OPENING
    place: str = ""
    """Offset, offsets by partition, or time."""
    partitions: str = ""
    isolation: Isolation = Isolation.READ_UNCOMMITTED
    limit: int = 0
    follow: bool = False


@dataclass(frozen=True, slots=True)
class PreparedRead:
    """A draft after its check."""

    request: ReadRequest | None
    fault: Fault | None = None


def prepare_read(draft: ReadDraft, topic: str, partitions: int | None = None) -> PreparedRead:
    """Check a draft; *partitions* is how many the topic has, where that is known."""
    chosen = partitions_of(draft.partitions)
    if chosen is None:
        return PreparedRead(
            None, Fault(N_("“{typed}” is no list of partitions"), N_("Write such as 0-3, 7; nothing is all."), {"typed": draft.partitions})
        )
    if chosen and partitions is not None and chosen[-1] >= partitions:
        params = {"partition": str(chosen[-1]), "last": str(partitions - 1)}
        return PreparedRead(None, Fault(N_("There is no partition {partition}"), N_("The last one is {last}."), params))
    start = start_of(draft)
    if isinstance(start, Fault):
        return PreparedRead(None, start)
    if start.offsets:
        chosen = sorted(start.offsets)
        if partitions is not None and chosen[-1] >= partitions:
            params = {"partition": str(chosen[-1]), "last": str(partitions - 1)}
            return PreparedRead(None, Fault(N_("There is no partition {partition}"), N_("The last one is {last}."), params))
    follow = draft.follow or draft.start is From.END
    return PreparedRead(ReadRequest(topic, chosen, start, follow=follow, limit=draft.limit, isolation=draft.isolation))


def start_of(draft: ReadDraft) -> Start | Fault:
    """Answer where a reading starts, or what is wrong with what was typed."""
    if draft.start is From.OFFSET:
        if ":" in draft.place:
            offsets = offsets_of(draft.place)
            wrong = Fault(N_("These are no offsets by partition"), N_("Write such as 0:1200, 3:90."))
            return Start(From.OFFSET, offsets=offsets) if offsets else wrong
        offset = offset_of(draft.place)
        wrong = Fault(N_("This is no offset"), N_("Write a whole number from 0, or such as 0:1200, 3:90."))
        return Start(From.OFFSET, offset=offset) if offset is not None else wrong
    if draft.start is From.TIME:
        time = millis_of(draft.place) if draft.place.strip() else None
        wrong = Fault(N_("This is no time"), N_("Write such as 2026-11-24 14:30, -2h or milliseconds since 1970."))
        return Start(From.TIME, time=time) if time is not None else wrong
    return Start(draft.start, count=draft.count)


def offsets_of(text: str) -> dict[int, int] | None:
    """Answer the offsets of ``0:1200, 3:90`` by partition; None where it is no such list."""
    found: dict[int, int] = {}
    for part in text.replace(";", ",").split(","):
        if not part.strip():
            continue
        partition, colon, place = part.partition(":")
        offset = offset_of(place)
        if not colon or not partition.strip().isdecimal() or offset is None:
            return None
        found[int(partition)] = offset
    return found or None


def start_words(request: ReadRequest) -> str:
    """Say in few words what a reading brings: the name of its result."""
    start = request.start
    if start.offsets:
        places = ", ".join(f"{partition}:{offset}" for partition, offset in sorted(start.offsets.items()))
        words = tr("From {places}", places=places)
    elif start.at is From.NEWEST:
        words = trn("The newest record", "Newest {n}", start.count)
    elif start.at is From.OLDEST:
        words = tr("From the oldest")
    elif start.at is From.OFFSET:
        words = tr("From offset {offset}", offset=number(start.offset))
    elif start.at is From.TIME:
        words = tr("From {time}", time=millis_text(start.time))
    else:
        words = tr("Live tail")
    if request.partitions and not start.offsets:
        words = tr("{what}, partition {partitions}", what=words, partitions=partitions_text(request.partitions))
    return words


def tail_from_now(draft: ReadDraft) -> ReadDraft:
    """Answer the draft of a live tail: what comes from now on, of the partitions chosen."""
    return replace(draft, start=From.END, follow=True, limit=0)


# -- what is listed of them


@dataclass(frozen=True, slots=True)
class Listed:
    """The records of one job, as a list shows them."""

    words: str
    """What they are called."""
    filter: str
    """The journal's filter that lists them."""
    nothing: str = ""
    """What to say where it brought none."""


def read_listed(request: ReadRequest, job: Job) -> Listed:
    """Answer how the records of a reading are listed."""
    is_tail = request.start.at is From.END
    nothing = tr("The live tail has brought no record yet") if is_tail else tr("This reading has brought no record")
    return Listed(start_words(request), job.filter, nothing)


def search_listed(request: SearchRequest, job: Job) -> Listed:
    """Answer how the finds of a search are listed."""
    words = _short(request.text or request.filter)
    if request.text:
        nothing = tr("No record of {topic} holds “{words}”", topic=request.topic, words=words)
    else:
        nothing = tr("No record of {topic} matches {words}", topic=request.topic, words=words)
    return Listed(tr("Found: {words}", words=words), job.filter, nothing)


def _short(words: str) -> str:
    return words if len(words) <= SEARCH_CHARS else f"{words[:SEARCH_CHARS]}…"


# -- searching


def search_words(job: Job) -> str:
    """Say how far a search is: ``Scanned 1,204 of 10,000 · 3 hits``."""
    scanned = (
        tr("Scanned {done} of {total}", done=number(job.done), total=number(job.total))
        if job.total >= 0
        else tr("Scanned {done}", done=number(job.done))
    )
    return f"{scanned} · {trn('1 hit', '{n} hits', job.counts.get('hits', 0))}"
