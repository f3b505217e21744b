"""Groups with their members, of every kind that Kafka has: each kind is asked for in its own way. Everything here blocks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from kafka import errors
from kafka.protocol.admin import DescribeGroupsRequest

from embedded_server.contracts.kafka import Assigned, GroupMember
from embedded_server.kafka.clients.schemas import ConsumerGroupDescribeRequest, ShareGroupDescribeRequest, StreamsGroupDescribeRequest
from embedded_server.kafka.holdings.assignment import assignment_of
from embedded_server.kafka.holdings.group_wire import CLASSIC, CONSUMER, SHARE, STREAMS, Listed
from embedded_server.kafka.holdings.wire import Wire, raise_for

DEAD: Final = "Dead"


@dataclass(frozen=True, slots=True)
class Described:
    """A group and its members."""

    id: str
    state: str
    type: str
    protocol_type: str
    assignor: str
    members: tuple[GroupMember, ...]
    coordinator: int
    epoch: int | None = None


class _Kind(NamedTuple):
    """How groups of one type are asked for."""

    type: str
    request: Any
    ask: Callable[[list[str]], Any]
    read: Callable[[Any, int], Described]


def describe_groups(wire: Wire, groups: Sequence[Listed]) -> dict[str, Described]:
    """Answer those of the groups that can be described; others are missing.

    A group whose type is not known is asked for in every way that the broker has. Raises the refusal where no group can be described.
    """
    types = {group.id: group.type for group in groups}
    asked: list[tuple[_Kind, int, list[str]]] = []
    for node, ids in wire.coordinators(list(types)).items():
        for kind in _KINDS:
            wanted = [id_ for id_ in ids if types[id_] in {kind.type, ""}]
            if wanted and wire.offers(kind.request) >= 0:
                asked.append((kind, node, wanted))
    answers = wire.ask_all([(node, kind.ask(wanted)) for kind, node, wanted in asked])
    found: dict[str, Described] = {}
    refused = 0
    for (kind, node, _), answer in zip(asked, answers, strict=True):
        for group in answer.groups:
            if group.error_code:
                refused = refused or (0 if group.error_code == errors.GroupIdNotFoundError.errno else group.error_code)
            elif group.group_id not in found or found[group.group_id].state == DEAD:
                found[group.group_id] = kind.read(group, node)
    if not found:
        raise_for(refused)
    return found


def _classic(group: Any, node: int) -> Described:
    shares_out = group.protocol_type in {CONSUMER, ""}
    members = [
        _member(member, member.group_instance_id, assignment_of(member.member_assignment) if shares_out else []) for member in group.members
    ]
    return Described(group.group_id, group.group_state, CLASSIC, group.protocol_type, group.protocol_data, _in_order(members), node)


def _consumer(group: Any, node: int) -> Described:
    members = [
        _member(member, member.instance_id, _assigned(member.assignment), _assigned(member.target_assignment), member.member_epoch)
        for member in group.members
    ]
    return Described(
        *(group.group_id, group.group_state, CONSUMER, CONSUMER, group.assignor_name, _in_order(members), node, group.group_epoch)
    )


def _share(group: Any, node: int) -> Described:
    """Members of a share group may have the same partition, and have no instance."""
    members = [_member(member, "", _assigned(member.assignment), epoch=member.member_epoch) for member in group.members]
    return Described(*(group.group_id, group.group_state, SHARE, SHARE, group.assignor_name, _in_order(members), node, group.group_epoch))


def _streams(group: Any, node: int) -> Described:
    """A task reads the partition of its number in each topic that its subtopology begins with."""
    subtopologies = (group.topology.subtopologies if group.topology is not None else None) or ()
    topics = {one.subtopology_id: [*one.source_topics, *(topic.name for topic in one.repartition_source_topics)] for one in subtopologies}

    def read(assignment: Any) -> list[Assigned]:
        return _merged((name, task.partitions) for task in assignment.active_tasks for name in topics.get(task.subtopology_id, ()))

    members = [
        _member(member, member.instance_id, read(member.assignment), read(member.target_assignment), member.member_epoch)
        for member in group.members
    ]
    return Described(*(group.group_id, group.group_state, STREAMS, STREAMS, "", _in_order(members), node, group.group_epoch))


_KINDS: Final = (
    _Kind(CLASSIC, DescribeGroupsRequest, lambda ids: DescribeGroupsRequest(groups=ids), _classic),
    _Kind(CONSUMER, ConsumerGroupDescribeRequest, lambda ids: ConsumerGroupDescribeRequest(group_ids=ids), _consumer),
    _Kind(SHARE, ShareGroupDescribeRequest, lambda ids: ShareGroupDescribeRequest(group_ids=ids), _share),
    _Kind(STREAMS, StreamsGroupDescribeRequest, lambda ids: StreamsGroupDescribeRequest(group_ids=ids), _streams),
)


def _member(
    member: Any, instance_id: str | None, assignment: list[Assigned], target: list[Assigned] | None = None, epoch: int | None = None
) -> GroupMember:
    return GroupMember(
        id=member.member_id,
        client_id=member.client_id,
        host=member.client_host.lstrip("/"),
        instance_id=instance_id or "",
        assignment=assignment,
        target=target if target != assignment else None,
        epoch=epoch,
    )


def _assigned(assignment: Any) -> list[Assigned]:
    return _merged((one.topic_name, one.partitions) for one in assignment.topic_partitions)


def _merged(parts: Iterable[tuple[str, Iterable[int]]]) -> list[Assigned]:
    by_topic: dict[str, set[int]] = {}
    for topic, partitions in parts:
        by_topic.setdefault(topic, set()).update(partitions)
    return [Assigned(topic, sorted(by_topic[topic])) for topic in sorted(by_topic)]


def _in_order(members: Iterable[GroupMember]) -> tuple[GroupMember, ...]:
    return tuple(sorted(members, key=lambda member: (member.client_id, member.id)))
