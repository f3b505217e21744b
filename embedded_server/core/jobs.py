"""Jobs: work that goes on in the server, tells how far it is, and can be stopped. Whoever starts one gives the coroutine that does it."""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final, TypeVar

from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.jobs import Job, JobKind, JobState
from embedded_server.contracts.problems import N_, ProblemDetails, UserFacingError
from embedded_server.core.meter import RateMeter

T = TypeVar("T")

KEPT_OVER: Final = 100
"""Jobs that are over and still told of."""
STOP_LIMIT_S: Final = 5.0
"""How long a job may take to come to a good end once it is told to stop."""

_logger = logging.getLogger(__name__)


class JobNotFound(UserFacingError):
    """No job has this id."""

    status = 404
    title = N_("There is no job {id}")
    hint = N_(
        "The server keeps the newest {kept} that are over, and none when it ends: what a job had not done by then is not done. "
        "GET /jobs lists those it knows."
    )


class JobStillRuns(UserFacingError):
    """Only what is over can be taken off the list."""

    status = 409
    title = N_("This job still runs")
    hint = N_("Stop it first.")


class JobFault(UserFacingError):
    """Something nobody foresaw ended it."""

    status = 500
    title = N_("The job ended by a fault in Switchroom")
    hint = N_("The server's log has the cause, under the same time.")


class RunningJob:
    """One job, as the coroutine that does its work sees it."""

    def __init__(self, kind: JobKind, connection: str, vhost: str, *, source: str, target: str, total: int, dry_run: bool) -> None:
        self.id = f"j{secrets.token_hex(6)}"  # digits alone would be a number in a filter, which no text equals
        self.kind = kind
        self.connection = connection
        self.vhost = vhost
        self.source = source
        self.target = target
        self.total = total
        self.dry_run = dry_run
        self.state = JobState.STARTING
        self.counts: dict[str, int] = {}
        self.next_offsets: dict[int, int] = {}
        self.filter = ""
        self.problem: ProblemDetails | None = None
        """Why it waits or failed; or what it has to say although it goes on."""
        self.stopping = asyncio.Event()
        """Set once it shall come to a good end."""
        self.on_stop: list[Callable[[], None]] = []
        """Called at that moment."""
        self.ends_by_itself = False
        """Set where what was begun has to be brought to an end that is told exactly: the job is not cancelled, but left to come to it."""
        self.done = 0
        self._started_at = time.time_ns()
        self._ended_at = 0
        self._meter = RateMeter()
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def running(self) -> None:
        """Note that it goes on, where it is not being stopped."""
        if not self.state.is_over and self.state is not JobState.STOPPING:
            self.state = JobState.RUNNING
            self.problem = None

    def waiting(self, problem: UserFacingError | None = None) -> None:
        """Note that it waits for its connection."""
        if not self.state.is_over and self.state is not JobState.STOPPING:
            self.state = JobState.WAITING
            self.problem = problem.problem() if problem is not None else None

    def advance(self, count: int = 1) -> None:
        """Note *count* more messages dealt with."""
        self.done += count
        self._meter.add(count)

    def count(self, name: str, count: int = 1) -> None:
        """Add to one of the summary's counts."""
        self.counts[name] = self.counts.get(name, 0) + count

    def snapshot(self) -> Job:
        """Answer how far it is."""
        return Job(
            id=self.id,
            kind=self.kind,
            connection=self.connection,
            vhost=self.vhost,
            source=self.source,
            target=self.target,
            state=self.state,
            done=self.done,
            total=self.total,
            rate=0.0 if self.state.is_over else self._meter.rate(),
            started_at=self._started_at,
            ended_at=self._ended_at,
            counts=dict(self.counts),
            dry_run=self.dry_run,
            filter=self.filter,
            problem=self.problem,
            next_offsets=dict(self.next_offsets),
        )

    async def unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Answer what *work* answers, or None as soon as the job shall stop. Raises what *work* raises."""
        answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

        def stop() -> None:
            if not answer.done():
                answer.set_result(None)

        def fail(exc: BaseException) -> None:
            if not answer.done():
                answer.set_exception(exc)

        async def run() -> None:
            result = await work
            if not answer.done():
                answer.set_result(result)

        task = spawn(run(), name=f"part of job {self.id}", notify=fail)
        self.on_stop.append(stop)
        if self.stopping.is_set():
            stop()
        try:
            return await answer
        finally:
            self.on_stop.remove(stop)
            await cancel(task)
            work.close()

    async def ended(self) -> None:
        """Wait until it is over."""
        await self._ended.wait()

    async def stop(self, limit_s: float | None = None) -> None:
        """Let it come to a good end within *limit_s*, or else cancel it. May be called twice.

        Without *limit_s*, one that ends by itself may still be ``STOPPING`` after this.
        """
        if self.state.is_over:
            return
        self.state = JobState.STOPPING
        self.stopping.set()
        for callback in tuple(self.on_stop):
            callback()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_LIMIT_S if limit_s is None else limit_s)
            if self.ends_by_itself and limit_s is None:
                return
            await cancel(self._task)
        self._end(JobState.STOPPED)

    def begin(self, work: Awaitable[None]) -> None:
        """Do *work* in the background."""
        self._task = spawn(self._run(work), name=f"job {self.kind.value} {self.id}", notify=self._on_fault)

    async def _run(self, work: Awaitable[None]) -> None:
        try:
            await work
        except UserFacingError as exc:
            self.problem = exc.problem()
            self._end(JobState.FAILED)
        except asyncio.CancelledError:
            self._end(JobState.STOPPED)
            raise
        else:
            self._end(JobState.STOPPED if self.stopping.is_set() else JobState.DONE)

    def _on_fault(self, exc: BaseException) -> None:
        _logger.error("job %s %s failed", self.kind.value, self.id, exc_info=exc)
        self.problem = JobFault().problem()
        self._end(JobState.FAILED)

    def _end(self, state: JobState) -> None:
        if not self.state.is_over:
            self.state = state
            self._ended_at = time.time_ns()
        self._ended.set()


Work = Callable[[RunningJob], Awaitable[None]]


class Jobs:
    """All jobs of the server."""

    def __init__(self) -> None:
        self._jobs: dict[str, RunningJob] = {}

    def start(
        self,
        kind: JobKind,
        connection: str,
        vhost: str,
        work: Work,
        *,
        source: str = "",
        target: str = "",
        total: int = -1,
        dry_run: bool = False,
        filter: str = "",
    ) -> RunningJob:
        """Begin *work*; its `UserFacingError` becomes the job's problem. ``{id}`` in *filter* stands for the job's id."""
        job = RunningJob(kind, connection, vhost, source=source, target=target, total=total, dry_run=dry_run)
        job.filter = filter.replace("{id}", job.id)
        self._jobs[job.id] = job
        self._forget_old()
        job.begin(work(job))
        return job

    def all(self, connection: str = "") -> list[Job]:
        """Answer every job, or those of one connection; the newest first."""
        return [job.snapshot() for job in reversed(self._jobs.values()) if not connection or job.connection == connection]

    def job(self, id: str) -> RunningJob:
        """Answer one. Raises `JobNotFound`."""
        try:
            return self._jobs[id]
        except KeyError:
            raise JobNotFound(id=id[:40], kept=KEPT_OVER) from None

    async def stop(self, id: str) -> Job:
        """Stop one, and answer how it ended; or how far it is, where its end takes longer."""
        job = self.job(id)
        await job.stop()
        return job.snapshot()

    def remove(self, id: str) -> None:
        """Forget one that is over. Raises `JobStillRuns`."""
        if not self.job(id).state.is_over:
            raise JobStillRuns
        del self._jobs[id]

    async def stop_all(self, connection: str = "", *, limit_s: float | None = None) -> None:
        """Stop every job, or those of one connection."""
        jobs = [job for job in self._jobs.values() if not connection or job.connection == connection]
        await asyncio.gather(*(job.stop(limit_s) for job in jobs))

    def _forget_old(self) -> None:
        over = [id_ for id_, job in self._jobs.items() if job.state.is_over]
        for id_ in over[: max(0, len(over) - KEPT_OVER)]:
            del self._jobs[id_]
