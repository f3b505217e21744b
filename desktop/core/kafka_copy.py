"""The form that copies records as typed, and the request it makes; and the range of a topic that is read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from desktop.core.faults import Fault
from desktop.core.formatting import size
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_names import check_topic, partitions_of, partitions_text
from desktop.core.kafka_values import millis_of, millis_text, offset_of
from desktop.core.repeat import whole_number
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import CopyRequest, From, Start


class Place(StrEnum):
    """The parts of the form, so that a fault stands at its own."""

    PARTITIONS = "partitions"
    START = "start"
    UNTIL = "until"
    LIMIT = "limit"
    TARGET = "target"


@dataclass(frozen=True, slots=True)
class CopyDraft:
    """The form's fields exactly as typed."""

    partitions: str = ""
    start: From = From.OLDEST
    count: str = "100"
    offset: str = ""
    time: str = ""
    until_time: str = ""
    filter: str = ""
    limit: str = ""
    to_connection: str = ""
    """An id; empty is the same connection."""
    to_topic: str = ""
    keep_partition: bool = False
    keep_timestamp: bool = True


@dataclass(frozen=True, slots=True)
class PreparedCopy:
    """A draft after its check: a request that is no dry run and names nothing as typed yet."""

    request: CopyRequest | None
    faults: dict[str, Fault] = field(default_factory=dict)


def draft_from(draft: CopyDraft, partitions: Sequence[int], start: Start | None) -> CopyDraft:
    """Take over what is being looked at: its partitions, and where its reading began."""
    if start is None:
        return draft
    values = {"count": str(start.count), "offset": str(start.offset or ""), "time": millis_text(start.time) if start.time else ""}
    begins = From.OLDEST if start.at is From.END else start.at
    return CopyDraft(
        partitions_text(partitions),
        begins,
        values["count"],
        values["offset"],
        values["time"],
        filter=draft.filter,
        limit=draft.limit,
        to_connection=draft.to_connection,
        to_topic=draft.to_topic,
        keep_partition=draft.keep_partition,
        keep_timestamp=draft.keep_timestamp,
    )


def prepare_copy(draft: CopyDraft, topic: str, connection: str) -> PreparedCopy:
    """Check every field."""
    faults: dict[str, Fault] = {}
    partitions = partitions_of(draft.partitions)
    if partitions is None:
        faults[Place.PARTITIONS] = Fault(N_("These are no partitions"), N_("Write such as 0-3, 7, or nothing for all."))
    start = _start(draft, faults)
    until = 0
    if draft.until_time.strip():
        until = millis_of(draft.until_time) or 0
        if not until:
            faults[Place.UNTIL] = Fault(N_("This is no time"), N_("Write such as 2026-11-24 14:30 or -2h, or nothing for all up to now."))
    limit = whole_number(draft.limit) if draft.limit.strip() else 0
    if limit is None or (draft.limit.strip() and limit == 0):
        faults[Place.LIMIT] = Fault(N_("This is no number of records"), N_("Write one above 0, or nothing for all."))
    elsewhere = draft.to_connection if draft.to_connection != connection else ""
    target = draft.to_topic.strip()
    if (fault := check_topic(target)) is not None:
        faults[Place.TARGET] = fault
    elif not elsewhere and target == topic:
        faults[Place.TARGET] = Fault(N_("This is the topic they are in"), N_("Choose another one, or another connection."))
    if faults:
        return PreparedCopy(None, faults)
    return PreparedCopy(
        CopyRequest(
            topic,
            target,
            elsewhere,
            partitions or [],
            start,
            until_time=until,
            limit=limit or 0,
            filter=draft.filter.strip(),
            keep_partition=draft.keep_partition,
            keep_timestamp=draft.keep_timestamp,
        )
    )


def _start(draft: CopyDraft, faults: dict[str, Fault]) -> Start:
    if draft.start is From.NEWEST:
        count = whole_number(draft.count)
        if not count:
            faults[Place.START] = Fault(N_("This is no number of records"), N_("Write how many of the newest."))
        return Start(From.NEWEST, count or 0)
    if draft.start is From.OFFSET:
        offset = offset_of(draft.offset)
        if offset is None:
            faults[Place.START] = Fault(N_("This is no offset"), N_("Write a whole number from 0."))
        return Start(From.OFFSET, offset=offset or 0)
    if draft.start is From.TIME:
        time = millis_of(draft.time) if draft.time.strip() else None
        if time is None:
            faults[Place.START] = Fault(N_("This is no time"), N_("Write such as 2026-11-24 14:30, -2h or milliseconds since 1970."))
        return Start(From.TIME, time=time or 0)
    return Start(From.OLDEST)


def copy_words(count: int | None) -> str:
    """Name the act and the amount: ``Copy 1,204 records``."""
    return tr("Copy") if count is None else trn("Copy 1 record", "Copy {n} records", count)


def matched_in(job: Job) -> int:
    """Answer how many records a dry run found."""
    return job.counts.get("matched", 0)


def found_words(job: Job) -> str:
    """Say what a dry run found."""
    matched = matched_in(job)
    if not matched:
        return tr("No record would be copied.")
    bytes_ = job.counts.get("bytes", 0)
    words = trn("1 record would be copied", "{n} records would be copied", matched)
    return f"{words}, {size(bytes_)}." if bytes_ else f"{words}."
