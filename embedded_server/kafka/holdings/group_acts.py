"""Sets and deletes a group's offsets, deletes groups, and takes members out; only where nobody would write over it."""

from collections.abc import Sequence
from typing import Any, Final

from kafka import KafkaAdminClient, errors
from kafka.protocol.admin import DeleteGroupsRequest
from kafka.protocol.consumer import LeaveGroupRequest, OffsetDeleteRequest

from embedded_server.contracts.kafka import Assigned, DeleteGroup, OffsetChange, RemoveMember, ResetRequest, ResetResult, ResetTo
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import require_typed
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.acts import Acts
from embedded_server.kafka.holdings.figures import Place, read_offsets
from embedded_server.kafka.holdings.group_commit import commit, require_quiet, state_of
from embedded_server.kafka.holdings.group_described import DEAD
from embedded_server.kafka.holdings.group_wire import SHARE, Listed, committed_offsets, find_group, ranges_of
from embedded_server.kafka.holdings.layout import Layout, layout_of
from embedded_server.kafka.holdings.problems import GroupUnknown, MemberGone, MemberStays, NoOffsets, OffsetsInUse, ShareOffsetsStay
from embedded_server.kafka.holdings.reset import Ground, places_of, plan
from embedded_server.kafka.holdings.wire import Wire, raise_for, settled
from embedded_server.kafka.problems import NumberTooLarge

REASON: Final = "removed with Switchroom"


class GroupActs:
    """Changes consumer groups, by the connection's id. Every act raises `ConnectionReadOnly` where nothing may be changed."""

    def __init__(self, acts: Acts, clients: Clients) -> None:
        self._acts = acts
        self._clients = clients

    async def reset(self, connection: str, request: ResetRequest) -> ResetResult:
        """Set offsets, or with ``dry_run`` only tell where they would be set; that is answered of an active group, too.

        Raises `NameNotTyped` on production, `GroupActive`, `GroupUnknown`, `NoOffsets` or `NumberTooLarge`.
        """
        partitions = [number for one in request.partitions for number in one.partitions]
        if not all(-(2**63) <= number < 2**63 for number in (request.offset, request.time, *partitions)):
            raise NumberTooLarge
        if request.dry_run:
            return await self._clients.admin(connection, lambda admin: settled(lambda: _foretold(Wire(admin), request)))
        profile = await self._acts.begin(connection)
        require_typed(profile, request.group, request.typed_name)

        def act(admin: KafkaAdminClient) -> list[OffsetChange]:
            wire = Wire(admin)
            group = find_group(wire, request.group)
            require_quiet(wire, group)
            return commit(wire, group, _planned(wire, group, request))

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


def _foretold(wire: Wire, request: ResetRequest) -> ResetResult:
    return ResetResult(_planned(wire, find_group(wire, request.group), request), done=False)


def _planned(wire: Wire, group: Listed, request: ResetRequest) -> list[OffsetChange]:
    committed = committed_offsets(wire, [group]).get(request.group, {})
    if not request.partitions and not committed:
        raise GroupUnknown(group=request.group) if state_of(wire, group)[0] == DEAD else NoOffsets(group=request.group)
    layout = layout_of(wire.metadata(sorted({one.topic for one in request.partitions} | {topic for topic, _ in committed})))
    places = places_of(request.partitions, committed, {name: len(topic.partitions) for name, topic in layout.topics.items()})
    return plan(request, places, Ground(committed, ranges_of(wire, places), _by_time(wire, request, layout, places)))


def _by_time(wire: Wire, request: ResetRequest, layout: Layout, places: Sequence[Place]) -> dict[Place, int]:
    if request.to is not ResetTo.TIME:
        return {}
    return read_offsets(wire, layout.topics.values(), dict.fromkeys(places, max(0, request.time)))


def _told(change: OffsetChange) -> list[Any]:
    return [change.topic, change.partition, change.before, change.after]


# -- deleting


def _delete(wire: Wire, request: DeleteGroup) -> None:
    (node,) = wire.coordinators([request.group])
    answer = wire.ask(DeleteGroupsRequest(groups_names=[request.group]), node)
    try:
        raise_for(answer.results[0].error_code)
    except errors.NonEmptyGroupError:
        require_quiet(wire, find_group(wire, request.group))
        raise
    except errors.GroupIdNotFoundError as exc:
        raise GroupUnknown(group=request.group) from exc


def _delete_offsets(wire: Wire, request: DeleteGroup) -> None:
    """Delete offsets in some partitions (OffsetDelete, api key 47; Kafka 2.4)."""
    group = find_group(wire, request.group)
    if group.type == SHARE:
        raise ShareOffsetsStay(group=request.group)
    (node,) = wire.coordinators([request.group])
    topic_type = OffsetDeleteRequest.OffsetDeleteRequestTopic
    wanted = [
        topic_type(
            name=one.topic, partitions=[topic_type.OffsetDeleteRequestPartition(partition_index=number) for number in one.partitions]
        )
        for one in _whole(wire, group, request)
    ]
    answer = wire.ask(OffsetDeleteRequest(group_id=request.group, topics=wanted), node)
    try:
        raise_for(answer.error_code)
    except errors.GroupIdNotFoundError as exc:
        raise GroupUnknown(group=request.group) from exc
    except errors.NonEmptyGroupError:
        require_quiet(wire, find_group(wire, request.group))
        raise
    for topic in answer.topics:
        for partition in topic.partitions:
            if partition.error_code == errors.GroupSubscribedToTopicError.errno:
                raise OffsetsInUse(group=request.group, topic=topic.name)
            raise_for(partition.error_code)


def _whole(wire: Wire, group: Listed, request: DeleteGroup) -> list[Assigned]:
    """A topic named without partitions is all that the group has committed in it."""
    if all(one.partitions for one in request.partitions):
        return request.partitions
    committed = committed_offsets(wire, [group]).get(request.group, {})
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
    except (errors.UnknownMemberIdError, errors.FencedInstanceIdError, errors.GroupIdNotFoundError) as exc:
        raise _why_not_removed(wire, request) from exc


def _why_not_removed(wire: Wire, request: RemoveMember) -> UserFacingError:
    """What Kafka answers of a member that has gone it answers of those, too, whom it lets nobody else take out."""
    state, members = state_of(wire, find_group(wire, request.group))
    if state == DEAD:
        return GroupUnknown(group=request.group)
    problem = MemberStays if any(member.id == request.member for member in members) else MemberGone
    return problem(group=request.group, member=request.instance_id or request.member)
