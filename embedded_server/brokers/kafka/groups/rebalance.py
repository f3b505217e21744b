"""How a group comes to share out its work anew: all members join, the leader assigns, all learn of it; and what ends the waiting.

Source: Apache Kafka's GroupMetadataManager, its part for the classic protocol.
"""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from embedded_server.brokers.clock import Clock, Timer, Timers
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.group import Group
from embedded_server.brokers.kafka.groups.member import Member
from embedded_server.brokers.kafka.groups.values import GroupFault, GroupState, Synced

logger = logging.getLogger(__name__)

INITIAL_DELAY_MS: Final = 100
"""An empty group's first rebalance waits so long for another member, and again after each that comes: ``group.initial.rebalance.delay.ms``,
3,000 in Kafka. Members of a service that starts come within it, and a developer does not notice it."""
NEW_MEMBER_LIMIT_MS: Final = 5 * 60 * 1000
"""So long a member may wait for its first rebalance without a sign of life, as in Kafka."""

MAY_PREPARE: Final = frozenset({GroupState.STABLE, GroupState.COMPLETING_REBALANCE, GroupState.EMPTY})


class KeepsGroups(Protocol):
    """Where groups are written down."""

    def keep(self, group: Group, assignments: dict[str, bytes]) -> None:
        """Write the group down as it will be with these *assignments*. Raises ``GroupFault``."""
        ...


class Rebalances:
    """Takes groups through their rebalances. Nothing here raises."""

    def __init__(self, clock: Clock, timers: Timers, store: KeepsGroups) -> None:
        self._clock = clock
        self._timers = timers
        self._store = store

    @property
    def now_ms(self) -> int:
        """The calendar's time."""
        return int(self._clock.wall() * 1000)

    def after(self, delay_ms: int, action: Callable[[], None]) -> Timer:
        """Call *action* in so many ms."""
        return self._timers.call_at(self._clock.now() + delay_ms / 1000, action)

    # -- members' sessions

    def alive(self, group: Group, member: Member, limit_ms: int | None = None) -> None:
        """A member gave a sign of life: count anew."""
        member.stop_session()
        delay = member.session_timeout if limit_ms is None else limit_ms
        member.session = self.after(delay, lambda: self._expire(group, member))

    def expect(self, group: Group, member_id: str, limit_ms: int) -> None:
        """Wait for a member to come back with the id it was given."""

        def expire() -> None:
            group.forget_expected(member_id)
            self.complete_if_ready(group)

        group.expect(member_id, self.after(limit_ms, expire))

    def _expire(self, group: Group, member: Member) -> None:
        if group.members.get(member.member_id) is not member:
            return
        member.session = None
        if not member.is_new and (member.is_joining or member.sync_reply is not None):
            return  # it waits for us, not we for it; its session begins anew with the answer
        logger.info("Group %s: %s gave no sign of life for %d ms", group.name, member.member_id, member.session_timeout)
        self.left(group, [member])

    def left(self, group: Group, members: list[Member]) -> None:
        """Let members go, and share out anew what they had."""
        for member in members:
            group.remove(member)
        if group.state in {GroupState.STABLE, GroupState.COMPLETING_REBALANCE}:
            self.prepare(group)
        else:
            self.complete_if_ready(group)

    # -- joining

    def prepare_or_complete(self, group: Group) -> None:
        """Begin a rebalance, or end the joining where one is under way and nobody is waited for."""
        if group.state in MAY_PREPARE:
            self.prepare(group)
        else:
            self.complete_if_ready(group)

    def complete_if_ready(self, group: Group) -> None:
        """End the joining once all have joined; the first one lasts as long as it was to."""
        is_waiting_for_more = group.was_empty and group.members
        if group.state is GroupState.PREPARING_REBALANCE and not is_waiting_for_more and group.all_joined:
            self._complete(group)

    def prepare(self, group: Group) -> None:
        """Begin a rebalance: members learn of it with their next heartbeat and join again."""
        if group.state is GroupState.COMPLETING_REBALANCE:
            self._tell_assignments(group, ErrorCode.REBALANCE_IN_PROGRESS)
        self._stop_sync(group)
        is_first = group.state is GroupState.EMPTY
        group.move_to(GroupState.PREPARING_REBALANCE, self.now_ms)
        if is_first:
            group.has_newcomer = False
            self._wait_for_first(group, INITIAL_DELAY_MS, max(group.rebalance_timeout - INITIAL_DELAY_MS, 0))
        elif group.all_joined:
            self._complete(group)
        else:
            self._wait_for_joins(group)

    def _wait_for_joins(self, group: Group) -> None:
        self._set_join_timer(group, group.rebalance_timeout, lambda: self._complete(group))

    def _wait_for_first(self, group: Group, delay_ms: int, left_ms: int) -> None:
        def waited() -> None:
            if group.has_newcomer and left_ms:
                group.has_newcomer = False
                self._wait_for_first(group, min(INITIAL_DELAY_MS, left_ms), max(left_ms - delay_ms, 0))
            else:
                self._complete(group)

        self._set_join_timer(group, delay_ms, waited)

    def _set_join_timer(self, group: Group, delay_ms: int, action: Callable[[], None]) -> None:
        if group.join_timer is not None:
            group.join_timer.cancel()
        group.join_timer = self.after(delay_ms, action)

    def _complete(self, group: Group) -> None:
        if group.state is not GroupState.PREPARING_REBALANCE:
            return
        if group.join_timer is not None:
            group.join_timer.cancel()
            group.join_timer = None
        for member in [one for one in group.members.values() if not one.is_joining and not one.is_static]:
            logger.info("Group %s: %s did not join in time", group.name, member.member_id)
            group.remove(member)
        if group.members and not group.elect():
            self._wait_for_joins(group)
            return
        group.begin_generation(self.now_ms)
        if not group.members:
            self._keep_empty(group)
            return
        self._tell_joined(group)

    def _tell_joined(self, group: Group) -> None:
        for member in list(group.members.values()):
            self.alive(group, member)
            member.is_new = False
            group.unsynced.add(member.member_id)
        group.sync_timer = self.after(group.rebalance_timeout, lambda: self._expire_sync(group))
        for member in list(group.members.values()):
            member.tell_joined(group.joined(member.member_id))

    def _keep_empty(self, group: Group) -> None:
        try:
            self._store.keep(group, {})
        except GroupFault as fault:
            logger.warning("Group %s: that it is empty could not be kept (%s)", group.name, fault)

    # -- assigning

    def assign(self, group: Group, assignments: dict[str, bytes]) -> None:
        """Take the leader's assignment, keep it, and tell every member its part."""
        made = {member_id: assignments.get(member_id, b"") for member_id in group.members}
        try:
            self._store.keep(group, made)
        except GroupFault as fault:
            self._tell_assignments(group, fault.code)
            self.prepare_or_complete(group)
            return
        for member_id, member in group.members.items():
            member.assignment = made[member_id]
        group.move_to(GroupState.STABLE, self.now_ms)
        self._tell_assignments(group, ErrorCode.NONE)

    def synced(self, group: Group, member: Member) -> None:
        """A member has asked for its assignment."""
        group.unsynced.discard(member.member_id)
        if not group.unsynced:
            self._stop_sync(group)

    def _stop_sync(self, group: Group) -> None:
        group.unsynced.clear()
        if group.sync_timer is not None:
            group.sync_timer.cancel()
            group.sync_timer = None

    def _expire_sync(self, group: Group) -> None:
        late = [group.members[one] for one in group.unsynced if one in group.members]
        group.sync_timer = None
        if not late or group.state not in {GroupState.STABLE, GroupState.COMPLETING_REBALANCE}:
            return
        logger.info("Group %s: %d members did not ask for their assignment in time", group.name, len(late))
        for member in late:
            group.remove(member)
        self.prepare(group)

    def _tell_assignments(self, group: Group, error: ErrorCode) -> None:
        for member in list(group.members.values()):
            if error:
                member.assignment = b""
                answer = Synced(error)
            else:
                answer = Synced(ErrorCode.NONE, group.protocol_type, group.protocol, member.assignment)
            if member.tell_synced(answer):
                self.alive(group, member)
