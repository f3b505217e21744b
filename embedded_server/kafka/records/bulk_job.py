"""A bulk produce as a job: what it tells while it goes on, and what is kept to be sent again."""

import asyncio
import contextlib
from typing import Final

from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import RecordStatus
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.jobs import RunningJob
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal, JournalClosed
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.records.bulk import BulkPlan, BulkRun, Progress
from embedded_server.kafka.records.events import Previews, RecordEvents
from embedded_server.kafka.records.sources import RecordSource
from embedded_server.kafka.records.unacknowledged import Unacknowledged

TOLD_LIMIT_S: Final = 1.0


class BulkJob:
    """One bulk produce."""

    def __init__(self, clients: Clients, journal: Journal, previews: Previews, unacknowledged: Unacknowledged, profile: Profile) -> None:
        self._clients = clients
        self._journal = journal
        self._previews = previews
        self._unacknowledged = unacknowledged
        self._profile = profile
        self._refused: UserFacingError | None = None

    async def run(self, job: RunningJob, plan: BulkPlan, source: RecordSource) -> None:
        """Produce until all has an answer, or the job stops. Raises why it had to end early."""
        self._job = job
        for status in (RecordStatus.ACKNOWLEDGED, RecordStatus.REFUSED, RecordStatus.UNACKNOWLEDGED):
            job.count(status.value, 0)
        loop = asyncio.get_running_loop()

        def profile() -> Profile:
            return asyncio.run_coroutine_threadsafe(_profile(self._clients, self._profile.id), loop).result()

        maker = RecordEvents(self._profile.id, self._profile.name, plan.topic, self._previews, job=job.id)
        bulk = BulkRun(self._journal, maker, profile, plan, source)
        bulk.on_progress = self._on_progress
        bulk.on_open = self._on_open
        bulk.on_lost = job.waiting
        bulk.on_refused = self._on_refused
        bulk.keep = lambda records: self._unacknowledged.keep_blocking(job.id, records)
        job.on_stop.append(bulk.stop)
        job.ends_by_itself = True  # what it has sent and what is kept of it must not be told before it is known
        if job.stopping.is_set():
            bulk.stop()
        try:
            await bulk.run()
        finally:
            job.on_stop.remove(bulk.stop)
            await self._tell()
        self._on_open()

    async def _tell(self) -> None:
        """Let the events be there before the job is done; a journal that cannot write holds its end back for a moment alone."""
        with contextlib.suppress(TimeoutError, JournalClosed):
            async with asyncio.timeout(TOLD_LIMIT_S):
                await self._journal.flush()

    def _on_progress(self, progress: Progress) -> None:
        self._job.advance(progress.done)
        for name, count in progress.counts.items():
            if count or name in self._job.counts:
                self._job.count(name, count)

    def _on_open(self) -> None:
        if self._job.state is not JobState.RUNNING or self._refused is None:
            self._job.running()
        if self._refused is not None and not self._job.state.is_over:
            self._job.problem = self._refused.problem()

    def _on_refused(self, problem: UserFacingError) -> None:
        self._refused = problem
        if not self._job.state.is_over:
            self._job.problem = problem.problem()


async def _profile(clients: Clients, connection: str) -> Profile:
    return await clients.profile(connection)
