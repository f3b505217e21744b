"""One partition's log: what a broker appends, reads, looks up by time, trims and compacts."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log import loading, snapshot, times
from embedded_server.brokers.kafka.log.admission import Stamped, check, stamp
from embedded_server.brokers.kafka.log.batch import Buffer, Header, Placed, has_producer, header_at, sent_batches
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.files import Files
from embedded_server.brokers.kafka.log.producers import Ended, Kept, Producer, Producers
from embedded_server.brokers.kafka.log.records import Marker, marker_batch
from embedded_server.brokers.kafka.log.segment import Segment
from embedded_server.brokers.kafka.log.segments import Segments
from embedded_server.brokers.kafka.log.settings import LogSettings
from embedded_server.brokers.kafka.log.state import State
from embedded_server.brokers.kafka.log.times import Found

CHECKPOINT_BYTES: Final = 8 << 20
"""So much is read again, at most, after the process was killed."""
PRODUCER_EXPIRY_MS: Final = 24 * 60 * 60 * 1000
"""``producer.id.expiration.ms`` of Kafka."""
MAX_PARTS: Final = 1000
"""The system takes no more buffers in one write (IOV_MAX is 1024)."""

Allowed = Callable[[int, int], bool]
"""Whether a producer (id, epoch) may begin a transaction in this partition now."""


@dataclass(frozen=True, slots=True)
class Appended:
    """Where a request's batches are."""

    base_offset: int
    last_offset: int
    log_append_time: int
    """In ms; -1 where the topic keeps the producer's time."""
    start: int
    duplicate: bool = False
    """They were there before; nothing has been written."""


@dataclass(frozen=True, slots=True)
class Aborted:
    """A transaction whose records a reader of committed ones leaves out."""

    producer_id: int
    first_offset: int


@dataclass(frozen=True, slots=True)
class ProducerState:
    """A producer as DescribeProducers tells it; -1 for what there is not."""

    producer_id: int
    producer_epoch: int
    last_sequence: int
    last_timestamp: int
    coordinator_epoch: int
    current_txn_start_offset: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What was known of a log when it was closed, so that it need not be opened to tell."""

    start: int
    end: int
    stable: int
    bytes: int


class PartitionLog:
    """The log of one partition, in *folder*; its files are opened when it is first read or written."""

    def __init__(self, files: Files, folder: str, name: str, settings: LogSettings, *, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.name = name
        self.settings = settings
        self._files = files
        self._say = say
        self._segments = Segments(files, folder)
        self._producers = Producers()
        self._state = State()
        self._saved = (-1, -1)
        """Of the last snapshot: its offset, and the changes of the producers up to it."""
        self._since_checkpoint = 0
        self.is_open = False
        self.is_gone = False
        """Its topic was deleted."""
        self.summary: Summary | None = None

    def open(self) -> None:
        """Read what is in the folder and mend what a crash has left; done by itself before anything else."""
        if self.is_open:
            return
        loaded = loading.load(self._files, self.folder, self.name, self._say)
        self._segments, self._producers, self._state = loaded.segments, loaded.producers, loaded.state
        self._saved = (loaded.snapshot_offset, self._producers.changes)
        self.is_open = True
        self.summary = None

    # -- what there is

    @property
    def start(self) -> int:
        """The first offset that can be read."""
        if self.summary is not None:
            return self.summary.start
        self.open()
        return self._state.start

    @property
    def end(self) -> int:
        """The offset the next record will get."""
        if self.summary is not None:
            return self.summary.end
        self.open()
        return self._segments.end

    @property
    def stable(self) -> int:
        """The last stable offset: everything before it belongs to no open transaction."""
        if self.summary is not None:
            return self.summary.stable
        self.open()
        unstable = self._producers.first_unstable
        return self._segments.end if unstable is None else max(unstable, self._state.start)

    @property
    def bytes(self) -> int:
        """Bytes of all segments."""
        if self.summary is not None:
            return self.summary.bytes
        self.open()
        return self._segments.size

    @property
    def leader_epoch(self) -> int:
        """Grows when the log had to be cut after a crash, so that clients that had seen more look again."""
        self.open()
        return self._state.epochs[-1][0]

    def producers(self) -> list[ProducerState]:
        """The producers that number their batches, as DescribeProducers tells them."""
        self.open()
        return [_told(one) for one in self._producers.all()]

    def aborted(self, first: int, below: int) -> list[Aborted]:
        """The aborted transactions with records from *first* on and before *below*, by first offset."""
        self.open()
        found = []
        for segment in list(self._segments)[self._segments.number_of(first) :]:
            rows = segment.aborted
            for number in range(rows.behind(first - 1, 3) if len(rows) else 0, len(rows)):
                _, producer_id, begun, _, stable = rows[number]
                if begun < below:
                    found.append(Aborted(producer_id, begun))
                if stable >= below:
                    return sorted(found, key=lambda one: one.first_offset)
        return sorted(found, key=lambda one: one.first_offset)

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

        *transactional_ok* is asked where a producer begins a transaction here; no means INVALID_TXN_STATE. Not *from_client* are the
        coordinators' own batches, whose producers send no sequence numbers. Raises ``LogFault``; a batch that was taken before is
        answered with where it is.
        """
        self.open()
        view = memoryview(records)
        batches = sent_batches(view)
        check(view, batches, self.settings, now_ms)
        kept = self._check_producers(batches, transactional_ok, from_client=from_client)
        if kept is not None:
            return Appended(kept.first_offset, kept.last_offset, kept.timestamp, self._state.start, duplicate=True)
        offset = self._segments.end
        stamped = stamp(view, batches, self.settings, offset, self._state.epochs[-1][0], now_ms)
        self._write(stamped, now_ms)
        for header in stamped.headers:
            if has_producer(header):
                self._producers.wrote(header)
        append_time = now_ms if self.settings.append_time else -1
        return Appended(offset, self._segments.end - 1, append_time, self._state.start)

    def append_marker(self, producer_id: int, epoch: int, *, commit: bool, coordinator_epoch: int, now_ms: int) -> int:
        """Append the marker that ends a producer's transaction; answer its offset. Raises ``LogFault``."""
        self.open()
        self._producers.check_marker(producer_id, epoch, coordinator_epoch)
        offset = self._segments.end
        marker = Marker(commit, coordinator_epoch)
        batch = marker_batch(offset, self._state.epochs[-1][0], (producer_id, epoch), marker, now_ms)
        header = header_at(batch)
        self._write(Stamped([batch], [header], len(batch)), now_ms)
        ended = self._producers.marked(header, coordinator_epoch)
        if ended is not None and not commit:
            self._segments.active.aborted.add(aborted_row(ended))
        return offset

    def _check_producers(self, batches: list[Placed], allowed: Allowed | None, *, from_client: bool) -> Kept | None:
        before: dict[int, Header] = {}
        for _, header in batches:
            if not has_producer(header):
                continue
            kept = self._producers.duplicate(header) if from_client else None
            if kept is not None:
                return kept
            if header.is_transactional and allowed is not None and not self._producers.has_transaction(header.producer_id):
                _ask(allowed, header)
            self._producers.check(header, before.get(header.producer_id), sequenced=from_client)
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
        active = self._segments.active
        if active.size == 0:
            os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103 - plain strings, see files.py
            active.first_at_ms = now_ms
            return active
        settings = self.settings
        newest = stamped.headers[-1].max_timestamp
        waited = newest - active.first_timestamp if active.first_timestamp >= 0 and newest >= 0 else now_ms - active.first_at_ms
        if active.size + stamped.size > settings.segment_bytes or waited > settings.segment_ms:
            return self.roll(now_ms)
        return active

    def roll(self, now_ms: int) -> Segment:
        """Close the active segment and begin another. Raises ``OSError``."""
        self._segments.active.seal()
        self.checkpoint()
        fresh = self._segments.new(self._segments.end)
        fresh.first_at_ms = now_ms
        self.save_state()
        return fresh

    # -- reading

    def read(self, offset: int, max_bytes: int, *, below: int, at_least_one: bool) -> list[memoryview]:
        """Whole batches from the one that holds *offset* on, up to *max_bytes*, and none at or behind the offset *below*.

        With *at_least_one* the first batch comes even where it is larger. Raises ``LogFault`` where there is no such offset.
        """
        self.open()
        end = self._segments.end
        if not self._state.start <= offset <= end:
            raise LogFault(ErrorCode.OFFSET_OUT_OF_RANGE, f"{self.name} has offsets {self._state.start} to {end}, not {offset}")
        below = min(below, end)
        if offset >= below:
            return []
        try:
            return self._segments.read(offset, max_bytes, below, at_least_one=at_least_one)
        except OSError as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be read: {exc.strerror}") from exc

    def offset_for_time(self, timestamp_ms: int) -> Found | None:
        """The first record whose timestamp is not below *timestamp_ms*."""
        self.open()
        return times.first_at(self._segments, self._state.start, timestamp_ms)

    def max_timestamp(self) -> Found | None:
        """The first record with the largest timestamp."""
        self.open()
        return times.newest(self._segments, self._state.start)

    def epoch_end(self, epoch: int) -> tuple[int, int]:
        """The largest leader epoch not above *epoch*, and where it ended (KIP-320); (-1, -1) where there is none."""
        self.open()
        epochs = self._state.epochs
        for number in range(len(epochs) - 1, -1, -1):
            if epochs[number][0] <= epoch:
                behind = epochs[number + 1][1] if number + 1 < len(epochs) else self._segments.end
                return epochs[number][0], behind
        return -1, -1

    # -- trimming

    def delete_before(self, offset: int) -> int:
        """Let the log start at *offset* (-1: at its end); answer where it starts now. Raises ``LogFault``."""
        self.open()
        if not self.settings.deletes:
            raise LogFault(ErrorCode.POLICY_VIOLATION, f"{self.name} is compacted only; its records cannot be deleted")
        end = self._segments.end
        wanted = end if offset == -1 else offset
        if not 0 <= wanted <= end:
            raise LogFault(ErrorCode.OFFSET_OUT_OF_RANGE, f"{self.name} ends at {end}, before {offset}")
        if wanted > self._state.start:
            self._state.start = wanted
            self.drop_before_start()
        return self._state.start

    def drop_before_start(self) -> None:
        """Delete the segments that lie wholly before the start, and write the start down."""
        segments = list(self._segments)
        gone = [one for number, one in enumerate(segments[:-1]) if self._segments.limit_of(number) <= self._state.start]
        self.drop(gone)

    def drop(self, gone: list[Segment]) -> None:
        """Delete the segments *gone*, which are the oldest, and write down what is left."""
        kept = self._segments.bases[len(gone) :]
        self._state.start = max(self._state.start, kept[0])
        self._state.segments = kept
        try:
            self._state.save(self.folder)
            self._segments.drop(gone)
        except OSError as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be trimmed: {exc.strerror}") from exc

    # -- keeping

    def configure(self, configs: Mapping[str, str]) -> None:
        """Keep to other settings from now on."""
        self.settings = LogSettings.of(configs)

    @property
    def is_dirty(self) -> bool:
        """Whether a restart now would have to read some of it again."""
        return self.is_open and self._segments.end > 0 and self._saved != (self._segments.end, self._producers.changes)

    def checkpoint(self) -> None:
        """Write the indexes and the producers, so that a restart need not read what is here. Raises ``OSError``."""
        self._since_checkpoint = 0
        if not self.is_dirty:
            return
        self._segments.active.flush()
        before, end = self._saved[0], self._segments.end
        snapshot.save(self.folder, end, self._producers.all())
        self._saved = (end, self._producers.changes)
        if before not in (-1, end):
            self._files.remove(snapshot.path_of(self.folder, before))

    def checkpoint_or_say(self) -> None:
        """Checkpoint; where that fails it is tried again later, and nothing is lost meanwhile."""
        try:
            self.checkpoint()
        except OSError as exc:
            self._say(f"{self.name}: its index cannot be written ({exc.strerror}); a restart would read more")

    def expire_producers(self, now_ms: int) -> None:
        """Forget the producers that have written nothing for long."""
        self._producers.forget(now_ms - PRODUCER_EXPIRY_MS)

    def save_state(self) -> None:
        """Write down where it starts and which segments it has. Raises ``OSError``."""
        self._state.segments = self._segments.bases
        self._state.save(self.folder)

    def abandon(self) -> None:
        """Let go of the files, which are about to go: nothing is written any more."""
        self._files.forget_folder(self.folder)
        self.is_gone = True

    def close(self) -> None:
        """Write what is only in memory, and remember what there is to tell of it."""
        if self.is_open and not self.is_gone:
            self.checkpoint_or_say()
            self.summary = Summary(self.start, self.end, self.stable, self.bytes)
            self._files.forget_folder(self.folder)
            self.is_open = False


def aborted_row(ended: Ended) -> tuple[int, int, int, int, int]:
    """A row of the table of aborted transactions."""
    return 0, ended.producer_id, ended.first_offset, ended.last_offset, ended.stable


def _ask(allowed: Allowed, header: Header) -> None:
    if not allowed(header.producer_id, header.producer_epoch):
        raise LogFault(ErrorCode.INVALID_TXN_STATE, f"Producer {header.producer_id} has not added this partition to a transaction")


def _told(one: Producer) -> ProducerState:
    return ProducerState(one.id, one.epoch, one.last_sequence, one.timestamp, one.coordinator_epoch, one.transaction_from)


def now() -> int:
    """Calendar time in ms."""
    return time.time_ns() // 1_000_000
