"""A search of a topic, as a job: hits become events at once, and the progress tells how much has been looked at."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.events import Event
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.kafka import RecordStatus, SearchRequest, Side
from embedded_server.core.jobs import RunningJob
from embedded_server.journal import Journal, JournalClosed, Sieve
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.decoding.service import Decoding
from embedded_server.kafka.records.batches import Batch
from embedded_server.kafka.records.events import RecordEvents
from embedded_server.kafka.records.plan import check_reading, partitions_of, spans_of
from embedded_server.kafka.records.problems import RecordsDeleted
from embedded_server.kafka.records.reader import Reader, Span
from embedded_server.kafka.records.service import Records
from embedded_server.kafka.search.needle import Needle
from embedded_server.kafka.search.problems import NothingToSearchFor, SearchTextTooLong
from embedded_server.kafka.sifting import events_of, sifted
from embedded_server.kafka.starts import narrowed

MOST_CHARS: Final = 4_096
LOOK_S: Final = 0.1
"""How often the progress is told."""
TOLD_LIMIT_S: Final = 1.0


class Searches:
    """Searches on every connection."""

    def __init__(self, journal: Journal, clients: Clients, records: Records, decoding: Decoding) -> None:
        self._journal = journal
        self._clients = clients
        self._records = records
        self._decoding = decoding

    async def search(self, connection: str, request: SearchRequest) -> Job:
        """Begin to look through a topic. Raises at once for what cannot be: a wrong filter, a topic that is not there."""
        if not request.text and not request.filter.strip():
            raise NothingToSearchFor
        if len(request.text) > MOST_CHARS:
            raise SearchTextTooLong(length=len(request.text), most=MOST_CHARS)
        check_reading(request.start, request.limit, request.until, request.until_time)
        sieve = Sieve(request.filter)
        profile = await self._clients.profile(connection)
        await self._decoding.prepare(connection)
        partitions = await partitions_of(
            self._clients, connection, request.topic, request.partitions, (*request.start.offsets, *request.until)
        )
        spans, deleted = await spans_of(
            self._clients,
            connection,
            request.topic,
            partitions,
            request.start,
            until=request.until,
            until_time=request.until_time,
            isolation=request.isolation,
        )

        async def work(job: RunningJob) -> None:
            maker = RecordEvents(connection, profile.name, request.topic, self._decoding, job=job.id)
            sifting = Sifting(maker, self._needle(connection, request), sieve)
            try:
                await SearchRun(self._clients, self._journal, request, sifting, job).run(spans, deleted)
            finally:
                sieve.close()

        total = sum((span.end or 0) - span.start for span in spans)
        return self._records.start_job(JobKind.SEARCH, connection, work, source=request.topic, total=total)

    def _needle(self, connection: str, request: SearchRequest) -> Needle | None:
        if not request.text:
            return None
        key, value = (self._decoding.side(connection, request.topic, side) for side in (Side.KEY, Side.VALUE))
        return Needle(request.text, key, value, match_case=request.match_case)


@dataclass(frozen=True, slots=True)
class Sifting:
    """What finds hits: the text first, which is quick, then the filter, for which every record becomes an event."""

    maker: RecordEvents
    needle: Needle | None
    sieve: Sieve

    def hits(self, partition: int, batch: Batch) -> list[Event]:
        """Answer the events of a batch's hits."""
        records = batch.records if self.needle is None else self.needle.found(batch.records)
        if self.sieve.lets_all_through:
            return events_of(self.maker, partition, batch, records, RecordStatus.FOUND)
        return sifted(self.maker, self.sieve, partition, batch, records, RecordStatus.FOUND)[1]


class SearchRun:
    """One search under way."""

    def __init__(self, clients: Clients, journal: Journal, request: SearchRequest, sifting: Sifting, job: RunningJob) -> None:
        self._clients = clients
        self._journal = journal
        self._request = request
        self._sifting = sifting
        self._job = job
        self._hits = 0
        self._deleted = 0
        self._cut: tuple[int, int] | None = None
        """Partition and offset at which the limit was reached within a batch."""

    async def run(self, spans: list[Span], deleted: int) -> None:
        """Look through all of it, up to as many hits as were asked for. Raises what trying again does not mend."""
        job, request = self._job, self._request
        job.counts |= {"hits": 0, "bytes": 0}
        spans = await narrowed(self._clients, job, request.topic, request.start, spans, request.isolation)
        reader = Reader(self._clients, job.connection, request.topic, spans, self._take, isolation=request.isolation)
        reader.on_open = job.running
        reader.on_lost = job.waiting
        reader.on_deleted = self._note_deleted
        if deleted:
            self._note_deleted(-1, deleted)
        job.on_stop.append(reader.stop)
        telling = spawn(self._tell(reader), name=f"progress of search {job.id}", notify=_nothing)
        try:
            if not job.stopping.is_set():
                await reader.run()
        finally:
            job.on_stop.remove(reader.stop)
            await cancel(telling)
            self._look(reader)
            job.next_offsets = self._left(reader, spans)
        job.running()
        if self._deleted:
            job.problem = RecordsDeleted(count=self._deleted, topic=request.topic).problem()
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(TOLD_LIMIT_S):
                await self._journal.flush()

    # -- on the reader's thread

    def _take(self, partition: int, batch: Batch) -> bool:
        hits = self._sifting.hits(partition, batch)
        limit = self._request.limit
        if limit and len(hits) > limit - self._hits:
            del hits[limit - self._hits :]
            self._cut = (partition, int(hits[-1].worker) + 1 if hits else batch.records[0][0])
        if hits:
            self._hits += len(hits)
            self._journal.wait_for_room_blocking()
            self._journal.append_many(hits)
        return not (limit and self._hits >= limit)

    # -- on the loop

    async def _tell(self, reader: Reader) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._look(reader)

    def _look(self, reader: Reader) -> None:
        job, passed = self._job, reader.passed
        job.advance(passed.offsets - job.done)
        job.counts |= {"hits": self._hits, "bytes": passed.bytes}

    def _left(self, reader: Reader, spans: list[Span]) -> dict[int, int]:
        """Answer where to go on in the partitions that were not looked through to their end."""
        places = dict(reader.passed.positions)
        if self._cut is not None:
            places[self._cut[0]] = self._cut[1]
        return {span.partition: places[span.partition] for span in spans if span.end is None or places[span.partition] < span.end}

    def _note_deleted(self, _: int, count: int) -> None:
        self._deleted += count
        self._job.count("deleted", count)


def _nothing(_: BaseException) -> None: ...
