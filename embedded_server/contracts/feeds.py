"""The feed protocol: what the desktop and the server say to each other over the one WebSocket at ``/feeds``.

Every message is a JSON object with an ``op``. The desktop sends `OpenFeed`, `WindowRequest` and `CloseFeed`; the server answers
`Tick`, `Window` and `FeedRejected`. Rows are addressed by *ordinal*: an opaque number that a row keeps for the life of its feed. News
moves ``end`` up, retention moves ``start`` up, and while a filter is still looked for among old events, newest first, each older match
moves ``start`` down. Only where rows leave from between (tasks that match no longer) do later ordinals move, and ``revision`` grows.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

TICK_INTERVAL_MS: Final = 50
"""At most 20 ticks a second and feed."""
TICK_ROWS: Final = 60
"""Newest rows a tick carries at most: a tall table's worth."""
MAX_WINDOW_ROWS: Final = 1000


class Source(StrEnum):
    """What a feed lists."""

    EVENTS = "events"
    """The journal; a row is `contracts.events.Row`."""
    TASKS = "tasks"
    """The task projection; a row is `contracts.tasks.TaskRow`."""


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """Open a standing query, or replace the one of the same number."""

    feed: int
    source: Source = Source.EVENTS
    filter: str = ""
    op: str = "open"


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """Ask for rows ``first .. first + count`` (ordinals); answered by a `Window` of the same ``id``."""

    feed: int
    id: int
    first: int
    count: int
    op: str = "window"


@dataclass(frozen=True, slots=True)
class CloseFeed:
    """Forget a feed."""

    feed: int
    op: str = "close"


@dataclass(frozen=True, slots=True)
class Tick:
    """What changed in a feed since the last tick."""

    feed: int
    start: int
    """Ordinal of the oldest row still kept. It may become smaller while ``scanned`` is less than ``of``: older matches are found after
    newer ones. Ordinals of a filtered feed begin far from 0, so none is ever negative."""
    end: int
    """One past the ordinal of the newest row: ``end - start`` rows match."""
    scanned: int
    """Events looked at so far ..."""
    of: int
    """... of this many. Equal once the answer is whole; less while the query still runs."""
    rate: float
    """Matching events a second, over the last second."""
    dropped: int
    """Events the server could not keep since it started. Never silently more than 0."""
    trimmed: int
    """Events that retention has removed since the journal began."""
    revision: int
    """Grows whenever rows already sent may have changed (tasks change state): ask for the visible window again."""
    rows: list[list[Any]] = field(default_factory=list)
    """The newest rows, oldest first; the last one has ordinal ``end - 1``."""
    op: str = "tick"


@dataclass(frozen=True, slots=True)
class Window:
    """Rows ``first .. first + len(rows)``; fewer than asked where the feed ends."""

    feed: int
    id: int
    first: int
    revision: int
    rows: list[list[Any]]
    op: str = "window"


@dataclass(frozen=True, slots=True)
class FeedRejected:
    """The filter could not be understood; the feed stays as it was before."""

    feed: int
    title: str
    hint: str
    position: int
    """Characters from the filter's start at which it went wrong."""
    length: int
    title_template: str = ""
    hint_template: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    op: str = "rejected"
