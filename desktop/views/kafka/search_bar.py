"""The line that searches a whole topic: what to look for, how far it is, what it found, Stop, and on from where it stopped."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from desktop.core.formatting import rate, span
from desktop.core.i18n import tr
from desktop.core.jobs_words import elapsed_s, problem_words, state_words
from desktop.core.kafka_reads import search_words
from desktop.core.kafka_search import SearchRange, prepare_range, range_words
from desktop.views.kafka.search_card import SearchCard
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button, IconButton, PrimaryButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.job_bar import ProgressBar
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.state_label import StateLabel
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.kafka import SearchRequest, Start

TEXT = "text"
FILTER = "filter"


class SearchBar(Card):
    """It asks; the panel searches. Escape hides it, what was found stays."""

    asked = Signal(object)
    """A `SearchRequest`."""
    stop_requested = Signal(str)
    """The id of a job."""
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, margins=(8, 8, 8, 8))
        self.topic = ""
        self.job: Job | None = None
        self._request: SearchRequest | None = None
        self._partitions: int | None = None
        self._range = SearchRange()
        self.line = QLineEdit()
        self.line.setObjectName("kafka_search")
        self.line.setFont(theme().mono_font())
        self.line.setClearButtonEnabled(True)
        self.line.returnPressed.connect(self.start)
        self.way = Segmented([(TEXT, tr("Text")), (FILTER, tr("Filter"))], TEXT, name=tr("How to look"))
        self.way.chosen.connect(lambda _: self._follow())
        self.case = QCheckBox("Aa")
        self.case.setToolTip(tr("Upper and lower case matter"))
        self.case.setAccessibleName(tr("Upper and lower case matter"))
        self.range_button = Button("", self.open_range, icon_name="ph.sliders-horizontal")
        self.range_button.setObjectName("kafka_search_range")
        self.range_button.setToolTip(tr("What is looked at: start, end, partitions, transactions and how many hits"))
        self.go = PrimaryButton(tr("Search"), self.start)
        self.stop_button = Button(tr("Stop"), self.stop_search, icon_name="ph.stop")
        self.on = Button(tr("Search on"), self.search_on, icon_name="ph.play")
        self.on.setToolTip(tr("Go on behind the last record that was looked at"))
        self.close_button = IconButton("ph.x", tr("Close (Esc)"), self.close_bar)
        self.state = StateLabel()
        self.words = caption()
        self.pace = caption()
        self.bar = ProgressBar()
        self.problem = Wrapped(tone="bad")
        self._lay_out()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._show_job(None)
        self._follow()
        self.hide()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.line, 1)
        for widget in (self.go, self.stop_button, self.close_button):
            top.addWidget(widget)
        ways = QHBoxLayout()
        ways.setSpacing(8)
        ways.addWidget(self.way)
        ways.addWidget(self.case)
        ways.addWidget(self.range_button)
        ways.addStretch(1)
        ways.addWidget(self.pace)
        ways.addWidget(self.on)
        self._below = QWidget()
        below = QHBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(8)
        below.addWidget(self.state)
        below.addWidget(self.words, 1)
        self.body.setSpacing(6)
        self.body.addLayout(top)
        self.body.addLayout(ways)
        self.body.addWidget(self.bar)
        self.body.addWidget(self._below)
        self.body.addWidget(self.problem)

    # -- what the panel asks

    def open_bar(self) -> None:
        """Show the line, with the cursor in it."""
        self.show()
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def close_bar(self) -> bool:
        """Hide it; False where it was hidden. A search under way goes on."""
        if self.isHidden():
            return False
        self.hide()
        self.closed.emit()
        return True

    def show_topic(self, topic: str, partitions: int | None = None) -> None:
        """Search another topic, of so many partitions where that is known; what was said of the last one goes."""
        self._partitions = partitions
        if topic != self.topic:
            self.topic = topic
            self._request = None
            self._range = SearchRange()
            self._follow()
            self._show_job(None)
        if not topic:
            self.hide()

    def start(self) -> None:
        """Search for what stands in the line."""
        text = self.line.text().strip() if self.is_filter() else self.line.text()
        if not self.topic or not text.strip():
            self.line.setFocus()
            return
        prepared = prepare_range(self._range, self.topic, self._partitions).request
        if prepared is None:  # it made sense when it was chosen: the topic is another by now
            self.open_range()
            return
        self._ask(
            replace(
                prepared,
                text="" if self.is_filter() else text,
                filter=text if self.is_filter() else "",
                match_case=self.case.isChecked() and not self.is_filter(),
            )
        )

    def open_range(self) -> SearchCard:
        """Offer to choose what is looked at."""
        card = SearchCard(self.topic, self._partitions, self._range, self.range_button)
        card.chosen.connect(self._take_range)
        card.show_under(self.range_button)
        return card

    def search_on(self) -> None:
        """Go on behind the last record that was looked at."""
        if self._request is not None and self.job is not None and self.job.next_offsets:
            offsets = self.job.next_offsets
            start = Start(self._request.start.at, offsets=offsets)
            self._ask(replace(self._request, partitions=sorted(offsets), start=start))

    def stop_search(self) -> None:
        """Look no further."""
        if self.job is not None:
            self.stop_requested.emit(self.job.id)

    def show_job(self, job: Job) -> None:
        """Say how far the search is."""
        self._show_job(job)

    def is_filter(self) -> bool:
        """Whether the line is written in the filter language."""
        return self.way.current() == FILTER

    # -- the inside

    def _take_range(self, draft: SearchRange) -> None:
        self._range = draft
        self._follow()
        self.line.setFocus()

    def _ask(self, request: SearchRequest) -> None:
        self._request = request
        self.asked.emit(request)

    def _show_job(self, job: Job | None) -> None:
        self.job = job
        runs = job is not None and not job.state.is_over
        self._below.setVisible(job is not None)
        self.bar.setVisible(runs)
        self.stop_button.setVisible(runs)
        self.go.setVisible(not runs)
        self.on.setVisible(job is not None and not runs and bool(job.next_offsets))
        self.pace.setVisible(job is not None)
        problem = problem_words(job) if job is not None else ""
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        if job is None:
            return
        self.problem.set_tone("bad" if job.state is JobState.FAILED else "warn")
        self.stop_button.setEnabled(job.state is not JobState.STOPPING)
        self.bar.show_share(job.done, job.total)
        self.state.set_state(*state_words(job))
        self.words.setText(search_words(job))
        pace = [rate(job.rate)] if runs else []
        self.pace.setText(" · ".join([*pace, span(elapsed_s(job))]))

    def _follow(self) -> None:
        words = tr("Filter: size:>10kB body.order.id:42") if self.is_filter() else tr("Text in key, value or headers")
        self.line.setPlaceholderText(words)
        self.line.setAccessibleName(tr("Search the topic"))
        self.case.setVisible(not self.is_filter())
        request = prepare_range(self._range, self.topic, self._partitions).request
        self.range_button.setText(range_words(request) if request is not None else tr("Choose what is looked at"))

    # -- Qt overrides

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape hides the line."""
        if event.key() == Qt.Key.Key_Escape and self.close_bar():
            return
        super().keyPressEvent(event)
