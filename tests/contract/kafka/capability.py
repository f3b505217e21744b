"""The capability over one broker, for contract tests: its service, its journal, and what they say."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, Secret
from embedded_server.contracts.events import Row
from embedded_server.contracts.jobs import Job
from embedded_server.core.jobs import Jobs
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal
from embedded_server.kafka.service import KafkaService
from tests.helpers.server import until

CONNECTION = "k"


class Capability:
    """A service with one connection, called ``k``, and with *others* where a test names them."""

    def __init__(self, folder: Path, profile: Callable[[], Profile], others: Mapping[str, Callable[[], Profile]]) -> None:
        self.journal = Journal(folder / "journal.db")
        self.jobs = Jobs()

        async def resolve(id: str) -> Profile:
            return others.get(id, profile)()

        self.service = KafkaService(self.journal, resolve, folder, self.jobs)
        self.records = self.service.records

    async def ended(self, job: Job) -> Job:
        """How a job ended."""
        await self.jobs.job(job.id).ended()
        return self.now(job)

    def now(self, job: Job) -> Job:
        return self.jobs.job(job.id).snapshot()

    async def done(self, job: Job, count: int, limit_s: float = 20) -> Job:
        """The job once it has dealt with so many."""

        async def enough() -> Job | None:
            now = self.now(job)
            assert now.state.value != "failed", now.problem
            return now if now.done >= count else None

        found = await until(enough, limit_s)
        assert found is not None
        return found

    async def rows(self, job: Job) -> list[Row]:
        """The job's events, oldest first."""
        await self.journal.flush()
        return (await self.journal.query(job.filter, limit=1_000_000)).rows

    async def places(self, job: Job) -> list[tuple[str, int]]:
        """Subject and offset of each."""
        return [(row.subject, int(row.worker)) for row in await self.rows(job)]

    async def headers(self, row: Row) -> dict[str, object]:
        stored = await self.journal.read(row.seq)
        assert stored is not None
        found: dict[str, object] = orjson.loads(stored.event.headers)
        return found


def profile_of(bootstrap: str, *, id: str = CONNECTION, read_only: bool = False, password: str = "", **settings: object) -> Profile:
    kafka = KafkaSettings(bootstrap, **settings)  # type: ignore[arg-type]  # as the settings name them
    spec = ConnectionSpec(id, ConnectionKind.KAFKA, kafka=kafka, read_only=read_only)
    return Profile(id, spec, {Secret.PASSWORD: password} if password else {})


@asynccontextmanager
async def capability_over(
    folder: Path, profile: Callable[[], Profile], others: Mapping[str, Callable[[], Profile]] | None = None
) -> AsyncIterator[Capability]:
    """A running service; everything is closed at the end."""
    made = Capability(folder, profile, others or {})
    made.journal.open()
    await made.service.start()
    try:
        yield made
    finally:
        await made.service.stop()
        made.journal.close()
