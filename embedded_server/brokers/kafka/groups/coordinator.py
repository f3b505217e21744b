"""The coordinator of all groups: members and offsets together, brought back from ``__consumer_offsets`` after a restart."""

import logging
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from embedded_server.brokers.clock import Clock, Timers
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.group import Group
from embedded_server.brokers.kafka.groups.membership import Membership
from embedded_server.brokers.kafka.groups.offsets import MayBegin, Offsets, Producer
from embedded_server.brokers.kafka.groups.rebalance import Rebalances
from embedded_server.brokers.kafka.groups.records import Committed, GroupKey, Place, read_group, read_key, read_offset
from embedded_server.brokers.kafka.groups.values import Caller, GroupFault, GroupState
from embedded_server.brokers.kafka.internal_topic import InternalTopic, Kept
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.records import BadRecords
from embedded_server.brokers.kafka.primitives import BadFields

logger = logging.getLogger(__name__)

TOPIC: Final = "__consumer_offsets"
EXPIRY_INTERVAL_MS: Final = 10 * 60 * 1000
"""``offsets.retention.check.interval.ms`` of Kafka."""


class Groups:
    """What the handlers ask, once it is loaded. *topic* is where it is kept."""

    def __init__(self, topic: InternalTopic, clock: Clock, timers: Timers) -> None:
        self.topic = topic
        self.offsets = Offsets(topic, lambda: int(clock.wall() * 1000))
        self._rebalances = Rebalances(clock, timers, self.offsets)
        self.members = Membership(self._rebalances, self.offsets)

    @property
    def all(self) -> Mapping[str, Group]:
        """Every group."""
        return self.members.groups

    @property
    def now_ms(self) -> int:
        """The calendar's time."""
        return self._rebalances.now_ms

    # -- offsets

    def commit(self, caller: Caller, offsets: Mapping[Place, Committed]) -> None:
        """Commit a group's offsets, by a member or, while it has none, by anybody. Raises ``GroupFault``."""
        group = self._committing(caller, in_transaction=False)
        if offsets:
            self.offsets.commit(caller.group, offsets)
        member = group.members.get(caller.member_id)
        if member is not None and caller.generation >= 0:
            self._rebalances.alive(group, member)

    def commit_later(self, caller: Caller, offsets: Mapping[Place, Committed], producer: Producer, may_begin: MayBegin | None) -> None:
        """Commit a group's offsets with a transaction. Raises ``GroupFault``."""
        self._committing(caller, in_transaction=True)
        if offsets:
            self.offsets.commit_later(caller.group, offsets, producer, may_begin)

    def _committing(self, caller: Caller, *, in_transaction: bool) -> Group:
        if not caller.group:
            raise GroupFault(ErrorCode.INVALID_GROUP_ID)
        group = self.all.get(caller.group)
        if group is None:
            if caller.generation >= 0:
                raise GroupFault(ErrorCode.ILLEGAL_GENERATION)
            group = self.members.made(caller.group)
        if caller.generation < 0 and group.state is GroupState.EMPTY:
            return group
        if caller.generation >= 0 or caller.member_id or caller.instance_id is not None:
            group.validate(caller, generation=True)
        elif not in_transaction:
            raise GroupFault(ErrorCode.UNKNOWN_MEMBER_ID)
        if group.state is GroupState.COMPLETING_REBALANCE and not in_transaction:
            raise GroupFault(ErrorCode.REBALANCE_IN_PROGRESS)
        return group

    def delete_offsets(self, name: str, places: Collection[Place]) -> dict[Place, ErrorCode]:
        """Forget offsets of a group in topics it does not read. Raises ``GroupFault``."""
        group = self._known(name)
        if group.members and group.topics is None:
            raise GroupFault(ErrorCode.NON_EMPTY_GROUP)
        read = {place for place in places if group.is_subscribed_to(place.topic)}
        self.offsets.delete(name, [place for place in places if place not in read])
        return {place: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC if place in read else ErrorCode.NONE for place in places}

    def delete(self, name: str) -> None:
        """Forget a group that nobody is in. Raises ``GroupFault``."""
        group = self._known(name)
        if group.state is not GroupState.EMPTY:
            raise GroupFault(ErrorCode.NON_EMPTY_GROUP)
        self.offsets.delete_group(name)
        self._drop(group)

    def topics_deleted(self, topics: Collection[str]) -> None:
        """Topics are gone: their offsets go, too."""
        try:
            self.offsets.delete_topics(topics)
        except GroupFault as fault:
            logger.warning("The offsets of %s could not be forgotten (%s)", ", ".join(topics), fault)

    def _known(self, name: str) -> Group:
        group = self.all.get(name)
        if group is None:
            raise GroupFault(ErrorCode.GROUP_ID_NOT_FOUND)
        return group

    def _drop(self, group: Group) -> None:
        group.stop_timers()
        group.state = GroupState.DEAD
        del self.members.groups[group.name]

    def _expire(self) -> None:
        for group in list(self.all.values()):
            try:
                if self.offsets.expire(group) and group.state is GroupState.EMPTY and not group.expected:
                    self.offsets.delete_group(group.name)
                    self._drop(group)
            except GroupFault as fault:
                logger.warning("Old offsets of group %s could not be forgotten (%s)", group.name, fault)
        self._rebalances.after(EXPIRY_INTERVAL_MS, self._expire)

    # -- coming back

    def load(self) -> Iterator[None]:
        """Bring back what was kept, little by little: each step is about one record."""
        groups: dict[str, Group] = {}
        try:
            for kept in self.topic.replay():
                yield from self._take_in(kept, groups)
        except (LogFault, BadRecords) as exc:
            logger.error("Not all groups and offsets could be read back: %s", exc)  # noqa: TRY400 - says all there is to know
        self.members.groups.update(groups)
        for name in list(self.offsets.groups()):
            self.members.made(name)
            yield
        for group in groups.values():
            for member in group.members.values():
                self._rebalances.alive(group, member)
                yield
        self._rebalances.after(EXPIRY_INTERVAL_MS, self._expire)

    def _take_in(self, kept: Kept, groups: dict[str, Group]) -> Iterator[None]:
        if kept.marker is not None:
            self.offsets.end_transaction(kept.producer_id, commit=kept.marker.commit)
        for key, value in kept.pairs:
            try:
                self._take_pair(kept, key, value, groups)
            except BadFields as exc:
                logger.warning("A record in %s at offset %d cannot be read: %s", self.topic.name, kept.offset, exc)
            yield
        yield

    def _take_pair(self, kept: Kept, key: bytes, value: bytes | None, groups: dict[str, Group]) -> None:
        about = read_key(key)
        if isinstance(about, GroupKey):
            if value is None:
                groups.pop(about.group, None)
            else:
                groups[about.group] = read_group(about.group, value, self.now_ms)
        elif about is not None:
            committed = read_offset(value) if value is not None else None
            if not kept.is_transactional:
                self.offsets.load(about.group, about.place, kept.offset, committed)
            elif committed is not None:
                self.offsets.load_pending(kept.producer_id, about.group, about.place, kept.offset, committed)
