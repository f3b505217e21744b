"""The work that members joining a large group make: it grows with the members, not with their square."""

from collections import Counter

import pytest

from embedded_server.brokers.clock import Timers
from embedded_server.brokers.kafka.groups.member import Member
from embedded_server.brokers.kafka.groups.membership import Membership
from embedded_server.brokers.kafka.groups.rebalance import Rebalances
from embedded_server.brokers.kafka.groups.values import GroupState, Joined
from tests.unit.brokers.kafka.groups.test_group_machine import GROUP, HandClock, Kept, join_of

MEMBERS = 300
LOOKS_PER_JOIN = 6


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often members are looked at."""
    looks: Counter[str] = Counter()
    for name in ("is_joining", "assignors"):
        asked = getattr(Member, name).fget

        def look(member: Member, name: str = name, asked: object = asked) -> object:
            looks[name] += 1
            return asked(member)  # type: ignore[operator]  # the property's own getter

        monkeypatch.setattr(Member, name, property(look))
    return looks


def test_each_join_looks_at_a_few_members_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = counted(monkeypatch)
    clock, store = HandClock(), Kept()
    timers = Timers(clock)
    membership = Membership(Rebalances(clock, timers, store), store)
    answers: list[Joined] = []
    for _ in range(MEMBERS):
        membership.join(join_of("", None, b""), answers.append)
    ids = [one.member_id for one in answers]
    answers.clear()
    for one in ids:
        membership.join(join_of(one, None, b""), answers.append)
    clock.time += 6
    timers.run_due()
    clock.time += 6
    timers.run_due()
    assert membership.groups[GROUP].state is GroupState.COMPLETING_REBALANCE
    assert len(answers) == MEMBERS
    answers.clear()
    for one in ids:  # with something new to say: another rebalance, in which each waits for all the others
        membership.join(join_of(one, None, b"new"), answers.append)
    assert membership.groups[GROUP].generation == 2
    assert len(answers) == MEMBERS
    assert max(looks.values()) <= LOOKS_PER_JOIN * 2 * MEMBERS
