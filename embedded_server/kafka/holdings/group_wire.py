"""Groups as their coordinators tell of them: listed, and how far they are. Everything here blocks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from kafka.protocol.admin import ListGroupsRequest
from kafka.protocol.consumer import OffsetFetchRequest

from embedded_server.kafka.clients.schemas import DescribeShareGroupOffsetsRequest
from embedded_server.kafka.holdings.figures import Place, read_figures
from embedded_server.kafka.holdings.layout import layout_of
from embedded_server.kafka.holdings.wire import Question, Wire, raise_for

CLASSIC: Final = "classic"
CONSUMER: Final = "consumer"
SHARE: Final = "share"
STREAMS: Final = "streams"


class Listed(NamedTuple):
    """A group as the list of its coordinator has it."""

    id: str
    state: str = ""
    """Since Kafka 2.6."""
    type: str = ""
    """As the list tells it since Kafka 3.8, where there are others than classic ones; empty of a group that is not listed."""
    protocol_type: str = ""


class Committed(NamedTuple):
    """What a group has committed in a partition."""

    offset: int
    metadata: str = ""
    lag: int | None = None
    """Where the cluster itself counts it: what a share group has in hand beyond the offset is not to come again."""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Where partitions begin and end; those that are not there are missing."""

    starts: dict[Place, int] = field(default_factory=dict)
    ends: dict[Place, int] = field(default_factory=dict)

    def lag(self, place: Place, committed: Committed | None) -> int | None:
        """Answer how many records are to come: from the start, where what was committed is gone."""
        if committed is None or committed.offset < 0 or place not in self.ends:
            return None
        if committed.lag is not None:
            return committed.lag
        return max(0, self.ends[place] - max(committed.offset, self.starts.get(place, 0)))


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


def find_group(wire: Wire, id_: str) -> Listed:
    """Answer a group as it is listed; where it is not, nothing is known of it. Raises the first refusal."""
    return next((group for group in list_groups(wire) if group.id == id_), Listed(id_))


def committed_offsets(wire: Wire, groups: Sequence[Listed]) -> dict[str, dict[Place, Committed]]:
    """Answer all that these groups have committed; of share groups, from where on they have not done with all. Raises the first refusal."""
    shared = [group.id for group in groups if group.type == SHARE]
    others = [group.id for group in groups if group.type != SHARE]
    return _committed_offsets(wire, others) | _share_offsets(wire, shared)


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


def _committed_offsets(wire: Wire, ids: Sequence[str]) -> dict[str, dict[Place, Committed]]:
    """Ask for all that is committed (OffsetFetch, api key 9)."""
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


def _share_offsets(wire: Wire, ids: Sequence[str]) -> dict[str, dict[Place, Committed]]:
    """Ask where share groups go on (DescribeShareGroupOffsets, api key 90; Kafka 4.1). Where the broker does not tell, they are missing."""
    if not ids or wire.offers(DescribeShareGroupOffsetsRequest) < 0:
        return {}
    group_type = DescribeShareGroupOffsetsRequest.DescribeShareGroupOffsetsRequestGroup
    questions = [
        (node, DescribeShareGroupOffsetsRequest(groups=[group_type(group_id=group, topics=None) for group in groups]))
        for node, groups in wire.coordinators(ids).items()
    ]
    found: dict[str, dict[Place, Committed]] = {}
    for answer in wire.ask_all(questions):
        for group in answer.groups:
            raise_for(group.error_code, group.error_message)
            found[group.group_id] = {
                (topic.topic_name, one.partition_index): Committed(one.start_offset, lag=one.lag if one.lag >= 0 else None)
                for topic in group.topics
                for one in topic.partitions
                if not one.error_code and one.start_offset >= 0
            }
    return found


def _type(group: Any) -> str:
    return (getattr(group, "group_type", "") or CLASSIC).lower()


def _committed(answer: Any) -> dict[Place, Committed]:
    found = {}
    for topic in answer.topics:
        for partition in topic.partitions:
            raise_for(partition.error_code)
            if partition.committed_offset >= 0:
                found[topic.name, partition.partition_index] = Committed(partition.committed_offset, partition.metadata or "")
    return found
