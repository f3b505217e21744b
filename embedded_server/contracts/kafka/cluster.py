"""A cluster at a glance, and its brokers."""

from dataclasses import dataclass

from embedded_server.contracts.problems import ProblemDetails


@dataclass(frozen=True, slots=True)
class BrokerInfo:
    """A broker of the cluster, at the address that it advertises."""

    id: int
    host: str
    port: int
    rack: str = ""
    controller: bool = False
    leaders: int | None = None
    """Partitions it leads."""
    bytes: int | None = None
    """What its logs take on disk."""


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """A cluster at a glance."""

    id: str
    product: str
    """``Apache Kafka`` or ``Switchroom``."""
    version: str
    """The lowest version that speaks what this one speaks, such as ``4.3``; empty where it cannot be told."""
    brokers: list[BrokerInfo]
    topics: int
    partitions: int
    under_replicated: int = 0
    offline: int = 0
    """Partitions without a leader."""
    groups: int | None = None
    registry: str = ""
    """The Schema Registry's address, where the connection has one."""
    missing: ProblemDetails | None = None
    """What could not be asked for, and why."""
    internal: int = 0
    """Of the topics, those that Kafka keeps for itself."""
