"""Which records compaction keeps: the newest of each key, tombstones and markers for a while, nothing of aborted transactions.

The rules are those of Kafka's log cleaner (KIP-58, KIP-98, KIP-534). A batch that loses records keeps its offsets, and one that a
producer's numbers rest on stays though it is empty.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from embedded_server.brokers.kafka.log.batch import APPEND_TIME, CODEC_MASK, DELETE_HORIZON, Header, has_producer, sealed
from embedded_server.brokers.kafka.log.keys import KeyOffsets
from embedded_server.brokers.kafka.log.producers import Producer
from embedded_server.brokers.kafka.log.records import BadRecords, Record, batch_of, marker_of, records_of
from embedded_server.brokers.kafka.log.table import Row


@dataclass(slots=True)
class _Aborting:
    row: Row
    has_records: bool = False


@dataclass(slots=True)
class Transactions:
    """Which transactions a walk from the log's beginning is in the midst of; *aborted* are rows of the table of aborted ones."""

    aborted: deque[Row]
    _aborting: dict[int, _Aborting] = field(default_factory=dict)
    _committing: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Transactions":
        """Begin a walk."""
        return cls(deque(sorted(rows, key=lambda row: row[2])))

    def is_aborted(self, header: Header) -> bool:
        """Whether the records of a batch, which is the next, belong to an aborted transaction."""
        self._go_to(header.last_offset)
        if not header.is_transactional:
            return False
        aborting = self._aborting.get(header.producer_id)
        if aborting is None:
            self._committing.add(header.producer_id)
            return False
        aborting.has_records = True
        return True

    def ended(self, header: Header, batch: memoryview) -> tuple[bool, Row | None]:
        """Whether the marker in *batch*, which is the next, ends nothing any more; and the row of the aborted transaction it ends."""
        self._go_to(header.last_offset)
        try:
            marker = marker_of(batch)
        except BadRecords:
            return False, None
        if marker is None:
            return header.records == 0, None
        if marker.commit:
            was_there = header.producer_id in self._committing
            self._committing.discard(header.producer_id)
            return not was_there, None
        aborting = self._aborting.pop(header.producer_id, None)
        if aborting is None or not aborting.has_records:
            return True, None
        return False, aborting.row

    def _go_to(self, offset: int) -> None:
        while self.aborted and self.aborted[0][2] <= offset:
            row = self.aborted.popleft()
            self._aborting.setdefault(row[1], _Aborting(row))


@dataclass(slots=True)
class Filter:
    """What one round of compaction keeps."""

    newest: KeyOffsets
    transactions: Transactions
    producers: dict[int, Producer]
    end: int
    """Where the round ends: its last batch stays, so that nobody takes the offsets before it for lost."""
    now_ms: int
    delete_retention_ms: int

    def kept(self, header: Header, batch: memoryview) -> tuple[bytes | memoryview | None, Row | None]:
        """What is left of *batch*, which is the next, and the aborted transaction whose marker it is."""
        if header.is_control:
            is_spent, row = self.transactions.ended(header, batch)
            horizon = header.delete_horizon
            if is_spent and horizon is not None and horizon <= self.now_ms:
                return self._emptied(header), row
            return self._marker(header, batch, is_spent=is_spent), row
        if self.transactions.is_aborted(header):
            return self._emptied(header), None
        try:
            return self._filtered(header, batch), None
        except BadRecords:
            return batch, None  # what cannot be read is not ours to throw away

    def _marker(self, header: Header, batch: memoryview, *, is_spent: bool) -> bytes | memoryview | None:
        if header.records == 0:
            return self._emptied(header)
        if is_spent and header.delete_horizon is None:
            return self._rebuilt(header, list(records_of(batch)), self.now_ms + self.delete_retention_ms)
        return batch

    def _filtered(self, header: Header, batch: memoryview) -> bytes | memoryview | None:
        found = list(records_of(batch))
        kept = [one for one in found if self._is_kept(header, one)]
        if not kept:
            return self._emptied(header)
        horizon = header.delete_horizon
        if horizon is None and any(one.value is None for one in kept):
            return self._rebuilt(header, kept, self.now_ms + self.delete_retention_ms)
        return batch if len(kept) == len(found) else self._rebuilt(header, kept, horizon)

    def _is_kept(self, header: Header, record: Record) -> bool:
        offset = header.base_offset + record.offset_delta
        if offset >= self.newest.end:
            return True
        if record.key is None or self.newest.has_newer(record.key, offset):
            return False
        horizon = header.delete_horizon
        return record.value is not None or horizon is None or self.now_ms < horizon

    def _rebuilt(self, header: Header, records: list[Record], horizon: int | None) -> bytes:
        """Write a batch with fewer records, its offsets as they were; with a *horizon* its timestamps count from there."""
        newest = header.base_timestamp + max(one.timestamp_delta for one in records)
        changed = header._replace(max_timestamp=header.max_timestamp if header.attributes & APPEND_TIME else newest)
        if horizon is not None and horizon != header.delete_horizon:
            shift = header.base_timestamp - horizon
            records = [one._replace(timestamp_delta=one.timestamp_delta + shift) for one in records]
            changed = changed._replace(base_timestamp=horizon, attributes=header.attributes | DELETE_HORIZON)
        return batch_of(changed, records)

    def _emptied(self, header: Header) -> bytes | None:
        """The header alone, where a producer's numbers or the end of the round rest on the batch."""
        if header.next_offset != self.end and not self._is_last_of_producer(header):
            return None
        return sealed(header._replace(records=0, attributes=header.attributes & ~(CODEC_MASK | DELETE_HORIZON)), b"")

    def _is_last_of_producer(self, header: Header) -> bool:
        producer = self.producers.get(header.producer_id) if has_producer(header) else None
        if producer is None:
            return False
        if producer.batches:
            return header.last_offset == producer.last_offset
        return header.is_control and header.producer_epoch == producer.epoch
