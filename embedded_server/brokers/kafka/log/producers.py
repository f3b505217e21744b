"""What a partition knows of the producers that number their batches: duplicates, gaps, fenced ones, and transactions still open.

Sources: KIP-98 (idempotence and transactions), KIP-360 (unknown producers), and Kafka's ProducerStateManager, whose answers these are.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.batch import NO_SEQUENCE, NO_TIMESTAMP, Header, add_sequence
from embedded_server.brokers.kafka.log.faults import LogFault

REMEMBERED_BATCHES: Final = 5
"""As many as a client may have under way (max.in.flight.requests.per.connection of an idempotent producer)."""
MAX_KNOWN: Final = 5_000
"""In one partition. Apache Kafka has no such limit; here a thousand test runs a day, each with producers of its own, must not add up."""
NO_EPOCH: Final = -1
NO_TRANSACTION: Final = -1


class Kept(NamedTuple):
    """A batch that was taken, to know it again."""

    last_sequence: int
    last_offset: int
    delta: int
    """Offsets from its first record to its last."""
    timestamp: int

    @property
    def first_sequence(self) -> int:
        """The sequence number of its first record."""
        return add_sequence(self.last_sequence, -self.delta) if self.last_sequence >= 0 else NO_SEQUENCE

    @property
    def first_offset(self) -> int:
        """The offset of its first record."""
        return self.last_offset - self.delta


@dataclass(slots=True)
class Producer:
    """One producer id in one partition."""

    id: int
    epoch: int = NO_EPOCH
    batches: deque[Kept] = field(default_factory=lambda: deque(maxlen=REMEMBERED_BATCHES))
    coordinator_epoch: int = -1
    timestamp: int = NO_TIMESTAMP
    """Of the last batch or marker, in ms: what is unused for long is forgotten."""
    transaction_from: int = NO_TRANSACTION
    """The first offset of its open transaction."""

    @property
    def last_sequence(self) -> int:
        """The last sequence number taken, or -1."""
        return self.batches[-1].last_sequence if self.batches else NO_SEQUENCE

    @property
    def last_offset(self) -> int:
        """The offset of its last record, or -1."""
        return self.batches[-1].last_offset if self.batches else -1

    def begin_epoch(self, epoch: int) -> None:
        """Take note of its epoch; with a new one its numbers begin anew."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.batches.clear()


@dataclass(frozen=True, slots=True)
class Ended:
    """A transaction that a marker has ended."""

    producer_id: int
    first_offset: int
    last_offset: int
    stable: int
    """The last stable offset once it has ended."""

    @property
    def row(self) -> tuple[int, int, int, int, int]:
        """As it is kept in the table of aborted transactions, whose version is 0."""
        return 0, self.producer_id, self.first_offset, self.last_offset, self.stable


class Producers:
    """All producers of a partition."""

    def __init__(self) -> None:
        self._known: dict[int, Producer] = {}
        self._open: dict[int, int] = {}
        """The open transactions' first offsets by producer, the oldest first."""
        self.changes = 0
        """Grows with each change, so that what was written down can be told from what was not."""

    def __len__(self) -> int:
        return len(self._known)

    def all(self) -> list[Producer]:
        """Every producer known."""
        return list(self._known.values())

    def get(self, producer_id: int) -> Producer | None:
        """One of them."""
        return self._known.get(producer_id)

    @property
    def first_unstable(self) -> int | None:
        """The first offset of the oldest open transaction."""
        return next(iter(self._open.values())) if self._open else None

    # -- before a batch is written

    def duplicate(self, header: Header) -> Kept | None:
        """The batch that *header* repeats, if it is one of the producer's last."""
        producer = self._known.get(header.producer_id)
        if producer is None or producer.epoch != header.producer_epoch:
            return None
        first, last = header.base_sequence, header.last_sequence
        for kept in producer.batches:
            if kept.last_sequence == last and kept.first_sequence == first:
                return kept
        return None

    def check(self, header: Header, before: Header | None, *, sequenced: bool = True) -> None:
        """Raise ``LogFault`` unless the batch may follow what its producer sent last, or *before* in the same request."""
        producer = self._known.get(header.producer_id)
        if before is not None:
            producer = Producer(header.producer_id, before.producer_epoch)
            producer.batches.append(_kept(before))
        if producer is None:
            return
        self._check_epoch(producer, header.producer_epoch)
        if sequenced:
            _check_sequence(producer, header)
        if not header.is_transactional and header.producer_id in self._open:
            raise LogFault(ErrorCode.INVALID_TXN_STATE, f"Producer {header.producer_id} has a transaction open and wrote outside of it")

    def check_marker(self, producer_id: int, epoch: int, coordinator_epoch: int) -> None:
        """Raise ``LogFault`` unless the coordinator may end this producer's transaction."""
        producer = self._known.get(producer_id)
        if producer is None:
            return
        self._check_epoch(producer, epoch)
        if producer.coordinator_epoch > coordinator_epoch:
            raise LogFault(ErrorCode.TRANSACTION_COORDINATOR_FENCED, f"Coordinator epoch {coordinator_epoch} is an old one")

    @staticmethod
    def _check_epoch(producer: Producer, epoch: int) -> None:
        if epoch < producer.epoch:
            raise LogFault(ErrorCode.INVALID_PRODUCER_EPOCH, f"Producer {producer.id} is at epoch {producer.epoch}, and {epoch} wrote")

    def has_transaction(self, producer_id: int) -> bool:
        """Whether the producer has a transaction open here."""
        return producer_id in self._open

    # -- once it is written

    def wrote(self, header: Header) -> None:
        """Take note of a batch of records, with its offsets in the log."""
        producer = self._of(header.producer_id)
        producer.begin_epoch(header.producer_epoch)
        producer.batches.append(_kept(header))
        producer.timestamp = header.max_timestamp
        if header.is_transactional and producer.transaction_from < 0:
            producer.transaction_from = self._open[producer.id] = header.base_offset

    def marked(self, header: Header, coordinator_epoch: int) -> Ended | None:
        """Take note of a marker; answer the transaction it has ended, where there was one."""
        producer = self._of(header.producer_id)
        producer.begin_epoch(header.producer_epoch)
        producer.coordinator_epoch = max(producer.coordinator_epoch, coordinator_epoch)
        producer.timestamp = header.max_timestamp
        first = producer.transaction_from
        if first < 0:
            return None
        producer.transaction_from = NO_TRANSACTION
        del self._open[producer.id]
        unstable = self.first_unstable
        return Ended(producer.id, first, header.base_offset, header.next_offset if unstable is None else unstable)

    def _of(self, producer_id: int) -> Producer:
        self.changes += 1
        producer = self._known.get(producer_id)
        if producer is None:
            producer = self._known[producer_id] = Producer(producer_id)
        return producer

    # -- keeping and forgetting

    def load(self, producers: Sequence[Producer]) -> None:
        """Begin with what was written down."""
        self._known = {one.id: one for one in producers}
        opened = sorted((one.transaction_from, one.id) for one in producers if one.transaction_from >= 0)
        self._open = {producer_id: first for first, producer_id in opened}

    def forget(self, unused_since_ms: int, limit: int = MAX_KNOWN) -> None:
        """Forget those that have written nothing since then, and of more than *limit* the oldest; none with a transaction open."""
        idle = [one for one in self._known.values() if one.transaction_from < 0]
        gone = [one.id for one in idle if one.timestamp < unused_since_ms]
        over = len(self._known) - len(gone) - limit
        if over > 0:
            kept = [one for one in idle if one.timestamp >= unused_since_ms]
            gone += [one.id for one in sorted(kept, key=lambda one: one.timestamp)[:over]]
        for producer_id in gone:
            del self._known[producer_id]
        self.changes += len(gone)


def _kept(header: Header) -> Kept:
    return Kept(header.last_sequence, header.last_offset, header.last_offset_delta, header.max_timestamp)


def _check_sequence(producer: Producer, header: Header) -> None:
    first = header.base_sequence
    if producer.epoch == NO_EPOCH:
        return
    last = producer.last_sequence if header.producer_epoch == producer.epoch else NO_SEQUENCE
    if first != (add_sequence(last, 1) if last >= 0 else 0):
        raise LogFault(
            ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
            f"Producer {header.producer_id} sent sequence number {first} where its last was {last}",
        )
