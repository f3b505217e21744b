"""What comes into a group's coordinator and what it answers, without the wire."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from embedded_server.brokers.kafka.errors import ErrorCode


class GroupState(Enum):
    """Where a group is between two assignments; the values are the protocol's words."""

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


class GroupFault(Exception):
    """What a coordinator answers instead: the error code."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as a member says it: *member_id* is empty for one that has none yet, *generation* -1 for one that is no member."""

    group: str
    member_id: str = ""
    instance_id: str | None = None
    generation: int = -1


@dataclass(frozen=True, slots=True)
class Join:
    """A JoinGroup request. Timeouts in ms."""

    caller: Caller
    client_id: str
    client_host: str
    session_timeout: int
    rebalance_timeout: int
    protocol_type: str
    protocols: tuple[tuple[str, bytes], ...]
    """Assignors in order of preference, each with the member's subscription."""
    needs_member_id: bool
    """Members without an id are given one and told to come again (KIP-394)."""
    may_skip_assignment: bool
    """A leader that comes back knows how to keep the assignment there is (KIP-814)."""


@dataclass(frozen=True, slots=True)
class JoinedMember:
    """A member as its leader sees it."""

    member_id: str
    instance_id: str | None
    metadata: bytes


@dataclass(frozen=True, slots=True)
class Joined:
    """The answer to a JoinGroup request."""

    error: ErrorCode = ErrorCode.NONE
    member_id: str = ""
    generation: int = -1
    protocol_type: str | None = None
    protocol: str | None = None
    leader: str = ""
    skip_assignment: bool = False
    members: tuple[JoinedMember, ...] = ()


@dataclass(frozen=True, slots=True)
class Sync:
    """A SyncGroup request; the leader's brings the assignments by member id."""

    caller: Caller
    protocol_type: str | None = None
    protocol: str | None = None
    assignments: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Synced:
    """The answer to a SyncGroup request."""

    error: ErrorCode = ErrorCode.NONE
    protocol_type: str | None = None
    protocol: str | None = None
    assignment: bytes = b""


JoinReply = Callable[[Joined], None]
SyncReply = Callable[[Synced], None]
