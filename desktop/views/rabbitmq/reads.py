"""The bar above the messages: the ways of reading at the chosen place, each with its cost, and what runs there."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_reads import BADGES, CHANGING, ICONS, TITLES, Read, cost_of_read, read_of, reads_of
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.rabbitmq.read_options import ReadOptions
from desktop.views.widgets.cost_button import CostButton
from desktop.views.widgets.labels import caption
from embedded_server.contracts.jobs import Job


class ReadsBar(QWidget):
    """Buttons that open their options. It asks; the panel reads."""

    asked = Signal(object)
    """An `Asked`."""
    stop_requested = Signal(str)
    """The id of a job."""

    def __init__(self) -> None:
        super().__init__()
        self.spot: Spot | None = None
        self._value: object = None
        self._why_not = ""
        self._jobs: list[Job] = []
        self._hint = caption()
        self.buttons = {read: CostButton(tr(TITLES[read]), ICONS[read], BADGES[read]) for read in Read}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for read in (Read.STREAM, Read.TAP, Read.GET, Read.CONSUME, Read.FIREHOSE):
            button = self.buttons[read]
            button.clicked.connect(lambda _=False, read=read: self.press(read))
            button.setObjectName(f"read_{read.value}")
            button.hide()
            row.addWidget(button)
        row.addWidget(self._hint)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_spot(self, spot: Spot | None, value: object, why_not: str) -> None:
        """Offer what can be read at *spot*; *why_not* says why nothing may be taken."""
        self.spot, self._value, self._why_not = spot, value, why_not
        offered = reads_of(spot, value)
        for read, button in self.buttons.items():
            button.setVisible(read in offered)
            refused = why_not if read in CHANGING else ""
            button.setEnabled(not refused)
            button.setToolTip(refused or cost_of_read(read, value).sentence)
        self._hint.setText(self._hint_of(spot))
        self._hint.setVisible(not offered and bool(self._hint.text()))
        self._follow_jobs()

    def set_jobs(self, jobs: Sequence[Job]) -> None:
        """Take the jobs that run now."""
        self._jobs = list(jobs)
        self._follow_jobs()

    def press(self, read: Read) -> ReadOptions | None:
        """Stop what runs, or open the options of a read."""
        button = self.buttons[read]
        if button.isHidden() or not button.isEnabled() or self.spot is None:
            return None
        job = self._job_of(read)
        if job is not None:
            self.stop_requested.emit(job.id)
            return None
        options = ReadOptions(read, self.spot, self._value, button, read_only=bool(self._why_not))
        options.asked.connect(self.asked)
        options.show_under(button)
        return options

    def _job_of(self, read: Read) -> Job | None:
        spot = self.spot
        if spot is None:
            return None
        return next(
            (
                job
                for job in self._jobs
                if read_of(job) is read and job.vhost == spot.vhost and (read is Read.FIREHOSE or job.source == spot.name)
            ),
            None,
        )

    def _follow_jobs(self) -> None:
        for read, button in self.buttons.items():
            job = self._job_of(read)
            button.set_running(job.done if job is not None else None)

    @staticmethod
    def _hint_of(spot: Spot | None) -> str:
        if spot is None:
            return ""
        if spot.place is Place.EXCHANGE:
            return tr("The default exchange cannot be tapped: nothing can be bound to it. Tap the queue, or use the firehose.")
        return tr("Choose a queue or an exchange to read from it.")
