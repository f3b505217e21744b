"""How the bytes of a key or a value are read: formats, schemas, and what came of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from embedded_server.contracts.problems import ProblemDetails


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
