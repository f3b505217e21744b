"""Records to produce, once, many times or again, and where they are afterwards."""

from dataclasses import dataclass, field
from enum import StrEnum

from embedded_server.contracts.kafka.events import NO_TIMESTAMP, RecordStatus


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
