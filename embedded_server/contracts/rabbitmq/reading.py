"""How messages are tapped, got, consumed, read from a stream, moved and sent back."""

from dataclasses import dataclass, field
from enum import StrEnum

from embedded_server.contracts.rabbitmq.messages import Header


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
