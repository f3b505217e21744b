"""The figures of topics: offsets, bytes, and how fast they grow. Each broker is asked once for all that it leads."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from kafka import errors
from kafka.protocol.admin import DescribeLogDirsRequest
from kafka.protocol.consumer import ListOffsetsRequest

from embedded_server.kafka.holdings.layout import Topic
from embedded_server.kafka.holdings.wire import PAUSE_S, SETTLING, Question, Wire

EARLIEST: Final = -2
LATEST: Final = -1

Place = tuple[str, int]
"""A topic's name and a partition's number."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What could be found out of some partitions; those that nobody could tell are missing."""

    starts: dict[Place, int] = field(default_factory=dict)
    ends: dict[Place, int] = field(default_factory=dict)
    bytes: dict[Place, int] = field(default_factory=dict)
    failure: errors.KafkaError | None = None
    """Why something is missing: the first refusal."""


def read_figures(wire: Wire, topics: Iterable[Topic], *, with_bytes: bool = True) -> Figures:
    """Ask for the figures of *topics*; every broker at once."""
    topics = list(topics)
    leaders = _by_leader(topics)
    starts = [(node, _list_offsets(places, EARLIEST)) for node, places in leaders.items()]
    ends = [(node, _list_offsets(places, LATEST)) for node, places in leaders.items()]
    sizes = _log_dirs(wire, topics) if with_bytes else []
    answers = wire.ask_each([*starts, *ends, *sizes])
    found_starts: dict[Place, int] = {}
    found_ends: dict[Place, int] = {}
    found_bytes: dict[Place, int] = {}
    failure: errors.KafkaError | None = None
    for index, answer in enumerate(answers):
        if isinstance(answer, BaseException):
            if not isinstance(answer, errors.KafkaError) or (isinstance(answer, errors.KafkaConnectionError) and len(leaders) <= 1):
                raise answer
            failure = failure or answer
        elif index < len(starts):
            failure = _offsets(answer, found_starts) or failure
        elif index < len(starts) + len(ends):
            failure = _offsets(answer, found_ends) or failure
        else:
            failure = _sizes(answer, leaders, sizes[index - len(starts) - len(ends)][0], found_bytes) or failure
    return Figures(found_starts, found_ends, found_bytes, failure)


def settled_figures(wire: Wire, topic: Topic, limit_s: float = 2.0) -> Figures:
    """Ask for the figures of one topic, again for a while where a partition's leader is only just becoming one."""
    until = time.monotonic() + limit_s
    while True:
        figures = read_figures(wire, [topic])
        if not isinstance(figures.failure, (*SETTLING, errors.UnknownTopicOrPartitionError)) or time.monotonic() > until:
            return figures
        time.sleep(PAUSE_S)


def read_offsets(wire: Wire, topics: Iterable[Topic], at: dict[Place, int]) -> dict[Place, int]:
    """Answer the offsets at *at*: EARLIEST, LATEST, or milliseconds for the first record from then on, -1 where there is none.

    Raises the first refusal.
    """
    wanted: dict[int, dict[Place, int]] = defaultdict(dict)
    for node, places in _by_leader(topics).items():
        wanted[node] = {place: at[place] for place in places if place in at}
    found: dict[Place, int] = {}
    for answer in wire.ask_all([(node, _list_offsets_at(places)) for node, places in wanted.items() if places]):
        failure = _offsets(answer, found)
        if failure is not None:
            raise failure
    return found


class Rates:
    """How fast end offsets grow, from what was seen of them lately."""

    def __init__(self, *, at_least_s: float = 0.9, at_most_s: float = 60.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_least_s = at_least_s
        self._at_most_s = at_most_s
        self._clock = clock
        self._seen: dict[tuple[str, str, int], tuple[float, int, float | None]] = {}
        """By connection, topic and partition: when, the end offset, and the rate that was made of it."""

    def note(self, connection: str, ends: dict[Place, int]) -> dict[Place, float]:
        """Take in end offsets seen now, and answer records a second of those that were seen before."""
        now = self._clock()
        rates: dict[Place, float] = {}
        for (topic, partition), end in ends.items():
            key = (connection, topic, partition)
            then, before, rate = self._seen.get(key, (now, end, None))
            span_s = now - then
            if key not in self._seen or span_s > self._at_most_s or end < before:
                self._seen[key] = (now, end, None)
                continue
            if span_s >= self._at_least_s:
                rate = (end - before) / span_s
                self._seen[key] = (now, end, rate)
            if rate is not None:
                rates[topic, partition] = rate
        return rates

    def forget(self, connection: str) -> None:
        """Forget a connection's."""
        self._seen = {key: seen for key, seen in self._seen.items() if key[0] != connection}


def _by_leader(topics: Iterable[Topic]) -> dict[int, list[Place]]:
    by_leader: dict[int, list[Place]] = defaultdict(list)
    for topic in topics:
        for partition in topic.partitions:
            if partition.leader >= 0:
                by_leader[partition.leader].append((topic.name, partition.number))
    return by_leader


def _list_offsets(places: list[Place], timestamp: int) -> ListOffsetsRequest:
    return _list_offsets_at(dict.fromkeys(places, timestamp))


def _list_offsets_at(at: dict[Place, int]) -> ListOffsetsRequest:
    """Ask for offsets, of what is committed or not (ListOffsets, api key 2)."""
    topic_type = ListOffsetsRequest.ListOffsetsTopic
    partition_type = topic_type.ListOffsetsPartition
    by_topic: dict[str, list[Any]] = defaultdict(list)
    for (topic, partition), timestamp in at.items():
        by_topic[topic].append(partition_type(partition_index=partition, timestamp=timestamp, current_leader_epoch=-1))
    topics = [topic_type(name=name, partitions=partitions) for name, partitions in by_topic.items()]
    return ListOffsetsRequest(replica_id=-1, isolation_level=0, topics=topics, min_version=1)


def _offsets(answer: Any, into: dict[Place, int]) -> errors.KafkaError | None:
    failure = None
    for topic in answer.topics:
        for partition in topic.partitions:
            if partition.error_code:
                failure = failure or errors.for_code(partition.error_code)({topic.name})
            else:
                into[topic.name, partition.partition_index] = partition.offset
    return failure


def _log_dirs(wire: Wire, topics: list[Topic]) -> list[Question]:
    """Ask every broker that leads something for sizes on its disk (DescribeLogDirs, api key 35; Kafka 1.0)."""
    if wire.offers(DescribeLogDirsRequest) < 0:
        return []
    of_topic = DescribeLogDirsRequest.DescribableLogDirTopic
    wanted = [of_topic(topic=topic.name, partitions=[one.number for one in topic.partitions]) for topic in topics]
    nodes = sorted({one.leader for topic in topics for one in topic.partitions if one.leader >= 0})
    return [(node, DescribeLogDirsRequest(topics=wanted)) for node in nodes]


def _sizes(answer: Any, leaders: dict[int, list[Place]], node: int | None, into: dict[Place, int]) -> errors.KafkaError | None:
    """Take in sizes of what *node* leads; replicas elsewhere are as large, and not counted again."""
    led = set(leaders.get(-1 if node is None else node, ()))
    codes = [getattr(answer, "error_code", 0), *(one.error_code for one in answer.results)]
    for directory in answer.results:
        for topic in directory.topics:
            for partition in topic.partitions:
                place = (topic.name, partition.partition_index)
                if place in led and not partition.is_future_key:
                    into[place] = into.get(place, 0) + partition.partition_size
    failure = next((code for code in codes if code), 0)
    return errors.for_code(failure)("") if failure else None
