"""The journal's vocabulary: what an event is, which kinds there are, and how a row of a feed looks on the wire."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

MAX_PREVIEW_CHARS: Final = 256


class Kind(StrEnum):
    """What happened. The part before the dot is the group: the filter ``kind:task`` takes all of one."""

    TASK_SENT = "task.sent"
    TASK_RECEIVED = "task.received"
    TASK_STARTED = "task.started"
    TASK_PROGRESS = "task.progress"
    TASK_SUCCEEDED = "task.succeeded"
    TASK_FAILED = "task.failed"
    TASK_RETRIED = "task.retried"
    TASK_REVOKED = "task.revoked"
    TASK_REJECTED = "task.rejected"
    TASK_CUSTOM = "task.custom"
    WORKER_ONLINE = "worker.online"
    WORKER_OFFLINE = "worker.offline"
    MESSAGE_PUBLISHED = "message.published"
    MESSAGE_RETURNED = "message.returned"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_CONSUMED = "message.consumed"
    RECORD_PRODUCED = "record.produced"
    RECORD_READ = "record.read"
    SSE_OPENED = "sse.opened"
    SSE_EVENT = "sse.event"
    SSE_CLOSED = "sse.closed"
    WS_OPENED = "ws.opened"
    WS_RECEIVED = "ws.received"
    WS_SENT = "ws.sent"
    WS_CLOSED = "ws.closed"
    HTTP_EXCHANGE = "http.exchange"
    CUSTOM = "custom"
    SERVER_LIFECYCLE = "server.lifecycle"
    SERVER_LOG = "server.log"
    TOPOLOGY_CHANGED = "topology.changed"
    """Somebody declared, bound, deleted or purged something on a broker."""

    @property
    def group(self) -> str:
        """The family this kind belongs to: ``task`` of ``task.sent``."""
        return self.value.partition(".")[0]


class Join(StrEnum):
    """How an event came by its trace, from the surest to the weakest."""

    NONE = ""
    TRACEPARENT = "traceparent"
    CELERY_ROOT = "celery-root"
    CORRELATION_ID = "correlation-id"
    JSON_PATH = "json-path"


class Event(NamedTuple):
    """One outside happening as a capability hands it to the journal; the journal gives it its sequence number.

    A NamedTuple because a flood makes 100,000 of them a second and the journal binds them to SQL as they are.
    """

    at: int
    """Nanoseconds since the Unix epoch, UTC."""
    connection: str
    """Name of the connection it came through; ``embedded`` for what Switchroom runs itself."""
    kind: Kind
    subject: str
    """Task name, exchange and routing key, ``topic[partition]``, URL, hub topic, or server part."""
    key: str = ""
    """Task id, message key, or event id."""
    trace: str = ""
    joined: Join = Join.NONE
    status: str = ""
    """One word: a task state, an HTTP status, a close code, a log level."""
    worker: str = ""
    size: int = 0
    """Bytes of the body before any truncation."""
    preview: str = ""
    """At most ``MAX_PREVIEW_CHARS`` characters, decoded once at ingest."""
    headers: bytes = b""
    """A JSON object, or nothing."""
    body: bytes = b""
    """Whole up to the journal's cap; shorter than ``size`` when truncated."""


class Row(NamedTuple):
    """What a table shows of an event. On the wire a JSON array in this order."""

    seq: int
    at: int
    connection: str
    kind: str
    subject: str
    key: str
    trace: str
    joined: str
    status: str
    worker: str
    size: int
    preview: str


@dataclass(frozen=True, slots=True)
class EventDetail:
    """One whole event, as ``GET /events/{seq}`` answers it.

    With ``?body=false`` the body is left out: the window fetches it by itself, as bytes, from ``GET /events/{seq}/body``.
    """

    row: Row
    headers: dict[str, Any] = field(default_factory=dict)
    body: str = ""
    """Base64."""
    truncated: bool = False
    """The body is longer (``row.size``) than what the journal kept of it."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Rows that match a filter, as ``GET /events`` answers them. Looked through whole only where ``scanned`` equals ``of``."""

    rows: list[Row]
    scanned: int
    of: int
