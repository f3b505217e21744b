"""Copies records to another topic, on this connection or another: key, value, headers and timestamp as they are, each acknowledged."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.kafka import Compression, CopyRequest, RecordStatus
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.core.jobs import RunningJob
from embedded_server.core.profiles import Profile, require_typed, require_writable
from embedded_server.journal import Journal, JournalClosed, Sieve
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.decoding.service import Decoding
from embedded_server.kafka.held import Held
from embedded_server.kafka.records.batches import Batch, RawRecord
from embedded_server.kafka.records.bulk import BulkPlan, BulkRun, Progress
from embedded_server.kafka.records.events import RecordEvents
from embedded_server.kafka.records.plan import check_reading, partitions_of, spans_of
from embedded_server.kafka.records.prepare import OVERHEAD_BYTES, Prepared, as_they_came
from embedded_server.kafka.records.problems import RecordsDeleted
from embedded_server.kafka.records.reader import Reader, Span
from embedded_server.kafka.records.service import Records
from embedded_server.kafka.sifting import sifted
from embedded_server.kafka.starts import narrowed

AT_ONCE: Final = 1_000
"""Handed over from who reads to who writes."""
LOOK_S: Final = 0.1
TOLD_LIMIT_S: Final = 1.0


class PartitionsDiffer(UserFacingError):
    """There is no partition of the same number to copy into."""

    status = 422
    title = N_("“{topic}” has {there} partitions, and records of partition {partition} are to keep theirs")
    hint = N_("Add partitions to the target, copy fewer, or let each key choose its partition.")


class Copies:
    """Copies between topics."""

    def __init__(self, journal: Journal, clients: Clients, records: Records, decoding: Decoding) -> None:
        self._journal = journal
        self._clients = clients
        self._records = records
        self._decoding = decoding

    async def copy(self, connection: str, request: CopyRequest) -> Job:
        """Begin to copy, or with ``dry_run`` to count; it ends where the topic ends now.

        Raises at once for what cannot be: a wrong filter, a topic that is not there, a target that may not be written.
        """
        check_reading(request.start, request.limit, request.until, request.until_time)
        sieve = Sieve(request.filter)
        to_connection = request.to_connection or connection
        profile = await self._clients.profile(connection)
        target = await self._clients.profile(to_connection)
        if not request.dry_run:
            require_writable(target)
            require_typed(target, request.to_topic, request.typed_name)
        partitions = await partitions_of(
            self._clients, connection, request.topic, request.partitions, (*request.start.offsets, *request.until)
        )
        there = await partitions_of(self._clients, to_connection, request.to_topic)
        if request.keep_partition and partitions[-1] not in there:
            raise PartitionsDiffer(topic=request.to_topic, there=len(there), partition=partitions[-1])
        await self._decoding.prepare(connection)
        await self._decoding.prepare(to_connection)
        spans, deleted = await spans_of(
            self._clients,
            connection,
            request.topic,
            partitions,
            request.start,
            until=request.until,
            until_time=request.until_time,
        )

        async def work(job: RunningJob) -> None:
            run = CopyRun(self._clients, self._journal, self._records, self._decoding, profile, target, request, sieve, job)
            try:
                await run.run(spans, deleted)
            finally:
                sieve.close()

        total = sum((span.end or 0) - span.start for span in spans)
        return self._records.start_job(
            JobKind.COPY, connection, work, source=request.topic, target=request.to_topic, total=total, dry_run=request.dry_run
        )


class CopyRun:
    """One copy under way."""

    def __init__(
        self,
        clients: Clients,
        journal: Journal,
        records: Records,
        decoding: Decoding,
        profile: Profile,
        target: Profile,
        request: CopyRequest,
        sieve: Sieve,
        job: RunningJob,
    ) -> None:
        self._clients = clients
        self._journal = journal
        self._records = records
        self._target = target
        self._request = request
        self._sieve = sieve
        self._job = job
        self._held = Held()
        self._matched = 0
        self._deleted = 0
        self._reading = RecordEvents(profile.id, profile.name, request.topic, decoding, job=job.id)
        self._writing = RecordEvents(target.id, target.name, request.to_topic, decoding, job=job.id)

    async def run(self, spans: list[Span], deleted: int) -> None:
        """Copy all of it, up to as many as were asked for. Raises what trying again does not mend."""
        job = self._job
        job.counts |= {"matched": 0, "bytes": 0}
        if deleted:
            self._note_deleted(-1, deleted)
        spans = await narrowed(self._clients, job, self._request.topic, self._request.start, spans)
        reader = Reader(self._clients, job.connection, self._request.topic, spans, self._take)
        reader.on_open = job.running
        reader.on_lost = job.waiting
        reader.on_deleted = self._note_deleted
        job.on_stop.append(reader.stop)
        telling = spawn(self._tell(reader), name=f"progress of copy {job.id}", notify=_nothing)
        try:
            if self._request.dry_run:
                await reader.run()
            else:
                await self._copy(reader)
        finally:
            job.on_stop.remove(reader.stop)
            await cancel(telling)
            self._look(reader)
        job.running()
        if self._deleted:
            job.problem = RecordsDeleted(count=self._deleted, topic=self._request.topic).problem()
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(TOLD_LIMIT_S):
                await self._journal.flush()

    async def _copy(self, reader: Reader) -> None:
        """Read and write at once; where one of them fails, the other comes to a good end first."""
        bulk = self._bulk()
        self._job.on_stop += [self._held.end, bulk.stop]
        faults: list[BaseException] = []

        async def read() -> None:
            try:
                await reader.run()
            finally:
                self._held.end()

        reading = spawn(read(), name=f"reading of copy {self._job.id}", notify=faults.append)
        try:
            await bulk.run()
        finally:
            self._held.end()
            reader.stop()
            await asyncio.wait([reading])
        if faults:
            raise faults[0]

    def _bulk(self) -> BulkRun:
        job, loop = self._job, asyncio.get_running_loop()
        for status in (RecordStatus.COPIED, RecordStatus.REFUSED, RecordStatus.UNACKNOWLEDGED):
            job.count(status.value, 0)

        def profile() -> Profile:
            return asyncio.run_coroutine_threadsafe(_profile(self._clients, self._target.id), loop).result()

        plan = BulkPlan(self._request.to_topic, 2**62, 0.0, Compression.NONE)
        bulk = BulkRun(self._journal, self._writing, profile, plan, self._held)
        bulk.acknowledged_as = RecordStatus.COPIED
        bulk.on_progress = self._on_progress
        bulk.on_open = job.running
        bulk.on_lost = job.waiting
        bulk.on_refused = self._on_refused
        bulk.keep = lambda records: self._records.keep_unacknowledged(job.id, records)
        return bulk

    # -- on the reader's thread

    def _take(self, partition: int, batch: Batch) -> bool:
        records: Sequence[RawRecord] = batch.records
        if not self._sieve.lets_all_through:
            records, _ = sifted(self._reading, self._sieve, partition, batch, batch.records, RecordStatus.READ)
        limit = self._request.limit
        if limit:
            records = records[: limit - self._matched]
        self._matched += len(records)
        for first in range(0, 0 if self._request.dry_run else len(records), AT_ONCE):
            part = [self._prepared(partition, record) for record in records[first : first + AT_ONCE]]
            if not self._held.put_blocking(part):
                return False
        return not (limit and self._matched >= limit)

    def _prepared(self, partition: int, record: RawRecord) -> Prepared:
        _, timestamp, key, value, headers = record
        return Prepared(
            self._request.to_topic,
            partition if self._request.keep_partition else None,
            timestamp if self._request.keep_timestamp and timestamp >= 0 else None,
            key,
            value,
            as_they_came(headers),
            OVERHEAD_BYTES + len(key or b"") + len(value or b"") + sum(len(name) + len(one or b"") for name, one in headers),
        )

    # -- on the loop

    async def _tell(self, reader: Reader) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            self._look(reader)

    def _look(self, reader: Reader) -> None:
        job, passed = self._job, reader.passed
        job.advance(passed.offsets - job.done)
        job.counts |= {"matched": self._matched, "bytes": passed.bytes}

    def _on_progress(self, progress: Progress) -> None:
        for name, count in progress.counts.items():
            self._job.count(RecordStatus.COPIED.value if name == RecordStatus.ACKNOWLEDGED.value else name, count)

    def _on_refused(self, problem: UserFacingError) -> None:
        if not self._job.state.is_over:
            self._job.problem = problem.problem()

    def _note_deleted(self, _: int, count: int) -> None:
        self._deleted += count
        self._job.count("deleted", count)


async def _profile(clients: Clients, connection: str) -> Profile:
    return await clients.profile(connection)


def _nothing(_: BaseException) -> None: ...
