"""The forms that create a topic, add partitions and purge, as typed, and the requests they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.formatting import number
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_configs import COMMON, POLICY, ConfigDraft, read_common, row_faults
from desktop.core.kafka_names import check_topic
from desktop.core.kafka_values import millis_of, offset_of
from desktop.core.repeat import whole_number
from embedded_server.contracts.kafka import ConfigEntry, CreateTopic, PartitionInfo

MOST_PARTITIONS: Final = 100_000
MOST_REPLICAS: Final = 32_767


class Place(StrEnum):
    """The fields beside the settings, so that a fault stands at its own."""

    NAME = "name"
    PARTITIONS = "partitions"
    REPLICATION = "replication"


@dataclass(frozen=True, slots=True)
class CreateDraft:
    """The form's fields exactly as typed. Nothing typed is the broker's default."""

    name: str = ""
    partitions: str = ""
    replication: str = ""
    policy: str = ""
    common: Mapping[str, str] = field(default_factory=dict)
    """By the names of `COMMON`."""
    others: tuple[ConfigDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class PreparedTopic:
    """A draft after its check."""

    request: CreateTopic | None
    faults: dict[str, Fault] = field(default_factory=dict)
    """By `Place`, or by the name of a common setting."""
    row_faults: dict[int, Fault] = field(default_factory=dict)


def prepare_topic(draft: CreateDraft, known: Mapping[str, ConfigEntry]) -> PreparedTopic:
    """Check every field."""
    faults: dict[str, Fault] = {}
    if (fault := check_topic(draft.name.strip())) is not None:
        faults[Place.NAME] = fault
    partitions = _count(draft.partitions, MOST_PARTITIONS)
    if partitions is None:
        faults[Place.PARTITIONS] = Fault(N_("This is no number of partitions"), N_("Write one from 1, or nothing for the default."))
    replication = _count(draft.replication, MOST_REPLICAS)
    if replication is None:
        faults[Place.REPLICATION] = Fault(N_("This is no number of replicas"), N_("Write one from 1, or nothing for the default."))
    configs: dict[str, str] = {POLICY: draft.policy} if draft.policy else {}
    for common in COMMON:
        typed = draft.common.get(common.name, "")
        if typed.strip():
            configs[common.name], wrong = read_common(common, typed)
            if wrong is not None:
                faults[common.name] = wrong
    rows = row_faults(draft.others, known)
    for place, row in enumerate(draft.others):
        if not row.is_blank and row.name.strip() in configs:
            title = N_("{name} has a field of its own above")
            rows[place] = Fault(title, N_("Set it there, or leave it empty there."), {"name": row.name.strip()})
    if faults or rows:
        return PreparedTopic(None, faults, rows)
    configs |= {row.name.strip(): row.value.strip() for row in draft.others if not row.is_blank}
    return PreparedTopic(CreateTopic(draft.name.strip(), partitions or -1, replication or -1, configs))


def grown_to(text: str, now: int) -> tuple[int | None, Fault | None]:
    """Answer the number of partitions that a topic with *now* is to have, None where it stays, or what is wrong with it."""
    if not text.strip() or whole_number(text) == now:
        return None, None
    total = _count(text, MOST_PARTITIONS)
    if total is None or total < now:
        hint = N_("Write more than {now}: partitions can be added and never taken away.")
        return None, Fault(N_("This is not more than there are"), hint, {"now": str(now)})
    return total, None


def keys_move_words(now: int, total: int) -> str:
    """Say what adding partitions means for keys."""
    return tr(
        "Records of a key go elsewhere from then on: with {total} partitions instead of {now} its hash leads to another one, "
        "so that the order within a key is lost across the change. What is there stays where it is, and it cannot be taken back.",
        now=now,
        total=total,
    )


# -- purging


class PurgeWay(StrEnum):
    """Which records go."""

    ALL = "all"
    KEEP = "keep"
    """All but the newest so many of each partition."""
    OFFSETS = "offsets"
    """Those before an offset, in each partition of its own."""
    TIME = "time"
    """Those before a time: the server counts them."""


@dataclass(frozen=True, slots=True)
class PurgePlan:
    """What a purge would do: the first offset that stays, by partition, and how many records go in each."""

    before: dict[int, int] = field(default_factory=dict)
    """Empty is everything in every partition."""
    counts: dict[int, int] = field(default_factory=dict)
    fault: Fault | None = None
    before_time: int = 0
    """Milliseconds, instead of offsets."""

    @property
    def total(self) -> int:
        """How many records go."""
        return sum(self.counts.values())


def plan_purge(way: PurgeWay, partitions: Sequence[PartitionInfo], keep: str = "", offsets: Mapping[int, str] | None = None) -> PurgePlan:
    """Answer what goes. A partition whose offsets nobody knows is purged whole or left alone; *keep* is for a TIME the time."""
    if way is PurgeWay.TIME:
        time = millis_of(keep) if keep.strip() else None
        wrong = Fault(N_("This is no time"), N_("Write such as 2026-11-24 14:30, -2h or milliseconds since 1970."))
        return PurgePlan(before_time=time) if time else PurgePlan(fault=wrong)
    if way is PurgeWay.ALL:
        return PurgePlan({}, {one.partition: (one.end or 0) - (one.start or 0) for one in partitions})
    if way is PurgeWay.KEEP:
        newest = whole_number(keep)
        if newest is None:
            return PurgePlan(fault=Fault(N_("This is no number of records"), N_("Write how many of each partition stay.")))
        wanted = {one.partition: max(one.start or 0, (one.end or 0) - newest) for one in partitions if one.end is not None}
        return _planned(wanted, partitions)
    wanted = {}
    for one in partitions:
        text = (offsets or {}).get(one.partition, "").strip()
        offset = offset_of(text) if text else None
        if text and (offset is None or (one.end is not None and offset > one.end)):
            hint = N_("Write one up to its end, {end}, or nothing to leave the partition alone.")
            params = {"partition": str(one.partition), "end": number(one.end or 0)}
            return PurgePlan(fault=Fault(N_("Partition {partition} has no such offset"), hint, params))
        if offset is not None:
            wanted[one.partition] = offset
    return _planned(wanted, partitions)


def _planned(wanted: Mapping[int, int], partitions: Sequence[PartitionInfo]) -> PurgePlan:
    starts = {one.partition: one.start or 0 for one in partitions}
    counts = {partition: max(0, offset - starts[partition]) for partition, offset in wanted.items()}
    kept = {partition: offset for partition, offset in wanted.items() if counts[partition]}
    return PurgePlan(kept, {partition: count for partition, count in counts.items() if count})


def purge_words(count: int | None) -> str:
    """Name the act and the amount, for its button."""
    return tr("Purge all") if count is None else trn("Purge 1 record", "Purge {n} records", count)


def delete_words(name: str, count: int | None) -> str:
    """Ask, naming the topic and the number."""
    if not count:
        return tr("Delete the topic {name}?", name=name)
    return trn("Delete the topic {name} with its 1 record?", "Delete the topic {name} with its {n} records?", count, name=name)


def _count(text: str, most: int) -> int | None:
    """Answer a number from 1, 0 for nothing typed, None where it is none."""
    if not text.strip():
        return 0
    value = whole_number(text)
    return value if value is not None and 1 <= value <= most else None
