"""Sets the offsets of groups that nobody is in, and tells who is. Everything here blocks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from kafka import errors
from kafka.protocol.consumer import OffsetCommitRequest

from embedded_server.contracts.kafka import GroupMember, OffsetChange
from embedded_server.kafka.clients.schemas import AlterShareGroupOffsetsRequest
from embedded_server.kafka.holdings.figures import Place
from embedded_server.kafka.holdings.group_described import DEAD, describe_groups
from embedded_server.kafka.holdings.group_wire import SHARE, Committed, Listed, committed_offsets
from embedded_server.kafka.holdings.problems import GroupActive, OffsetNotSet
from embedded_server.kafka.holdings.wire import Wire, raise_for

_QUIET: Final = frozenset({"Empty", DEAD})
_ACTIVE: Final = (
    errors.UnknownMemberIdError,
    errors.IllegalGenerationError,
    errors.RebalanceInProgressError,
    errors.NonEmptyGroupError,
)
_NAMED_AT_MOST: Final = 3


def commit(wire: Wire, group: Listed, changes: list[OffsetChange]) -> list[OffsetChange]:
    """Set a quiet group's offsets; answers the changes, those that were refused with why. What was committed beside an offset stays.

    Raises `GroupActive` and what the cluster refuses of all of them.
    """
    good = {(change.topic, change.partition): change for change in changes if change.problem is None}
    if not good:
        return changes
    refused = (_alter_share if group.type == SHARE else _commit)(wire, group, good)
    if len(refused) == len(good):
        try:
            raise_for(next(iter(refused.values())))
        except _ACTIVE:
            require_quiet(wire, group)
            raise
    return [_with_refusal(change, refused.get((change.topic, change.partition), 0)) for change in changes]


def _commit(wire: Wire, group: Listed, changes: dict[Place, OffsetChange]) -> dict[Place, int]:
    """Commit from outside of the group, as a member of no generation (OffsetCommit, api key 8); answers the refusals."""
    kept = committed_offsets(wire, [group]).get(group.id, {})
    (node,) = wire.coordinators([group.id])
    answer = wire.ask(_commit_request(group.id, changes, kept), node)
    return {(topic.name, one.partition_index): one.error_code for topic in answer.topics for one in topic.partitions if one.error_code}


def _alter_share(wire: Wire, group: Listed, changes: dict[Place, OffsetChange]) -> dict[Place, int]:
    """Let a share group go on elsewhere (AlterShareGroupOffsets, api key 91; Kafka 4.1); answers the refusals."""
    topic_type = AlterShareGroupOffsetsRequest.AlterShareGroupOffsetsRequestTopic
    by_topic: dict[str, list[Any]] = defaultdict(list)
    for (topic, number), change in changes.items():
        partition = topic_type.AlterShareGroupOffsetsRequestPartition(partition_index=number, start_offset=change.after)
        by_topic[topic].append(partition)
    topics = [topic_type(topic_name=name, partitions=partitions) for name, partitions in by_topic.items()]
    (node,) = wire.coordinators([group.id])
    answer = wire.ask(AlterShareGroupOffsetsRequest(group_id=group.id, topics=topics), node)
    if answer.error_code:
        return dict.fromkeys(changes, answer.error_code)
    return {
        (topic.topic_name, one.partition_index): one.error_code for topic in answer.responses for one in topic.partitions if one.error_code
    }


def _commit_request(group: str, changes: dict[Place, OffsetChange], kept: dict[Place, Committed]) -> OffsetCommitRequest:
    topic_type = OffsetCommitRequest.OffsetCommitRequestTopic
    by_topic: dict[str, list[Any]] = defaultdict(list)
    for (topic, number), change in changes.items():
        metadata = kept[topic, number].metadata if (topic, number) in kept else ""
        partition = topic_type.OffsetCommitRequestPartition(
            partition_index=number, committed_offset=change.after, committed_leader_epoch=-1, committed_metadata=metadata
        )
        by_topic[topic].append(partition)
    return OffsetCommitRequest(
        group_id=group,
        generation_id_or_member_epoch=-1,
        member_id="",
        group_instance_id=None,
        retention_time_ms=-1,
        topics=[topic_type(name=name, partitions=partitions) for name, partitions in by_topic.items()],
        max_version=8,
    )


def _with_refusal(change: OffsetChange, code: int) -> OffsetChange:
    if not code:
        return change
    reason = errors.for_code(code).__name__.removesuffix("Error")
    return replace(change, problem=OffsetNotSet(topic=change.topic, partition=change.partition, reason=reason).problem())


# -- who is in a group


def require_quiet(wire: Wire, group: Listed) -> None:
    """Raise `GroupActive`, naming who is in it, where the group has members."""
    state, members = state_of(wire, group)
    if members or state not in _QUIET:
        raise GroupActive(group=group.id, members=_named(members), state=state)


def state_of(wire: Wire, group: Listed) -> tuple[str, Sequence[GroupMember]]:
    """Answer a group's state and its members."""
    described = describe_groups(wire, [group]).get(group.id)
    return (described.state, described.members) if described is not None else (DEAD, ())


def _named(members: Sequence[GroupMember]) -> str:
    names = [f"{member.instance_id or member.client_id} ({member.host})" for member in members[:_NAMED_AT_MOST]]
    more = f" +{len(members) - _NAMED_AT_MOST}" if len(members) > _NAMED_AT_MOST else ""
    return ", ".join(names) + more if names else "rebalancing"
