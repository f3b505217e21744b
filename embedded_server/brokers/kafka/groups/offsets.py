"""How far groups have come: committed offsets, those that wait for their transaction to end, and when they are forgotten.

Source: Apache Kafka's OffsetMetadataManager. What is written has been kept before it can be read.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.group import Group
from embedded_server.brokers.kafka.groups.records import NEVER, Committed, Place, gone_group_pair, group_pair, offset_pair
from embedded_server.brokers.kafka.groups.subscription import CONSUMER
from embedded_server.brokers.kafka.groups.values import GroupFault, GroupState
from embedded_server.brokers.kafka.internal_topic import InternalTopic, Pair
from embedded_server.brokers.kafka.log.faults import LogFault

RETENTION_MS: Final = 7 * 24 * 60 * 60 * 1000
"""``offsets.retention.minutes`` of Kafka."""
PAIRS_AT_ONCE: Final = 10_000
_TOLD: Final = {
    ErrorCode.KAFKA_STORAGE_ERROR: ErrorCode.NOT_COORDINATOR,
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.MESSAGE_TOO_LARGE: ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
    ErrorCode.RECORD_LIST_TOO_LARGE: ErrorCode.INVALID_COMMIT_OFFSET_SIZE,
}
"""What clients are told where the log will not have it: as Kafka says it, so that they try again where that helps."""

Producer = tuple[int, int]
"""A producer's id and epoch."""
MayBegin = Callable[[int, int], bool]


class Offsets:
    """Every group's offsets."""

    def __init__(self, topic: InternalTopic, now_ms: Callable[[], int]) -> None:
        self._topic = topic
        self._now_ms = now_ms
        self._committed: dict[str, dict[Place, tuple[int, Committed]]] = {}
        """With where in the log each was written: a transaction that ends late does not undo a later commit."""
        self._pending: dict[int, dict[tuple[str, Place], tuple[int, Committed]]] = {}

    # -- reading

    def groups(self) -> Collection[str]:
        """The groups that have offsets."""
        return self._committed.keys()

    def of(self, group: str) -> dict[Place, Committed]:
        """A group's offsets."""
        return {place: committed for place, (_, committed) in self._committed.get(group, {}).items()}

    def get(self, group: str, place: Place) -> Committed | None:
        """One of them."""
        found = self._committed.get(group, {}).get(place)
        return found[1] if found is not None else None

    def is_unstable(self, group: str, place: Place) -> bool:
        """Whether an open transaction is about to change it."""
        return any((group, place) in one for one in self._pending.values())

    # -- writing

    def commit(self, group: str, offsets: Mapping[Place, Committed]) -> None:
        """Keep offsets. Raises ``GroupFault``."""
        at = self._append([offset_pair(group, place, one) for place, one in offsets.items()])
        self._committed.setdefault(group, {}).update({place: (at, one) for place, one in offsets.items()})

    def commit_later(self, group: str, offsets: Mapping[Place, Committed], producer: Producer, may_begin: MayBegin | None) -> None:
        """Keep offsets that count once the producer's transaction is committed. Raises ``GroupFault``."""
        at = self._append([offset_pair(group, place, one) for place, one in offsets.items()], producer, may_begin)
        self._pending.setdefault(producer[0], {}).update({(group, place): (at, one) for place, one in offsets.items()})

    def end_transaction(self, producer_id: int, *, commit: bool) -> None:
        """A producer's transaction has ended, and so said a marker in the log."""
        for (group, place), (at, one) in self._pending.pop(producer_id, {}).items():
            kept = self._committed.get(group, {}).get(place)
            if commit and (kept is None or kept[0] < at):
                self._committed.setdefault(group, {})[place] = (at, one)

    def delete(self, group: str, places: Iterable[Place]) -> None:
        """Forget a group's offsets. Raises ``GroupFault``."""
        had = self._committed.get(group, {})
        gone = [place for place in places if place in had]
        if gone:
            self._append([offset_pair(group, place, None) for place in gone])
            self._drop(group, gone)

    def delete_group(self, group: str) -> None:
        """Forget a group and all its offsets. Raises ``GroupFault``."""
        pending = {place for one in self._pending.values() for name, place in one if name == group}
        places = set(self._committed.get(group, {})) | pending
        self._append([*(offset_pair(group, place, None) for place in places), gone_group_pair(group)])
        self._committed.pop(group, None)
        for one in self._pending.values():
            for place in pending:
                one.pop((group, place), None)

    def delete_topics(self, topics: Collection[str]) -> None:
        """The topics are gone, and with them what groups have read of them. Raises ``GroupFault``."""
        gone: dict[str, list[Place]] = defaultdict(list)
        for group, had in self._committed.items():
            for place in had:
                if place.topic in topics:
                    gone[group].append(place)
        pairs = [offset_pair(group, place, None) for group, places in gone.items() for place in places]
        if pairs:
            self._append(pairs)
        for group, places in gone.items():
            self._drop(group, places)

    def keep(self, group: Group, assignments: dict[str, bytes]) -> None:
        """Write a group down as it will be with these *assignments*. Raises ``GroupFault``."""
        self._append([group_pair(group, assignments)])

    # -- forgetting

    def expire(self, group: Group) -> bool:
        """Forget what nobody has committed for long; true where the group has no offsets left. Raises ``GroupFault``."""
        now = self._now_ms()
        gone = [place for place, one in self.of(group.name).items() if _is_over(group, place, one, now)]
        self.delete(group.name, [place for place in gone if not self.is_unstable(group.name, place)])
        has_pending = any(name == group.name for one in self._pending.values() for name, _ in one)
        return group.name not in self._committed and not has_pending

    # -- coming back

    def load(self, group: str, place: Place, at: int, committed: Committed | None) -> None:
        """Take in what was kept."""
        if committed is None:
            self._drop(group, [place])
        else:
            self._committed.setdefault(group, {})[place] = (at, committed)

    def load_pending(self, producer_id: int, group: str, place: Place, at: int, committed: Committed) -> None:
        """Take in what was kept in a transaction."""
        self._pending.setdefault(producer_id, {})[group, place] = (at, committed)

    def _drop(self, group: str, places: Iterable[Place]) -> None:
        had = self._committed.get(group, {})
        for place in places:
            had.pop(place, None)
        if not had:
            self._committed.pop(group, None)

    def _append(self, pairs: list[Pair], producer: Producer | None = None, may_begin: MayBegin | None = None) -> int:
        first = -1
        try:
            for start in range(0, len(pairs), PAIRS_AT_ONCE):
                piece = pairs[start : start + PAIRS_AT_ONCE]
                at = self._topic.append(piece, now_ms=self._now_ms(), producer=producer, may_begin=may_begin)
                first = at if first < 0 else first
        except LogFault as fault:
            raise GroupFault(_TOLD.get(fault.code, fault.code)) from fault
        return first


def _is_over(group: Group, place: Place, committed: Committed, now_ms: int) -> bool:
    if committed.expires_ms != NEVER:
        return now_ms >= committed.expires_ms
    if group.is_simple:
        since = committed.committed_ms
    elif group.state is GroupState.EMPTY:
        since = max(group.state_since_ms, committed.committed_ms)
    elif group.state is GroupState.STABLE and group.protocol_type == CONSUMER and group.topics is not None:
        if group.is_subscribed_to(place.topic):
            return False
        since = committed.committed_ms
    else:
        return False
    return now_ms - since >= RETENTION_MS
