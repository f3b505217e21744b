"""Everything that is done with records: produce, bulk, tail, read; each checked first, then done or begun as a job."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from embedded_server.contracts.filling import GeneratedField
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.kafka import (
    BulkProduce,
    Compression,
    ContentForm,
    PartitionFor,
    ProduceOutcome,
    ReadRequest,
    Record,
    RecordTemplate,
)
from embedded_server.core.generate import Source, generated_fields
from embedded_server.core.jobs import Jobs, RunningJob
from embedded_server.core.profiles import Profile, require_writable
from embedded_server.core.templates import Templates
from embedded_server.core.uploads import Uploads
from embedded_server.journal import Journal
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.clients.producer import MAX_RECORD_BYTES
from embedded_server.kafka.problems import PartitionUnknown
from embedded_server.kafka.records.again import record_of
from embedded_server.kafka.records.bulk import BulkPlan
from embedded_server.kafka.records.bulk_job import BulkJob
from embedded_server.kafka.records.events import Previews
from embedded_server.kafka.records.fill import RecordFiller, fill_once, record_from
from embedded_server.kafka.records.murmur import partition_of
from embedded_server.kafka.records.plan import check_reading, partitions_of, spans_of
from embedded_server.kafka.records.prepare import BlockingEncoder, Prepared, Preparer
from embedded_server.kafka.records.problems import (
    NothingToPartition,
    RecordCountInvalid,
    RecordNumberTooLarge,
    RecordRateInvalid,
    RecordUploadTooLarge,
)
from embedded_server.kafka.records.produce import Producing
from embedded_server.kafka.records.reading import TopicReading
from embedded_server.kafka.records.sources import FilledRecords, RecordSource, SameRecord
from embedded_server.kafka.records.unacknowledged import Unacknowledged

MAX_BULK: Final = 100_000_000
TEMPLATES_FILE: Final = "kafka-templates.json"


class Encoding(Protocol):
    """How the user's text becomes the bytes of a key or a value."""

    async def encoder(self, connection: str) -> BlockingEncoder:
        """Answer what writes keys and values for a connection."""


class Records:
    """Records to and from every connection."""

    def __init__(self, journal: Journal, clients: Clients, jobs: Jobs, data_dir: Path, encoding: Encoding, previews: Previews) -> None:
        self._journal = journal
        self._clients = clients
        self._jobs = jobs
        self._encoding = encoding
        self._previews = previews
        self.uploads = Uploads(data_dir / "kafka-uploads", max_bytes=MAX_RECORD_BYTES, too_large=RecordUploadTooLarge)
        self.templates: Templates[RecordTemplate] = Templates(data_dir / TEMPLATES_FILE, _template, too_large=RecordNumberTooLarge)
        self._unacknowledged = Unacknowledged(data_dir / "unacknowledged")
        self._producing = Producing(clients, journal, previews)
        self._fields: list[GeneratedField] = []

    async def start(self) -> None:
        """Forget the files of an earlier run."""
        await self.uploads.start()
        await self._unacknowledged.forget_all()

    async def stop(self) -> None:
        """Forget the files of this one. May be called twice."""
        await self._producing.drop()
        await self.uploads.stop()
        await self._unacknowledged.forget_all()

    async def drop(self, connection: str) -> None:
        """Close what is open to a connection: its settings have changed, or it is gone."""
        await self._producing.drop(connection)

    # -- producing

    async def produce(self, connection: str, record: Record) -> ProduceOutcome:
        """Produce one record. Raises as `Producing.produce` does, and what says which part of it cannot be sent."""
        profile = await self._writable(connection)
        await self._require_partition(connection, record)
        preparer = await self._preparer(connection, record)
        prepared = await asyncio.to_thread(preparer.prepare_blocking, record)
        return await self._producing.produce(profile, prepared, record.compression)

    async def bulk(self, connection: str, request: BulkProduce) -> Job:
        """Begin to produce many. Raises at once for what cannot be sent, such as an unknown field or topic."""
        profile = await self._writable(connection)
        if request.resend_of:
            return await self._resend(profile, request.resend_of)
        if not 0 < request.count <= MAX_BULK:
            raise RecordCountInvalid(count=request.count, most=MAX_BULK)
        if not 0 <= request.rate < float("inf"):
            raise RecordRateInvalid(rate=request.rate)
        record = request.record
        await self._require_partition(connection, record)
        source = await self._source(connection, request)
        return self._start_bulk(profile, BulkPlan(record.topic, request.count, request.rate, record.compression), source)

    async def partition_for(self, connection: str, request: PartitionFor) -> int:
        """Answer which partition a key goes to. Raises `NothingToPartition` for a record without one."""
        if request.key is None:
            raise NothingToPartition
        partitions = await partitions_of(self._clients, connection, request.topic)
        preparer = await self._preparer(connection, Record(request.topic, key=request.key))
        key = await asyncio.to_thread(preparer.key_blocking, request.topic, request.key)
        return partition_of(key or b"", len(partitions))

    async def record(self, connection: str, seq: int) -> Record:
        """Answer a record of the journal as one to produce again. Raises `NotARecord` and `RecordCut`."""
        self._clients.require_connected(connection)
        return await record_of(self._journal, self.uploads, seq)

    def keep_unacknowledged(self, job: str, records: Sequence[Prepared]) -> int:
        """Keep what nobody knows the end of, for `bulk` to send again; answers how many there was room for. Blocks."""
        return self._unacknowledged.keep_blocking(job, records)

    # -- generated fields

    async def generated_fields(self) -> list[GeneratedField]:
        """Answer every field, with an example."""
        if not self._fields:
            self._fields = await asyncio.to_thread(generated_fields)
        return self._fields

    async def fill(self, record: Record) -> Record:
        """Answer *record* with its fields filled once."""
        return await asyncio.to_thread(fill_once, record)

    # -- reading

    async def read(self, connection: str, request: ReadRequest) -> Job:
        """Begin to read a topic, or to tail it. Raises at once for what cannot be read, such as a topic that is not there."""
        check_reading(request.start, request.limit, request.until, request.until_time)
        profile = await self._clients.profile(connection)
        await self._previews.prepare(connection)
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
            follow=request.follow,
        )
        reading = TopicReading(self._clients, self._journal, self._previews, profile, request)

        async def work(job: RunningJob) -> None:
            await reading.run(job, spans, deleted)

        total = -1 if request.follow else sum((span.end or 0) - span.start for span in spans)
        if request.limit and (total < 0 or total > request.limit):
            total = request.limit
        kind = JobKind.TAIL if request.follow else JobKind.READ
        return self.start_job(kind, connection, work, source=request.topic, total=total)

    def start_job(
        self,
        kind: JobKind,
        connection: str,
        work: Callable[[RunningJob], Awaitable[None]],
        *,
        source: str = "",
        target: str = "",
        total: int = -1,
        dry_run: bool = False,
    ) -> Job:
        """Begin a job whose events the journal lists by its id."""
        listed = f"seq:>{self._journal.last_seq} headers.job:{{id}}"
        return self._jobs.start(
            kind, connection, "", work, source=source, target=target, total=total, dry_run=dry_run, filter=listed
        ).snapshot()

    # -- inside

    async def _writable(self, connection: str) -> Profile:
        profile = await self._clients.profile(connection)
        require_writable(profile)
        return profile

    async def _require_partition(self, connection: str, record: Record) -> None:
        """Raise for a topic that is not there: to write to it would create it, with a slip in its name perhaps."""
        partitions = await partitions_of(self._clients, connection, record.topic)
        if record.partition is not None and record.partition not in partitions:
            raise PartitionUnknown(topic=record.topic, partition=record.partition, last=partitions[-1])

    async def _preparer(self, connection: str, record: Record) -> Preparer:
        uploads = {}
        for content in (record.key, record.value):
            if content is not None and content.form is ContentForm.UPLOAD:
                uploads[content.text] = await self.uploads.read(content.text)
        return Preparer(await self._encoding.encoder(connection), uploads)

    async def _source(self, connection: str, request: BulkProduce) -> RecordSource:
        preparer = await self._preparer(connection, request.record)
        if request.generate:
            filler = await asyncio.to_thread(RecordFiller, request.record)
            if not filler.is_constant:
                await asyncio.to_thread(_tried, filler, preparer, request.seed)
                return FilledRecords(filler, Source(request.seed), preparer)
        return SameRecord(await asyncio.to_thread(preparer.prepare_blocking, request.record))

    async def _resend(self, profile: Profile, job: str) -> Job:
        kept = self._unacknowledged.records(job)
        first = await asyncio.to_thread(lambda: self._unacknowledged.records(job).take_blocking(1))
        plan = BulkPlan(first[0].topic if first else "", kept.count, 0.0, Compression.NONE)
        return self._start_bulk(profile, plan, kept, resend_of=job)

    def _start_bulk(self, profile: Profile, plan: BulkPlan, source: RecordSource, *, resend_of: str = "") -> Job:
        bulk = BulkJob(self._clients, self._journal, self._previews, self._unacknowledged, profile)

        async def work(job: RunningJob) -> None:
            await self._previews.prepare(profile.id)
            await bulk.run(job, plan, source)
            if resend_of and not job.stopping.is_set():
                await self._unacknowledged.forget(resend_of)

        return self.start_job(JobKind.PRODUCE, profile.id, work, target=plan.topic, total=plan.total)


def _tried(filler: RecordFiller, preparer: Preparer, seed: int | None) -> None:
    """Fill and write it once, so that what cannot be sent is said at once."""
    source = Source(seed)
    source.next()
    preparer.prepare_blocking(filler.fill(source))


def _template(entry: dict[str, object]) -> RecordTemplate:
    record = entry["record"]
    if not isinstance(record, dict):
        raise TypeError("a record is an object")
    return RecordTemplate(str(entry["name"]), record_from(record))
