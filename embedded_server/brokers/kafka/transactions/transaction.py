"""What is known of a transactional id: its producer, and the transaction under way.

Source: Apache Kafka's TransactionMetadata and TransactionState.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from embedded_server.brokers.clock import Timer
from embedded_server.brokers.kafka.errors import ErrorCode

NO_PRODUCER: Final = -1
NO_EPOCH: Final = -1
LAST_EPOCH: Final = 2**15 - 2
"""The largest number is left for the one who fences."""
NO_TIME: Final = -1

Partition = tuple[str, int]


class State(IntEnum):
    """Where a transaction is; the numbers are those of the log."""

    EMPTY = 0
    ONGOING = 1
    PREPARE_COMMIT = 2
    PREPARE_ABORT = 3
    COMPLETE_COMMIT = 4
    COMPLETE_ABORT = 5
    DEAD = 6
    PREPARE_EPOCH_FENCE = 7

    @property
    def word(self) -> str:
        """As the protocol says it."""
        return self.name.title().replace("_", "")


PREPARING: Final = frozenset({State.PREPARE_COMMIT, State.PREPARE_ABORT})
OVER: Final = frozenset({State.EMPTY, State.COMPLETE_COMMIT, State.COMPLETE_ABORT})


class TransactionFault(Exception):
    """What a coordinator answers instead: the error code."""

    def __init__(self, code: ErrorCode) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(slots=True, eq=False)
class Transaction:
    """One transactional id. Times in ms."""

    name: str
    producer_id: int
    epoch: int = NO_EPOCH
    previous_producer_id: int = NO_PRODUCER
    """The one before, whose epochs were used up."""
    last_epoch: int = NO_EPOCH
    """The epoch before, where its own producer asked for a new one: it may ask again."""
    timeout: int = 0
    state: State = State.EMPTY
    partitions: set[Partition] = field(default_factory=set)
    started_ms: int = NO_TIME
    updated_ms: int = NO_TIME
    deadline: Timer | None = field(default=None, repr=False)

    def stop_deadline(self) -> None:
        """It may take as long as it likes, or is over."""
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    @property
    def is_used_up(self) -> bool:
        """There is no further epoch for this producer id."""
        return self.epoch >= LAST_EPOCH

    def may_begin_anew(self, expected: tuple[int, int]) -> bool:
        """Whether a producer that says who it was (id, epoch) is this one (KIP-360)."""
        producer_id, epoch = expected
        return (
            self.epoch == NO_EPOCH or producer_id == self.producer_id or (producer_id == self.previous_producer_id and epoch >= LAST_EPOCH)
        )

    def check(self, producer_id: int, epoch: int) -> None:
        """Raise ``TransactionFault`` unless it is its producer that speaks."""
        if producer_id != self.producer_id:
            raise TransactionFault(ErrorCode.INVALID_PRODUCER_ID_MAPPING)
        if epoch != self.epoch:
            raise TransactionFault(ErrorCode.PRODUCER_FENCED)
