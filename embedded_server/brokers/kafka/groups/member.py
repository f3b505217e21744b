"""One member of a group, and what it waits for."""

from dataclasses import dataclass, field

from embedded_server.brokers.clock import Timer
from embedded_server.brokers.kafka.groups.values import Join, Joined, JoinReply, Synced, SyncReply


@dataclass(slots=True, eq=False)
class Member:
    """A consumer, or whatever else shares work by the group protocol. Timeouts in ms."""

    member_id: str
    instance_id: str | None
    client_id: str
    client_host: str
    session_timeout: int
    rebalance_timeout: int
    protocols: tuple[tuple[str, bytes], ...]
    assignment: bytes = b""
    is_new: bool = False
    """It has not been through a rebalance yet."""
    join_reply: JoinReply | None = field(default=None, repr=False)
    sync_reply: SyncReply | None = field(default=None, repr=False)
    session: Timer | None = field(default=None, repr=False)

    @classmethod
    def of(cls, join: Join, member_id: str) -> "Member":
        """A member as it asks to join."""
        return cls(
            member_id,
            join.caller.instance_id,
            join.client_id,
            join.client_host,
            join.session_timeout,
            join.rebalance_timeout,
            join.protocols,
        )

    @property
    def is_static(self) -> bool:
        """It keeps its place while it is away (KIP-345)."""
        return self.instance_id is not None

    @property
    def is_joining(self) -> bool:
        """It waits for the others to join."""
        return self.join_reply is not None

    @property
    def assignors(self) -> set[str]:
        """The names of those it knows."""
        return {name for name, _ in self.protocols}

    def metadata(self, protocol: str | None) -> bytes:
        """Its subscription for an assignor."""
        return next((data for name, data in self.protocols if name == protocol), b"")

    def vote(self, candidates: set[str]) -> str:
        """The candidate it likes best."""
        return next(name for name, _ in self.protocols if name in candidates)

    def update(self, join: Join) -> None:
        """Take over what it asks for now."""
        self.session_timeout = join.session_timeout
        self.rebalance_timeout = join.rebalance_timeout
        self.protocols = join.protocols

    def tell_joined(self, answer: Joined) -> None:
        """Answer its JoinGroup, if one waits."""
        reply, self.join_reply = self.join_reply, None
        if reply is not None:
            reply(answer)

    def tell_synced(self, answer: Synced) -> bool:
        """Answer its SyncGroup; false where none waits."""
        reply, self.sync_reply = self.sync_reply, None
        if reply is not None:
            reply(answer)
        return reply is not None

    def stop_session(self) -> None:
        """Nobody counts its heartbeats any more."""
        if self.session is not None:
            self.session.cancel()
            self.session = None
