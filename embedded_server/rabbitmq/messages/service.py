"""Everything that is done with messages: publish, bulk, tap, consume, get, stream read; each checked first, then done or begun as a job."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from embedded_server.contracts.filling import GeneratedField
from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.rabbitmq import (
    BodyForm,
    BulkPublish,
    ConsumeRequest,
    GetRequest,
    Got,
    Message,
    MessageStatus,
    PublishOutcome,
    StreamRead,
    TapRequest,
    subject_of,
)
from embedded_server.core.generate import Source, generated_fields
from embedded_server.core.jobs import Jobs, RunningJob
from embedded_server.core.profiles import Profile, require_writable
from embedded_server.core.templates import Templates
from embedded_server.core.uploads import Uploads
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.holdings.known import KnownNames
from embedded_server.rabbitmq.messages.bulk import BulkRun, FilledMessages, KeptMessages, MessageSource, SameMessage
from embedded_server.rabbitmq.messages.consume import check_consume, consume
from embedded_server.rabbitmq.messages.fill import MessageFiller, fill_once
from embedded_server.rabbitmq.messages.firehose import TRACE_EXCHANGE, firehose
from embedded_server.rabbitmq.messages.get import check_get, get
from embedded_server.rabbitmq.messages.prepare import prepare
from embedded_server.rabbitmq.messages.problems import CountInvalid, NothingToTap, NumberTooLarge, RateInvalid, UploadTooLarge
from embedded_server.rabbitmq.messages.publish import Publisher
from embedded_server.rabbitmq.messages.stream import StreamReading, check_stream, offset_of
from embedded_server.rabbitmq.messages.tap import BindingsOf, bindings_for, check_tap, tap
from embedded_server.rabbitmq.messages.templates import template_of
from embedded_server.rabbitmq.messages.unconfirmed import Unconfirmed

MAX_BULK: Final = 100_000_000
MAX_UPLOAD_BYTES: Final = 128 * 1024**2
"""RabbitMQ's own default limit for a message."""
TEMPLATES_FILE: Final = "rabbitmq-templates.json"


class Messages:
    """Messages to and from every connection."""

    def __init__(self, journal: Journal, links: Links, jobs: Jobs, data_dir: Path, *, bindings_of: BindingsOf, known: KnownNames) -> None:
        self._journal = journal
        self._links = links
        self._jobs = jobs
        self._bindings_of = bindings_of
        self._known = known
        self.uploads = Uploads(data_dir / "uploads", max_bytes=MAX_UPLOAD_BYTES, too_large=UploadTooLarge)
        self.templates = Templates(data_dir / TEMPLATES_FILE, template_of, too_large=NumberTooLarge)
        self._unconfirmed = Unconfirmed(data_dir / "unconfirmed")
        self._publisher = Publisher(links, journal, self.uploads)
        self._fields: list[GeneratedField] = []

    async def start(self) -> None:
        """Forget the files of an earlier run."""
        await self.uploads.start()
        await self._unconfirmed.start()

    async def stop(self) -> None:
        """Forget the files of this one. May be called twice."""
        await self.uploads.stop()
        await self._unconfirmed.start()

    # -- publishing

    async def publish(self, connection: str, message: Message) -> PublishOutcome:
        """Publish one message, confirmed. Raises as `Publisher.publish` does."""
        outcome = await self._publisher.publish(connection, message)
        if outcome.status is MessageStatus.CONFIRMED:
            self._note_reached(connection, message)
        return outcome

    async def bulk(self, connection: str, request: BulkPublish) -> Job:
        """Begin to publish many. Raises at once for what cannot be sent, such as an unknown field."""
        profile = await self._writable(connection)
        if request.resend_of:
            return await self._resend(profile, request.resend_of)
        if not 0 < request.count <= MAX_BULK:
            raise CountInvalid(count=request.count, most=MAX_BULK)
        if not 0 <= request.rate < 1e9:
            raise RateInvalid(rate=request.rate)
        source = await self._source(request)
        message = request.message

        async def after(job: RunningJob) -> None:
            if job.counts.get(MessageStatus.CONFIRMED.value) and not request.generate:
                self._note_reached(connection, message)

        return self._start_bulk(
            profile,
            message.vhost,
            source,
            total=request.count,
            rate=request.rate,
            target=subject_of(message.exchange, message.routing_key),
            after=after,
        )

    async def _source(self, request: BulkPublish) -> MessageSource:
        message = request.message
        if request.generate:
            filler = await asyncio.to_thread(MessageFiller, message)
            if not filler.is_constant:
                upload = (await prepare(message, self.uploads)).body if message.form is BodyForm.UPLOAD else None
                return FilledMessages(filler, Source(request.seed), upload)
            message = filler.fill(Source())
        return SameMessage(await prepare(message, self.uploads))

    async def _resend(self, profile: Profile, job_id: str) -> Job:
        first = self._jobs.job(job_id)
        source = KeptMessages(self._unconfirmed.batches(job_id))

        async def after(_: RunningJob) -> None:
            await self._unconfirmed.forget(job_id)

        total = self._unconfirmed.count(job_id)
        return self._start_bulk(profile, first.vhost, source, total=total, rate=0.0, target=first.target, after=after)

    def _start_bulk(
        self,
        profile: Profile,
        vhost: str,
        source: MessageSource,
        *,
        total: int,
        rate: float,
        target: str,
        after: Callable[[RunningJob], Awaitable[None]] | None = None,
    ) -> Job:
        run = BulkRun(self._links, self._journal, self._unconfirmed, profile, vhost)

        async def work(job: RunningJob) -> None:
            await run.run(job, source, rate=rate)
            if after is not None and not job.stopping.is_set():
                await after(job)

        return self._start(JobKind.PUBLISH, profile.id, vhost, work, target=target, total=total)

    # -- reading

    async def tap(self, connection: str, request: TapRequest) -> Job:
        """Begin to copy what passes an exchange or reaches a queue. Raises where that cannot be bound to."""
        profile = await self._links.profile(connection)
        if request.firehose:
            check_tap(request)
            await self._require_exchange(connection, request.vhost, TRACE_EXCHANGE)
            return self._start(
                JobKind.FIREHOSE,
                connection,
                request.vhost,
                lambda job: firehose(self._links, self._journal, profile.name, job, request),
                source=TRACE_EXCHANGE,
            )
        try:
            bindings = await bindings_for(request, connection, self._bindings_of)
        except NothingToTap:
            await self._require_queue(connection, request.vhost, request.queue)
            raise
        if not request.queue:
            await self._require_exchange(connection, request.vhost, request.exchange)
        return self._start(
            JobKind.TAP,
            connection,
            request.vhost,
            lambda job: tap(self._links, self._journal, profile.name, job, request, bindings),
            source=request.queue or request.exchange,
        )

    async def consume(self, connection: str, request: ConsumeRequest) -> Job:
        """Begin to take messages from a queue for good. Raises `NoSuchObject`, and `ConnectionReadOnly`."""
        profile = await self._writable(connection)
        check_consume(request)
        await self._require_queue(connection, request.vhost, request.queue)
        return self._start(
            JobKind.CONSUME,
            connection,
            request.vhost,
            lambda job: consume(self._links, self._journal, profile.name, job, request),
            source=request.queue,
            total=request.limit or -1,
        )

    async def get(self, connection: str, request: GetRequest) -> Got:
        """Read some messages from a queue's head. Raises `NoSuchObject`, and `ConnectionReadOnly`."""
        profile = await self._writable(connection)
        check_get(request)
        async with await self._links.channel(connection, request.vhost, purpose=Purpose.READ) as channel:
            got = await get(channel, self._journal, profile.name, request)
        self._known.note_queue(connection, request.vhost, request.queue)
        return got

    async def read_stream(self, connection: str, request: StreamRead) -> Job:
        """Begin to read a stream. Raises `StreamsNotThere`, `NotAStream`, `OffsetInvalid`."""
        profile = await self._links.profile(connection)
        offset_of(request.offset)
        await check_stream(self._links, profile, request)
        self._known.note_queue(connection, request.vhost, request.queue)

        async def work(job: RunningJob) -> None:
            await StreamReading(self._journal, profile.name, job, request).run(self._links)

        total = request.limit or -1
        return self._start(JobKind.STREAM_READ, connection, request.vhost, work, source=request.queue, total=total)

    # -- generated fields

    async def generated_fields(self) -> list[GeneratedField]:
        """Answer every field, with an example."""
        if not self._fields:
            self._fields = await asyncio.to_thread(generated_fields)
        return self._fields

    async def fill(self, message: Message) -> Message:
        """Answer *message* with its fields filled once, and checked as if it were published."""
        filled = await asyncio.to_thread(fill_once, message)
        if filled.form is not BodyForm.UPLOAD:
            await prepare(filled, self.uploads)
        return filled

    # -- inside

    async def _writable(self, connection: str) -> Profile:
        profile = await self._links.profile(connection)
        require_writable(profile)
        return profile

    async def _require_queue(self, connection: str, vhost: str, queue: str) -> None:
        async with await self._links.channel(connection, vhost, purpose=Purpose.READ) as channel:
            await channel.declare_queue(queue, passive=True)
        self._known.note_queue(connection, vhost, queue)

    async def _require_exchange(self, connection: str, vhost: str, exchange: str) -> None:
        async with await self._links.channel(connection, vhost, purpose=Purpose.READ) as channel:
            await channel.declare_exchange(exchange, passive=True)
        self._known.note_exchange(connection, vhost, exchange)

    def _note_reached(self, connection: str, message: Message) -> None:
        """Remember where a message went: without the management API nobody else can tell of it."""
        if message.exchange:
            self._known.note_exchange(connection, message.vhost, message.exchange)
        elif message.mandatory:
            self._known.note_queue(connection, message.vhost, message.routing_key)

    def _start(
        self,
        kind: JobKind,
        connection: str,
        vhost: str,
        work: Callable[[RunningJob], Awaitable[None]],
        *,
        source: str = "",
        target: str = "",
        total: int = -1,
    ) -> Job:
        listed = f"seq:>{self._journal.last_seq} headers.job:{{id}}"
        return self._jobs.start(kind, connection, vhost, work, source=source, target=target, total=total, filter=listed).snapshot()
