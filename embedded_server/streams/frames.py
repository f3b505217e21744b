"""What the hub sends: a frame is encoded once, however many clients get it."""

from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import orjson

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.streams import Gap, Reset, TopicEvent

HEARTBEAT: Final = b": heartbeat\n\n"
FRAME_OVERHEAD: Final = 256
"""Bytes a frame takes beside its data, roughly."""
RETRY_MS: Final = 1000
"""How soon an EventSource comes back."""


class Control(StrEnum):
    """The hub's own frames, which belong to no topic."""

    OPEN = "open"
    GAP = "gap"
    RESET = "reset"
    ERROR = "error"


RESERVED_NAMES: Final = frozenset(Control)
"""Names no posted event may have; ``open`` and ``error`` would also trigger an EventSource's own handlers."""


class Frame:
    """One event on its way to the hub's clients, as SSE and as a WebSocket message."""

    def __init__(self, *, seq: int, id: str, topic: str, name: str, data: bytes, key: str = "") -> None:
        self.seq = seq
        """Number in the journal; 0 for the hub's own frames."""
        self.id = id
        self.topic = topic
        self.name = name
        self.key = key
        self.data = data
        """JSON."""

    @property
    def size(self) -> int:
        """Bytes this frame holds in a client's queue, roughly."""
        return len(self.data) + FRAME_OVERHEAD

    @cached_property
    def sse(self) -> bytes:
        """The frame as an event whose data is what was posted."""
        return self._as_sse(self.data)

    @cached_property
    def sse_enveloped(self) -> bytes:
        """The frame as an event whose data also tells the topic: for clients of several."""
        return self._as_sse(self.text.encode())

    @cached_property
    def text(self) -> str:
        """The frame as a WebSocket's JSON message."""
        message = {"id": self.id, "event": self.name, "topic": self.topic, "data": orjson.Fragment(self.data)}
        if self.key:
            message["key"] = self.key
        return orjson.dumps(message).decode()

    def _as_sse(self, data: bytes) -> bytes:
        head = f"id: {self.id}\nevent: {self.name}\n" if self.id else f"event: {self.name}\n"
        return b"%bdata: %b\n\n" % (head.encode(), data.replace(b"\r", b"").replace(b"\n", b"\ndata: "))


def frame_of(epoch: str, seq: int, topic: str, event: Event) -> Frame:
    """Encode a journal event for its topic."""
    id_ = f"{epoch}:{seq}"
    if event.kind is Kind.CUSTOM:
        data = event.body if _is_json(event.body) else _json(event.preview)
        return Frame(seq=seq, id=id_, topic=topic, name=event.status or "message", key=event.key, data=data)
    kind = event.kind.value
    told = TopicEvent(kind, event.at, event.subject, event.key, event.status, event.worker, event.trace, event.preview)
    return Frame(seq=seq, id=id_, topic=topic, name=kind, key=event.key, data=_json(told))


class _OpenFrame(Frame):
    """As SSE it is an id without data: a client remembers it and dispatches nothing ("open" is an event of EventSource's own)."""

    def _as_sse(self, data: bytes) -> bytes:
        del data
        return f": listening\nid: {self.id}\nretry: {RETRY_MS}\n\n".encode()


def open_frame(id_: str) -> Frame:
    """Tell a client from where on it listens; resuming from this id misses nothing."""
    return _OpenFrame(seq=0, id=id_, topic="", name=Control.OPEN, data=b"{}")


def gap_frame(gap: Gap) -> Frame:
    """Tell a client what it was not sent. Without an id: a client that reconnects now still gets it all."""
    return Frame(seq=0, id="", topic="", name=Control.GAP, data=_json(gap))


def reset_frame(reset: Reset, id_: str) -> Frame:
    """Tell a client that its id leads nowhere, and from where on it listens instead."""
    return Frame(seq=0, id=id_, topic="", name=Control.RESET, data=_json(reset))


def error_frame(problem: ProblemDetails) -> Frame:
    """Tell a WebSocket client that its message did nothing, and why."""
    return Frame(seq=0, id="", topic="", name=Control.ERROR, data=_json(problem))


def _json(value: Any) -> bytes:
    return orjson.dumps(value)


def _is_json(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True
