"""ListOffsets, OffsetForLeaderEpoch and DeleteRecords: where a partition begins and ends, and what lies where."""

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.partition import PartitionLog

LATEST, EARLIEST, MAX_TIMESTAMP, EARLIEST_LOCAL, LATEST_TIERED, EARLIEST_PENDING = -1, -2, -3, -4, -5, -6
KNOWN_FROM: Final = {MAX_TIMESTAMP: 7, EARLIEST_LOCAL: 8, LATEST_TIERED: 9, EARLIEST_PENDING: 11}
"""From which version on a time that means something is understood."""
READ_COMMITTED: Final = 1
NO_EPOCH: Final = -1


class Offsets:
    """Answers of places in partitions."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    def list_offsets(self, request: Request) -> Answer:
        """Where a time is in a partition."""
        body = request.body
        committed = body.isolation_level == READ_COMMITTED
        asked = [(topic.name, one.partition_index) for topic in body.topics for one in topic.partitions]
        doubled = {one for one, times in Counter(asked).items() if times > 1}
        return {
            "topics": [
                {
                    "name": topic.name,
                    "partitions": [
                        self._listed(
                            topic.name, one, request.version, committed=committed, doubled=(topic.name, one.partition_index) in doubled
                        )
                        for one in topic.partitions
                    ],
                }
                for topic in body.topics
            ]
        }

    def _listed(self, topic: str, asked: Any, version: int, *, committed: bool, doubled: bool) -> dict[str, Any]:
        told: dict[str, Any] = {"partition_index": asked.partition_index, "timestamp": -1, "offset": -1, "leader_epoch": -1}
        try:
            if doubled:
                raise LogFault(ErrorCode.INVALID_REQUEST)  # noqa: TRY301 - the one place where faults become codes
            log = self._log(topic, asked.partition_index, asked.current_leader_epoch)
            told |= _found(log, asked.timestamp, version, committed=committed)
        except LogFault as fault:
            return told | {"error_code": fault.code}
        return told | {"error_code": ErrorCode.NONE}

    def epochs(self, request: Request) -> Answer:
        """Where leader epochs ended (KIP-320)."""
        return {
            "topics": [
                {"topic": topic.topic, "partitions": [self._epoch(topic.topic, one) for one in topic.partitions]}
                for topic in request.body.topics
            ]
        }

    def _epoch(self, topic: str, asked: Any) -> dict[str, Any]:
        told = {"partition": asked.partition, "leader_epoch": -1, "end_offset": -1}
        try:
            log = self._log(topic, asked.partition, asked.current_leader_epoch)
            epoch, end = log.epoch_end(asked.leader_epoch) if asked.leader_epoch <= log.leader_epoch else (-1, -1)
        except LogFault as fault:
            return told | {"error_code": fault.code}
        return told | {"error_code": ErrorCode.NONE, "leader_epoch": epoch, "end_offset": end}

    def delete_records(self, request: Request) -> Answer:
        """Let partitions begin later."""
        return {
            "topics": [
                {"name": topic.name, "partitions": [self._trimmed(topic.name, one) for one in topic.partitions]}
                for topic in request.body.topics
            ]
        }

    def _trimmed(self, topic: str, asked: Any) -> dict[str, Any]:
        try:
            found = self._broker.logs.topics.get(topic)
            if found is not None and found.internal:
                raise LogFault(ErrorCode.INVALID_TOPIC_EXCEPTION)  # noqa: TRY301 - as above
            start = self._log(topic, asked.partition_index, NO_EPOCH).delete_before(asked.offset)
        except LogFault as fault:
            return {"partition_index": asked.partition_index, "low_watermark": -1, "error_code": fault.code}
        return {"partition_index": asked.partition_index, "low_watermark": start, "error_code": ErrorCode.NONE}

    def _log(self, topic: str, number: int, epoch: int) -> "PartitionLog":
        log = self._broker.partition(topic, number)
        if log is None:
            raise LogFault(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        check_epoch(log, epoch)
        return log


def check_epoch(log: "PartitionLog", epoch: int) -> None:
    """Tell clients that know of another past of this log (KIP-320). Raises ``LogFault``."""
    if epoch in (NO_EPOCH, log.leader_epoch):
        return
    raise LogFault(ErrorCode.FENCED_LEADER_EPOCH if epoch < log.leader_epoch else ErrorCode.UNKNOWN_LEADER_EPOCH)


def _found(log: "PartitionLog", time: int, version: int, *, committed: bool) -> dict[str, int]:
    """The offset at a time in ms, or at one of the times that mean something; nothing where there is none."""
    if time < EARLIEST_PENDING or version < KNOWN_FROM.get(time, 0):
        raise LogFault(ErrorCode.UNSUPPORTED_VERSION)
    if time == LATEST:
        return {"offset": log.stable if committed else log.end, "leader_epoch": log.leader_epoch}
    if time in (EARLIEST, EARLIEST_LOCAL):
        return {"offset": log.start, "leader_epoch": log.leader_epoch}
    if time in (LATEST_TIERED, EARLIEST_PENDING):
        return {}
    found = log.max_timestamp() if time == MAX_TIMESTAMP else log.offset_for_time(time)
    if found is None or (committed and found.offset >= log.stable):
        return {}
    return {"offset": found.offset, "timestamp": found.timestamp, "leader_epoch": found.leader_epoch}


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    offsets = Offsets(broker)
    return {
        ApiKey.LIST_OFFSETS: offsets.list_offsets,
        ApiKey.OFFSET_FOR_LEADER_EPOCH: offsets.epochs,
        ApiKey.DELETE_RECORDS: offsets.delete_records,
    }
