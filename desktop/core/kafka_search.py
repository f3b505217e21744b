"""A search through a topic as somebody types it: what is looked for, from where to where, in which partitions, and the request it makes."""

from dataclasses import dataclass, field, replace

from desktop.core.faults import Fault
from desktop.core.formatting import number
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_names import partitions_text
from desktop.core.kafka_reads import ReadDraft, offsets_of, prepare_read
from desktop.core.kafka_values import millis_of, millis_text
from embedded_server.contracts.kafka import From, Isolation, SearchRequest, Start

MOST_HITS = 1_000


@dataclass(frozen=True, slots=True)
class SearchRange:
    """What a search looks at, exactly as typed."""

    read: ReadDraft = field(default_factory=lambda: ReadDraft(start=From.OLDEST, limit=MOST_HITS))
    """Where it starts, in which partitions, how transactions are read, and after how many hits it stops."""
    until: str = ""
    """A time, or offsets by partition; nothing is where the partitions end now."""


@dataclass(frozen=True, slots=True)
class PreparedRange:
    """A range after its check: a request that looks for nothing yet."""

    request: SearchRequest | None
    fault: Fault | None = None


def prepare_range(draft: SearchRange, topic: str, partitions: int | None = None) -> PreparedRange:
    """Check a range; *partitions* is how many the topic has, where that is known."""
    prepared = prepare_read(draft.read, topic, partitions)
    if prepared.request is None:
        return PreparedRange(None, prepared.fault)
    read = prepared.request
    request = SearchRequest(topic, partitions=read.partitions, start=read.start, limit=read.limit, isolation=read.isolation)
    end = draft.until.strip()
    if not end:
        return PreparedRange(request)
    if ":" in end and (offsets := offsets_of(end)) is not None:
        if partitions is not None and max(offsets) >= partitions:
            params = {"partition": str(max(offsets)), "last": str(partitions - 1)}
            return PreparedRange(None, Fault(N_("There is no partition {partition}"), N_("The last one is {last}."), params))
        return PreparedRange(replace(request, until=offsets))
    time = millis_of(end)
    if not time:
        return PreparedRange(
            None, Fault(N_("This is no end"), N_("Write a time such as 2026-11-24 14:30 or -2h, or offsets such as 0:1200."))
        )
    return PreparedRange(replace(request, until_time=time))


def range_words(request: SearchRequest) -> str:
    """Say what a search looks at: ``The whole topic``, or ``From 0:1200, partition 0, up to 14:30``."""
    words = _start_words(request.start)
    if request.partitions and not request.start.offsets:
        words = tr("{what}, partition {partitions}", what=words, partitions=partitions_text(request.partitions))
    if request.until_time:
        words = tr("{what}, up to {end}", what=words, end=millis_text(request.until_time))
    elif request.until:
        words = tr("{what}, up to {end}", what=words, end=_places(request.until))
    elif request.start.at is From.OLDEST and not request.start.offsets and not request.partitions:
        words = tr("The whole topic")
    if request.isolation is Isolation.READ_COMMITTED:
        words = tr("{what}, committed only", what=words)
    limit = trn("up to 1 hit", "up to {n} hits", request.limit) if request.limit else tr("every hit")
    return f"{words} · {limit}"


def _start_words(start: Start) -> str:
    if start.offsets:
        return tr("From {places}", places=_places(start.offsets))
    if start.at is From.NEWEST:
        return trn("The newest record", "Newest {n}", start.count)
    if start.at is From.OFFSET:
        return tr("From offset {offset}", offset=number(start.offset))
    if start.at is From.TIME:
        return tr("From {time}", time=millis_text(start.time))
    return tr("From the oldest")


def _places(offsets: dict[int, int]) -> str:
    return ", ".join(f"{partition}:{offset}" for partition, offset in sorted(offsets.items()))
