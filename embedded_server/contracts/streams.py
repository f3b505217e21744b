"""Streams (SSE and WebSocket sources) and the hub's topics on the wire."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


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
