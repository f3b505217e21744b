"""Kafka on the wire: what a cluster holds, its consumer groups, and the records that go to it and come from it.

A figure the cluster does not tell is None, never 0. Times are nanoseconds since the Unix epoch, but a record's own timestamp, which is
Kafka's: milliseconds. Offsets are 64-bit integers and stay exact.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from embedded_server.contracts.problems import ProblemDetails

NO_TIMESTAMP: Final = -1


def subject_of(topic: str, partition: int) -> str:
    """Answer a record event's subject: ``orders[3]``."""
    return f"{topic}[{partition}]"


def split_subject(subject: str) -> tuple[str, int]:
    """Answer topic and partition of a record event; the partition is -1 where there is none."""
    topic, bracket, rest = subject.rpartition("[")
    number = rest.removesuffix("]")
    return (topic, int(number)) if bracket and number.isdecimal() else (subject, -1)


class RecordStatus(StrEnum):
    """The status of a record event."""

    ACKNOWLEDGED = "acknowledged"
    """Produced, and the broker said where it is."""
    REFUSED = "refused"
    """Produced, and the broker would not have it."""
    UNACKNOWLEDGED = "unacknowledged"
    """The connection was lost before an answer: it may be there or not."""
    TAILED = "tailed"
    READ = "read"
    FOUND = "found"
    """A hit of a search."""
    COPIED = "copied"
    """Written by a copy, and acknowledged."""


# -- what a cluster holds


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
    """None where it is sensitive."""
    source: ConfigSource
    read_only: bool = False
    sensitive: bool = False
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


# -- creating, altering, deleting


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


# -- consumer groups


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A consumer group as the list shows it."""

    id: str
    state: str
    """``Stable``, ``PreparingRebalance``, ``CompletingRebalance``, ``Empty``, ``Dead``, ``Assigning``, ``Reconciling`` or ``Unknown``."""
    type: str = "classic"
    """``classic``, ``consumer`` or ``share``."""
    protocol_type: str = ""
    members: int | None = None
    topics: int | None = None
    lag: int | None = None
    """Summed over its partitions; None until it has been asked for."""


@dataclass(frozen=True, slots=True)
class GroupPage:
    """One page of a cluster's groups."""

    groups: list[GroupInfo]
    page: int
    pages: int
    matching: int
    total: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """Partitions of one topic."""

    topic: str
    partitions: list[int]


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of a group."""

    id: str
    client_id: str
    host: str
    instance_id: str = ""
    """Static members have one."""
    assignment: list[Assigned] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class GroupOffset:
    """How far a group is in one partition."""

    topic: str
    partition: int
    committed: int | None
    """None where it is assigned and nothing has been committed."""
    start: int | None
    end: int | None
    lag: int | None
    """End less committed; less start where the committed offset is gone."""
    metadata: str = ""
    member: str = ""
    """The id of the member that has it."""


@dataclass(frozen=True, slots=True)
class GroupDetail:
    """One group whole."""

    group: GroupInfo
    coordinator: int
    assignor: str
    members: list[GroupMember]
    offsets: list[GroupOffset]


@dataclass(frozen=True, slots=True)
class LagPoint:
    """A group's lag at one time."""

    at: int
    total: int
    topics: dict[str, int] = field(default_factory=dict)
    committed: int = 0
    """The sum of its committed offsets, from which the chart draws how fast it consumes."""
    end: int = 0
    """The sum of the end offsets, from which it draws how fast its topics are written."""


@dataclass(frozen=True, slots=True)
class LagHistory:
    """A group's lag over time. The server samples a group while somebody has asked for it in the last minutes."""

    group: str
    points: list[LagPoint]
    every_s: float


class ResetTo(StrEnum):
    """Where offsets are set to."""

    EARLIEST = "earliest"
    LATEST = "latest"
    OFFSET = "offset"
    TIME = "time"
    """The first record at or after a time."""
    SHIFT = "shift"
    """By so many records, forward or back."""


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """Set a group's committed offsets, or with ``dry_run`` only tell what would be set. Refused while the group has members."""

    group: str
    to: ResetTo
    partitions: list[Assigned] = field(default_factory=list)
    """Empty is every partition that it has committed an offset in."""
    offset: int = 0
    """For OFFSET; for SHIFT the number of records, negative goes back."""
    time: int = 0
    """For TIME: milliseconds since the Unix epoch."""
    dry_run: bool = False
    typed_name: str = ""
    """What the user typed; on a production connection it must be the group's id."""


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """Before and after of one partition."""

    topic: str
    partition: int
    before: int | None
    after: int
    start: int
    end: int
    clamped: bool = False
    """The wish lay outside of what there is."""
    problem: ProblemDetails | None = None
    """Why this one was not set, where it was not."""

    @property
    def lag_after(self) -> int:
        """The lag it will have."""
        return max(0, self.end - self.after)


@dataclass(frozen=True, slots=True)
class ResetResult:
    """All changes; ``done`` tells whether they were made."""

    changes: list[OffsetChange]
    done: bool


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """Delete a group, or with ``partitions`` only its offsets there. Refused while it has members (or these are being read)."""

    group: str
    partitions: list[Assigned] = field(default_factory=list)
    typed_name: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take a member out of a group; its client will join again if it lives."""

    group: str
    member: str
    instance_id: str = ""


# -- how bytes are read and written


class Format(StrEnum):
    """How a key or a value is read."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"
    HEX = "hex"
    BASE64 = "base64"
    MSGPACK = "msgpack"
    AVRO = "avro"
    JSON_SCHEMA = "json-schema"
    PROTOBUF = "protobuf"
    INTEGER = "integer"
    """Big-endian, signed, of 1, 2, 4 or 8 bytes, as Kafka's own serializers write it."""
    FLOAT = "float"
    UUID = "uuid"


class Side(StrEnum):
    """Which half of a record."""

    KEY = "key"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Reading:
    """How one side of a topic's records is read."""

    format: Format = Format.AUTO
    schema: str = ""
    """The id of a `LocalSchema`; empty takes the Schema Registry's, by the id in the bytes."""
    message: str = ""
    """The message's full name, where a Protobuf schema has several."""


@dataclass(frozen=True, slots=True)
class TopicReading:
    """What the user chose for a topic; kept by the server, by connection."""

    topic: str
    key: Reading = field(default_factory=Reading)
    value: Reading = field(default_factory=Reading)


@dataclass(frozen=True, slots=True)
class LocalSchema:
    """A schema of the user's own: the text of an ``.avsc``, ``.proto`` or ``.json`` file."""

    id: str
    """Empty for a new one."""
    name: str
    """Such as the file's name."""
    format: Format
    text: str
    messages: list[str] = field(default_factory=list)
    """Filled by the server: the messages or records it defines."""
    imports: dict[str, str] = field(default_factory=dict)
    """Texts of what it imports, by the path it imports them by."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A format that was tried, and why it does not fit."""

    format: Format
    problem: ProblemDetails


@dataclass(frozen=True, slots=True)
class SchemaUsed:
    """The schema a side was read with."""

    format: Format
    id: int | None = None
    """In the Schema Registry; None for a local one."""
    subject: str = ""
    version: int | None = None
    name: str = ""
    """The record's or message's full name, or the local schema's."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """One side of a record, read."""

    format: Format
    """Never AUTO: what it was read as."""
    text: str
    is_json: bool = False
    null: bool = False
    size: int = 0
    schema: SchemaUsed | None = None
    attempts: list[Attempt] = field(default_factory=list)
    """Why it was not read as something else: the report."""
    truncated: bool = False
    """The journal did not keep it whole, or the text was cut."""


@dataclass(frozen=True, slots=True)
class DecodeRequest:
    """Read a record of the journal. A side that is not named is read as its topic's reading says."""

    seq: int
    key: Reading | None = None
    value: Reading | None = None


@dataclass(frozen=True, slots=True)
class DecodedRecord:
    """Both sides of a record, read."""

    key: Decoded
    value: Decoded


@dataclass(frozen=True, slots=True)
class SubjectInfo:
    """A subject of the Schema Registry with its newest version."""

    subject: str
    version: int
    id: int
    format: Format
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SchemaText:
    """A schema of the Schema Registry."""

    id: int
    format: Format
    text: str
    subject: str = ""
    version: int | None = None
    versions: list[int] = field(default_factory=list)


# -- producing


class ContentForm(StrEnum):
    """How a key or a value stands in the request, and how it becomes bytes."""

    TEXT = "text"
    """UTF-8. An empty text is no bytes, which is not null."""
    BASE64 = "base64"
    UPLOAD = "upload"
    """An id that ``POST /kafka/bodies`` answered."""
    INTEGER = "integer"
    """A decimal number, written big-endian in 8 bytes."""
    MSGPACK = "msgpack"
    """JSON, written as MessagePack."""
    AVRO = "avro"
    """JSON, written with a schema, as for the next two."""
    JSON_SCHEMA = "json-schema"
    PROTOBUF = "protobuf"


@dataclass(frozen=True, slots=True)
class Content:
    """A key or a value to write."""

    text: str = ""
    form: ContentForm = ContentForm.TEXT
    subject: str = ""
    """The Schema Registry's subject whose newest schema writes it, with magic byte and id; empty with a local schema."""
    schema: str = ""
    """The id of a `LocalSchema`: written without magic byte and id."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """A record's header. Names may come more than once, their order stays."""

    name: str
    value: str | None = None
    """None is null, which is not empty."""
    base64: bool = False
    """The value is bytes, written in Base64."""


class Compression(StrEnum):
    """How batches are compressed."""

    NONE = "none"
    GZIP = "gzip"
    SNAPPY = "snappy"
    LZ4 = "lz4"
    ZSTD = "zstd"


@dataclass(frozen=True, slots=True)
class Record:
    """A record to produce, with ``acks=all`` and idempotence."""

    topic: str
    partition: int | None = None
    """None is Auto: by the key's murmur2 hash as the Java client does it, without a key sticky by batch."""
    key: Content | None = None
    """None is null."""
    value: Content | None = None
    """None is null: with a key, a tombstone."""
    headers: list[RecordHeader] = field(default_factory=list)
    timestamp: int | None = None
    """Milliseconds; None is now."""
    compression: Compression = Compression.NONE


@dataclass(frozen=True, slots=True)
class ProduceOutcome:
    """Where a record is."""

    status: RecordStatus
    topic: str
    partition: int = -1
    offset: int = -1
    timestamp: int = NO_TIMESTAMP


@dataclass(frozen=True, slots=True)
class BulkProduce:
    """Produce a record many times. Where ``generate`` is set, ``{{name}}`` fields in texts are filled anew each time."""

    record: Record
    count: int
    rate: float = 0.0
    """Records a second; 0 is as fast as the broker acknowledges."""
    generate: bool = True
    seed: int | None = None
    resend_of: str = ""
    """A job whose unacknowledged records are sent again instead; then the rest of this request is not looked at."""


@dataclass(frozen=True, slots=True)
class PartitionFor:
    """Ask which partition a key goes to."""

    topic: str
    key: Content | None


@dataclass(frozen=True, slots=True)
class RecordTemplate:
    """A record kept under a name."""

    name: str
    record: Record


@dataclass(frozen=True, slots=True)
class RecordOf:
    """Ask for a record of the journal as one to produce again, its bytes exact."""

    seq: int


# -- reading, searching, copying


class From(StrEnum):
    """Where a reading starts."""

    OLDEST = "oldest"
    NEWEST = "newest"
    """The newest ``count`` records over all partitions asked for."""
    END = "end"
    """What comes from now on."""
    OFFSET = "offset"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reading starts, in all partitions or in each."""

    at: From = From.NEWEST
    count: int = 100
    offset: int = 0
    time: int = 0
    """Milliseconds since the Unix epoch."""
    offsets: dict[int, int] = field(default_factory=dict)
    """By partition; it goes before the rest."""


class Isolation(StrEnum):
    """Which records of transactions are read."""

    READ_UNCOMMITTED = "read_uncommitted"
    READ_COMMITTED = "read_committed"


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read a topic by assignment: no group is joined, no offset is committed, nothing changes for anybody."""

    topic: str
    partitions: list[int] = field(default_factory=list)
    """Empty is all."""
    start: Start = field(default_factory=Start)
    follow: bool = False
    """Go on with what comes (a live tail) instead of ending where the partitions end now."""
    until: dict[int, int] = field(default_factory=dict)
    """By partition, the first offset that is not read any more."""
    until_time: int = 0
    """Milliseconds since the Unix epoch; 0 is no limit."""
    limit: int = 0
    """Stop after so many records; 0 is no limit."""
    isolation: Isolation = Isolation.READ_UNCOMMITTED


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Look through a topic; hits become events at once, and progress tells how much has been looked at."""

    topic: str
    text: str = ""
    """Looked for in key, value and headers, as they are read; case does not matter."""
    filter: str = ""
    """Instead, or besides: the filter language over each record as an event."""
    match_case: bool = False
    partitions: list[int] = field(default_factory=list)
    start: Start = field(default_factory=lambda: Start(at=From.OLDEST))
    until: dict[int, int] = field(default_factory=dict)
    until_time: int = 0
    limit: int = 1_000
    """Stop after so many hits; 0 is no limit."""
    isolation: Isolation = Isolation.READ_UNCOMMITTED


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """Copy records to another topic, on this connection or another, bytes, headers and timestamps exact."""

    topic: str
    to_topic: str
    to_connection: str = ""
    """A connection's id; empty is this one."""
    partitions: list[int] = field(default_factory=list)
    start: Start = field(default_factory=lambda: Start(at=From.OLDEST))
    until: dict[int, int] = field(default_factory=dict)
    until_time: int = 0
    limit: int = 0
    filter: str = ""
    keep_partition: bool = False
    """Into the partition of the same number, instead of by key."""
    keep_timestamp: bool = True
    dry_run: bool = False
    typed_name: str = ""
    """What the user typed; where the target is a production connection it must be the target topic's name."""
