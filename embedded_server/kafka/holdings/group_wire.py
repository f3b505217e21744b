"""Consumer groups as their coordinators tell of them: listed, described, and what they have committed. Everything here blocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from kafka import errors
from kafka.protocol.admin import DescribeGroupsRequest, ListGroupsRequest
from kafka.protocol.consumer import OffsetFetchRequest

from embedded_server.contracts.kafka import GroupMember
from embedded_server.kafka.holdings.assignment import assignment_of
from embedded_server.kafka.holdings.figures import Place, read_figures
from embedded_server.kafka.holdings.layout import layout_of
from embedded_server.kafka.holdings.wire import Question, Wire, raise_for

DEAD: Final = "Dead"


class Listed(NamedTuple):
    """A group as the list of its coordinator has it."""

    id: str
    state: str = ""
    """Since Kafka 2.6."""
    type: str = "classic"
    protocol_type: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A group and its members."""

    id: str
    state: str
    protocol_type: str
    assignor: str
    members: tuple[GroupMember, ...] | None
    """None where the broker does not tell them this way."""
    coordinator: int


class Committed(NamedTuple):
    """What a group has committed in a partition."""

    offset: int
    metadata: str = ""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where partitions begin and end; those that are not there are missing."""

    starts: dict[Place, int] = field(default_factory=dict)
    ends: dict[Place, int] = field(default_factory=dict)

    def lag(self, place: Place, committed: int | None) -> int | None:
        """Answer how many records are to come: from the start, where what was committed is gone."""
        if committed is None or committed < 0 or place not in self.ends:
            return None
        return max(0, self.ends[place] - max(committed, self.starts.get(place, 0)))


def list_groups(wire: Wire) -> list[Listed]:
    """Answer every group of the cluster by its id (ListGroups, api key 16). Raises the first refusal."""
    answers = wire.ask_all([(node, ListGroupsRequest()) for node in wire.brokers()])
    found: dict[str, Listed] = {}
    for answer in answers:
        raise_for(answer.error_code)
        for group in answer.groups:
            found[group.group_id] = Listed(
                group.group_id, getattr(group, "group_state", "") or "", _type(group), getattr(group, "protocol_type", "") or ""
            )
    return [found[id_] for id_ in sorted(found)]


def describe_groups(wire: Wire, ids: Sequence[str]) -> dict[str, Described]:
    """Answer those of the groups that can be described (DescribeGroups, api key 15); others are missing.

    Raises the refusal where none can be.
    """
    by_node = wire.coordinators(ids)
    answers = wire.ask_all([(node, DescribeGroupsRequest(groups=groups)) for node, groups in by_node.items()])
    found: dict[str, Described] = {}
    refused = 0
    for node, answer in zip(by_node, answers, strict=True):
        for group in answer.groups:
            if group.error_code:
                refused = refused or (0 if group.error_code == errors.GroupIdNotFoundError.errno else group.error_code)
            else:
                found[group.group_id] = _described(group, node)
    if not found:
        raise_for(refused)
    return found


def committed_offsets(wire: Wire, ids: Sequence[str]) -> dict[str, dict[Place, Committed]]:
    """Answer all that these groups have committed (OffsetFetch, api key 9). Raises the first refusal."""
    by_node = wire.coordinators(ids)
    questions: list[tuple[Question, str]] = []
    whole = wire.offers(OffsetFetchRequest, 8) >= 0
    for node, groups in by_node.items():
        if whole:
            wanted = [OffsetFetchRequest.OffsetFetchRequestGroup(group_id=group, topics=None) for group in groups]
            questions.append(((node, OffsetFetchRequest(groups=wanted, min_version=8, max_version=8)), ""))
        else:
            questions += [
                ((node, OffsetFetchRequest(group_id=group, topics=None, min_version=2, max_version=7)), group) for group in groups
            ]
    found: dict[str, dict[Place, Committed]] = {}
    for (_, group), answer in zip(questions, wire.ask_all([question for question, _ in questions]), strict=True):
        raise_for(getattr(answer, "error_code", 0) or 0)
        for one in answer.groups if whole else [answer]:
            raise_for(one.error_code or 0)
            found[one.group_id if whole else group] = _committed(one)
    return found


def ranges_of(wire: Wire, places: Iterable[Place]) -> Ranges:
    """Answer where these partitions begin and end; those whose topic is gone are missing."""
    wanted = set(places)
    if not wanted:
        return Ranges()
    layout = layout_of(wire.metadata(sorted({topic for topic, _ in wanted})))
    figures = read_figures(wire, layout.topics.values(), with_bytes=False)
    if figures.failure is not None and not figures.ends:
        raise figures.failure
    return Ranges(figures.starts, figures.ends)


def _type(group: Any) -> str:
    return (getattr(group, "group_type", "") or "classic").lower()


def _described(group: Any, node: int) -> Described:
    members = tuple(
        GroupMember(
            id=member.member_id,
            client_id=member.client_id,
            host=member.client_host.lstrip("/"),
            instance_id=getattr(member, "group_instance_id", None) or "",
            assignment=assignment_of(member.member_assignment) if group.protocol_type in {"consumer", ""} else [],
        )
        for member in sorted(group.members, key=lambda member: (member.client_id, member.member_id))
    )
    return Described(group.group_id, group.group_state, group.protocol_type, group.protocol_data, members, node)


def _committed(answer: Any) -> dict[Place, Committed]:
    found = {}
    for topic in answer.topics:
        for partition in topic.partitions:
            raise_for(partition.error_code)
            if partition.committed_offset >= 0:
                found[topic.name, partition.partition_index] = Committed(partition.committed_offset, partition.metadata or "")
    return found
