"""Consumer groups: their members, offsets and lag, and how their offsets are set."""

from dataclasses import dataclass, field
from enum import StrEnum

from embedded_server.contracts.problems import ProblemDetails


@dataclass(frozen=True, slots=True)
class GroupInfo:
    """A consumer group as the list shows it."""

    id: str
    state: str
    """``Stable``, ``PreparingRebalance``, ``CompletingRebalance``, ``Empty``, ``Dead``, ``Assigning``, ``Reconciling``, ``NotReady`` or
    ``Unknown``."""
    type: str = "classic"
    """``classic``, ``consumer`` (KIP-848), ``share`` (KIP-932) or ``streams`` (KIP-1071)."""
    protocol_type: str = ""
    """What its members are to Kafka: ``consumer``, or such as ``connect`` and ``sr``, whose members share out no partitions."""
    members: int | None = None
    topics: int | None = None
    lag: int | None = None
    """Summed over its partitions; None until it has been asked for."""


@dataclass(frozen=True, slots=True)
class GroupPage:
    """One page of a cluster's groups."""

    groups: list[GroupInfo]
    page: int
    pages: int
    matching: int
    total: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """Partitions of one topic."""

    topic: str
    partitions: list[int]


@dataclass(frozen=True, slots=True)
class GroupMember:
    """A member of a group."""

    id: str
    client_id: str
    host: str
    instance_id: str = ""
    """Static members have one."""
    assignment: list[Assigned] = field(default_factory=list)
    target: list[Assigned] | None = None
    """What it is to have once the group has settled, where that differs; told of ``consumer`` and ``streams`` groups."""
    epoch: int | None = None
    """The assignment that it has come to; below the group's while it is behind. None in classic groups."""


@dataclass(frozen=True, slots=True)
class GroupOffset:
    """How far a group is in one partition."""

    topic: str
    partition: int
    committed: int | None
    """None where it is assigned and nothing has been committed. Of a share group: all before it is done with."""
    start: int | None
    end: int | None
    lag: int | None
    """End less committed; less start where the committed offset is gone. Of a share group as the cluster counts it."""
    metadata: str = ""
    member: str = ""
    """The id of the member that has it; of a share group one of them."""


@dataclass(frozen=True, slots=True)
class GroupDetail:
    """One group whole."""

    group: GroupInfo
    coordinator: int
    assignor: str
    members: list[GroupMember]
    offsets: list[GroupOffset]
    epoch: int | None = None
    """How many times it has changed who is to read what; None for classic groups, whose generation Kafka does not tell."""


@dataclass(frozen=True, slots=True)
class LagPoint:
    """A group's lag at one time."""

    at: int
    total: int
    topics: dict[str, int] = field(default_factory=dict)
    committed: int = 0
    """The sum of its committed offsets, from which the chart draws how fast it consumes."""
    end: int = 0
    """The sum of the end offsets, from which it draws how fast its topics are written."""


@dataclass(frozen=True, slots=True)
class LagHistory:
    """A group's lag over time. The server samples a group while somebody has asked for it in the last minutes."""

    group: str
    points: list[LagPoint]


class ResetTo(StrEnum):
    """Where offsets are set to."""

    EARLIEST = "earliest"
    LATEST = "latest"
    OFFSET = "offset"
    TIME = "time"
    """The first record at or after a time."""
    SHIFT = "shift"
    """By so many records, forward or back."""


@dataclass(frozen=True, slots=True)
class ResetRequest:
    """Set a group's committed offsets, or with ``dry_run`` only tell what would be set. Refused while the group has members."""

    group: str
    to: ResetTo
    partitions: list[Assigned] = field(default_factory=list)
    """Empty is every partition that it has committed an offset in."""
    offset: int = 0
    """For OFFSET; for SHIFT the number of records, negative goes back."""
    time: int = 0
    """For TIME: milliseconds since the Unix epoch."""
    dry_run: bool = False
    typed_name: str = ""
    """What the user typed; on a production connection it must be the group's id."""


@dataclass(frozen=True, slots=True)
class OffsetChange:
    """Before and after of one partition."""

    topic: str
    partition: int
    before: int | None
    after: int
    start: int
    end: int
    clamped: bool = False
    """The wish lay outside of what there is."""
    problem: ProblemDetails | None = None
    """Why this one was not set, where it was not."""

    @property
    def lag_after(self) -> int:
        """The lag it will have."""
        return max(0, self.end - self.after)


@dataclass(frozen=True, slots=True)
class ResetResult:
    """All changes; ``done`` tells whether they were made."""

    changes: list[OffsetChange]
    done: bool


@dataclass(frozen=True, slots=True)
class DeleteGroup:
    """Delete a group, or with ``partitions`` only its offsets there. Refused while it has members (or these are being read)."""

    group: str
    partitions: list[Assigned] = field(default_factory=list)
    typed_name: str = ""


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Take a member out of a group; its client will join again if it lives."""

    group: str
    member: str
    instance_id: str = ""
