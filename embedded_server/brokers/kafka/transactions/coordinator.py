"""The coordinator of transactions: who may write under a transactional id, and that a transaction ends everywhere or nowhere.

Each step is in ``__transaction_state`` before it counts. Source: Apache Kafka's TransactionCoordinator, KIP-98 and KIP-360.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Final

from embedded_server.brokers.clock import Clock, Timer, Timers
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.internal_topic import InternalTopic
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.records import BadRecords
from embedded_server.brokers.kafka.primitives import BadFields
from embedded_server.brokers.kafka.transactions.markers import Markers
from embedded_server.brokers.kafka.transactions.producer_ids import ProducerIds
from embedded_server.brokers.kafka.transactions.records import gone_pair, pair_of, read, read_name
from embedded_server.brokers.kafka.transactions.transaction import (
    NO_EPOCH,
    PREPARING,
    Partition,
    State,
    Transaction,
    TransactionFault,
)

logger = logging.getLogger(__name__)

TOPIC: Final = "__transaction_state"
MAX_TIMEOUT_MS: Final = 15 * 60 * 1000
"""``transaction.max.timeout.ms`` of Kafka."""
EXPIRY_MS: Final = 7 * 24 * 60 * 60 * 1000
"""``transactional.id.expiration.ms`` of Kafka."""
EXPIRY_INTERVAL_MS: Final = 60 * 60 * 1000
RETRY_MS: Final = 1000
"""Until a marker that could not be written is tried again."""

_PREPARED = {True: State.PREPARE_COMMIT, False: State.PREPARE_ABORT}
_COMPLETE = {True: State.COMPLETE_COMMIT, False: State.COMPLETE_ABORT}


class Transactions:
    """What the handlers ask, once it is loaded. *topic* is where it is kept. What changes something raises ``TransactionFault``."""

    def __init__(self, topic: InternalTopic, ids: ProducerIds, markers: Markers, clock: Clock, timers: Timers) -> None:
        self._topic = topic
        self._ids = ids
        self._markers = markers
        self._clock = clock
        self._timers = timers
        self._all: dict[str, Transaction] = {}
        self._by_producer: dict[int, Transaction] = {}

    @property
    def all(self) -> Mapping[str, Transaction]:
        """What is known, by transactional id."""
        return self._all

    @property
    def now_ms(self) -> int:
        """The calendar's time."""
        return int(self._clock.wall() * 1000)

    def may_begin(self, topic: str, partition: int, producer_id: int, epoch: int) -> bool:
        """Whether a producer has an open transaction that this partition was added to. Raises ``LogFault`` where it is fenced."""
        found = self._by_producer.get(producer_id)
        if found is not None and found.epoch != epoch:
            raise LogFault(ErrorCode.INVALID_PRODUCER_EPOCH, f"Producer {producer_id} is at epoch {found.epoch}, and {epoch} wrote")
        return found is not None and found.state is State.ONGOING and (topic, partition) in found.partitions

    # -- beginning

    def new_producer(self) -> tuple[int, int]:
        """An id and epoch for a producer without transactions."""
        return self._take_id(), 0

    def init_producer(self, name: str, timeout_ms: int, expected: tuple[int, int] | None) -> tuple[int, int]:
        """The id and epoch from now on; whoever had the transactional id before is fenced, and its transaction aborted.

        *expected* is what the producer takes itself to be, where it was one before.
        """
        if not name:
            raise TransactionFault(ErrorCode.INVALID_REQUEST)
        if not 0 < timeout_ms <= MAX_TIMEOUT_MS:
            raise TransactionFault(ErrorCode.INVALID_TRANSACTION_TIMEOUT)
        found = self._all.get(name)
        if found is None:
            found = Transaction(name, self._take_id(), timeout=timeout_ms)
        if expected is not None and not found.may_begin_anew(expected):
            raise TransactionFault(ErrorCode.PRODUCER_FENCED)
        if found.state in PREPARING:
            raise TransactionFault(ErrorCode.CONCURRENT_TRANSACTIONS)
        if found.state is State.ONGOING:
            self._fence(found)
            raise TransactionFault(ErrorCode.CONCURRENT_TRANSACTIONS)
        renewed = self._renew(found, timeout_ms, expected)
        return renewed.producer_id, renewed.epoch

    def _renew(self, found: Transaction, timeout_ms: int, expected: tuple[int, int] | None) -> Transaction:
        producer_id, epoch, previous, last = found.producer_id, found.epoch, found.previous_producer_id, found.last_epoch
        if found.is_used_up and (expected is None or expected[1] == epoch):
            producer_id, epoch, previous, last = self._take_id(), 0, producer_id, epoch if expected is not None else NO_EPOCH
        elif expected is None:
            epoch, last = epoch + 1, NO_EPOCH
        elif epoch in (NO_EPOCH, expected[1]):
            epoch, last = epoch + 1, epoch
        elif expected[1] != last:
            raise TransactionFault(ErrorCode.PRODUCER_FENCED)
        changed = Transaction(found.name, producer_id, epoch, previous, last, timeout_ms, State.EMPTY, updated_ms=self.now_ms)
        self._keep(changed)
        self._by_producer.pop(found.producer_id, None)
        self._take_in(changed)
        return changed

    def add(self, name: str, producer: tuple[int, int], partitions: Collection[Partition]) -> None:
        """Let a producer write into *partitions* in its transaction, which begins with the first."""
        found = self._of(name, producer)
        if found.state in PREPARING:
            raise TransactionFault(ErrorCode.CONCURRENT_TRANSACTIONS)
        if found.state is State.ONGOING and found.partitions.issuperset(partitions):
            return
        is_first = found.state is not State.ONGOING
        before = (found.state, found.partitions, found.started_ms)
        found.partitions = set(partitions) | (set() if is_first else found.partitions)
        found.state = State.ONGOING
        if is_first:
            found.started_ms = self.now_ms
        try:
            self._keep(found)
        except TransactionFault:
            found.state, found.partitions, found.started_ms = before
            raise
        if is_first:
            self._set_deadline(found, found.timeout)

    # -- ending

    def end(self, name: str, producer: tuple[int, int], *, commit: bool) -> None:
        """Commit or abort; asked again, it answers as the first time."""
        found = self._of(name, producer)
        if found.state is State.ONGOING:
            self._end(found, commit=commit)
        elif found.state is _PREPARED[commit]:
            raise TransactionFault(ErrorCode.CONCURRENT_TRANSACTIONS)
        elif found.state is not _COMPLETE[commit]:
            raise TransactionFault(ErrorCode.INVALID_TXN_STATE)

    def _fence(self, found: Transaction) -> None:
        """Abort a transaction in an epoch of its own, so that its producer can write no more."""
        epoch, last = found.epoch, found.last_epoch
        found.epoch, found.last_epoch = epoch + 1, NO_EPOCH
        try:
            self._end(found, commit=False)
        except TransactionFault:
            found.epoch, found.last_epoch = epoch, last
            raise

    def _end(self, found: Transaction, *, commit: bool) -> None:
        found.state = _PREPARED[commit]
        try:
            self._keep(found)
        except TransactionFault:
            found.state = State.ONGOING
            raise
        found.stop_deadline()
        self._complete(found)

    def _complete(self, found: Transaction) -> None:
        """Write the markers. From here on it ends, be it after a restart."""
        commit = found.state is State.PREPARE_COMMIT
        found.partitions = self._markers.write_all(found.partitions, (found.producer_id, found.epoch), commit=commit)
        prepared = found.state
        if not found.partitions:
            found.state = _COMPLETE[commit]
            try:
                self._keep(found)
            except TransactionFault:
                found.state = prepared
            else:
                return
        found.deadline = self._after(RETRY_MS, lambda: self._complete(found))

    def _set_deadline(self, found: Transaction, left_ms: int) -> None:
        def expire() -> None:
            logger.info("The transaction of %s is aborted: it has taken more than %d ms", found.name, found.timeout)
            try:
                self._fence(found)
            except TransactionFault as fault:
                logger.warning("The transaction of %s could not be aborted (%s)", found.name, fault)
                self._set_deadline(found, RETRY_MS)

        found.stop_deadline()
        found.deadline = self._after(left_ms, expire)

    # -- keeping

    def _of(self, name: str, producer: tuple[int, int]) -> Transaction:
        if not name:
            raise TransactionFault(ErrorCode.INVALID_REQUEST)
        found = self._all.get(name)
        if found is None:
            raise TransactionFault(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
        found.check(*producer)
        return found

    def _take_id(self) -> int:
        try:
            return self._ids.take()
        except LogFault as fault:
            raise TransactionFault(fault.code) from fault

    def _keep(self, found: Transaction) -> None:
        found.updated_ms = self.now_ms
        try:
            self._topic.append([pair_of(found)], now_ms=found.updated_ms)
        except LogFault as fault:
            logger.warning("A transaction of %s could not be kept (%s)", found.name, fault)
            raise TransactionFault(ErrorCode.COORDINATOR_NOT_AVAILABLE) from fault

    def _take_in(self, found: Transaction) -> None:
        self._all[found.name] = self._by_producer[found.producer_id] = found

    def _after(self, delay_ms: int, action: Callable[[], None]) -> Timer:
        return self._timers.call_at(self._clock.now() + delay_ms / 1000, action)

    def _expire(self) -> None:
        for found in [one for one in self._all.values() if one.state is not State.ONGOING and one.state not in PREPARING]:
            if self.now_ms - found.updated_ms < EXPIRY_MS:
                continue
            try:
                self._topic.append([gone_pair(found.name)], now_ms=self.now_ms)
            except LogFault as fault:
                logger.warning("The transactional id %s could not be forgotten (%s)", found.name, fault)
                break
            del self._all[found.name]
            self._by_producer.pop(found.producer_id, None)
        self._after(EXPIRY_INTERVAL_MS, self._expire)

    def load(self) -> Iterator[None]:
        """Bring back what was kept, little by little: each step is about one record."""
        found: dict[str, Transaction] = {}
        try:
            for kept in self._topic.replay():
                for key, value in kept.pairs:
                    self._take_pair(found, key, value, kept.offset)
                    yield
        except (LogFault, BadRecords) as exc:
            logger.error("Not all transactions could be read back: %s", exc)  # noqa: TRY400 - says all there is to know
        for one in found.values():
            self._take_in(one)
            if one.state in PREPARING:
                self._complete(one)
            elif one.state is State.ONGOING:
                self._set_deadline(one, min(max(one.started_ms + one.timeout - self.now_ms, 0), one.timeout))
            yield
        self._after(EXPIRY_INTERVAL_MS, self._expire)

    def _take_pair(self, found: dict[str, Transaction], key: bytes, value: bytes | None, offset: int) -> None:
        try:
            name = read_name(key)
            if value is None:
                found.pop(name, None)
                return
            found[name] = read(name, value)
            self._ids.above(found[name].producer_id)
        except BadFields as exc:
            logger.warning("A record in %s at offset %d cannot be read: %s", self._topic.name, offset, exc)
