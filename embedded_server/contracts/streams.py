"""Streams (SSE and WebSocket sources) and the hub's topics on the wire."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from embedded_server.contracts.problems import ProblemDetails

HUB_PREFIX: Final = "hub:"
"""A stream whose URL is ``hub:tasks`` follows that topic of this server's own hub, with the session of whoever opened it."""
MASK: Final = "••••••••"
"""Stands for a stored secret on the wire; sent back unchanged it means: keep what is stored."""
COMMENT_STATUS: Final = ":comment"
"""The journal's status of an SSE comment, which is no event and has no name."""


class StreamKind(StrEnum):
    """Which protocol a stream speaks."""

    SSE = "sse"
    WEBSOCKET = "websocket"


class StreamState(StrEnum):
    """What a stream is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    OPEN = "open"
    WAITING = "waiting"
    """Lost; reconnects at ``retry_at``."""
    CLOSED = "closed"
    """Ended for good: by the user, or the server said not to come back."""


class FrameType(StrEnum):
    """How a WebSocket message is sent."""

    TEXT = "text"
    JSON = "json"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """A stream as the user typed it."""

    name: str
    kind: StreamKind
    url: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    subprotocols: list[str] = field(default_factory=list)
    reconnect: bool = True


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream and how it fares."""

    id: str
    spec: StreamSpec
    state: StreamState
    reason: str
    """Why it is in this state, for people; empty when all is well."""
    received: int
    sent: int
    bytes: int
    rate: float
    """Frames a second, over the last second."""
    opened_at: int
    attempt: int
    retry_at: int
    last_event_id: str
    close_code: int
    resumed: int
    """How often it resumed with a Last-Event-ID."""
    subprotocol: str
    problem: ProblemDetails | None = None
    """What went wrong last, with its hint; none while all is well."""
    latency_ms: float = 0.0
    """Round trip of the last WebSocket ping; 0 where there was none."""
    duplicates: int = 0
    """Events that came again, by their id, after a resume."""


@dataclass(frozen=True, slots=True)
class SendRequest:
    """Send one WebSocket message. ``data`` is text; for binary it is Base64."""

    type: FrameType
    data: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the server's own hub."""

    name: str
    last_id: str
    """``epoch:seq`` of its newest event, empty where it has none."""
    subscribers: int
    summary: str


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """Post one event to a custom topic."""

    data: Any
    event: str = "message"
    key: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """The event is in the journal under this id."""

    id: str


@dataclass(frozen=True, slots=True)
class TopicEvent:
    """The data of a hub event on a topic that the server itself feeds (``tasks``, ``server``)."""

    kind: str
    at: int
    """Nanoseconds since the Unix epoch, like every time on the wire."""
    subject: str
    key: str
    status: str
    worker: str
    trace: str
    preview: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Sent to a hub client that fell too far behind: these events are in the journal, but were not sent to it.

    They can be had from ``GET /events`` with ``filter``, ``after`` and ``before``.
    """

    first: str
    """Id of the first event that is missing."""
    last: str
    """Id of the last one."""
    count: int
    """How many; -1 where retention removed them before they could be counted."""
    filter: str
    """Finds them in the journal."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Sent to a hub client whose last id cannot be resumed from: its own picture has to be built anew."""

    requested: str
    reason: str
    """``unknown-epoch``, ``trimmed``, ``in-the-future`` or ``not-an-id``."""
