"""A form that begins a job in the server: it follows the job, shows it in a card, and forgets it when it was read."""

from abc import abstractmethod

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import tr
from desktop.services.notices import Notices
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.form_sheet import WIDTH_PX
from desktop.views.widgets.job_card import JobCard
from desktop.views.widgets.job_follow import JobAsker, JobFollower
from embedded_server.contracts.jobs import Job


class JobSheet(ConnectionSheet):
    """A subclass lays the `card` out, and says in `_lost_hint` what to do about a job that the server has forgotten."""

    job_started = Signal(object)
    """A `Job` that the form has begun."""

    def __init__(self, host: QWidget, asker: JobAsker, notices: Notices, heading: str, *, width: int = WIDTH_PX) -> None:
        super().__init__(host, notices, heading, width=width)
        self.follower = JobFollower(asker, notices.from_exception, self)
        self.card = JobCard(names_itself=False)
        self.card.hide()
        self.follower.changed.connect(self._on_job_changed)
        self.follower.lost.connect(self._on_job_lost)
        self.card.stop_requested.connect(lambda _: self.follower.start_stopping())
        self.card.forget_requested.connect(lambda _: self._forget_job())

    async def stop(self) -> None:
        """End what is under way here; a job goes on in the server. May be called twice."""
        await self.follower.stop()
        await super().stop()

    def _follow_job(self, job: Job) -> None:
        """Follow what was just begun."""
        self.follower.follow(job)
        self.job_started.emit(job)

    def _on_job_changed(self, job: Job) -> None:
        self.card.show_job(job)
        self.card.show()
        self._show_buttons()

    def _on_job_lost(self) -> None:
        self._forget_job()
        self.show_failure(tr("The server has started anew and no longer knows how far this was"), self._lost_hint())

    @abstractmethod
    def _lost_hint(self) -> str:
        """Say what to do about a job that the server no longer knows."""

    def _forget_job(self) -> None:
        self.follower.forget()
        self.card.hide()
        self._show_buttons()
