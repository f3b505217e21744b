"""Produces many records on a thread of its own: a bounded window of what has no answer yet, at a rate, through a lost connection."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kafka import errors

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.events import Event
from embedded_server.contracts.kafka import Compression, RecordStatus
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.own_thread import OwnThread
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.journal import Journal
from embedded_server.kafka.clients.faults import About, link_problem_blocking, problem_of_blocking
from embedded_server.kafka.clients.manager import Fault
from embedded_server.kafka.clients.producer import Producer, Sent, open_producer_blocking
from embedded_server.kafka.problems import PartitionUnknown
from embedded_server.kafka.records.batches import RawRecord
from embedded_server.kafka.records.events import RecordEvents
from embedded_server.kafka.records.murmur import partition_of
from embedded_server.kafka.records.prepare import Prepared
from embedded_server.kafka.records.sources import BURST, RecordSource

WINDOW_RECORDS: Final = 32_768
WINDOW_BYTES: Final = 32 * 1024**2
"""Sent and not yet acknowledged, at most: also what a lost connection leaves unknown."""
LINGER_MS: Final = 20
PACE_S: Final = 0.01
"""With a rate, what is due goes out this often."""
LOOK_S: Final = 0.05
LAST_ANSWERS_S: Final = 3.0
"""A stopped job waits so long for the answers to what it has sent."""
DELIVERY_LIMIT_S: Final = 120.0
_PASSING: Final = (
    errors.MessageSizeTooLargeError,
    errors.RecordListTooLargeError,
    errors.InvalidTimestampError,
    errors.InvalidRecordError,
    errors.CorruptRecordError,
)
"""Refusals of one record, after which the next may be taken."""
_UNKNOWN: Final = (errors.KafkaTimeoutError, errors.KafkaConnectionError, errors.RetriableError, errors.IllegalStateError, errors.Cancelled)


@dataclass(slots=True)
class Progress:
    """What a bulk tells on the loop; every count is of records."""

    done: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What a bulk does."""

    topic: str
    total: int
    rate: float
    compression: Compression


class BulkRun:
    """One bulk under way. The callbacks are called on the loop."""

    def __init__(self, journal: Journal, maker: RecordEvents, resolve: Callable[[], Profile], plan: BulkPlan, source: RecordSource) -> None:
        self._journal = journal
        self._maker = maker
        self._resolve = resolve
        self._plan = plan
        self._source = source
        self._thread = OwnThread(f"kafka-produce-{plan.topic}")
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._settled: deque[Sent] = deque()
        self._last_key: tuple[bytes, int] = (b"", -1)
        self._waiting_records = 0
        self._waiting_bytes = 0
        self._sent = 0
        self._refusal: UserFacingError | None = None
        self._is_lost = False
        self._fault: Fault | None = None
        self.delivery_limit_s = DELIVERY_LIMIT_S
        self.acknowledged_as = RecordStatus.ACKNOWLEDGED
        """The status of the events of what is there."""
        self.on_progress: Callable[[Progress], None] = lambda _: None
        self.on_open: Callable[[], None] = lambda: None
        self.on_lost: Callable[[UserFacingError], None] = lambda _: None
        self.on_refused: Callable[[UserFacingError], None] = lambda _: None
        self.keep: Callable[[Sequence[Prepared]], int] = lambda _: 0
        """Keeps what nobody knows the end of, on the bulk's thread; answers how many."""

    async def run(self) -> None:
        """Produce. Raises why it had to end early."""
        try:
            await self._thread.run(self._work)
        finally:
            self.stop()

    def stop(self) -> None:
        """Send nothing more; from any thread."""
        self._stopping.set()
        self._wake.set()

    # -- on its thread

    def _work(self) -> None:
        backoff = Backoff(first_s=0.25, cap_s=5.0)
        pending: deque[Prepared] = deque()
        while self._sent < self._plan.total and not self._stopping.is_set() and self._refusal is None:
            try:
                self._profile = self._resolve()
                producer = open_producer_blocking(
                    self._profile, compression=self._plan.compression, linger_ms=LINGER_MS, delivery_limit_s=self.delivery_limit_s
                )
            except LinkProblem as exc:
                if exc.final:
                    raise
                self._thread.tell(self.on_lost, exc)
                self._stopping.wait(backoff.delay())
                continue
            producer.manager.on_fault = self._on_fault
            producer.on_settled = self._on_settled
            self._is_lost = False
            self._last_key = (b"", -1)
            backoff.started()
            self._thread.tell(self.on_open)
            try:
                self._produce(producer, pending)
            finally:
                self._end(producer)
        if self._refusal is not None:
            raise self._refusal

    def _produce(self, producer: Producer, pending: deque[Prepared]) -> None:
        """Send what is left, until all has an answer; or until some has none, after which another producer goes on."""
        plan = self._plan
        partitions = self._partitions(producer)
        began, sent_before = time.monotonic(), self._sent
        while not self._stopping.is_set() and self._refusal is None:
            self._collect()
            if self._sent >= plan.total and not self._waiting_records:
                return
            if self._is_lost:  # what else it holds may never be answered: its sequence has a gap
                return
            count = min(plan.total - self._sent, BURST)
            if plan.rate:
                count = min(count, int((time.monotonic() - began) * plan.rate) + 1 - (self._sent - sent_before))
            if count <= 0 or self._waiting_records >= WINDOW_RECORDS or self._waiting_bytes >= WINDOW_BYTES:
                self._pause(PACE_S if plan.rate and count <= 0 and self._sent < plan.total else LOOK_S)
                continue
            if not pending and not self._refill(pending, count):
                plan = self._plan
                continue
            now_ms = time.time_ns() // 1_000_000
            for _ in range(min(count, len(pending))):
                self._send(producer, pending.popleft(), partitions, now_ms)
                if self._waiting_bytes >= WINDOW_BYTES:
                    break

    def _refill(self, pending: deque[Prepared], count: int) -> bool:
        """Take the next records from the source; false where there are none for now, or none any more."""
        taken = self._source.take_blocking(count)
        if taken is None:
            self._pause(LOOK_S)
            return False
        pending.extend(taken)
        if not taken:
            self._plan = BulkPlan(self._plan.topic, self._sent, self._plan.rate, self._plan.compression)
        return bool(taken)

    def _partitions(self, producer: Producer) -> int:
        try:
            return producer.partitions(self._plan.topic)
        except Exception as exc:
            raise problem_of_blocking(exc, self._profile, producer.manager, About(self._plan.topic)) from exc

    def _send(self, producer: Producer, record: Prepared, partitions: int, now_ms: int) -> None:
        topic, partition, timestamp, key, value, headers, size = record
        if partition is None:
            if key is not None:
                partition = self._partition_of(key, partitions)
        elif not 0 <= partition < partitions:
            raise PartitionUnknown(topic=topic, partition=partition, last=partitions - 1)
        self._sent += 1
        self._waiting_records += 1
        self._waiting_bytes += size
        producer.append(record, size, topic, partition, now_ms if timestamp is None else timestamp, key, value, headers)

    def _partition_of(self, key: bytes, partitions: int) -> int:
        last = self._last_key
        if last[0] is not key:
            last = self._last_key = (key, partition_of(key, partitions))
        return last[1]

    def _pause(self, limit_s: float) -> None:
        if not self._settled:
            self._wake.wait(limit_s)
        self._wake.clear()
        fault, self._fault = self._fault, None
        if fault is not None and self._waiting_records and not self._settled:
            self._thread.tell(self.on_lost, link_problem_blocking(fault, self._profile))

    def _end(self, producer: Producer) -> None:
        """Wait a little for the last answers; what has none then is unknown."""
        until = time.monotonic() + LAST_ANSWERS_S
        while self._waiting_records and time.monotonic() < until:
            self._pause(min(LOOK_S, until - time.monotonic()))
            self._collect()
        producer.close(0.0 if self._waiting_records else LAST_ANSWERS_S)
        until = time.monotonic() + LAST_ANSWERS_S
        while self._waiting_records and time.monotonic() < until:
            self._pause(LOOK_S)
            self._collect()
        self._collect()

    # -- on the producer's own threads

    def _on_settled(self, sent: Sent) -> None:
        self._settled.append(sent)
        self._wake.set()

    def _on_fault(self, fault: Fault) -> None:
        self._fault = fault
        self._wake.set()

    # -- what became of them

    def _collect(self) -> None:
        while self._settled:
            self._note(self._settled.popleft())

    def _note(self, sent: Sent) -> None:
        self._waiting_records -= len(sent.records)
        self._waiting_bytes -= sent.bytes
        counts: dict[str, int] = {}
        events: list[Event] = []
        for status, numbers in self._by_status(sent).items():
            counts[status.value] = len(numbers)
            raw = [_raw(sent, number, status) for number in numbers]
            said = self.acknowledged_as if status is RecordStatus.ACKNOWLEDGED else status
            events += self._maker.produced(sent.partition, raw, said, self._plan.compression)
            if status is RecordStatus.UNACKNOWLEDGED:
                unknown = [sent.records[number]._replace(partition=sent.partition) for number in numbers]
                self._is_lost = True
                counts["not_kept"] = len(unknown) - self.keep(unknown)
        self._journal.wait_for_room_blocking()
        self._journal.append_many(events)
        if RecordStatus.ACKNOWLEDGED.value in counts:
            self._fault = None
            self._thread.tell(self.on_open)
        self._thread.tell(self.on_progress, Progress(len(events), counts))

    def _by_status(self, sent: Sent) -> dict[RecordStatus, Sequence[int]]:
        """Answer the numbers of a batch's records by what became of them."""
        if sent.problem_of is None:
            return {RecordStatus.ACKNOWLEDGED: range(len(sent.records))}
        found: dict[RecordStatus, list[int]] = {}
        for number, record in enumerate(sent.records):
            exc = sent.problem_of(number)
            status = RecordStatus.ACKNOWLEDGED if exc is None else self._status_of(exc, record, sent.partition)
            found.setdefault(status, []).append(number)
        return dict(found)

    def _status_of(self, exc: BaseException, record: Prepared, partition: int) -> RecordStatus:
        if isinstance(exc, _UNKNOWN) and not isinstance(exc, errors.NotEnoughReplicasError):
            return RecordStatus.UNACKNOWLEDGED
        problem = problem_of_blocking(exc, self._profile, None, About(record.topic, partition, size=record.size))
        if isinstance(exc, _PASSING):
            self._thread.tell(self.on_refused, problem)
        else:
            self._refusal = problem
        return RecordStatus.REFUSED


def _raw(sent: Sent, number: int, status: RecordStatus) -> RawRecord:
    record: Prepared = sent.records[number]
    is_there = status is RecordStatus.ACKNOWLEDGED
    timestamp = sent.log_append_time if is_there and sent.log_append_time >= 0 else sent.timestamps[number]
    return (sent.base_offset + number if is_there else -1, timestamp, record.key, record.value, record.headers)
