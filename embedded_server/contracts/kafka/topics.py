"""The topics of a cluster: as they are listed and looked at, and how they are created, changed, emptied and deleted."""

from dataclasses import dataclass, field
from enum import StrEnum

from embedded_server.contracts.problems import ProblemDetails


@dataclass(frozen=True, slots=True)
class TopicInfo:
    """A topic as the list shows it."""

    name: str
    internal: bool = False
    partitions: int = 0
    replication: int = 0
    under_replicated: int = 0
    offline: int = 0
    messages: int | None = None
    """End offsets less start offsets: an upper bound where the topic is compacted or written in transactions."""
    bytes: int | None = None
    rate: float | None = None
    """Records a second, from how its end offsets grow."""
    cleanup_policy: str = ""
    """``delete``, ``compact`` or both; empty where the settings could not be asked for."""
    changed: int | None = None
    """Settings that differ from the default."""


@dataclass(frozen=True, slots=True)
class TopicPage:
    """One page of a cluster's topics."""

    topics: list[TopicInfo]
    page: int
    """From 1."""
    pages: int
    matching: int
    total: int


@dataclass(frozen=True, slots=True)
class PartitionInfo:
    """A partition: where it is and what is in it."""

    partition: int
    leader: int
    """A broker's id; -1 while there is none."""
    replicas: list[int]
    in_sync: list[int]
    offline: list[int] = field(default_factory=list)
    start: int | None = None
    end: int | None = None
    """The offset that the next record will have (the high watermark)."""
    bytes: int | None = None
    rate: float | None = None


class ConfigSource(StrEnum):
    """Where a setting's value comes from."""

    DEFAULT = "default"
    TOPIC = "topic"
    BROKER = "broker"
    STATIC = "static"
    """The broker's own file."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ConfigEntry:
    """One setting of a topic."""

    name: str
    value: str | None
    """None where it is sensitive, or where it has none."""
    source: ConfigSource
    read_only: bool = False
    sensitive: bool = False
    """Neither its value nor its default is told."""
    type: str = ""
    """``string``, ``int``, ``long``, ``double``, ``boolean``, ``list`` … as the broker says."""
    default: str | None = None
    """What it would be if the topic did not set it."""
    documentation: str = ""


@dataclass(frozen=True, slots=True)
class TopicDetail:
    """One topic whole."""

    topic: TopicInfo
    partitions: list[PartitionInfo]
    configs: list[ConfigEntry]
    groups: list[str] | None = None
    """Groups that have offsets in it; None where that could not be asked."""
    missing: ProblemDetails | None = None


@dataclass(frozen=True, slots=True)
class CreateTopic:
    """Create a topic."""

    name: str
    partitions: int = -1
    """-1 is the broker's default, as for the replication."""
    replication: int = -1
    configs: dict[str, str] = field(default_factory=dict)
    validate_only: bool = False


@dataclass(frozen=True, slots=True)
class AddPartitions:
    """Raise a topic's number of partitions. Keys land elsewhere afterwards; it cannot be taken back."""

    topic: str
    total: int


@dataclass(frozen=True, slots=True)
class AlterConfigs:
    """Set some of a topic's settings, and give others back to the default."""

    topic: str
    set: dict[str, str] = field(default_factory=dict)
    reset: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PurgeTopic:
    """Delete records from the start of a topic's partitions."""

    topic: str
    before: dict[int, int] = field(default_factory=dict)
    """By partition, the first offset that stays; empty deletes all there is in all of them."""
    typed_name: str = ""
    """What the user typed; on a production connection it must be the topic's name."""
    before_time: int = 0
    """Instead: milliseconds since the Unix epoch. In each partition all goes that stands before its first record from then on."""
    dry_run: bool = False
    """Only count what would go."""


@dataclass(frozen=True, slots=True)
class DeleteTopic:
    """Delete a topic with all its records."""

    topic: str
    typed_name: str = ""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is gone."""

    records: int | None
    """None where nobody could count it."""
