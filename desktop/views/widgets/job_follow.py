"""Follows one job to its end, by asking the server how far it is."""

from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.core.problems import ApiError, NotSignedIn
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.jobs import Job

ASK_EVERY_MS: Final = 250
NOT_FOUND: Final = 404


class JobAsker(Protocol):
    """Whoever can ask the server about jobs."""

    async def jobs(self, connection: str | None = None) -> list[Job]:
        """Answer the jobs, of one connection where asked so, newest first."""
        ...

    async def job(self, job_id: str) -> Job:
        """Answer one job."""
        ...

    async def stop_job(self, job_id: str) -> Job:
        """Stop a job; what it has done stays done."""
        ...

    async def forget_job(self, job_id: str) -> None:
        """Take a job that is over off the list."""
        ...


class JobFollower(QObject):
    """Tells each change of the job that was begun last. The job itself goes on in the server, whoever looks."""

    changed = Signal(object)
    """A `Job`."""
    ended = Signal(object)
    """The `Job`, after its last change."""
    lost = Signal()
    """The server does not know it any longer: it was started anew."""

    def __init__(self, service: JobAsker, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._notify = notify
        self._tasks = Jobs(self)
        self._clock = QTimer(self, interval=ASK_EVERY_MS)
        self._clock.timeout.connect(self._refresh)
        self.job: Job | None = None

    @property
    def is_running(self) -> bool:
        """Whether there is a job that is not over."""
        return self.job is not None and not self.job.state.is_over

    def follow(self, job: Job) -> None:
        """Follow *job* from now on."""
        self._tasks.cancel_all()
        self.job = None
        self._clock.start()
        self._show(job)

    def forget(self) -> None:
        """Follow nothing."""
        self._clock.stop()
        self._tasks.cancel_all()
        self.job = None

    def start_stopping(self) -> None:
        """Ask the server to stop the job."""
        if self.job is not None and self.is_running:
            self._tasks.start("stop", self._stop(self.job.id), self._notify)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._tasks.stop()

    def _refresh(self) -> None:
        if self.job is not None and not self._tasks.is_running("ask"):
            self._tasks.start("ask", self._ask(self.job.id), self._on_failed)

    async def _ask(self, job_id: str) -> None:
        self._show(await self._service.job(job_id))

    async def _stop(self, job_id: str) -> None:
        self._show(await self._service.stop_job(job_id))

    def _show(self, job: Job) -> None:
        if self.job is not None and self.job.state.is_over:
            return  # an answer that was under way when it ended
        self.job = job
        self.changed.emit(job)
        if job.state.is_over:
            self._clock.stop()
            self.ended.emit(job)

    def _on_failed(self, exc: BaseException) -> None:
        """A server that is away, or has trouble, for a moment is asked again; one that has forgotten the job is not."""
        if isinstance(exc, ApiError) and not isinstance(exc, NotSignedIn) and exc.problem.status != NOT_FOUND:
            return
        self._clock.stop()
        if isinstance(exc, ApiError) and exc.problem.status == NOT_FOUND:
            self.forget()
            self.lost.emit()
        else:
            self._notify(exc)
