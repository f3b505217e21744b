"""Everything that is done with records: produce, bulk, tail, read; each checked first, then done or begun as a job."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from embedded_server.contracts.jobs import Job, JobKind
from embedded_server.contracts.kafka import Content, ReadRequest, Side
from embedded_server.core.jobs import Jobs, RunningJob
from embedded_server.journal import Journal
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.records.events import Previews
from embedded_server.kafka.records.plan import check_reading, partitions_of, spans_of
from embedded_server.kafka.records.reading import TopicReading


class Encoding(Protocol):
    """How the user's text becomes the bytes of a key or a value."""

    async def encode(self, connection: str, topic: str, side: Side, content: Content) -> bytes:
        """Answer the bytes. Raises what says where the text does not fit."""


class Records:
    """Records to and from every connection."""

    def __init__(self, journal: Journal, clients: Clients, jobs: Jobs, data_dir: Path, encoding: Encoding, previews: Previews) -> None:
        self._journal = journal
        self._clients = clients
        self._jobs = jobs
        self._data_dir = data_dir
        self._encoding = encoding
        self._previews = previews

    async def start(self) -> None:
        """Forget the files of an earlier run."""

    async def stop(self) -> None:
        """Forget the files of this one. May be called twice."""

    async def drop(self, connection: str) -> None:
        """Close what is open to a connection: its settings have changed, or it is gone."""

    # -- reading

    async def read(self, connection: str, request: ReadRequest) -> Job:
        """Begin to read a topic, or to tail it. Raises at once for what cannot be read, such as a topic that is not there."""
        check_reading(request.start, request.limit)
        profile = await self._clients.profile(connection)
        await self._previews.prepare(connection)
        partitions = await partitions_of(self._clients, connection, request.topic, request.partitions)
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
    ) -> Job:
        """Begin a job whose events the journal lists by its id."""
        listed = f"seq:>{self._journal.last_seq} headers.job:{{id}}"
        return self._jobs.start(kind, connection, "", work, source=source, target=target, total=total, filter=listed).snapshot()
