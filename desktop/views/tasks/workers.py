"""The workers sheet: who is online, how busy, and when the others were last heard."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.core.formatting import age, date_time, number
from desktop.core.i18n import N_, tr, trn
from desktop.core.problems import hint_of, problem_of, title_of
from desktop.services.notices import Notices
from desktop.services.tasks import TaskService
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.labels import caption
from desktop.views.widgets.sheet import Sheet
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from embedded_server.contracts.tasks import Worker

WIDTH_PX = 620
REFRESH_INTERVAL_MS = 2000


def _state(worker: Worker) -> str:
    return tr("Online") if worker.online else tr("Offline")


def _name_tip(worker: Worker) -> str:
    ours = tr("Started and supervised by Switchroom") if worker.ours else tr("Started elsewhere")
    return f"{worker.name}\n{ours}\n{worker.software}".strip()


COLUMNS = (
    SmallColumn[Worker](N_("Name"), 0, lambda worker: worker.name, mono=True, tip=_name_tip),
    SmallColumn[Worker](N_("State"), 84, _state, tone=lambda worker: "ok" if worker.online else "wait"),
    SmallColumn[Worker](N_("Active"), 64, lambda worker: number(worker.active) if worker.online else "\u2013", right=True),
    SmallColumn[Worker](N_("Processed"), 84, lambda worker: number(worker.processed), right=True),
    SmallColumn[Worker](N_("Pool"), 84, lambda worker: worker.pool or "\u2013"),
    SmallColumn[Worker](
        N_("Last seen"), 96, lambda worker: age(worker.last_seen_at), right=True, tip=lambda worker: date_time(worker.last_seen_at)
    ),
)


class WorkersSheet(Sheet):
    """Lists every worker, afresh every two seconds while it is open."""

    def __init__(self, host: QWidget, service: TaskService, notices: Notices) -> None:
        super().__init__(host, tr("Workers"), width=WIDTH_PX)
        self._service = service
        self._notices = notices
        self._jobs = Jobs(self)
        self._sentence = caption(tr("Asking the server \u2026"), wrap=True)
        self.table: SmallTable[Worker] = SmallTable(COLUMNS, name=tr("Workers"))
        self.body.addWidget(self._sentence)
        self.body.addWidget(self.table, 1)
        self._clock = QTimer(self)
        self._clock.setInterval(REFRESH_INTERVAL_MS)
        self._clock.timeout.connect(self.start_refresh)
        self.closed.connect(self._clock.stop)

    def sentence(self) -> str:
        """Answer the line above the table."""
        return self._sentence.text()

    def open_workers(self) -> None:
        """Open the sheet and begin to follow the workers."""
        self.open_sheet(self.table)
        self.resume()

    def resume(self) -> None:
        """Follow again, if the sheet is open."""
        if self.is_open():
            self.start_refresh()
            self._clock.start()

    def pause(self) -> None:
        """Ask nothing while nobody looks."""
        self._clock.stop()

    def start_refresh(self) -> None:
        """Ask the server, unless that is under way."""
        if not self._jobs.is_running("workers"):
            self._jobs.start("workers", self._load(), self._on_failed)

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._jobs.stop()

    async def _load(self) -> None:
        workers = sorted(await self._service.workers(), key=lambda worker: (not worker.online, worker.name))
        self.table.set_rows(workers)
        online = sum(worker.online for worker in workers)
        self._sentence.set_tone("dim")
        if not workers:
            self._sentence.setText(tr("No worker has been seen yet. Tasks wait in their queue until one comes."))
        else:
            known = trn("{n} worker known", "{n} workers known", len(workers))
            self._sentence.setText(tr("{known}, {online} online", known=known, online=number(online)))

    def _on_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is None:
            self._notices.from_exception(exc)
            return
        self._sentence.set_tone("bad")
        self._sentence.setText(f"{title_of(problem)}\n{hint_of(problem)}")
