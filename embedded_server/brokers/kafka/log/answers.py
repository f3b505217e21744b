"""What a partition's log answers."""

from dataclasses import dataclass


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
