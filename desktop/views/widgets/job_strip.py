"""The jobs of a connection that run or have just ended: slim, and nothing at all where there is none."""

import time
from collections.abc import Awaitable, Callable, Container
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.core.formatting import NS_PER_S
from desktop.core.i18n import trn
from desktop.core.jobs_words import left_open
from desktop.core.problems import ServerUnreachable
from desktop.services.notices import Notices
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.job_card import JobCard
from desktop.views.widgets.job_follow import JobAsker
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.jobs import Job, JobKind, JobState

ASK_EVERY_MS: Final = 500
IDLE_EVERY_MS: Final = 2_000
"""While nothing runs; a form that begins a job calls `refresh`."""
SHOWN_AFTER_END_S: Final = 60
MOST_CARDS: Final = 3
MORE_PX: Final = 24
MOST_ENDED: Final = 1
"""The messages need the room: of those that have ended the last one tells enough."""

Resend = Callable[[Job], Awaitable[Job]]


class JobsStrip(QWidget):
    """Cards, the running ones first. A job that failed stays until it is taken off the list."""

    messages_requested = Signal(str)
    """A filter that lists a job's messages."""
    jobs_changed = Signal(object)
    """The list of jobs that run."""

    def __init__(
        self,
        service: JobAsker,
        notices: Notices,
        resend: Resend,
        parent: QWidget | None = None,
        *,
        kinds: Container[JobKind],
        shows: Callable[[Job], bool] = lambda _: True,
    ) -> None:
        """*kinds* are those of the panel: one connection may lead to several brokers.

        *resend* begins a job that sends again what nobody acknowledged of another; *shows* leaves out what the panel shows itself.
        """
        super().__init__(parent)
        self._resend = resend
        self._kinds = kinds
        self._shows = shows
        self._service = service
        self._notices = notices
        self._tasks = Jobs(self)
        self._connection = ""
        self._cards: dict[str, JobCard] = {}
        self._all = False
        self._jobs: list[Job] = []
        self._clock = QTimer(self, interval=IDLE_EVERY_MS)
        self._clock.timeout.connect(self.refresh)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._more = Button("", self._on_more_clicked)
        self._more.hide()
        self._more.setFixedHeight(MORE_PX)
        self._column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def cards(self) -> list[JobCard]:
        """Answer the cards that are shown, in their order."""
        return [self._cards[job.id] for job in self._jobs if job.id in self._cards and not self._cards[job.id].isHidden()]

    def set_connection(self, connection: Connection | None) -> None:
        """Show the jobs of this connection."""
        wanted = connection.id if connection is not None else ""
        if wanted != self._connection:
            self._connection = wanted
            self._tasks.cancel_all()
            self._show([])
            self.refresh()

    def activate(self) -> None:
        """Ask from now on."""
        self._clock.start()
        self.refresh()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks; the jobs go on in the server."""
        self._clock.stop()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        self._clock.stop()
        await self._tasks.stop()

    def refresh(self) -> None:
        """Ask now how far they are."""
        if self._connection and not self._tasks.is_running("jobs"):
            self._tasks.start("jobs", self._load(self._connection), self._on_load_failed)

    async def _load(self, connection: str) -> None:
        self._show(await self._service.jobs(connection))

    def _on_load_failed(self, exc: BaseException) -> None:
        """A server that is away is told by the frame, and what is shown stays."""
        self._clock.setInterval(IDLE_EVERY_MS)
        if not isinstance(exc, ServerUnreachable):
            self._clock.stop()
            self._notices.from_exception(exc)

    def _show(self, jobs: list[Job]) -> None:
        self._jobs = sorted(
            filter(self._is_worth_showing, jobs), key=lambda job: (job.state.is_over, _has_ended_well(job), -job.started_at)
        )
        known = {job.id for job in self._jobs}
        for gone in [job_id for job_id in self._cards if job_id not in known]:
            card = self._cards.pop(gone)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        seen = self._in_sight()
        for place, job in enumerate(self._jobs):
            self._place(job, place, visible=self._all or place < seen)
        rest = len(self._jobs) - seen
        self._more.setVisible(rest > 0 and not self._all)
        self._more.setText(trn("1 more job", "{n} more jobs", max(rest, 0)))
        self.setVisible(bool(self._jobs))
        running = [job for job in jobs if not job.state.is_over]
        self._clock.setInterval(ASK_EVERY_MS if running else IDLE_EVERY_MS)
        self.jobs_changed.emit(running)

    def _is_worth_showing(self, job: Job) -> bool:
        return job.kind in self._kinds and (self._shows(job) or job.state is JobState.FAILED) and _is_worth_showing(job)

    def _in_sight(self) -> int:
        """How many of the first ones have room: those that run or want something of the user, and the last that ended well."""
        wanting = sum(not _has_ended_well(job) for job in self._jobs)
        return min(MOST_CARDS, wanting + MOST_ENDED, len(self._jobs))

    def _place(self, job: Job, place: int, *, visible: bool) -> None:
        card = self._cards.get(job.id)
        if card is None:
            card = self._cards[job.id] = self._make_card()
            self._column.insertWidget(place, card)
        elif self._column.indexOf(card) != place:
            self._column.insertWidget(place, card)
        card.show_job(job)
        card.setVisible(visible)

    def _make_card(self) -> JobCard:
        card = JobCard(self)
        card.stop_requested.connect(self._on_stop_requested)
        card.forget_requested.connect(self._on_forget_requested)
        card.resend_requested.connect(self._on_resend_requested)
        card.messages_requested.connect(self.messages_requested)
        return card

    def _on_more_clicked(self) -> None:
        self._all = True
        self._show(self._jobs)

    def _on_stop_requested(self, job_id: str) -> None:
        async def act() -> None:
            await self._service.stop_job(job_id)
            self.refresh()

        self._tasks.start(f"stop-{job_id}", act(), self._notices.from_exception)

    def _on_forget_requested(self, job_id: str) -> None:
        self._show([job for job in self._jobs if job.id != job_id])
        self._tasks.cancel("jobs")  # its answer would still list it
        self._tasks.start(f"forget-{job_id}", self._service.forget_job(job_id), self._notices.from_exception)

    def _on_resend_requested(self, job: Job) -> None:
        async def act() -> None:
            await self._resend(job)
            self.refresh()

        self._tasks.start(f"resend-{job.id}", act(), self._notices.from_exception)


def _has_ended_well(job: Job) -> bool:
    return job.state.is_over and job.problem is None and not left_open(job)


def _is_worth_showing(job: Job) -> bool:
    if not _has_ended_well(job):
        return True
    return time.time_ns() - job.ended_at < SHOWN_AFTER_END_S * NS_PER_S
