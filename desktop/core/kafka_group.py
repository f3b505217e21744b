"""A consumer group in words: its state, what its lag means, and setting its offsets as typed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from desktop.core.faults import Fault
from desktop.core.formatting import number
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_names import partitions_of, partitions_text
from desktop.core.kafka_values import millis_of, offset_of, shift_of
from embedded_server.contracts.kafka import (
    Assigned,
    GroupDetail,
    GroupInfo,
    GroupMember,
    GroupOffset,
    OffsetChange,
    ResetRequest,
    ResetResult,
    ResetTo,
)

_STATES: Final = {
    "Stable": (N_("stable"), "ok"),
    "PreparingRebalance": (N_("preparing a rebalance"), "run"),
    "CompletingRebalance": (N_("completing a rebalance"), "run"),
    "Assigning": (N_("assigning"), "run"),
    "Reconciling": (N_("reconciling"), "run"),
    "NotReady": (N_("not ready"), "warn"),
    "Empty": (N_("empty"), "wait"),
    "Dead": (N_("dead"), "bad"),
}
INACTIVE: Final = frozenset({"Empty", "Dead"})
"""In these Kafka lets offsets be set and the group be deleted."""
_LEAVE_BY_THEMSELVES: Final = frozenset({"share", "streams"})


def group_state(state: str) -> tuple[str, str]:
    """Answer a group's state as a word and its colour."""
    word, tone = _STATES.get(state, (N_("unknown"), "wait"))
    return tr(word), tone


def group_protocol(group: GroupInfo) -> str:
    """Answer which protocol a group speaks, and what its members are where they are no consumers: ``classic, connect``."""
    return group.type if group.protocol_type in {"", "consumer", group.type} else f"{group.type}, {group.protocol_type}"


def is_active(detail: GroupDetail) -> bool:
    """Whether it has members, so that Kafka refuses to set its offsets and to delete it."""
    return bool(detail.members) or detail.group.state not in INACTIVE


def why_active(detail: GroupDetail) -> str:
    """Say why its offsets cannot be set now, and what to do."""
    members = len(detail.members) or detail.group.members or 0
    if not members:
        return tr("The group is {state} just now: wait until it is empty.", state=group_state(detail.group.state)[0])
    return trn(
        "1 member is in the group: stop that consumer first, then its offsets can be set.",
        "{n} members are in the group: stop those consumers first, then its offsets can be set.",
        members,
    )


def total_lag(detail: GroupDetail) -> int | None:
    """Answer the lag over all partitions; None where none is known."""
    known = [offset.lag for offset in detail.offsets if offset.lag is not None]
    return sum(known) if known else None


def lets_members_be_removed(group: GroupInfo) -> bool:
    """Whether Kafka lets somebody else end a membership in groups of this kind."""
    return group.type not in _LEAVE_BY_THEMSELVES


def assignment_words(member: GroupMember) -> str:
    """Say what a member reads: ``orders 0-3 · payments 1``; where it is to read something else soon, that behind an arrow."""
    now = _partitions_words(member.assignment)
    return now if member.target is None else f"{now} \u2192 {_partitions_words(member.target)}"


def _partitions_words(assignment: Sequence[Assigned]) -> str:
    return " · ".join(f"{one.topic} {partitions_text(one.partitions)}" for one in assignment) or tr("nothing")


def member_name(offset: GroupOffset, members: Sequence[GroupMember]) -> str:
    """Answer who reads a partition: the client's own name, with its instance where there is one."""
    member = next((one for one in members if one.id == offset.member), None)
    if member is None:
        return ""
    return member.instance_id or member.client_id or member.id


# -- setting offsets


class Place(StrEnum):
    """The parts of the form, so that a fault stands at its own."""

    VALUE = "value"
    PARTITIONS = "partitions"


@dataclass(frozen=True, slots=True)
class ResetDraft:
    """The form's fields exactly as typed."""

    to: ResetTo = ResetTo.EARLIEST
    offset: str = ""
    time: str = ""
    shift: str = ""
    topics: frozenset[str] = frozenset()
    """Those that are left out."""
    partitions: str = ""
    """Of one topic alone; empty is all of them."""


@dataclass(frozen=True, slots=True)
class PreparedReset:
    """A draft after its check: a request that is no dry run and names nothing as typed yet."""

    request: ResetRequest | None
    faults: dict[str, Fault] = field(default_factory=dict)


def prepare_reset(draft: ResetDraft, detail: GroupDetail) -> PreparedReset:
    """Check every field."""
    faults: dict[str, Fault] = {}
    offset, time = 0, 0
    if draft.to is ResetTo.OFFSET:
        offset = _number(faults, offset_of(draft.offset), N_("This is no offset"), N_("Write a whole number from 0."))
    elif draft.to is ResetTo.SHIFT:
        hint = N_("Write such as -500 to read them again, or +20 to skip them.")
        offset = _number(faults, shift_of(draft.shift), N_("This is no number of records"), hint)
    elif draft.to is ResetTo.TIME:
        hint = N_("Write such as 2026-11-24 14:30, -2h or milliseconds since 1970.")
        time = _number(faults, millis_of(draft.time) if draft.time.strip() else None, N_("This is no time"), hint)
    chosen = _chosen(draft, detail, faults)
    if faults:
        return PreparedReset(None, faults)
    return PreparedReset(ResetRequest(detail.group.id, draft.to, chosen, offset, time))


def topics_in(detail: GroupDetail) -> list[str]:
    """Answer the topics that the group has offsets in."""
    return sorted({offset.topic for offset in detail.offsets})


def _chosen(draft: ResetDraft, detail: GroupDetail, faults: dict[str, Fault]) -> list[Assigned]:
    """Answer which partitions; empty is all of them."""
    everything = topics_in(detail)
    topics = [topic for topic in everything if topic not in draft.topics]
    if not topics:
        faults[Place.PARTITIONS] = Fault(N_("No topic is chosen"), N_("Tick one at least."))
        return []
    wanted = partitions_of(draft.partitions)
    if len(topics) == 1 and draft.partitions.strip():
        there = {offset.partition for offset in detail.offsets if offset.topic == topics[0]}
        if not wanted or not set(wanted) <= there:
            hint = N_("Write such as 0-3, 7; the group has offsets in {partitions}.")
            faults[Place.PARTITIONS] = Fault(N_("These are not partitions of it"), hint, {"partitions": partitions_text(there)})
            return []
        return [Assigned(topics[0], wanted)]
    if topics == everything:
        return []
    return [Assigned(topic, sorted(one.partition for one in detail.offsets if one.topic == topic)) for topic in topics]


def _number(faults: dict[str, Fault], value: int | None, title: str, hint: str) -> int:
    if value is None:
        faults[Place.VALUE] = Fault(title, hint)
    return value or 0


def move_words(change: OffsetChange) -> str:
    """Say how far an offset goes: ``+120``, ``-4,000``, ``stays``."""
    if change.before is None:
        return tr("new")
    moved = change.after - change.before
    sign = "+" if moved > 0 else "\u2212"
    return f"{sign}{number(abs(moved))}" if moved else tr("stays")


def result_words(result: ResetResult) -> tuple[str, str]:
    """Say what a dry run found, or what was set: words and their colour."""
    wrong = sum(change.problem is not None for change in result.changes)
    good = [change for change in result.changes if change.problem is None]
    moved = sum(change.before != change.after for change in good)
    lag = sum(change.lag_after for change in good)
    if not result.changes:
        return tr("There is no committed offset to set."), "warn"
    said = (
        trn("1 offset is set; the lag is {lag} now.", "{n} offsets are set; the lag is {lag} now.", moved, lag=number(lag))
        if result.done
        else trn("1 offset changes; the lag will be {lag}.", "{n} offsets change; the lag will be {lag}.", moved, lag=number(lag))
    )
    if wrong:
        said += " " + trn("1 cannot be set.", "{n} cannot be set.", wrong)
    return said, "bad" if wrong else "ok" if result.done else "text"
