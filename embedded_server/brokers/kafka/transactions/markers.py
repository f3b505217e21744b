"""Markers: what tells readers that a producer's records count, or do not."""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.transactions.transaction import Partition

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker

logger = logging.getLogger(__name__)

OffsetsEnded = Callable[[int, bool], None]
"""Told of a producer's id, and whether its transaction was committed, once the marker is among the offsets."""


class Markers:
    """Writes markers into partitions."""

    def __init__(self, broker: "Broker", offsets_topic: str, offsets_ended: OffsetsEnded) -> None:
        self._broker = broker
        self._offsets_topic = offsets_topic
        self._offsets_ended = offsets_ended

    def write(self, partition: Partition, producer: tuple[int, int], *, commit: bool, coordinator_epoch: int = 0) -> ErrorCode:
        """Write one; *producer* is its id and epoch."""
        log = self._broker.partition(*partition)
        if log is None:
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        try:
            log.append_marker(*producer, commit=commit, coordinator_epoch=coordinator_epoch, now_ms=self._broker.now_ms)
        except LogFault as fault:
            logger.warning("The transaction of producer %d in %s-%d could not be ended (%s)", producer[0], *partition, fault)
            return fault.code
        if partition[0] == self._offsets_topic:
            self._offsets_ended(producer[0], commit)
        self._broker.grew(log)
        return ErrorCode.NONE

    def write_all(self, partitions: Iterable[Partition], producer: tuple[int, int], *, commit: bool) -> set[Partition]:
        """Write them into *partitions*; answer where it is to be tried again: not where the partition is gone, or a newer epoch wrote."""
        return {one for one in partitions if self.write(one, producer, commit=commit) is ErrorCode.KAFKA_STORAGE_ERROR}
