"""A group's members and its state; what follows from a change is the coordinator's business.

Source: Apache Kafka's ClassicGroup.
"""

from collections import Counter
from collections.abc import Iterable
from uuid import uuid4

from embedded_server.brokers.clock import Timer
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.member import Member
from embedded_server.brokers.kafka.groups.subscription import CONSUMER, topics_of
from embedded_server.brokers.kafka.groups.values import Caller, GroupFault, GroupState, Join, Joined, JoinedMember, Synced


class Group:
    """Members that share out work among themselves, anew whenever one comes or goes."""

    def __init__(self, name: str, now_ms: int) -> None:
        self.name = name
        self.state = GroupState.EMPTY
        self.state_since_ms = now_ms
        self.was_empty = True
        """It was empty before it began to prepare a rebalance: the first one, which waits a moment for other members."""
        self.generation = 0
        self.protocol_type: str | None = None
        self.protocol: str | None = None
        self.leader: str | None = None
        self.members: dict[str, Member] = {}
        self.static: dict[str, str] = {}
        """Instance ids to member ids."""
        self.expected: dict[str, Timer] = {}
        """Ids given to members that have yet to join with them."""
        self.unsynced: set[str] = set()
        """Members of this generation that have not asked for their assignment."""
        self.has_newcomer = False
        """Somebody has joined during the first rebalance's delay."""
        self.topics: frozenset[str] | None = None
        """What its consumers have subscribed to, where it is known."""
        self.join_timer: Timer | None = None
        self.sync_timer: Timer | None = None
        self._known_by: Counter[str] = Counter()
        """How many members know each assignor."""
        self._awaited: list[Member] = []
        """Some members that had not joined when they were last looked through; the last one is asked first."""

    # -- asking

    @property
    def all_joined(self) -> bool:
        """Nobody is to be waited for."""
        if self.expected:
            return False
        while self._awaited:
            if self._is_awaited(self._awaited[-1]):
                return False
            self._awaited.pop()
        self._awaited = [one for one in self.members.values() if not one.is_joining]
        return not self._awaited

    @property
    def rebalance_timeout(self) -> int:
        """The longest of its members', in ms."""
        return max((one.rebalance_timeout for one in self.members.values()), default=0)

    @property
    def is_simple(self) -> bool:
        """Nobody ever joined: it is only a name for offsets."""
        return self.protocol_type is None

    def is_subscribed_to(self, topic: str) -> bool:
        """Whether one of its consumers reads *topic*, as far as is known."""
        return self.topics is not None and topic in self.topics

    def supports(self, protocol_type: str, protocols: Iterable[tuple[str, bytes]]) -> bool:
        """Whether somebody with these assignors can join: one of them must be everybody's."""
        names = {name for name, _ in protocols}
        if not self.members:
            return bool(protocol_type) and bool(names)
        return protocol_type == self.protocol_type and any(self._is_common(name) for name in names)

    def choose_protocol(self) -> str:
        """The assignor most members like best, of those that all know."""
        candidates = {name for name in next(iter(self.members.values())).assignors if self._is_common(name)}
        votes = Counter(one.vote(candidates) for one in self.members.values())
        return votes.most_common(1)[0][0]

    def seen_by(self, member_id: str) -> tuple[JoinedMember, ...]:
        """The members, for the leader only."""
        if member_id != self.leader:
            return ()
        return tuple(JoinedMember(one.member_id, one.instance_id, one.metadata(self.protocol)) for one in self.members.values())

    def joined(self, member_id: str, *, skip_assignment: bool = False) -> Joined:
        """The answer to a member that has joined this generation."""
        return Joined(
            member_id=member_id,
            generation=self.generation,
            protocol_type=self.protocol_type,
            protocol=self.protocol,
            leader=self.leader or "",
            skip_assignment=skip_assignment,
            members=self.seen_by(member_id),
        )

    def validate(self, caller: Caller, *, generation: bool) -> Member:
        """The member that calls. Raises ``GroupFault`` where it is none, was replaced, or speaks of another generation."""
        if caller.instance_id is not None:
            owner = self.static.get(caller.instance_id)
            if owner is None:
                raise GroupFault(ErrorCode.UNKNOWN_MEMBER_ID)
            if owner != caller.member_id:
                raise GroupFault(ErrorCode.FENCED_INSTANCE_ID)
        member = self.members.get(caller.member_id)
        if member is None:
            raise GroupFault(ErrorCode.UNKNOWN_MEMBER_ID)
        if generation and caller.generation != self.generation:
            raise GroupFault(ErrorCode.ILLEGAL_GENERATION)
        return member

    # -- changing

    def move_to(self, state: GroupState, now_ms: int) -> None:
        """Change the state."""
        self.was_empty = self.state is GroupState.EMPTY
        self.state = state
        self.state_since_ms = now_ms

    def add(self, member: Member, protocol_type: str) -> None:
        """Take in a member; the first one leads and says what kind of group this is."""
        if not self.members:
            self.protocol_type = protocol_type
        if self.leader is None:
            self.leader = member.member_id
        self._take_in(member)
        self.forget_expected(member.member_id)

    def update(self, member: Member, join: Join) -> None:
        """Take over what a member asks for now."""
        self._forget_assignors(member)
        member.update(join)
        self._known_by.update(member.assignors)

    def expect(self, member_id: str, timer: Timer) -> None:
        """Wait for a member to join with the id it was given."""
        self.expected[member_id] = timer

    def forget_expected(self, member_id: str) -> bool:
        """Wait for it no longer; false where nobody did."""
        timer = self.expected.pop(member_id, None)
        if timer is not None:
            timer.cancel()
        return timer is not None

    def remove(self, member: Member) -> None:
        """Let a member go; whatever it waited for is answered."""
        member.stop_session()
        member.tell_joined(Joined(ErrorCode.UNKNOWN_MEMBER_ID))
        member.tell_synced(Synced(ErrorCode.UNKNOWN_MEMBER_ID))
        del self.members[member.member_id]
        self._forget_assignors(member)
        self.unsynced.discard(member.member_id)
        if member.instance_id is not None and self.static.get(member.instance_id) == member.member_id:
            del self.static[member.instance_id]
        if self.leader == member.member_id:
            self.leader = next(iter(self.members), None)

    def replace_static(self, old_id: str, new_id: str) -> Member:
        """Give a static member that has come back its place under its new id; the old one is fenced."""
        member = self.members.pop(old_id)
        member.stop_session()
        member.tell_joined(Joined(ErrorCode.FENCED_INSTANCE_ID, old_id))
        member.tell_synced(Synced(ErrorCode.FENCED_INSTANCE_ID))
        member.member_id = new_id
        self.members[new_id] = member
        if old_id in self.unsynced:
            self.unsynced.remove(old_id)
            self.unsynced.add(new_id)
        if member.instance_id is not None:
            self.static[member.instance_id] = new_id
        if self.leader == old_id:
            self.leader = new_id
        return member

    def elect(self) -> bool:
        """See that the leader is one that has joined; false where nobody has."""
        leader = self.members.get(self.leader or "")
        if leader is not None and leader.is_joining:
            return True
        joined = next((one.member_id for one in self.members.values() if one.is_joining), None)
        if joined is None:
            return False
        self.leader = joined
        return True

    def begin_generation(self, now_ms: int) -> None:
        """Count on, and choose the assignor."""
        self.generation += 1
        if self.members:
            self.protocol = self.choose_protocol()
            self.topics = self._subscribed()
            self.move_to(GroupState.COMPLETING_REBALANCE, now_ms)
        else:
            self.protocol = self.leader = None
            self.topics = frozenset() if self.protocol_type == CONSUMER else None
            self.move_to(GroupState.EMPTY, now_ms)

    def restore(self, members: Iterable[Member], now_ms: int) -> None:
        """Be what was kept: stable with its members, or empty."""
        for member in members:
            self._take_in(member)
        self.state = GroupState.STABLE if self.members else GroupState.EMPTY
        self.state_since_ms = now_ms
        self.topics = self._subscribed()

    def stop_timers(self) -> None:
        """Count for nobody any more."""
        for timer in (self.join_timer, self.sync_timer, *self.expected.values()):
            if timer is not None:
                timer.cancel()
        self.join_timer = self.sync_timer = None
        self.expected.clear()
        for member in self.members.values():
            member.stop_session()

    def _take_in(self, member: Member) -> None:
        self.members[member.member_id] = member
        self._known_by.update(member.assignors)
        if member.instance_id is not None:
            self.static[member.instance_id] = member.member_id

    def _forget_assignors(self, member: Member) -> None:
        for name in member.assignors:
            self._known_by[name] -= 1
            if not self._known_by[name]:
                del self._known_by[name]

    def _is_common(self, assignor: str) -> bool:
        return self._known_by[assignor] == len(self.members)

    def _is_awaited(self, member: Member) -> bool:
        return not member.is_joining and self.members.get(member.member_id) is member

    def _subscribed(self) -> frozenset[str] | None:
        if self.protocol_type != CONSUMER:
            return None
        found = [topics_of(one.metadata(self.protocol)) for one in self.members.values()]
        return frozenset().union(*(one for one in found if one is not None)) if None not in found else None


def new_member_id(base: str) -> str:
    """An id nobody has, that tells whose it is."""
    return f"{base}-{uuid4()}"
