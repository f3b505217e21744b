"""Begins and stops what the bars ask: reads, tails and searches. The jobs themselves go on in the server, whoever looks."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from desktop.core.kafka_reads import read_listed, search_listed
from desktop.core.problems import problem_of
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.widgets.job_follow import JobFollower
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.kafka import LocalSchema, ReadRequest, SearchRequest


class Reader(QObject):
    """One reading is begun at a time; what runs already goes on."""

    began = Signal()
    """A job was begun or stopped: its figures are worth asking for."""
    result = Signal(object, object)
    """A `Job` whose records are to be shown, and how: `Listed`."""

    def __init__(self, service: KafkaService, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._notices = notices
        self._jobs = Jobs(self)
        self.search = JobFollower(service, notices.from_exception, self)

    def start(self, connection: str, request: ReadRequest, notify: Notify | None = None) -> None:
        """Read."""

        async def act() -> None:
            job = await self._service.read(connection, request)
            self.result.emit(job, read_listed(request, job))
            self.began.emit()

        self._jobs.start("read", act(), notify or self._notices.from_exception)

    def start_search(self, connection: str, request: SearchRequest) -> None:
        """Search."""

        async def act() -> None:
            job = await self._service.search(connection, request)
            self.search.follow(job)
            self.result.emit(job, search_listed(request, job))
            self.began.emit()

        self._jobs.start("search", act(), self._notices.from_exception)

    def start_stopping(self, job_id: str) -> None:
        """Stop a job."""

        async def act() -> None:
            await self._service.stop_job(job_id)
            self.began.emit()

        self._jobs.start(f"stop-{job_id}", act(), self._notices.from_exception)

    def load_schemas(self, take: Callable[[Sequence[LocalSchema]], None]) -> None:
        """Ask for the user's own schemas; without them records are read by the registry's alone."""

        async def act() -> None:
            take(await self._service.local_schemas())

        self._jobs.start("schemas", act(), self._on_schemas_failed)

    def _on_schemas_failed(self, exc: BaseException) -> None:
        if problem_of(exc) is None:
            self._notices.from_exception(exc)

    def forget_opening(self) -> None:
        """Another topic is looked at before the last one was read."""
        self._jobs.cancel("read")

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()
        await self.search.stop()
