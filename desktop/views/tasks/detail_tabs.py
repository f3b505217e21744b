"""What a task was given, gave back and went through: the tabs under its picture."""

from datetime import datetime
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QScrollArea, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from desktop.core.formatting import date_time, duration, number, time_text
from desktop.core.i18n import N_, tr
from desktop.core.tasks_life import is_finished
from desktop.core.tasks_states import state_tone
from desktop.core.tasks_text import Readable
from desktop.views.tasks.result_view import NOTHING, ResultView
from desktop.views.widgets.elided import ElidedLabel
from desktop.views.widgets.labels import caption
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.small_table import SmallColumn, SmallTable
from desktop.views.widgets.text_view import TextView
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.events import Kind
from embedded_server.contracts.tasks import TaskDetail, TaskState, TaskStep

MIN_HEIGHT_PX = 96
"""The pages scroll, so no one of them may push the head out of the window."""
MOST_ARGUMENT_LINES = 12
_KIND_STATES = {
    Kind.TASK_SENT: TaskState.PENDING,
    Kind.TASK_RECEIVED: TaskState.RECEIVED,
    Kind.TASK_STARTED: TaskState.STARTED,
    Kind.TASK_PROGRESS: TaskState.PROGRESS,
    Kind.TASK_SUCCEEDED: TaskState.SUCCESS,
    Kind.TASK_FAILED: TaskState.FAILURE,
    Kind.TASK_RETRIED: TaskState.RETRY,
    Kind.TASK_REVOKED: TaskState.REVOKED,
    Kind.TASK_REJECTED: TaskState.REJECTED,
}


def _step_tone(step: TaskStep) -> str:
    kind = Kind(step.kind) if step.kind in frozenset(Kind) else None
    return state_tone(_KIND_STATES.get(kind, step.state) if kind else step.state)


STEP_COLUMNS = (
    SmallColumn[TaskStep](N_("Time"), 116, lambda step: time_text(step.at), mono=True, tip=lambda step: date_time(step.at)),
    SmallColumn[TaskStep](N_("Event"), 104, lambda step: step.kind.removeprefix("task."), tone=_step_tone, tip=lambda step: step.kind),
    SmallColumn[TaskStep](N_("What it told"), 0, lambda step: step.preview or step.worker, mono=True, tip=lambda step: step.preview),
)


class Tab(StrEnum):
    """The parts of a task that are shown one at a time."""

    RESULT = "result"
    ARGUMENTS = "arguments"
    TRACEBACK = "traceback"
    EVENTS = "events"


class DetailTabs(QWidget):
    """Result, arguments, traceback and events of one task."""

    def __init__(self, *, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task_id = ""
        self._failed = False
        self.result = ResultView(notify=notify)
        self.arguments = ArgumentsTab()
        self.traceback = TextView(tr("Traceback"))
        self.steps: SmallTable[TaskStep] = SmallTable(STEP_COLUMNS, name=tr("Events"))
        titles = (
            (Tab.RESULT, tr("Result")),
            (Tab.ARGUMENTS, tr("Arguments")),
            (Tab.TRACEBACK, tr("Traceback")),
            (Tab.EVENTS, tr("Events")),
        )
        self.choice = Segmented([(tab.value, text) for tab, text in titles], Tab.RESULT, name=tr("Part of the task"))
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)  # may be cut in a small window
        self._pages = QStackedWidget()
        self._pages.setMinimumHeight(MIN_HEIGHT_PX)
        for page in (self.result, self.arguments, self.traceback, self.steps):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.choice, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._pages, 1)
        self.choice.chosen.connect(self._show_page)

    def tab(self) -> Tab:
        """Answer which part is shown."""
        return Tab(self.choice.current())

    def show_tab(self, tab: Tab) -> None:
        """Show a part."""
        self.choice.set_current(tab)
        self._show_page()

    def show_detail(self, detail: TaskDetail, result: Readable) -> None:
        """Show *detail*, its result laid out already."""
        failed = detail.state == TaskState.FAILURE and bool(detail.traceback)
        if (detail.id, failed) != (self._task_id, self._failed):
            self._task_id, self._failed = detail.id, failed
            self._choose_tab()
        self._show_result(detail, result)
        self.arguments.show_detail(detail)
        self._show_traceback(detail)
        self.steps.set_rows(sorted(detail.steps, key=lambda step: (step.at, step.seq)))

    def clear_task(self) -> None:
        """Show nothing: another task is on its way."""
        self.result.show_result(NOTHING)
        self.traceback.set_note("")
        self.traceback.set_text("")
        self.arguments.clear_task()
        self.steps.set_rows([])

    def _choose_tab(self) -> None:
        """Of a task that failed the traceback is wanted first, unless the user reads all tasks' arguments or events."""
        if self.tab() in {Tab.RESULT, Tab.TRACEBACK}:
            self.show_tab(Tab.TRACEBACK if self._failed else Tab.RESULT)

    def _show_page(self) -> None:
        self._pages.setCurrentIndex(list(Tab).index(self.tab()))

    def _show_result(self, detail: TaskDetail, result: Readable) -> None:
        if detail.state == TaskState.FAILURE:
            self.result.show_result(Readable(detail.exception), tr("It failed. This is what it raised:"), "bad")
        elif not is_finished(detail.state):
            self.result.show_result(result, tr("No result yet."))
        elif not detail.result:
            self.result.show_result(NOTHING, tr("It left no result."))
        elif detail.result_from == "event":
            note = tr("As its event carried it: it may be shortened. The result back end does not have it.")
            self.result.show_result(result, note, "warn")
        else:
            self.result.show_result(result)

    def _show_traceback(self, detail: TaskDetail) -> None:
        self.traceback.set_text(detail.traceback)
        self.traceback.set_note(detail.exception if detail.traceback else tr("Nothing was raised."), "bad" if detail.traceback else "dim")

    # -- Qt overrides

    def hasHeightForWidth(self) -> bool:
        """Answer no: a wrapped note in a page that is not even shown would claim the height the head needs."""
        return False


def _moment(iso: str) -> str:
    try:
        return date_time(round(datetime.fromisoformat(iso).timestamp() * 1_000_000_000))
    except ValueError:
        return iso


def _arguments_note(detail: TaskDetail, *, whole: bool, given: bool) -> str:
    if not given:
        return tr("It takes no arguments.") if detail.args or detail.kwargs or whole else tr("Its arguments are not known.")
    return "" if whole else tr("As its events showed them: they may be shortened.")


class ArgumentsTab(QScrollArea):
    """The arguments as they were sent, and where the task came from and went to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = TextView(tr("Arguments"), most_lines=MOST_ARGUMENT_LINES)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(4)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(self._text)
        layout.addLayout(self._form)
        layout.addStretch(1)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        self._facts: dict[str, ElidedLabel] = {}

    def text(self) -> str:
        """Answer the arguments as shown."""
        return self._text.text()

    def fact(self, name: str) -> str:
        """Answer the value beside *name*, empty where it is not shown."""
        return self._facts[name].whole() if name in self._facts else ""

    def clear_task(self) -> None:
        """Show nothing."""
        self._text.set_text("")
        self._text.set_note("")
        self._show_facts([])

    def show_detail(self, detail: TaskDetail) -> None:
        """Show the arguments and the facts that are known."""
        given = (detail.args_json or detail.args, detail.kwargs_json or detail.kwargs)
        parts = [part for part in given if part and part not in {"()", "[]", "{}"}]
        self._text.set_text("\n\n".join(parts))
        self._text.set_note(_arguments_note(detail, whole=bool(detail.args_json), given=bool(parts)), "dim")
        self._show_facts(
            [
                (tr("Queue"), detail.queue),
                (tr("Worker"), detail.worker),
                (tr("Not before"), _moment(detail.eta)),
                (tr("Sent"), date_time(detail.sent_at)),
                (tr("Run time"), duration(detail.runtime_ns) if detail.runtime_ns else ""),
                (tr("Retries"), number(detail.retries) if detail.retries else ""),
                (tr("Root"), detail.root if detail.root != detail.id else ""),
                (tr("Parent"), detail.parent if detail.parent != detail.id else ""),
            ]
        )

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        shown = [(name, value) for name, value in facts if value]
        if [name for name, _ in shown] != list(self._facts):
            while self._form.rowCount():
                self._form.removeRow(0)
            self._facts = {name: ElidedLabel() for name, _ in shown}
            for name, label in self._facts.items():
                self._form.addRow(caption(name), label)
        for name, value in shown:
            self._facts[name].show_text(value, "text")
