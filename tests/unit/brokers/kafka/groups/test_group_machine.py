"""Groups under any order of joins, syncs, heartbeats, leaves and passing time: nobody waits for ever, and generations only grow."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from embedded_server.brokers.clock import Timers
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.group import Group
from embedded_server.brokers.kafka.groups.membership import Membership
from embedded_server.brokers.kafka.groups.rebalance import Rebalances
from embedded_server.brokers.kafka.groups.values import Caller, GroupState, Join, Joined, Sync, Synced

SESSION_MS, REBALANCE_MS = 10_000, 20_000
GROUP = "workers"


class HandClock:
    """Shows what the test says."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time


class Kept:
    """Remembers what was written down of each generation."""

    def __init__(self) -> None:
        self.generations: list[int] = []

    def keep(self, group: Group, assignments: dict[str, bytes]) -> None:
        assert set(assignments) in (set(), set(group.members))
        self.generations.append(group.generation)


def join_of(member_id: str, instance: str | None, metadata: bytes) -> Join:
    caller = Caller(GROUP, member_id, instance)
    protocols = (("range", metadata), ("sticky", metadata))
    return Join(
        caller, "client", "/127.0.0.1", SESSION_MS, REBALANCE_MS, "consumer", protocols, needs_member_id=True, may_skip_assignment=True
    )


class GroupMachine(RuleBasedStateMachine):
    """Members do what they like; those that hear an answer remember it."""

    ids = Bundle("ids")

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock()
        self.timers = Timers(self.clock)
        self.store = Kept()
        self.membership = Membership(Rebalances(self.clock, self.timers, self.store), self.store)
        self.waiting: set[int] = set()
        self.generation = 0
        self._asked = 0

    def _ask_join(self, join: Join) -> list[Joined]:
        self._asked += 1
        number = self._asked
        self.waiting.add(number)
        heard: list[Joined] = []

        def reply(answer: Joined) -> None:
            assert number in self.waiting, "answered twice"
            self.waiting.discard(number)
            heard.append(answer)

        self.membership.join(join, reply)
        return heard

    @rule(target=ids, metadata=st.sampled_from([b"a", b"b"]))
    def first_join(self, metadata: bytes) -> str:
        heard = self._ask_join(join_of("", None, metadata))
        assert [one.error for one in heard] == [ErrorCode.MEMBER_ID_REQUIRED]
        return heard[0].member_id

    @rule(target=ids, instance=st.sampled_from(["one", "two"]))
    def static_join(self, instance: str) -> object:
        self._ask_join(join_of("", instance, b"a"))
        group = self.membership.groups[GROUP]
        return multiple(*([group.static[instance]] if instance in group.static else []))

    @rule(member_id=ids, metadata=st.sampled_from([b"a", b"b"]))
    def join_again(self, member_id: str, metadata: bytes) -> None:
        self._ask_join(join_of(member_id, None, metadata))

    @rule(member_id=ids, late=st.booleans())
    def sync(self, member_id: str, late: bool) -> None:
        group = self.membership.groups.get(GROUP)
        generation = (group.generation if group is not None else 0) - int(late)
        self._asked += 1
        number = self._asked
        self.waiting.add(number)

        def reply(answer: Synced) -> None:
            assert number in self.waiting, "answered twice"
            self.waiting.discard(number)

        self.membership.sync(Sync(Caller(GROUP, member_id, None, generation), assignments={member_id: b"x"}), reply)

    @rule(member_id=ids)
    def heartbeat(self, member_id: str) -> None:
        group = self.membership.groups.get(GROUP)
        generation = group.generation if group is not None else 0
        answer = self.membership.heartbeat(Caller(GROUP, member_id, None, generation))
        is_member = group is not None and member_id in group.members
        assert (answer is ErrorCode.UNKNOWN_MEMBER_ID) is not is_member

    @rule(member_id=consumes(ids))
    def leave(self, member_id: str) -> None:
        self.membership.leave(GROUP, [Caller(GROUP, member_id)])
        group = self.membership.groups.get(GROUP)
        assert group is None or member_id not in group.members

    @rule(seconds=st.sampled_from([0.05, 0.2, 5, 15, 25]))
    def time_passes(self, seconds: float) -> None:
        self._pass(seconds)

    def _pass(self, seconds: float) -> None:
        self.clock.time += seconds
        self.timers.run_due()

    @invariant()
    def generations_only_grow(self) -> None:
        group = self.membership.groups.get(GROUP)
        if group is not None:
            assert group.generation >= self.generation
            self.generation = group.generation
        assert self.store.generations == sorted(self.store.generations)

    @invariant()
    def the_group_is_whole(self) -> None:
        group = self.membership.groups.get(GROUP)
        if group is None:
            return
        assert (group.state is GroupState.EMPTY) <= (not group.members)
        assert group.leader is None or group.leader in group.members
        assert set(group.static.values()) <= set(group.members)
        assert group.unsynced <= set(group.members)
        for member in group.members.values():
            assert member.session is not None or member.is_joining or member.sync_reply is not None

    @invariant()
    def what_is_counted_is_so(self) -> None:
        group = self.membership.groups.get(GROUP)
        if group is None:
            return
        assert group.all_joined == (not group.expected and all(one.is_joining for one in group.members.values()))
        common = set.intersection(*(one.assignors for one in group.members.values())) if group.members else {"range", "sticky"}
        for name in ("range", "sticky", "other"):
            assert group.supports("consumer", ((name, b""),)) == (name in common or not group.members)

    def teardown(self) -> None:
        for _ in range(40):
            self._pass(301)
        assert not self.waiting, "somebody waits for ever"
        group = self.membership.groups.get(GROUP)
        assert group is None or (group.state is GroupState.EMPTY and not group.members and not group.expected)


TestGroupMachine = GroupMachine.TestCase
TestGroupMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
