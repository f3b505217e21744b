"""One partition's log: what a broker appends, reads, looks up by time and trims."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log import times
from embedded_server.brokers.kafka.log.admission import Stamped, check, stamp
from embedded_server.brokers.kafka.log.answers import Aborted, Appended, ProducerState
from embedded_server.brokers.kafka.log.batch import Buffer, Header, Placed, has_producer, header_at, headers_in, sent_batches
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.producers import Kept, Producer
from embedded_server.brokers.kafka.log.records import Marker, marker_batch
from embedded_server.brokers.kafka.log.segment import MAX_SPAN, Segment
from embedded_server.brokers.kafka.log.settings import LogSettings
from embedded_server.brokers.kafka.log.stored import CHECKPOINT_BYTES, StoredLog
from embedded_server.brokers.kafka.log.times import Found

MAX_PARTS: Final = 1000
"""The system takes no more buffers in one write (IOV_MAX is 1024)."""

Allowed = Callable[[int, int], bool]
"""Whether a producer (id, epoch) may begin a transaction in this partition now."""


class PartitionLog(StoredLog):
    """What clients ask of a partition: its broker's only way to its log."""

    # -- what there is

    @property
    def leader_epoch(self) -> int:
        """Grows when the log had to be cut after a crash, so that clients that had seen more look again."""
        self.open()
        return self.state.epochs[-1][0]

    @property
    def told_epoch(self) -> int:
        """The same where it is to be had; -1 for a log that cannot be opened: who writes or reads is told why."""
        try:
            return self.leader_epoch
        except LogFault:
            return -1

    def producers(self) -> list[ProducerState]:
        """The producers that number their batches, as DescribeProducers tells them."""
        self.open()
        return [_told(one) for one in self.known.all()]

    def aborted(self, first: int, below: int) -> list[Aborted]:
        """The aborted transactions with records from *first* on and before *below*, by first offset."""
        self.open()
        with self._reading():
            return sorted(self._aborted(first, below), key=lambda one: one.first_offset)

    def aborted_among(self, records: list[memoryview], first: int) -> list[Aborted]:
        """The aborted transactions of *records*, whole batches that were read from *first* on."""
        if not records or not any(len(one.aborted) for one in self.segments):
            return []
        *_, last = headers_in(records[-1])
        return self.aborted(first, last.header.next_offset)

    def _aborted(self, first: int, below: int) -> Iterator[Aborted]:
        for segment in list(self.segments)[self.segments.number_of(first) :]:
            rows = segment.aborted
            for number in range(rows.behind(first - 1, 3) if len(rows) else 0, len(rows)):
                _, producer_id, begun, _, stable = rows[number]
                if begun < below:
                    yield Aborted(producer_id, begun)
                if stable >= below:
                    return

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be read: {exc.strerror}") from exc

    # -- appending

    def append(
        self,
        records: Buffer,
        *,
        now_ms: int,
        transactional_ok: Allowed | None = None,
        from_client: bool = True,
    ) -> Appended:
        """Append whole batches (format 2), kept as sent; they are in the file when this returns.

        *transactional_ok* is asked where a producer begins a transaction here; no means INVALID_TXN_STATE, and it may
        raise another ``LogFault``. Not *from_client* are the
        coordinators' own batches, whose producers send no sequence numbers. Raises ``LogFault``; a batch that was taken before is
        answered with where it is.
        """
        self.open()
        view = memoryview(records)
        batches = sent_batches(view)
        check(view, batches, self.settings, now_ms)
        kept = self._check_producers(batches, transactional_ok, from_client=from_client)
        if kept is not None:
            return Appended(kept.first_offset, kept.last_offset, kept.timestamp, self.state.start, duplicate=True)
        offset = self.segments.end
        stamped = stamp(view, batches, self.settings, offset, self.state.epochs[-1][0], now_ms)
        self._write(stamped, now_ms)
        for header in stamped.headers:
            if has_producer(header):
                self.known.wrote(header)
        append_time = now_ms if self.settings.append_time else -1
        return Appended(offset, self.segments.end - 1, append_time, self.state.start)

    def append_marker(self, producer_id: int, epoch: int, *, commit: bool, coordinator_epoch: int, now_ms: int) -> int:
        """Append the marker that ends a producer's transaction; answer its offset. Raises ``LogFault``."""
        self.open()
        self.known.check_marker(producer_id, epoch, coordinator_epoch)
        offset = self.segments.end
        marker = Marker(commit, coordinator_epoch)
        batch = marker_batch(offset, self.state.epochs[-1][0], (producer_id, epoch), marker, now_ms)
        header = header_at(batch)
        self._write(Stamped([batch], [header], len(batch)), now_ms)
        ended = self.known.marked(header, coordinator_epoch)
        if ended is not None and not commit:
            self.segments.active.aborted.add(ended.row)
        return offset

    def _check_producers(self, batches: list[Placed], allowed: Allowed | None, *, from_client: bool) -> Kept | None:
        before: dict[int, Header] = {}
        for _, header in batches:
            if not has_producer(header):
                continue
            kept = self.known.duplicate(header) if from_client else None
            if kept is not None:
                return kept
            if header.is_transactional and allowed is not None and not self.known.has_transaction(header.producer_id):
                _ask(allowed, header)
            self.known.check(header, before.get(header.producer_id), sequenced=from_client)
            before[header.producer_id] = header
        return None

    def _write(self, stamped: Stamped, now_ms: int) -> None:
        if self.is_gone:
            raise LogFault(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"{self.name} was deleted")
        parts = stamped.parts if len(stamped.parts) <= MAX_PARTS else [b"".join(stamped.parts)]
        try:
            segment = self._room_for(stamped, now_ms)
            segment.append(parts, stamped.headers, stamped.size)
        except OSError as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be written: {exc.strerror}") from exc
        self._since_checkpoint += stamped.size
        if self._since_checkpoint >= CHECKPOINT_BYTES:
            self.checkpoint_or_say()

    def _room_for(self, stamped: Stamped, now_ms: int) -> Segment:
        active = self.segments.active
        if active.size == 0:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - plain strings, see files.py
            active.first_at_ms = now_ms
            return active
        settings = self.settings
        newest = stamped.headers[-1].max_timestamp
        waited = newest - active.begun() if active.begun() >= 0 and newest >= 0 else now_ms - active.first_at_ms
        is_full = active.size + stamped.size > settings.segment_bytes or stamped.headers[-1].last_offset - active.base > MAX_SPAN
        if is_full or waited > settings.segment_ms:
            return self.roll(now_ms)
        return active

    # -- reading

    def read(self, offset: int, max_bytes: int, *, below: int, at_least_one: bool) -> list[memoryview]:
        """Whole batches from the one that holds *offset* on, up to *max_bytes*, and none at or behind the offset *below*.

        With *at_least_one* the first batch comes even where it is larger. Raises ``LogFault`` where there is no such offset.
        """
        self.open()
        end = self.segments.end
        if not self.state.start <= offset <= end:
            raise LogFault(ErrorCode.OFFSET_OUT_OF_RANGE, f"{self.name} has offsets {self.state.start} to {end}, not {offset}")
        below = min(below, end)
        if offset >= below:
            return []
        with self._reading():
            return self.segments.read(offset, max_bytes, below, at_least_one=at_least_one)

    def offset_for_time(self, timestamp_ms: int) -> Found | None:
        """The first record whose timestamp is not below *timestamp_ms*."""
        self.open()
        with self._reading():
            return times.first_at(self.segments, self.state.start, timestamp_ms)

    def max_timestamp(self) -> Found | None:
        """The first record with the largest timestamp."""
        self.open()
        with self._reading():
            return times.newest(self.segments, self.state.start)

    def epoch_end(self, epoch: int) -> tuple[int, int]:
        """The largest leader epoch not above *epoch*, and where it ended (KIP-320); (-1, -1) where there is none."""
        self.open()
        epochs = self.state.epochs
        for number in range(len(epochs) - 1, -1, -1):
            if epochs[number][0] <= epoch:
                behind = epochs[number + 1][1] if number + 1 < len(epochs) else self.segments.end
                return epochs[number][0], behind
        return -1, -1

    # -- trimming

    def delete_before(self, offset: int) -> int:
        """Let the log start at *offset* (-1: at its end); answer where it starts now. Raises ``LogFault``."""
        self.open()
        if not self.settings.deletes:
            raise LogFault(ErrorCode.POLICY_VIOLATION, f"{self.name} is compacted only; its records cannot be deleted")
        end = self.segments.end
        wanted = end if offset == -1 else offset
        if not 0 <= wanted <= end:
            raise LogFault(ErrorCode.OFFSET_OUT_OF_RANGE, f"{self.name} ends at {end}, before {offset}")
        if wanted > self.state.start:
            self.state.start = wanted
            self.drop_before_start()
        return self.state.start

    def configure(self, configs: Mapping[str, str]) -> None:
        """Keep to other settings from now on."""
        self.settings = LogSettings.of(configs)


def _ask(allowed: Allowed, header: Header) -> None:
    if not allowed(header.producer_id, header.producer_epoch):
        raise LogFault(ErrorCode.INVALID_TXN_STATE, f"Producer {header.producer_id} has not added this partition to a transaction")


def _told(one: Producer) -> ProducerState:
    return ProducerState(one.id, one.epoch, one.last_sequence, one.timestamp, one.coordinator_epoch, one.transaction_from)
