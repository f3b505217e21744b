"""The filter language over records as they come: each as the event that it would be."""

from collections.abc import Sequence
from typing import Final

from embedded_server.contracts.events import Event
from embedded_server.contracts.kafka import RecordStatus
from embedded_server.journal import Sieve
from embedded_server.kafka.records.batches import Batch, RawRecord
from embedded_server.kafka.records.events import RecordEvents

SLICE_RECORDS: Final = 2_000
"""Looked at together."""


def events_of(maker: RecordEvents, partition: int, batch: Batch, records: list[RawRecord], status: RecordStatus) -> list[Event]:
    """Answer the events of some of a batch's records."""
    if not records:
        return []
    return maker.read(partition, Batch(records, batch.next_offset, batch.leader_epoch, batch.append_time, batch.compression), status)


def sifted(
    maker: RecordEvents, sieve: Sieve, partition: int, batch: Batch, records: list[RawRecord], status: RecordStatus
) -> tuple[Sequence[RawRecord], list[Event]]:
    """Answer those of a batch's records that the filter lets through, and their events."""
    kept: list[RawRecord] = []
    found: list[Event] = []
    for first in range(0, len(records), SLICE_RECORDS):
        part = records[first : first + SLICE_RECORDS]
        events = events_of(maker, partition, batch, part, status)
        for record, event, fits in zip(part, events, sieve.matching(events), strict=True):
            if fits:
                kept.append(record)
                found.append(event)
    return kept, found
