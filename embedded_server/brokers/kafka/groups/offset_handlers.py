"""The requests about offsets: OffsetCommit, TxnOffsetCommit, OffsetFetch, OffsetDelete; on the wire and off it."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups.records import NEVER, Committed, Place
from embedded_server.brokers.kafka.groups.values import Caller, GroupFault
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.coordinators import Coordinators

MAX_METADATA_BYTES: Final = 4096
"""``offset.metadata.max.bytes`` of Kafka."""
MANY_GROUPS_FROM: Final = 8
ERROR_ON_TOP_FROM: Final = 2
UNSTABLE_TOLD_FROM: Final = 7
NO_OFFSET: Final = -1
FOREVER: Final = 2**63 - 1


class OffsetHandlers:
    """Hands requests to the groups' coordinator and words its answers."""

    def __init__(self, broker: "Broker", coordinators: "Coordinators") -> None:
        self._broker = broker
        self._coordinators = coordinators

    def commit(self, request: Request) -> Answer:
        """Keep how far a group has come."""
        body = request.body
        caller = Caller(body.group_id, body.member_id, body.group_instance_id, body.generation_id_or_member_epoch)
        retention = body.retention_time_ms
        return self._commit(body, retention, lambda offsets: self._coordinators.groups.commit(caller, offsets))

    def commit_in_transaction(self, request: Request) -> Answer:
        """Keep how far a group will have come once the transaction is committed."""
        body = request.body
        caller = Caller(body.group_id, body.member_id, body.group_instance_id, body.generation_id)
        producer = (body.producer_id, body.producer_epoch)
        topic = self._coordinators.groups.topic.name

        def may_begin(producer_id: int, epoch: int) -> bool:
            return self._coordinators.transactions.may_begin(topic, 0, producer_id, epoch)

        return self._commit(body, NEVER, lambda offsets: self._coordinators.groups.commit_later(caller, offsets, producer, may_begin))

    def _commit(self, body: Any, retention_ms: int, keep: Callable[[dict[Place, Committed]], None]) -> Answer:
        now = self._coordinators.groups.now_ms
        errors: dict[Place, ErrorCode] = {}
        offsets: dict[Place, Committed] = {}
        expires = NEVER if retention_ms == NEVER else min(now + retention_ms, FOREVER)
        for topic in body.topics:
            for one in topic.partitions:
                place, metadata = Place(topic.name, one.partition_index), one.committed_metadata or ""
                errors[place] = self._fault_of(place, metadata)
                if not errors[place]:
                    offsets[place] = Committed(one.committed_offset, one.committed_leader_epoch, metadata, now, expires)
        try:
            keep(offsets)
        except GroupFault as fault:
            errors |= dict.fromkeys(offsets, fault.code)
        return {"topics": _by_topic(body.topics, errors)}

    def _fault_of(self, place: Place, metadata: str) -> ErrorCode:
        if self._broker.partition(place.topic, place.partition) is None:
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        return ErrorCode.OFFSET_METADATA_TOO_LARGE if len(metadata.encode()) > MAX_METADATA_BYTES else ErrorCode.NONE

    def fetch(self, request: Request) -> Answer:
        """Tell how far groups have come."""
        body, version = request.body, request.version
        stable = bool(body.require_stable) and version >= UNSTABLE_TOLD_FROM
        if version >= MANY_GROUPS_FROM:
            return {"groups": [{"group_id": one.group_id, "topics": self._fetch(one.group_id, one.topics, stable)} for one in body.groups]}
        if not body.group_id:
            return {"error_code": ErrorCode.INVALID_GROUP_ID} if version >= ERROR_ON_TOP_FROM else {"topics": []}
        return {"topics": self._fetch(body.group_id, body.topics, stable)}

    def _fetch(self, group: str, topics: Any, stable: bool) -> list[dict[str, Any]]:
        wanted: dict[str, list[int]] = {}
        if topics is None:
            for place in self._coordinators.groups.offsets.of(group):
                wanted.setdefault(place.topic, []).append(place.partition)
        else:
            for topic in topics:
                wanted.setdefault(topic.name, []).extend(topic.partition_indexes)
        return [
            {"name": name, "partitions": [self._fetched(group, Place(name, one), stable) for one in partitions]}
            for name, partitions in wanted.items()
        ]

    def _fetched(self, group: str, place: Place, stable: bool) -> dict[str, Any]:
        offsets = self._coordinators.groups.offsets
        told = {"partition_index": place.partition, "committed_offset": NO_OFFSET, "metadata": "", "error_code": ErrorCode.NONE}
        if stable and offsets.is_unstable(group, place):
            return told | {"error_code": ErrorCode.UNSTABLE_OFFSET_COMMIT}
        found = offsets.get(group, place)
        if found is None:
            return told
        return told | {"committed_offset": found.offset, "committed_leader_epoch": found.leader_epoch, "metadata": found.metadata}

    def delete(self, request: Request) -> Answer:
        """Forget a group's offsets of some partitions."""
        body = request.body
        if not body.group_id:
            return {"error_code": ErrorCode.INVALID_GROUP_ID}
        errors: dict[Place, ErrorCode] = {}
        for topic in body.topics:
            for one in topic.partitions:
                place = Place(topic.name, one.partition_index)
                is_there = self._broker.partition(place.topic, place.partition) is not None
                errors[place] = ErrorCode.NONE if is_there else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        there = [place for place, code in errors.items() if not code]
        try:
            errors |= self._coordinators.groups.delete_offsets(body.group_id, there)
        except GroupFault as fault:
            return {"error_code": fault.code}
        return {"error_code": ErrorCode.NONE, "topics": _by_topic(body.topics, errors)}


def handlers(broker: "Broker", coordinators: "Coordinators") -> dict[ApiKey, Handler]:
    """The handlers of what is asked about offsets."""
    made = OffsetHandlers(broker, coordinators)
    return {
        ApiKey.OFFSET_COMMIT: made.commit,
        ApiKey.TXN_OFFSET_COMMIT: made.commit_in_transaction,
        ApiKey.OFFSET_FETCH: made.fetch,
        ApiKey.OFFSET_DELETE: made.delete,
    }


def _by_topic(topics: Iterable[Any], errors: dict[Place, ErrorCode]) -> list[dict[str, Any]]:
    return [
        {
            "name": topic.name,
            "partitions": [
                {"partition_index": one.partition_index, "error_code": errors[Place(topic.name, one.partition_index)]}
                for one in topic.partitions
            ],
        }
        for topic in topics
    ]
