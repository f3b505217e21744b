"""One job in little room: what it does, how far it is, Stop, and at its end what came of it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop.core.i18n import tr
from desktop.core.jobs_words import problem_words, progress_words, resend_words, state_words, summary_words, what_words, worth_resending
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.card import Card
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.job_bar import ProgressBar
from desktop.views.widgets.labels import caption
from desktop.views.widgets.state_label import StateLabel
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.jobs import Job, JobState


class JobCard(Card):
    """Shows a `Job`; what the user wants of it is asked for by signals."""

    stop_requested = Signal(str)
    """A job's id."""
    forget_requested = Signal(str)
    """The id of a job that is over and has been read."""
    resend_requested = Signal(object)
    """A `Job` whose unconfirmed messages are to be sent again."""
    messages_requested = Signal(str)
    """A filter that lists its messages."""

    def __init__(self, parent: QWidget | None = None, *, names_itself: bool = True) -> None:
        """*names_itself*: says what the job does and leads to its messages; the form that began it needs neither."""
        super().__init__(parent, fill="raised", margins=(12, 6, 8, 6))
        self._names_itself = names_itself
        self.body.setSpacing(4)
        self.job: Job | None = None
        self._what = ElidedLabel(tone="text", is_mono=False, middle=True)
        self._state = StateLabel()
        self._progress = caption()
        self._progress.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.show_messages = IconButton("ph.list-bullets", tr("Show its messages"), self._on_messages_clicked)
        self.stop_button = Button(tr("Stop"), self._on_stop_clicked, icon_name="ph.stop")
        self.forget = IconButton("ph.x", tr("Take it off the list"), self._on_forget_clicked)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._state)
        head.addWidget(self._what, 1)
        head.addWidget(self._progress)
        for button in (self.show_messages, self.stop_button, self.forget):
            head.addWidget(button)
        self.bar = ProgressBar()
        self._summary = Wrapped()
        self._problem = Wrapped(tone="bad")
        self.resend = Button("", self._on_resend_clicked, icon_name="ph.arrow-clockwise")
        self.body.addLayout(head)
        self.body.addWidget(self.bar)
        self.body.addWidget(self._summary)
        self.body.addWidget(self._problem)
        self.body.addWidget(self.resend, 0, Qt.AlignmentFlag.AlignLeft)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self.stop_button)

    def summary(self) -> str:
        """Answer what came of it, as shown."""
        return self._summary.text()

    def problem(self) -> str:
        """Answer why it failed or waits, as shown."""
        return self._problem.text()

    def progress(self) -> str:
        """Answer how far it is, as shown."""
        return self._progress.text()

    def show_job(self, job: Job) -> None:
        """Show how far *job* is."""
        self.job = job
        over = job.state.is_over
        self._what.show_text(what_words(job) if self._names_itself else "", "text")
        self._state.set_state(*state_words(job))
        self._progress.setText(progress_words(job))
        self.bar.setVisible(not over and job.total > 0)
        self.bar.show_share(job.done, job.total)
        summary = summary_words(job)
        self._summary.setText(summary)
        self._summary.setVisible(bool(summary))
        problem = problem_words(job)
        self._problem.set_tone("bad" if job.state is JobState.FAILED else "warn")
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.stop_button.setVisible(not over)
        self.stop_button.setEnabled(job.state is not JobState.STOPPING)
        self.forget.setVisible(over)
        self.show_messages.setVisible(self._names_itself and bool(job.filter) and not job.dry_run)
        self.resend.setVisible(bool(worth_resending(job)))
        self.resend.setText(resend_words(job))

    def _on_stop_clicked(self) -> None:
        if self.job is not None:
            self.stop_button.setEnabled(False)
            self.stop_requested.emit(self.job.id)

    def _on_forget_clicked(self) -> None:
        if self.job is not None:
            self.forget_requested.emit(self.job.id)

    def _on_resend_clicked(self) -> None:
        if self.job is not None:
            self.resend.hide()
            self.resend_requested.emit(self.job)

    def _on_messages_clicked(self) -> None:
        if self.job is not None:
            self.messages_requested.emit(self.job.filter)
