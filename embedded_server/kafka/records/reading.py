"""Reads a topic into the journal, as a job: a range of it, or a live tail that goes on until it is stopped."""

import asyncio
import contextlib
import time
from typing import Final

from embedded_server.contracts.events import Event, Kind
from embedded_server.contracts.kafka import From, ReadRequest, RecordStatus, subject_of
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.jobs import RunningJob
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal, JournalClosed
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.records.batches import Batch
from embedded_server.kafka.records.events import Previews, RecordEvents
from embedded_server.kafka.records.newest import Newest
from embedded_server.kafka.records.plan import bounds_of
from embedded_server.kafka.records.problems import RecordsDeleted
from embedded_server.kafka.records.reader import Reader, Span

SLICE_EVENTS: Final = 2_000
"""Handed to the journal at once: it has room for many more, but not for a batch that decompression made huge."""
TOLD_LIMIT_S: Final = 1.0


class TopicReading:
    """One reading of a topic under way."""

    def __init__(self, clients: Clients, journal: Journal, previews: Previews, profile: Profile, request: ReadRequest) -> None:
        self._clients = clients
        self._journal = journal
        self._previews = previews
        self._profile = profile
        self._request = request
        self._status = RecordStatus.TAILED if request.follow else RecordStatus.READ
        self._left = request.limit
        self._loop = asyncio.get_running_loop()
        self._deleted = 0

    async def run(self, job: RunningJob, spans: list[Span], deleted: int = 0) -> None:
        """Read until all is read, the limit is reached or the job stops. Raises what trying again does not mend."""
        self._job = job
        self._maker = RecordEvents(job.connection, self._profile.name, self._request.topic, self._previews, job=job.id)
        for name in ("records", "bytes"):
            job.count(name, 0)
        if deleted:
            self._note_deleted(-1, deleted)
        if self._request.start.at is From.NEWEST:
            spans = await self._read_newest(spans)
        await self._read(spans)
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(TOLD_LIMIT_S):
                await self._journal.flush()
        if job.total >= 0 and not job.stopping.is_set():
            job.total = job.done

    async def _read(self, spans: list[Span]) -> None:
        job, request = self._job, self._request
        if job.stopping.is_set() or (request.limit and self._left <= 0):
            return
        reader = Reader(
            self._clients,
            job.connection,
            request.topic,
            spans,
            self._take,
            isolation=request.isolation,
            new_partitions=request.follow and not request.partitions and not request.until,
        )
        reader.on_open = self._on_open
        reader.on_lost = job.waiting
        reader.on_deleted = self._note_deleted
        job.on_stop.append(reader.stop)
        try:
            await reader.run()
        finally:
            job.on_stop.remove(reader.stop)
        job.running()
        self._say_deleted()

    async def _read_newest(self, spans: list[Span]) -> list[Span]:
        """Read the newest that there are, and answer what is to be read after them: nothing, or from here on what comes."""
        job, request = self._job, self._request
        gone_on = {span.partition: span for span in spans if span.partition in request.start.offsets}
        partitions = [span.partition for span in spans if span.partition not in gone_on]
        bounds = await bounds_of(self._clients, job.connection, request.topic, partitions, request.isolation)
        for span in spans:
            if span.end is not None:
                bounds.ends[span.partition] = min(span.end, bounds.ends.get(span.partition, span.end))
        newest = Newest(self._clients, job, request.topic, request.start.count, request.isolation)
        found = await newest.gather(bounds, partitions)
        if newest.left_out:
            job.count("left_out", newest.left_out)
        await asyncio.to_thread(self._take_found, [(one.partition, one.batch, one.record) for one in found])
        rest = [Span(partition, bounds.ends.get(partition, 0)) for partition in partitions] if request.follow else []
        return [*gone_on.values(), *rest]

    def _take_found(self, found: list[tuple[int, Batch, tuple[int, int, bytes | None, bytes | None, object]]]) -> None:
        for partition, batch, record in found:
            one = Batch([record], record[0] + 1, batch.leader_epoch, batch.append_time, batch.compression)  # type: ignore[list-item]  # the record as it was
            if self._take(partition, one) is False:
                return

    # -- on the reader's thread

    def _take(self, partition: int, batch: Batch) -> bool:
        if self._request.limit:
            del batch.records[self._left :]
            self._left -= len(batch.records)
        events = self._maker.read(partition, batch, self._status)
        for first in range(0, len(events), SLICE_EVENTS):
            part = events[first : first + SLICE_EVENTS]
            self._journal.wait_for_room_blocking()
            self._journal.append_many(part)
            size = sum([event.size for event in part])
            with contextlib.suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._note, len(part), size)
        return not (self._request.limit and self._left <= 0)

    # -- on the loop

    def _note(self, records: int, size: int) -> None:
        self._job.advance(records)
        self._job.counts["records"] += records
        self._job.counts["bytes"] += size

    def _on_open(self) -> None:
        self._job.running()
        self._say_deleted()

    def _note_deleted(self, partition: int, count: int) -> None:
        self._deleted += count
        self._job.count("deleted", count)
        if self._job.total >= 0:
            self._job.total = max(self._job.done, self._job.total - count)
        self._say_deleted()
        where = subject_of(self._request.topic, partition) if partition >= 0 else self._request.topic
        self._tell(where, f"{count} records were deleted before they could be read")

    def _say_deleted(self) -> None:
        if self._deleted and not self._job.state.is_over:
            self._job.problem = self._deleted_problem().problem()

    def _deleted_problem(self) -> UserFacingError:
        return RecordsDeleted(count=self._deleted, topic=self._request.topic)

    def _tell(self, subject: str, text: str) -> None:
        self._journal.append(
            Event(
                at=time.time_ns(),
                connection=self._profile.name,
                kind=Kind.SERVER_LIFECYCLE,
                subject=subject,
                key=self._job.id,
                status="gap",
                preview=text,
            )
        )
