"""How a topic is read, searched and copied: from where, until where, and what of it."""

from dataclasses import dataclass, field
from enum import StrEnum


class From(StrEnum):
    """Where a reading starts."""

    OLDEST = "oldest"
    NEWEST = "newest"
    """The newest ``count`` records over all partitions asked for."""
    END = "end"
    """What comes from now on."""
    OFFSET = "offset"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Start:
    """Where a reading starts, in all partitions or in each."""

    at: From = From.NEWEST
    count: int = 100
    offset: int = 0
    time: int = 0
    """Milliseconds since the Unix epoch."""
    offsets: dict[int, int] = field(default_factory=dict)
    """By partition; it goes before the rest."""


class Isolation(StrEnum):
    """Which records of transactions are read."""

    READ_UNCOMMITTED = "read_uncommitted"
    READ_COMMITTED = "read_committed"


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Read a topic by assignment: no group is joined, no offset is committed, nothing changes for anybody."""

    topic: str
    partitions: list[int] = field(default_factory=list)
    """Empty is all."""
    start: Start = field(default_factory=Start)
    follow: bool = False
    """Go on with what comes (a live tail) instead of ending where the partitions end now."""
    until: dict[int, int] = field(default_factory=dict)
    """By partition, the first offset that is not read any more."""
    until_time: int = 0
    """Milliseconds since the Unix epoch; 0 is no limit."""
    limit: int = 0
    """Stop after so many records; 0 is no limit."""
    isolation: Isolation = Isolation.READ_UNCOMMITTED


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Look through a topic; hits become events at once, and progress tells how much has been looked at."""

    topic: str
    text: str = ""
    """Looked for in key, value and headers, as they are read; case does not matter."""
    filter: str = ""
    """Instead, or besides: the filter language over each record as an event."""
    match_case: bool = False
    partitions: list[int] = field(default_factory=list)
    start: Start = field(default_factory=lambda: Start(at=From.OLDEST))
    until: dict[int, int] = field(default_factory=dict)
    until_time: int = 0
    limit: int = 1_000
    """Stop after so many hits; 0 is no limit."""
    isolation: Isolation = Isolation.READ_UNCOMMITTED


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """Copy records to another topic, on this connection or another, bytes, headers and timestamps exact."""

    topic: str
    to_topic: str
    to_connection: str = ""
    """A connection's id; empty is this one."""
    partitions: list[int] = field(default_factory=list)
    start: Start = field(default_factory=lambda: Start(at=From.OLDEST))
    until: dict[int, int] = field(default_factory=dict)
    until_time: int = 0
    limit: int = 0
    filter: str = ""
    keep_partition: bool = False
    """Into the partition of the same number, instead of by key."""
    keep_timestamp: bool = True
    dry_run: bool = False
    typed_name: str = ""
    """What the user typed; where the target is a production connection it must be the target topic's name."""
