"""Groups as brokers describe them, each kind in its own answer: which is asked of whom, and what is read from it."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from kafka import errors
from kafka.protocol.admin import DescribeGroupsRequest, DescribeGroupsResponse

from embedded_server.contracts.kafka import Assigned, GroupMember
from embedded_server.kafka.clients.schemas import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeResponse,
    StreamsGroupDescribeRequest,
    StreamsGroupDescribeResponse,
)
from embedded_server.kafka.holdings.group_described import Described, describe_groups
from embedded_server.kafka.holdings.group_wire import CLASSIC, CONSUMER, SHARE, STREAMS, Listed
from embedded_server.kafka.holdings.wire import Wire

NODE = 7
Classic = DescribeGroupsResponse.DescribedGroup
Consumer = ConsumerGroupDescribeResponse.DescribedGroup
Streams = StreamsGroupDescribeResponse.DescribedGroup
GONE = errors.GroupIdNotFoundError.errno
HIDDEN = errors.TopicAuthorizationFailedError.errno


class FakeWire:
    """One broker that answers each kind of question as told, through the bytes that would be sent."""

    def __init__(self, classic: Sequence[Any] = (), consumer: Sequence[Any] = (), streams: Sequence[Any] | None = None) -> None:
        self._answers = {
            DescribeGroupsRequest: DescribeGroupsResponse(groups=list(classic), version=0),
            ConsumerGroupDescribeRequest: ConsumerGroupDescribeResponse(groups=list(consumer), version=0),
        }
        if streams is not None:
            self._answers[StreamsGroupDescribeRequest] = StreamsGroupDescribeResponse(groups=list(streams), version=0)
        self.asked: dict[str, list[str]] = {}

    def offers(self, request: Any) -> int:
        return 0 if request in self._answers else -1

    def coordinators(self, keys: Sequence[str]) -> dict[int, list[str]]:
        return {NODE: list(keys)}

    def ask_all(self, questions: Sequence[tuple[int, Any]]) -> list[Any]:
        return [self._answer(request) for _, request in questions]

    def _answer(self, request: Any) -> Any:
        self.asked[request.name] = request.groups if isinstance(request, DescribeGroupsRequest) else request.group_ids
        answer = self._answers[type(request)]
        return type(answer).decode(bytes(answer.encode(version=0)), version=0)


def described(wire: FakeWire, *groups: Listed) -> dict[str, Described]:
    return describe_groups(cast("Wire", wire), groups)


def consumer(id_: str, *members: Any, code: int = 0) -> Any:
    return Consumer(error_code=code, group_id=id_, group_state="Reconciling", group_epoch=5, members=list(members), version=0)


def member_of(id_: str, now: dict[str, list[int]], soon: dict[str, list[int]]) -> Any:
    kind = Consumer.Member

    def having(topics: dict[str, list[int]]) -> Any:
        part = kind.Assignment.TopicPartitions
        parts = [part(topic_name=name, partitions=partitions, version=0) for name, partitions in topics.items()]
        return kind.Assignment(topic_partitions=parts, version=0)

    return kind(
        member_id=id_, client_id="c", client_host="/h", member_epoch=4, assignment=having(now), target_assignment=having(soon), version=0
    )


def test_each_group_is_asked_for_as_its_kind_is() -> None:
    wire = FakeWire(classic=[Classic(group_id="old", group_state="Stable", version=0)], consumer=[consumer("new")])
    found = described(wire, Listed("old", type=CLASSIC), Listed("new", type=CONSUMER), Listed("shared", type=SHARE))
    assert wire.asked == {"DescribeGroupsRequest": ["old"], "ConsumerGroupDescribeRequest": ["new"]}
    assert {id_: (one.type, one.coordinator) for id_, one in found.items()} == {"old": (CLASSIC, NODE), "new": (CONSUMER, NODE)}


def test_a_group_of_unknown_kind_is_what_knows_it() -> None:
    """Until DescribeGroups version 6 a group of another protocol is told as one that is dead."""
    wire = FakeWire(
        classic=[Classic(group_id="g", group_state="Dead", version=0)],
        consumer=[consumer("g")],
        streams=[Streams(error_code=GONE, group_id="g", version=0)],
    )
    assert described(wire, Listed("g"))["g"].type == CONSUMER


def test_what_a_member_is_to_read_is_told_where_it_reads_something_else() -> None:
    wire = FakeWire(consumer=[consumer("g", member_of("b", {"t": [1]}, {"t": [1]}), member_of("a", {"t": [2, 0], "s": [0]}, {"t": [0]}))])
    found = described(wire, Listed("g", type=CONSUMER))["g"]
    assert found.epoch == 5
    assert found.members == (
        GroupMember("a", "c", "h", "", [Assigned("s", [0]), Assigned("t", [0, 2])], [Assigned("t", [0])], 4),
        GroupMember("b", "c", "h", "", [Assigned("t", [1])], None, 4),
    )


def test_tasks_of_a_streams_group_are_partitions_of_the_topics_it_begins_with() -> None:
    kind, part = Streams.Topology.Subtopology, Streams.Member.Assignment
    subtopologies = [
        kind(subtopology_id="0", source_topics=["in", "also"], version=0),
        kind(subtopology_id="1", repartition_source_topics=[kind.TopicInfo(name="again", version=0)], version=0),
    ]
    tasks = part(active_tasks=[part.TaskIds(subtopology_id=id_, partitions=[1, 0], version=0) for id_ in ("0", "1", "?")], version=0)
    member = Streams.Member(member_id="m", client_host="/h", assignment=tasks, target_assignment=tasks, version=0)
    topology = Streams.Topology(subtopologies=subtopologies, version=0)
    found = described(FakeWire(streams=[Streams(group_id="g", topology=topology, members=[member], version=0)]), Listed("g", type=STREAMS))
    assert found["g"].members[0].assignment == [Assigned(name, [0, 1]) for name in ("again", "also", "in")]


def test_a_streams_group_without_a_topology_has_members_all_the_same() -> None:
    member = Streams.Member(
        member_id="m", assignment=Streams.Member.Assignment(version=0), target_assignment=Streams.Member.Assignment(version=0), version=0
    )
    for topology in (None, Streams.Topology(subtopologies=None, version=0)):
        wire = FakeWire(streams=[Streams(group_id="g", topology=topology, members=[member], version=0)])
        assert [one.id for one in described(wire, Listed("g", type=STREAMS))["g"].members] == ["m"]


def test_a_refusal_is_raised_only_where_nothing_else_is_told() -> None:
    both = [consumer("seen"), consumer("hidden", code=HIDDEN)]
    assert list(described(FakeWire(consumer=both), Listed("seen", type=CONSUMER), Listed("hidden", type=CONSUMER))) == ["seen"]
    with pytest.raises(errors.TopicAuthorizationFailedError):
        described(FakeWire(consumer=both[1:]), Listed("hidden", type=CONSUMER))
    assert described(FakeWire(consumer=[consumer("gone", code=GONE)]), Listed("gone", type=CONSUMER)) == {}
