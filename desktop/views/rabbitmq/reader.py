"""Does what the read buttons ask: begins taps, gets and the rest, and says in a notice what a get brought."""

from PySide6.QtCore import QObject, Signal

from desktop.core.formatting import number
from desktop.core.i18n import tr, trn
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.read_options import Asked
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.rabbitmq import ConsumeRequest, GetRequest, Got, StreamRead, TapRequest


class Reader(QObject):
    """The jobs themselves go on in the server, whoever looks."""

    began = Signal()
    """A job was begun or stopped: its figures are worth asking for."""
    got = Signal(object)
    """A `Got`."""

    def __init__(self, service: RabbitService, notices: Notices, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._notices = notices
        self._jobs = Jobs(self)

    def start(self, connection: str, asked: Asked) -> None:
        """Read."""
        self._jobs.start(f"read-{asked.read}", self._read(connection, asked), self._notices.from_exception)

    def start_stopping(self, job_id: str) -> None:
        """Stop a job."""

        async def act() -> None:
            await self._service.stop_job(job_id)
            self.began.emit()

        self._jobs.start(f"stop-{job_id}", act(), self._notices.from_exception)

    def start_turning_tracing_off(self, connection: str, vhost: str) -> None:
        """Let the firehose be silent again."""

        async def act() -> None:
            await self._service.set_tracing(connection, vhost, on=False)
            self._notices.info(tr("The broker's tracing is off: the firehose is silent"))

        self._jobs.start("tracing", act(), self._notices.from_exception)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        await self._jobs.stop()

    async def _read(self, connection: str, asked: Asked) -> None:
        request = asked.request
        match request:
            case GetRequest():
                self._tell(await self._service.get_messages(connection, request), request.queue)
            case ConsumeRequest():
                await self._service.consume(connection, request)
            case StreamRead():
                await self._service.read_stream(connection, request)
            case TapRequest():
                if asked.turn_tracing_on:
                    await self._service.set_tracing(connection, request.vhost, on=True)
                await self._service.tap(connection, request)
        self.began.emit()

    def _tell(self, got: Got, queue: str) -> None:
        if not got.count:
            self._notices.info(tr("“{queue}” is empty: nothing was read", queue=queue))
            return
        self._notices.info(
            trn("{n} message was read from “{queue}”", "{n} messages were read from “{queue}”", got.count, queue=queue),
            tr("{n} wait behind it", n=number(got.left)) if got.left > 0 else "",
        )
        self.got.emit(got)
