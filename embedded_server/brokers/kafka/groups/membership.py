"""Who is in which group: joining, asking for an assignment, signs of life, leaving.

Source: Apache Kafka's GroupCoordinatorService and GroupMetadataManager, their part for the classic protocol.
"""

from typing import Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.group import Group, new_member_id
from embedded_server.brokers.kafka.groups.member import Member
from embedded_server.brokers.kafka.groups.rebalance import NEW_MEMBER_LIMIT_MS, KeepsGroups, Rebalances
from embedded_server.brokers.kafka.groups.values import Caller, GroupFault, GroupState, Join, Joined, JoinReply, Sync, Synced, SyncReply

MIN_SESSION_MS: Final = 6000
"""``group.min.session.timeout.ms`` of Kafka, and the maximum."""
MAX_SESSION_MS: Final = 30 * 60 * 1000


class Membership:
    """The groups and their members. Answers come by callback, at once or later; each exactly once."""

    def __init__(self, rebalances: Rebalances, store: KeepsGroups) -> None:
        self.groups: dict[str, Group] = {}
        self._rebalances = rebalances
        self._store = store

    def made(self, name: str) -> Group:
        """The group, made where there is none."""
        group = self.groups.get(name)
        if group is None:
            group = self.groups[name] = Group(name, self._rebalances.now_ms)
        return group

    # -- joining

    def join(self, join: Join, reply: JoinReply) -> None:
        """Join; *reply* comes once the members of the next generation are known."""
        caller = join.caller
        try:
            _check(join)
            if not caller.member_id:
                self._join_new(join, reply)
            else:
                self._join_again(join, reply)
        except GroupFault as fault:
            reply(Joined(fault.code, caller.member_id))

    def _join_new(self, join: Join, reply: JoinReply) -> None:
        caller = join.caller
        is_new = caller.group not in self.groups
        group = self.groups.get(caller.group) or Group(caller.group, self._rebalances.now_ms)
        if not group.supports(join.protocol_type, join.protocols):
            raise GroupFault(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if is_new:
            self._store.keep(group, {})
            self.groups[caller.group] = group
        instance = caller.instance_id
        if instance is not None and instance in group.static:
            self._come_back(group, join, reply)
            return
        member_id = new_member_id(instance if instance is not None else join.client_id)
        if instance is None and join.needs_member_id:
            self._rebalances.expect(group, member_id, join.session_timeout)
            reply(Joined(ErrorCode.MEMBER_ID_REQUIRED, member_id))
            return
        self._add(group, join, member_id, reply)

    def _join_again(self, join: Join, reply: JoinReply) -> None:
        caller = join.caller
        group = self.groups.get(caller.group)
        if group is None:
            raise GroupFault(ErrorCode.UNKNOWN_MEMBER_ID)
        if not group.supports(join.protocol_type, join.protocols):
            raise GroupFault(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
        if caller.member_id in group.expected and caller.instance_id is None:
            self._add(group, join, caller.member_id, reply)
            return
        member = group.validate(caller, generation=False)
        same = member.protocols == join.protocols
        if same and (
            group.state is GroupState.COMPLETING_REBALANCE or (group.state is GroupState.STABLE and group.leader != member.member_id)
        ):
            # It has not heard the answer it was given, or has nothing new to say.
            self._rebalances.alive(group, member)
            reply(group.joined(member.member_id) if group.state is GroupState.COMPLETING_REBALANCE else _without_members(group, member))
            return
        self._wait(group, member, join, reply)
        self._rebalances.prepare_or_complete(group)

    def _add(self, group: Group, join: Join, member_id: str, reply: JoinReply) -> None:
        member = Member.of(join, member_id)
        member.is_new = True
        member.join_reply = reply
        if group.state is GroupState.PREPARING_REBALANCE and group.was_empty:
            group.has_newcomer = True
        group.add(member, join.protocol_type)
        self._rebalances.alive(group, member, NEW_MEMBER_LIMIT_MS)
        self._rebalances.prepare_or_complete(group)

    @staticmethod
    def _wait(group: Group, member: Member, join: Join, reply: JoinReply) -> None:
        member.tell_joined(
            Joined(ErrorCode.REBALANCE_IN_PROGRESS, member.member_id)
        )  # the same member asked twice: only the last one waits
        group.update(member, join)
        member.join_reply = reply

    def _come_back(self, group: Group, join: Join, reply: JoinReply) -> None:
        """A static member has started again: it takes its old place, and nobody else need move (KIP-345, KIP-814)."""
        old_id = group.static[join.caller.instance_id or ""]
        led = group.leader
        member = group.replace_static(old_id, new_member_id(join.caller.instance_id or ""))
        self._rebalances.alive(group, member)
        self._wait(group, member, join, reply)
        if group.state is GroupState.STABLE and group.choose_protocol() == group.protocol:
            self._store_or_revert(group, member, old_id)
            is_leader = group.leader == member.member_id
            if join.may_skip_assignment:
                member.tell_joined(group.joined(member.member_id, skip_assignment=is_leader))
            else:
                answer = _without_members(group, member)
                member.tell_joined(
                    Joined(answer.error, answer.member_id, answer.generation, answer.protocol_type, answer.protocol, led or "")
                )
        elif group.state is GroupState.COMPLETING_REBALANCE:
            self._rebalances.prepare(group)  # the leader may be about to assign to the old id
        else:
            self._rebalances.prepare_or_complete(group)

    def _store_or_revert(self, group: Group, member: Member, old_id: str) -> None:
        try:
            self._store.keep(group, {one.member_id: one.assignment for one in group.members.values()})
        except GroupFault as fault:
            member.tell_joined(Joined(fault.code))
            group.replace_static(member.member_id, old_id)
            self._rebalances.alive(group, member)
            raise

    # -- the assignment

    def sync(self, sync: Sync, reply: SyncReply) -> None:
        """Ask for an assignment; *reply* comes once the leader has brought it."""
        caller = sync.caller
        try:
            group = self._of(caller)
            member = group.validate(caller, generation=True)
            _check_sync(group, sync)
        except GroupFault as fault:
            reply(Synced(fault.code))
            return
        self._rebalances.synced(group, member)
        if group.state is GroupState.STABLE:
            self._rebalances.alive(group, member)
            reply(Synced(ErrorCode.NONE, group.protocol_type, group.protocol, member.assignment))
            return
        member.tell_synced(Synced(ErrorCode.REBALANCE_IN_PROGRESS))
        member.sync_reply = reply
        if group.leader == member.member_id:
            self._rebalances.assign(group, sync.assignments)

    def heartbeat(self, caller: Caller) -> ErrorCode:
        """A sign of life; the answer tells of a rebalance."""
        try:
            group = self._of(caller)
            member = group.validate(caller, generation=True)
        except GroupFault as fault:
            return fault.code
        self._rebalances.alive(group, member)
        return ErrorCode.REBALANCE_IN_PROGRESS if group.state is GroupState.PREPARING_REBALANCE else ErrorCode.NONE

    def leave(self, name: str, callers: list[Caller]) -> list[ErrorCode]:
        """Let members go, by their ids, or by the administrator with instance ids alone. Raises ``GroupFault``."""
        if not name:
            raise GroupFault(ErrorCode.INVALID_GROUP_ID)
        group = self.groups.get(name)
        if group is None:
            return [ErrorCode.UNKNOWN_MEMBER_ID for _ in callers]
        leaving: dict[str, Member] = {}
        answers = [self._leaving(group, caller, leaving) for caller in callers]
        if ErrorCode.NONE in answers:
            self._rebalances.left(group, list(leaving.values()))
        return answers

    @staticmethod
    def _leaving(group: Group, caller: Caller, leaving: dict[str, Member]) -> ErrorCode:
        if not caller.member_id:
            member = group.members.get(group.static.get(caller.instance_id or "", ""))
        elif group.forget_expected(caller.member_id):
            return ErrorCode.NONE
        else:
            try:
                member = group.validate(caller, generation=False)
            except GroupFault as fault:
                return fault.code
        if member is None or member.member_id in leaving:
            return ErrorCode.UNKNOWN_MEMBER_ID
        leaving[member.member_id] = member
        return ErrorCode.NONE

    def _of(self, caller: Caller) -> Group:
        if not caller.group:
            raise GroupFault(ErrorCode.INVALID_GROUP_ID)
        group = self.groups.get(caller.group)
        if group is None:
            raise GroupFault(ErrorCode.UNKNOWN_MEMBER_ID)
        return group


def _check(join: Join) -> None:
    if not join.caller.group:
        raise GroupFault(ErrorCode.INVALID_GROUP_ID)
    if not MIN_SESSION_MS <= join.session_timeout <= MAX_SESSION_MS:
        raise GroupFault(ErrorCode.INVALID_SESSION_TIMEOUT)


def _check_sync(group: Group, sync: Sync) -> None:
    if (sync.protocol_type not in (None, group.protocol_type)) or (sync.protocol not in (None, group.protocol)):
        raise GroupFault(ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    if group.state is GroupState.PREPARING_REBALANCE:
        raise GroupFault(ErrorCode.REBALANCE_IN_PROGRESS)


def _without_members(group: Group, member: Member) -> Joined:
    return Joined(ErrorCode.NONE, member.member_id, group.generation, group.protocol_type, group.protocol, group.leader or "")
