"""Fetch: record batches out of partitions, at once or as soon as there are enough."""

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from embedded_server.brokers.kafka.codec import NO_TOPIC_ID
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.fetched import Fetched, encode, encode_failure
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.offsets import check_epoch
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.clock import Timer
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.partition import PartitionLog

MAX_BYTES: Final = 55 * 1024 * 1024
"""``fetch.max.bytes`` of Kafka's brokers."""
READ_COMMITTED: Final = 1
TOPIC_IDS_FROM: Final = 13
SESSIONS_FROM: Final = 7
FULL_EPOCHS: Final = (0, -1)


class Reading:
    """One request that reads: its partitions, read anew until there is enough."""

    def __init__(self, broker: "Broker", request: Request) -> None:
        self._broker = broker
        self.request = request
        body = request.body
        self._committed = body.isolation_level == READ_COMMITTED
        self._max_bytes = min(max(body.max_bytes, 0), MAX_BYTES)
        self._left = self._max_bytes
        self._has_room = True
        self.min_bytes = min(body.min_bytes, self._max_bytes)
        self.logs: dict[PartitionLog, int] = {}
        """What is read, and how many bytes it had when it was looked at last."""
        self.had = 0
        """Bytes found then."""
        self.failed = False
        self.deadline: Timer | None = None

    def read(self) -> list[tuple[str | UUID, list[Fetched]]]:
        """Read what there is now, and less where other readers do not take what was read for them."""
        room = self._broker.unsent.room()
        self._has_room, self._left = room > 0, min(self._max_bytes, room)
        self.had = 0
        self.failed = False
        self.logs.clear()
        has_ids = self.request.version >= TOPIC_IDS_FROM
        return [
            (
                (one.topic_id or NO_TOPIC_ID) if has_ids else one.topic,
                [self._partition(one, asked, has_ids=has_ids) for asked in one.partitions],
            )
            for one in self.request.body.topics
        ]

    @property
    def is_enough(self) -> bool:
        """Whether to answer with what was read last."""
        return self.failed or self.had >= self.min_bytes

    def may_have_enough(self) -> bool:
        """Whether to read again, by how much has been appended."""
        gained = sum(max(0, log.bytes - before) for log, before in self.logs.items() if not log.is_gone)
        return self.had + gained >= self.min_bytes or any(log.is_gone for log in self.logs)

    def _partition(self, topic: Any, asked: Any, *, has_ids: bool) -> Fetched:
        try:
            log = self._log(topic, asked.partition, has_ids=has_ids)
            check_epoch(log, asked.current_leader_epoch)
            found = self._read(log, asked)
        except LogFault as fault:
            self.failed = True
            return Fetched(asked.partition, fault.code)
        self.had += found.size
        return found

    def _log(self, topic: Any, number: int, *, has_ids: bool) -> "PartitionLog":
        if has_ids:
            found = self._broker.topic_of(topic.topic_id)
            if found is None:
                raise LogFault(ErrorCode.UNKNOWN_TOPIC_ID)
        else:
            found = self._broker.logs.topics.get(topic.topic)
        if found is None or not 0 <= number < len(found.partitions):
            raise LogFault(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
        return found.partitions[number]

    def _read(self, log: "PartitionLog", asked: Any) -> Fetched:
        end, stable = log.end, log.stable
        below = stable if self._committed else end
        left = min(asked.partition_max_bytes, self._left - self.had)
        begin = asked.fetch_offset
        if self._has_room and (left > 0 or self.had == 0):
            records = log.read(begin, left, below=below, at_least_one=self.had == 0)
        elif log.start <= begin <= end:
            records = []
        else:
            raise LogFault(ErrorCode.OFFSET_OUT_OF_RANGE)
        self.logs[log] = log.bytes
        aborted = log.aborted_among(records, begin) if self._committed else None
        return Fetched(asked.partition, ErrorCode.NONE, end, stable, log.start, aborted, records)


class Fetch:
    """Answers requests that read."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    def answer(self, request: Request) -> Answer:
        """Answer at once where there is enough or the client will not wait; else park. Raises ``Malformed``."""
        body = request.body
        if request.version >= SESSIONS_FROM and body.session_id != 0 and body.session_epoch not in FULL_EPOCHS:
            return [encode_failure(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, request.version)]
        reading = Reading(self._broker, request)
        found = reading.read()
        if reading.is_enough or body.max_wait_ms <= 0 or not reading.logs:
            return encode(found, request.version)
        del found
        self._broker.waiting.add(reading, body.max_wait_ms / 1000)
        return request.park()


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    return {ApiKey.FETCH: Fetch(broker).answer}
