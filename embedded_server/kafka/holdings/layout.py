"""How a cluster is laid out: its brokers, topics and partitions, from a MetadataResponse. No input and output."""

from dataclasses import dataclass, field
from typing import Any

from kafka import errors

from embedded_server.contracts.kafka import PartitionInfo, TopicInfo
from embedded_server.kafka.holdings.wire import raise_for
from embedded_server.kafka.problems import TopicUnknown


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker at the address it advertises."""

    id: int
    host: str
    port: int
    rack: str = ""


@dataclass(frozen=True, slots=True)
class Partition:
    """Where a partition is."""

    number: int
    leader: int
    """-1 while there is none."""
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]
    offline: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic and its partitions, in the order of their numbers."""

    name: str
    internal: bool
    partitions: tuple[Partition, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every partition has a leader."""
        return bool(self.partitions) and all(one.leader >= 0 for one in self.partitions)

    def info(self) -> TopicInfo:
        """Answer it as the list shows it, without figures."""
        return TopicInfo(
            name=self.name,
            internal=self.internal,
            partitions=len(self.partitions),
            replication=max((len(one.replicas) for one in self.partitions), default=0),
            under_replicated=sum(len(one.in_sync) < len(one.replicas) for one in self.partitions),
            offline=sum(one.leader < 0 for one in self.partitions),
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole cluster."""

    id: str
    controller: int
    brokers: tuple[Broker, ...]
    topics: dict[str, Topic] = field(default_factory=dict)
    """By name, in the order of their names."""

    def topic(self, name: str) -> Topic:
        """Answer one. Raises `TopicUnknown`."""
        if name not in self.topics:
            raise TopicUnknown(topic=name)
        return self.topics[name]


def layout_of(response: Any) -> Layout:
    """Read a MetadataResponse (api key 3). A topic that has vanished meanwhile, or may not be seen, is left out."""
    topics = sorted((_topic(one) for one in response.topics if one.error_code not in _NOT_THERE), key=lambda topic: topic.name)
    brokers = sorted((Broker(one.node_id, one.host, one.port, one.rack or "") for one in response.brokers), key=lambda broker: broker.id)
    return Layout(response.cluster_id or "", response.controller_id, tuple(brokers), {topic.name: topic for topic in topics})


def require_topic(response: Any, name: str) -> Topic:
    """Read the one topic that was asked for. Raises the broker's refusal."""
    for one in response.topics:
        if one.name == name and one.error_code in _NOT_THERE:
            raise_for(one.error_code)
    return layout_of(response).topic(name)


def partition_info(partition: Partition) -> PartitionInfo:
    """Answer a partition as the panel shows it, without figures."""
    return PartitionInfo(
        partition=partition.number,
        leader=partition.leader,
        replicas=list(partition.replicas),
        in_sync=list(partition.in_sync),
        offline=list(partition.offline),
    )


_NOT_THERE = frozenset(
    kind.errno
    for kind in (
        errors.UnknownTopicOrPartitionError,
        errors.TopicAuthorizationFailedError,
        errors.InvalidTopicError,
        errors.UnknownTopicIdError,
    )
)


def _topic(one: Any) -> Topic:
    partitions = sorted(
        (
            Partition(
                number=part.partition_index,
                leader=part.leader_id,
                replicas=tuple(part.replica_nodes),
                in_sync=tuple(part.isr_nodes),
                offline=tuple(getattr(part, "offline_replicas", None) or ()),
            )
            for part in one.partitions
        ),
        key=lambda partition: partition.number,
    )
    return Topic(one.name, bool(one.is_internal), tuple(partitions))
