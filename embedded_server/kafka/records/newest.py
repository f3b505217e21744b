"""The newest records over all partitions of a topic: by their timestamps, and exactly, though offsets may hold no record.

Each partition is read back a little from its end, and further as long as it may still hold one of the newest: where it is compacted, or
written in transactions, a range of offsets has fewer records than it is long.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from embedded_server.contracts.kafka import Isolation
from embedded_server.core.jobs import RunningJob
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.records.batches import Batch, RawRecord
from embedded_server.kafka.records.plan import Bounds
from embedded_server.kafka.records.reader import Reader, Span

LEAST_BACK: Final = 64
FURTHER: Final = 4
MAX_BYTES: Final = 256 * 1024**2
"""Held at once; beyond it the oldest of what was found is left out."""
OVERHEAD_BYTES: Final = 200


class Found(NamedTuple):
    """A record and where it was; ordered by time, and within a partition by offset."""

    at: int
    """Its timestamp, or the greatest before it in its partition: so a partition's order stays."""
    partition: int
    offset: int
    batch: Batch
    record: RawRecord


@dataclass(slots=True)
class _Place:
    """How far back a partition has been read."""

    low: int
    start: int
    oldest: int | None = None
    """The timestamp of the oldest record read."""


class Newest:
    """Gathers the newest *count* records up to where the partitions end now."""

    def __init__(self, clients: Clients, job: RunningJob, topic: str, count: int, isolation: Isolation) -> None:
        self._clients = clients
        self._job = job
        self._topic = topic
        self._count = count
        self._isolation = isolation
        self._found: list[Found] = []
        self._bytes = 0
        self.left_out = 0

    async def gather(self, bounds: Bounds, partitions: Sequence[int]) -> list[Found]:
        """Answer them, the oldest first; fewer where there are fewer. Raises what reading raises."""
        places = {partition: _Place(bounds.starts.get(partition, 0), bounds.ends.get(partition, 0)) for partition in partitions}
        back = min(self._count, max(LEAST_BACK, 2 * -(-self._count // max(1, len(places)))))
        wanted = [partition for partition, place in places.items() if place.start > place.low]
        while wanted and not self._job.stopping.is_set():
            spans = []
            for partition in wanted:
                place = places[partition]
                begin = max(place.low, place.start - back)
                spans.append(Span(partition, begin, place.start))
                place.start = begin
            await self._read(spans, places)
            cut = self._found[0].at if len(self._found) >= self._count else None
            wanted = [partition for partition, place in places.items() if _may_hold_more(place, cut)]
            back *= FURTHER
        return self._found

    async def _read(self, spans: list[Span], places: dict[int, _Place]) -> None:
        fresh: list[Found] = []
        newest_before: dict[int, int] = {}

        def take(partition: int, batch: Batch) -> None:
            at = newest_before.get(partition, -1)
            for record in batch.records:
                at = max(at, record[1])
                fresh.append(Found(at, partition, record[0], batch, record))
                self._bytes += _size(record)
            newest_before[partition] = at
            if self._bytes > MAX_BYTES or len(fresh) > 4 * self._count + 10_000:
                self._keep_newest(fresh)
                fresh.clear()

        reader = Reader(self._clients, self._job.connection, self._topic, spans, take, isolation=self._isolation)
        reader.on_lost = self._job.waiting
        reader.on_open = self._job.running
        self._job.on_stop.append(reader.stop)
        try:
            await reader.run()
        finally:
            self._job.on_stop.remove(reader.stop)
        for found in fresh:
            place = places[found.partition]
            place.oldest = found.at if place.oldest is None else min(place.oldest, found.at)
        self._keep_newest(fresh)

    def _keep_newest(self, fresh: list[Found]) -> None:
        kept = heapq.nlargest(self._count, [*self._found, *fresh], key=_order)
        kept.reverse()
        size = sum(_size(one.record) for one in kept)
        while size > MAX_BYTES and len(kept) > 1:
            size -= _size(kept[0].record)
            del kept[0]
            self.left_out += 1
        self._found, self._bytes = kept, size


def _may_hold_more(place: _Place, cut: int | None) -> bool:
    if place.start <= place.low:
        return False
    return cut is None or place.oldest is None or place.oldest >= cut


def _order(found: Found) -> tuple[int, int, int]:
    return (found.at, found.partition, found.offset)


def _size(record: RawRecord) -> int:
    return len(record[2] or b"") + len(record[3] or b"") + OVERHEAD_BYTES
