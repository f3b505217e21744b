"""RabbitMQ on the wire: what a broker holds, and the messages that go to it and come from it.

A figure the broker does not tell (without the management API, or before its first statistics) is None, never 0.
"""

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


# -- what a broker holds


@dataclass(frozen=True, slots=True)
class VHostInfo:
    """A virtual host; the tree's second level."""

    name: str
    ready: int | None = None
    unacked: int | None = None
    publish_rate: float | None = None
    deliver_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """A broker at a glance."""

    product: str
    version: str
    node: str
    management: bool
    """Whether the management API answers; where not, ``missing`` says why and what the panel goes without."""
    vhosts: list[VHostInfo]
    ready: int | None = None
    unacked: int | None = None
    publish_rate: float | None = None
    deliver_rate: float | None = None
    ack_rate: float | None = None
    connections: int | None = None
    channels: int | None = None
    consumers: int | None = None
    queues: int | None = None
    exchanges: int | None = None
    missing: ProblemDetails | None = None


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """An exchange. The default one has no name."""

    name: str
    vhost: str
    type: str
    durable: bool
    auto_delete: bool
    internal: bool
    arguments: dict[str, Any] = field(default_factory=dict)
    rate_in: float | None = None
    rate_out: float | None = None


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """A queue and what is in it."""

    name: str
    vhost: str
    type: str = "classic"
    """``classic``, ``quorum`` or ``stream``."""
    durable: bool = True
    exclusive: bool = False
    auto_delete: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    ready: int | None = None
    unacked: int | None = None
    bytes: int | None = None
    consumers: int | None = None
    publish_rate: float | None = None
    deliver_rate: float | None = None
    ack_rate: float | None = None
    policy: str = ""
    idle_since: str = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a broker's queues."""

    queues: list[QueueInfo]
    page: int
    """From 1."""
    pages: int
    matching: int
    """Queues that match the search."""
    total: int
    """Queues there are."""


@dataclass(frozen=True, slots=True)
class BindingInfo:
    """From an exchange to a queue or to an exchange. Bindings of the default exchange are left out: every queue has one."""

    vhost: str
    source: str
    destination: str
    to_queue: bool
    routing_key: str
    arguments: dict[str, Any] = field(default_factory=dict)
    properties_key: str = ""
    """The management API's name for it."""


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """A client's connection to the broker."""

    name: str
    user: str
    vhost: str
    peer: str
    state: str
    product: str
    """What the client says of itself, such as ``pika 1.4.4``."""
    channels: int | None = None
    tls: bool = False
    connected_at: int = 0
    rate_in: float | None = None
    """Bytes a second from the client."""
    rate_out: float | None = None
    given_name: str = ""
    """What its program called the connection, such as ``web-1``."""


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel of a client's connection."""

    name: str
    connection: str
    number: int
    vhost: str
    user: str
    state: str
    prefetch: int | None = None
    global_prefetch: int | None = None
    unacked: int | None = None
    unconfirmed: int | None = None
    consumers: int | None = None
    confirm: bool = False
    transactional: bool = False


@dataclass(frozen=True, slots=True)
class ConsumerInfo:
    """A consumer, and so who holds a queue's unacknowledged messages."""

    tag: str
    queue: str
    vhost: str
    connection: str
    channel: str
    peer: str
    ack_required: bool
    exclusive: bool
    active: bool
    prefetch: int
    channel_unacked: int | None = None
    """Unacknowledged messages on its channel; the broker does not tell them apart by consumer."""
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topology:
    """One virtual host's exchanges, queues, bindings and consumers, for the picture and the route preview."""

    vhost: str
    exchanges: list[ExchangeInfo]
    queues: list[QueueInfo]
    bindings: list[BindingInfo]
    consumers: list[ConsumerInfo]
    total_queues: int
    """More than ``queues`` holds where the picture asked for fewer."""


# -- declaring and deleting


@dataclass(frozen=True, slots=True)
class DeclareExchange:
    """Declare an exchange. Declaring it again with the same arguments changes nothing."""

    vhost: str
    name: str
    type: str = "direct"
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    arguments: "list[Header]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DeclareQueue:
    """Declare a queue; an empty name lets the broker choose one."""

    vhost: str
    name: str
    durable: bool = True
    auto_delete: bool = False
    arguments: "list[Header]" = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """Bind, or unbind, a queue or an exchange."""

    vhost: str
    source: str
    destination: str
    to_queue: bool = True
    routing_key: str = ""
    arguments: "list[Header]" = field(default_factory=list)
    properties_key: str = ""
    """For unbinding: the management API's name for it, where it was listed. JSON does not show every type an argument has."""


class Target(StrEnum):
    """What a destructive act is aimed at."""

    QUEUE = "queue"
    EXCHANGE = "exchange"
    MESSAGES = "messages"
    """All ready messages of a queue."""


@dataclass(frozen=True, slots=True)
class Destroy:
    """Delete a queue or an exchange, or purge a queue. Answered with how many messages went."""

    vhost: str
    target: Target
    name: str
    typed_name: str = ""
    """What the user typed; on a production connection it must be the name."""
    if_empty: bool = False
    if_unused: bool = False


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What is gone."""

    messages: int


@dataclass(frozen=True, slots=True)
class Declared:
    """The object is there."""

    name: str


@dataclass(frozen=True, slots=True)
class CloseClient:
    """Close a client's connection; the client is told the reason."""

    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tracing:
    """Switch a virtual host's firehose on or off."""

    vhost: str
    on: bool


# -- messages


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


# -- reading


@dataclass(frozen=True, slots=True)
class TapRequest:
    """Copy what passes an exchange, or what is routed to a queue, through an exclusive, auto-delete, expiring, length-limited queue."""

    vhost: str
    exchange: str = ""
    queue: str = ""
    """Instead of an exchange: everything that reaches this queue through bindings, by copying its bindings."""
    routing_keys: list[str] = field(default_factory=lambda: ["#"])
    arguments: list[Header] = field(default_factory=list)
    """Binding arguments, for headers exchanges."""
    max_length: int = 10_000
    firehose: bool = False
    """Instead of both: ``amq.rabbitmq.trace``, which shows every message where the broker's tracing is on."""


@dataclass(frozen=True, slots=True)
class ConsumeRequest:
    """Take messages from a queue for good, each acknowledged once it is in the journal."""

    vhost: str
    queue: str
    prefetch: int = 500
    limit: int = 0
    """Stop after so many; 0 goes on until stopped."""


class GetMode(StrEnum):
    """What becomes of the messages a get reads."""

    REQUEUE = "requeue"
    """Nack and put back: they are marked redelivered, and a quorum queue counts it."""
    ACK = "ack"
    """Removed."""
    REJECT = "reject"
    """Removed, and dead-lettered where the queue has a dead letter exchange."""
    REJECT_REQUEUE = "reject-requeue"
    """Reject and put back."""


@dataclass(frozen=True, slots=True)
class GetRequest:
    """Read some messages from a queue's head."""

    vhost: str
    queue: str
    count: int = 10
    mode: GetMode = GetMode.REQUEUE


@dataclass(frozen=True, slots=True)
class Got:
    """The messages are in the journal."""

    count: int
    left: int
    """Ready messages that were behind the last one."""
    filter: str
    """The journal's filter that lists them."""


@dataclass(frozen=True, slots=True)
class StreamRead:
    """Read a stream queue (``x-queue-type: stream``); nothing is removed."""

    vhost: str
    queue: str
    offset: str = "next"
    """``first``, ``last``, ``next``, a number, an interval such as ``1h``, or a time in ISO 8601."""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """Move messages from a queue: each copy is confirmed and mandatory before the original is acknowledged."""

    vhost: str
    queue: str
    exchange: str = ""
    routing_key: str = ""
    """Empty keeps each message's own."""
    filter: str = ""
    """In the filter language, over each message as an event; empty is all."""
    limit: int = 0
    dry_run: bool = False
    """Count what would be moved, and put everything back; it marks what it looked at as redelivered."""
    typed_name: str = ""
    """What the user typed; on a production connection it must be the queue's name."""


@dataclass(frozen=True, slots=True)
class RedriveRequest:
    """Send dead-lettered messages back to where each first died (``x-death``), as `MoveRequest` moves them."""

    vhost: str
    queue: str
    filter: str = ""
    limit: int = 0
    dry_run: bool = False
    to_queue: bool = True
    """Straight to the queue it died in; otherwise through its first exchange and routing key again."""
    strip_death: bool = True
    """Take ``x-death`` and ``x-first-death-*`` off the copy."""
    typed_name: str = ""
