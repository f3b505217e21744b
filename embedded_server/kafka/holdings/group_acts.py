"""Sets and deletes a group's offsets, deletes groups, and takes members out; only where nobody would write over it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from kafka import KafkaAdminClient, errors
from kafka.protocol.admin import DeleteGroupsRequest
from kafka.protocol.consumer import LeaveGroupRequest, OffsetCommitRequest, OffsetDeleteRequest

from embedded_server.contracts.kafka import (
    Assigned,
    DeleteGroup,
    GroupMember,
    OffsetChange,
    RemoveMember,
    ResetRequest,
    ResetResult,
    ResetTo,
)
from embedded_server.core.profiles import require_typed
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.acts import Acts
from embedded_server.kafka.holdings.figures import Place, read_offsets
from embedded_server.kafka.holdings.group_wire import DEAD, Committed, committed_offsets, describe_groups, ranges_of
from embedded_server.kafka.holdings.layout import Layout, layout_of
from embedded_server.kafka.holdings.problems import GroupActive, GroupUnknown, MemberGone, NoOffsets, OffsetNotSet, OffsetsInUse
from embedded_server.kafka.holdings.reset import Ground, places_of, plan
from embedded_server.kafka.holdings.wire import Wire, raise_for, settled
from embedded_server.kafka.problems import NumberTooLarge

REASON: Final = "removed with Switchroom"
_QUIET: Final = frozenset({"Empty", DEAD})
_NAMED_AT_MOST: Final = 3


class GroupActs:
    """Changes consumer groups, by the connection's id. Every act raises `ConnectionReadOnly` where nothing may be changed."""

    def __init__(self, acts: Acts, clients: Clients) -> None:
        self._acts = acts
        self._clients = clients

    async def reset(self, connection: str, request: ResetRequest) -> ResetResult:
        """Set offsets, or with ``dry_run`` only tell where they would be set; that is answered of an active group, too.

        Raises `NameNotTyped` on production, `GroupActive`, `GroupUnknown`, `NoOffsets` or `NumberTooLarge`.
        """
        if not all(-(2**63) <= number < 2**63 for number in (request.offset, request.time)):
            raise NumberTooLarge
        if request.dry_run:
            return await self._clients.admin(
                connection, lambda admin: settled(lambda: ResetResult(_planned(Wire(admin), request), done=False))
            )
        profile = await self._acts.begin(connection)
        require_typed(profile, request.group, request.typed_name)

        def act(admin: KafkaAdminClient) -> list[OffsetChange]:
            wire = Wire(admin)
            _require_quiet(wire, request.group)
            return _commit(wire, request.group, _planned(wire, request))

        changes = await self._clients.admin(connection, lambda admin: settled(lambda: act(admin)))
        details = {"to": request.to.value, "offset": request.offset, "time": request.time, "partitions": len(changes)}
        self._acts.done(profile, "group", request.group, "reset", {**details, "changes": [_told(change) for change in changes]})
        return ResetResult(changes, done=True)

    async def delete(self, connection: str, request: DeleteGroup) -> None:
        """Delete a group, or its offsets in some partitions. Raises `NameNotTyped`, `GroupActive`, `GroupUnknown` or `OffsetsInUse`."""
        profile = await self._acts.begin(connection)
        require_typed(profile, request.group, request.typed_name)

        def act(admin: KafkaAdminClient) -> None:
            (_delete_offsets if request.partitions else _delete)(Wire(admin), request)

        await self._clients.admin(connection, lambda admin: settled(lambda: act(admin)))
        told = {"partitions": [[one.topic, one.partitions] for one in request.partitions]}
        self._acts.done(profile, "group", request.group, "offsets deleted" if request.partitions else "deleted", told)

    async def remove_member(self, connection: str, request: RemoveMember) -> None:
        """Take a member out of its group. Raises `MemberGone` or `GroupUnknown`."""
        profile = await self._acts.begin(connection)
        await self._clients.admin(connection, lambda admin: settled(lambda: _remove(Wire(admin), request)))
        self._acts.done(profile, "group", request.group, "member removed", {"member": request.member, "instance": request.instance_id})


# -- resetting


def _planned(wire: Wire, request: ResetRequest) -> list[OffsetChange]:
    committed = committed_offsets(wire, [request.group]).get(request.group, {})
    if not request.partitions and not committed:
        raise GroupUnknown(group=request.group) if _state(wire, request.group)[0] == DEAD else NoOffsets(group=request.group)
    layout = layout_of(wire.metadata(sorted({one.topic for one in request.partitions} | {topic for topic, _ in committed})))
    places = places_of(request.partitions, committed, {name: len(topic.partitions) for name, topic in layout.topics.items()})
    return plan(request, places, Ground(committed, ranges_of(wire, places), _by_time(wire, request, layout, places)))


def _by_time(wire: Wire, request: ResetRequest, layout: Layout, places: Sequence[Place]) -> dict[Place, int]:
    if request.to is not ResetTo.TIME:
        return {}
    return read_offsets(wire, layout.topics.values(), dict.fromkeys(places, max(0, request.time)))


def _commit(wire: Wire, group: str, changes: list[OffsetChange]) -> list[OffsetChange]:
    """Commit from outside of the group, as a member of no generation (OffsetCommit, api key 8). Keeps what was committed beside it."""
    good = {(change.topic, change.partition): change for change in changes if change.problem is None}
    if not good:
        return changes
    kept = committed_offsets(wire, [group]).get(group, {})
    (node,) = wire.coordinators([group])
    answer = wire.ask(_commit_request(group, good, kept), node)
    refused: dict[Place, int] = {
        (topic.name, one.partition_index): one.error_code for topic in answer.topics for one in topic.partitions if one.error_code
    }
    if len(refused) == len(good):
        try:
            raise_for(next(iter(refused.values())))
        except (errors.UnknownMemberIdError, errors.IllegalGenerationError, errors.RebalanceInProgressError):
            _require_quiet(wire, group)
            raise
    return [_with_refusal(change, refused.get((change.topic, change.partition), 0)) for change in changes]


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


def _told(change: OffsetChange) -> list[Any]:
    return [change.topic, change.partition, change.before, change.after]


# -- deleting


def _delete(wire: Wire, request: DeleteGroup) -> None:
    (node,) = wire.coordinators([request.group])
    answer = wire.ask(DeleteGroupsRequest(groups_names=[request.group]), node)
    try:
        raise_for(answer.results[0].error_code)
    except errors.NonEmptyGroupError:
        _require_quiet(wire, request.group)
        raise
    except errors.GroupIdNotFoundError as exc:
        raise GroupUnknown(group=request.group) from exc


def _delete_offsets(wire: Wire, request: DeleteGroup) -> None:
    """Delete offsets in some partitions (OffsetDelete, api key 47; Kafka 2.4)."""
    (node,) = wire.coordinators([request.group])
    topic_type = OffsetDeleteRequest.OffsetDeleteRequestTopic
    wanted = [
        topic_type(
            name=one.topic, partitions=[topic_type.OffsetDeleteRequestPartition(partition_index=number) for number in one.partitions]
        )
        for one in _whole(wire, request)
    ]
    answer = wire.ask(OffsetDeleteRequest(group_id=request.group, topics=wanted), node)
    try:
        raise_for(answer.error_code)
    except errors.GroupIdNotFoundError as exc:
        raise GroupUnknown(group=request.group) from exc
    except errors.NonEmptyGroupError:
        _require_quiet(wire, request.group)
        raise
    for topic in answer.topics:
        for partition in topic.partitions:
            if partition.error_code == errors.GroupSubscribedToTopicError.errno:
                raise OffsetsInUse(group=request.group, topic=topic.name)
            raise_for(partition.error_code)


def _whole(wire: Wire, request: DeleteGroup) -> list[Assigned]:
    """A topic named without partitions is all that the group has committed in it."""
    if all(one.partitions for one in request.partitions):
        return request.partitions
    committed = committed_offsets(wire, [request.group]).get(request.group, {})
    return [
        Assigned(one.topic, one.partitions or sorted(number for topic, number in committed if topic == one.topic))
        for one in request.partitions
    ]


def _remove(wire: Wire, request: RemoveMember) -> None:
    """Let a member leave (LeaveGroup, api key 13; a static member is named by its instance since Kafka 2.4)."""
    (node,) = wire.coordinators([request.group])
    if wire.offers(LeaveGroupRequest, 3) >= 0:
        identity = LeaveGroupRequest.MemberIdentity(
            member_id="" if request.instance_id else request.member, group_instance_id=request.instance_id or None, reason=REASON
        )
        answer = wire.ask(LeaveGroupRequest(group_id=request.group, members=[identity], min_version=3), node)
        codes = [answer.error_code, *(member.error_code for member in answer.members)]
    else:
        codes = [wire.ask(LeaveGroupRequest(group_id=request.group, member_id=request.member, max_version=2), node).error_code]
    try:
        raise_for(next((code for code in codes if code), 0))
    except (errors.UnknownMemberIdError, errors.FencedInstanceIdError) as exc:
        raise MemberGone(group=request.group, member=request.instance_id or request.member) from exc
    except errors.GroupIdNotFoundError as exc:
        raise GroupUnknown(group=request.group) from exc


# -- who is in a group


def _require_quiet(wire: Wire, group: str) -> None:
    """Raise `GroupActive`, naming who is in it, where the group has members."""
    state, members = _state(wire, group)
    if members or state not in _QUIET:
        raise GroupActive(group=group, members=_named(members), state=state)


def _state(wire: Wire, group: str) -> tuple[str, Sequence[GroupMember]]:
    described = describe_groups(wire, [group]).get(group)
    return (described.state, described.members or ()) if described is not None else (DEAD, ())


def _named(members: Sequence[GroupMember]) -> str:
    names = [f"{member.instance_id or member.client_id} ({member.host})" for member in members[:_NAMED_AT_MOST]]
    more = f" +{len(members) - _NAMED_AT_MOST}" if len(members) > _NAMED_AT_MOST else ""
    return ", ".join(names) + more if names else "rebalancing"
