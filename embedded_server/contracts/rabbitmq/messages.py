"""Messages to publish, their typed headers and where they would go, and how a message stands in the journal."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from embedded_server.contracts.problems import ProblemDetails

DEFAULT_EXCHANGE: Final = "(default)"
"""How the exchange without a name is written in a subject."""
SUBJECT_ARROW: Final = " → "


def subject_of(exchange: str, routing_key: str) -> str:
    """Answer a message event's subject: ``orders → order.paid``."""
    return f"{exchange or DEFAULT_EXCHANGE}{SUBJECT_ARROW}{routing_key}"


def split_subject(subject: str) -> tuple[str, str]:
    """Answer the exchange as shown and the routing key of a message event."""
    exchange, _, routing_key = subject.partition(SUBJECT_ARROW)
    return exchange, routing_key


class MessageStatus(StrEnum):
    """The status of a message event."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    """The broker answered nack."""
    UNCONFIRMED = "unconfirmed"
    """The connection was lost before an answer: it may be there or not."""
    RETURNED = "returned"
    """Mandatory, and no queue was bound."""
    TAPPED = "tapped"
    TRACED = "traced"
    """Seen by the firehose."""
    GOT = "got"
    """Read with get and put back."""
    READ = "read"
    """Read from a stream."""
    CONSUMED = "consumed"
    MOVED = "moved"
    REDRIVEN = "redriven"


class FieldType(StrEnum):
    """The types a header's value may have (AMQP 0-9-1, section 4.2.5.5, as RabbitMQ reads it)."""

    STRING = "string"
    INTEGER = "integer"
    """64 bits, signed."""
    FLOAT = "float"
    DECIMAL = "decimal"
    """As text, such as ``12.50``."""
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    """Whole seconds since the Unix epoch."""
    BYTES = "bytes"
    """Base64."""
    TABLE = "table"
    """A list of headers."""
    ARRAY = "array"
    """A list of headers whose names are empty."""
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Header:
    """One typed header, or one typed argument."""

    name: str
    type: FieldType
    value: Any = None
    """Plain JSON as the type says; for TABLE and ARRAY a list of objects of this very shape."""


@dataclass(frozen=True, slots=True)
class Properties:
    """A message's properties but its headers (AMQP 0-9-1, class 60). None is absent; an empty text is an empty text."""

    content_type: str | None = None
    content_encoding: str | None = None
    delivery_mode: int | None = None
    priority: int | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    expiration: str | None = None
    """Milliseconds, as text."""
    message_id: str | None = None
    timestamp: int | None = None
    type: str | None = None
    user_id: str | None = None
    app_id: str | None = None
    cluster_id: str | None = None


class BodyForm(StrEnum):
    """How a body stands in the request."""

    TEXT = "text"
    BASE64 = "base64"
    UPLOAD = "upload"
    """An id that ``POST /rabbitmq/bodies`` answered: files, and whatever is large."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish."""

    vhost: str
    exchange: str
    routing_key: str
    body: str = ""
    form: BodyForm = BodyForm.TEXT
    properties: Properties = field(default_factory=Properties)
    headers: list[Header] = field(default_factory=list)
    mandatory: bool = True


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What became of one published message."""

    status: MessageStatus
    reply_code: int = 0
    reply_text: str = ""
    """RabbitMQ's words for a return, such as ``NO_ROUTE``."""


@dataclass(frozen=True, slots=True)
class BulkPublish:
    """Publish a message many times. Where ``generate`` is set, ``{{name}}`` fields in texts are filled anew each time."""

    message: Message
    count: int
    rate: float = 0.0
    """Messages a second; 0 is as fast as the broker confirms."""
    generate: bool = True
    seed: int | None = None
    """The same seed generates the same fields."""
    resend_of: str = ""
    """A job whose unconfirmed messages are sent again instead; then the rest of this request is not looked at."""


@dataclass(frozen=True, slots=True)
class PublishTemplate:
    """A message kept under a name."""

    name: str
    message: Message


@dataclass(frozen=True, slots=True)
class RouteQuery:
    """Ask which queues a message would reach."""

    vhost: str
    exchange: str
    routing_key: str
    headers: list[Header] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a message would go, by the bindings as they are now."""

    queues: list[str]
    exchanges: list[str]
    """Exchanges it passes on its way, the first one included."""
    dropped: bool
    """No queue would get it: a mandatory message comes back, any other is lost."""
    exact: bool = True
    """False where an exchange's type is not known to us (a plug-in's)."""
    problem: ProblemDetails | None = None
