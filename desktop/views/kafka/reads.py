"""The bar above the records: the ways of reading the chosen topic, each with its cost, and what runs there."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop.core.formatting import rate, span
from desktop.core.i18n import tr
from desktop.core.jobs_words import elapsed_s, problem_words, state_words
from desktop.core.kafka_reads import BADGES, COSTS, ICONS, TITLES, Read, ReadDraft, prepare_read, read_of, tail_from_now
from desktop.views.kafka.read_card import ReadCard
from desktop.views.widgets.cost_button import CostButton
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import caption
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.jobs import Job

ROOMY_PX: Final = 560
"""With less room the buttons alone tell what runs."""


class ReadsBar(QWidget):
    """It asks; the panel reads. A button whose reading runs stops it."""

    asked = Signal(object)
    """A `ReadRequest`."""
    search_requested = Signal()
    """The line to search with is to be shown, or hidden."""
    stop_requested = Signal(str)
    """The id of a job."""

    def __init__(self) -> None:
        super().__init__()
        self.topic = ""
        self._partitions: int | None = None
        self._jobs: list[Job] = []
        self._draft = ReadDraft()
        self._hint = caption(tr("Choose a topic to read from it."))
        self.buttons = {read: CostButton(tr(TITLES[read]), ICONS[read], BADGES[read], names_itself=True) for read in Read}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for read, button in self.buttons.items():
            button.setObjectName(f"kafka_{read.value}")
            button.setToolTip(tr(COSTS[read]))
            button.clicked.connect(lambda _=False, read=read: self.press(read))
            button.hide()
            row.addWidget(button)
        self.state = StateLabel()
        self.pace = ElidedLabel(is_mono=False)
        row.addWidget(self._hint)
        row.addWidget(self.state)
        row.addWidget(self.pace, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_topic(self, topic: str, partitions: int | None) -> None:
        """Offer what can be read of *topic*; nothing where none is chosen."""
        if topic != self.topic:
            self._draft = ReadDraft()
        self.topic, self._partitions = topic, partitions
        for button in self.buttons.values():
            button.setVisible(bool(topic))
        self._hint.setVisible(not topic)
        self._follow_jobs()

    def set_jobs(self, jobs: Sequence[Job]) -> None:
        """Take the jobs that run now."""
        self._jobs = list(jobs)
        self._follow_jobs()

    def press(self, read: Read) -> ReadCard | None:
        """Stop what runs, or begin: a reading opens its options, a tail begins at once; a search shows its line, or hides it."""
        if not self.topic:
            return None
        job = self._job_of(read)
        if read is Read.SEARCH:
            self.search_requested.emit()
        elif job is not None:
            self.stop_requested.emit(job.id)
        elif read is Read.TAIL:
            request = prepare_read(tail_from_now(ReadDraft(isolation=self._draft.isolation)), self.topic).request
            self.asked.emit(request)
        else:
            return self._open_card()
        return None

    def _open_card(self) -> ReadCard:
        button = self.buttons[Read.READ]
        card = ReadCard(self.topic, self._partitions, self._draft, button)
        card.asked.connect(self.asked)
        card.edited.connect(self._keep)
        card.show_under(button)
        return card

    def _keep(self, draft: ReadDraft) -> None:
        self._draft = draft

    def _job_of(self, read: Read) -> Job | None:
        return next((job for job in self._jobs if self.topic and read_of(job) is read and job.source == self.topic), None)

    def _follow_jobs(self) -> None:
        for read in (Read.READ, Read.TAIL):
            job = self._job_of(read)
            self.buttons[read].set_running(job.done if job is not None else None)
            self.buttons[read].setToolTip(tr("Stop: {read}", read=tr(TITLES[read])) if job is not None else tr(COSTS[read]))
        self._share_room()
        job = self._job_of(Read.TAIL) or self._job_of(Read.READ)
        self.state.setVisible(job is not None and self.width() >= ROOMY_PX)
        self.pace.show_text("", "dim")
        if job is not None:
            self.state.set_state(*state_words(job))
            self.state.setToolTip(problem_words(job))
            self.pace.show_text(f"{rate(job.rate)} · {span(elapsed_s(job))}" if not self.state.isHidden() else "", "dim")

    def _share_room(self) -> None:
        """Where room is short the costs step aside one by one: the tool tips tell them."""
        for button in self.buttons.values():
            button.set_compact(False)
        for read in (Read.SEARCH, Read.TAIL, Read.READ):
            if sum(button.sizeHint().width() + 8 for button in self.buttons.values()) <= self.width():
                return
            self.buttons[read].set_compact(True)

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There may be room for more words now, or not."""
        super().resizeEvent(event)
        self._follow_jobs()
