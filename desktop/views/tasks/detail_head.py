"""The top of a task's detail: what it is, how it stands, and what can be done with it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop.core.formatting import short_id
from desktop.core.i18n import tr
from desktop.core.tasks_life import is_finished
from desktop.core.tasks_states import state_tone, state_word
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.confirm_bar import ConfirmBar
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import caption, title
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.tasks import TaskDetail, TaskState

RUNNING_STATES = frozenset({TaskState.STARTED, TaskState.PROGRESS})


def is_running(state: str) -> bool:
    """Whether a worker is at it: a custom state is one too, since only a running task can set it."""
    return state in RUNNING_STATES or state not in frozenset(TaskState)


class DetailHead(QWidget):
    """Title, state, id, progress and acts of one task."""

    run_again_requested = Signal()
    revoke_requested = Signal()
    terminate_requested = Signal()
    copy_requested = Signal()
    close_requested = Signal()
    trace_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._id = ""
        self._title = title()
        self._title.setMinimumWidth(40)
        self.state = StateLabel()
        self._id_label = ElidedLabel(middle=True)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(6)
        self._progress.setAccessibleName(tr("Progress"))
        self._progress_note = caption()
        self.run_again = Button(tr("Run again\u2026"), self.run_again_requested.emit, icon_name="ph.arrow-clockwise")
        self.run_again.setToolTip(tr("Open the enqueue form with this task's name and arguments"))
        self.revoke = Button(tr("Revoke"), self.revoke_requested.emit, icon_name="ph.prohibit")
        self.revoke.setToolTip(tr("Keep it from running: workers drop it when they come to it"))
        self.terminate = Button(tr("Terminate\u2026"), self._ask_to_terminate, icon_name="ph.x-circle", tone="bad")
        self.terminate.setToolTip(tr("Kill the process that runs it"))
        self.trace = Button(tr("Trace"), self.trace_requested.emit, icon_name="ph.path")
        self.trace.setToolTip(tr("Show every event of this task, and of those it came from and sent"))
        self.copy = IconButton("ph.brackets-curly", tr("Copy as JSON"), self.copy_requested.emit)
        self.confirm = ConfirmBar()
        self.confirm.confirmed.connect(self.terminate_requested)
        self._lay_out()

    @property
    def name(self) -> str:
        """The task's whole name."""
        return self._name

    def show_task(self, task_id: str, name: str, state: str) -> None:
        """Show what a row of the table tells already."""
        if task_id != self._id:
            self.confirm.setVisible(False)
            self.show_progress(-1, "")
        self._id, self._name = task_id, name
        self._id_label.show_text(task_id, "dim")
        self._id_label.setMaximumWidth(self._id_label.natural_width())
        self._title.setToolTip(name)
        self._elide_title()
        self.state.set_state(state_word(state), state_tone(state))
        self.state.setToolTip(state)
        running = is_running(state)
        self.revoke.setVisible(not running and not is_finished(state))
        self.terminate.setVisible(running)
        if not running:
            self.confirm.setVisible(False)

    def show_detail(self, detail: TaskDetail) -> None:
        """Show all that is known."""
        self.show_task(detail.id, detail.name, detail.state)
        live = not is_finished(detail.state)
        self.show_progress(detail.progress if live else -1, detail.progress_note if live else "")

    def show_progress(self, progress: float, note: str) -> None:
        """Show how far it is (0 to 1); below 0 it tells none."""
        shown = progress >= 0
        self._progress.setVisible(shown)
        self._progress_note.setVisible(shown or bool(note))
        self._progress.setValue(round(min(max(progress, 0.0), 1.0) * 1000))
        percent = f"{progress * 100:.0f} %" if shown else ""
        self._progress_note.setText("  \u00b7  ".join(part for part in (percent, note) if part))

    def progress_text(self) -> str:
        """Answer the words beside the progress bar, empty where there is none."""
        return "" if self._progress_note.isHidden() else self._progress_note.text()

    def copy_id(self) -> None:
        """Put the whole id on the clipboard."""
        QGuiApplication.clipboard().setText(self._id)

    def _ask_to_terminate(self) -> None:
        task = tr("{name} {id}", name=self._name, id=short_id(self._id))
        self.confirm.ask(
            tr("Terminate {task}?", task=task),
            tr("The process that runs it is killed. What it has done so far stays done."),
            act=tr("Terminate {name}", name=self._name),
            keep=tr("Let it run"),
        )

    def _elide_title(self) -> None:
        self._title.setText(self._title.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideMiddle, max(self._title.width(), 40)))

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(12)
        first.addWidget(self._title, 1)
        first.addWidget(self.state)
        first.addWidget(IconButton("ph.x", tr("Close (Esc)"), self.close_requested.emit))
        second = QHBoxLayout()
        second.setSpacing(4)
        second.addWidget(self._id_label, 1)
        second.addWidget(IconButton("ph.copy", tr("Copy id"), self.copy_id))
        second.addStretch()
        second.addWidget(self.copy)
        acts = _row(self.run_again, self.trace)
        while_it_lives = _row(self.revoke, self.terminate)  # in a row of their own: all four do not fit beside each other
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self._progress)
        layout.addWidget(self._progress_note)
        layout.addLayout(acts)
        layout.addLayout(while_it_lives)
        layout.addWidget(self.confirm)

    # -- Qt overrides

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the title to its room."""
        super().resizeEvent(event)
        self._elide_title()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
