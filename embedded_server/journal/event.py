"""Values around one event: making it, reading it back, and what a commit tells."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.journal.preview import preview_of


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A whole event as the journal kept it, with its sequence number."""

    seq: int
    event: Event

    @property
    def truncated(self) -> bool:
        """Whether the body is shorter than it was when it happened."""
        return len(self.event.body) < self.event.size


@dataclass(frozen=True, slots=True)
class Commit:
    """Events that have just become durable; the first one has number ``first_seq``, the others follow."""

    first_seq: int
    events: Sequence[Event]

    @property
    def last_seq(self) -> int:
        """Number of the last event."""
        return self.first_seq + len(self.events) - 1


def make_event(
    kind: Kind,
    subject: str,
    *,
    body: bytes = b"",
    content_type: str = "",
    connection: str = "embedded",
    at: int | None = None,
    key: str = "",
    trace: str = "",
    joined: Join = Join.NONE,
    status: str = "",
    worker: str = "",
    headers: bytes = b"",
    preview: str | None = None,
) -> Event:
    """Make an event that happened now (or at *at*), with the size and the preview of its *body*.

    *headers* is a JSON object as bytes, or nothing. *content_type* helps the preview of a binary body.
    """
    return Event(
        time.time_ns() if at is None else at,
        connection,
        kind,
        subject,
        key,
        trace,
        joined,
        status,
        worker,
        len(body),
        preview_of(body, content_type) if preview is None else preview,
        headers,
        body,
    )
