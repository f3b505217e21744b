"""What a task was given, gave back and went through: the tabs under its picture."""

from PySide6.QtWidgets import QFormLayout, QTabWidget, QVBoxLayout, QWidget

from desktop.core.formatting import date_time, duration, number, time_text
from desktop.core.i18n import N_, tr, trn
from desktop.core.tasks_life import is_finished
from desktop.core.tasks_states import state_tone
from desktop.core.tasks_text import Readable
from desktop.views.tasks.small_table import SmallColumn, SmallTable
from desktop.views.tasks.text_view import TextView
from desktop.views.widgets.labels import Label, caption
from embedded_server.contracts.events import Kind
from embedded_server.contracts.tasks import TaskDetail, TaskState, TaskStep

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
    SmallColumn[TaskStep](N_("Time"), 100, lambda step: time_text(step.at), mono=True, tip=lambda step: date_time(step.at)),
    SmallColumn[TaskStep](N_("Event"), 116, lambda step: step.kind.removeprefix("task."), tone=_step_tone, tip=lambda step: step.kind),
    SmallColumn[TaskStep](N_("What it told"), 0, lambda step: step.preview or step.worker, mono=True, tip=lambda step: step.preview),
)


class DetailTabs(QTabWidget):
    """Result, arguments, traceback and events of one task."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._task_id = ""
        self.result = TextView(tr("Result"))
        self.arguments = ArgumentsTab()
        self.traceback = TextView(tr("Traceback"))
        self.steps: SmallTable[TaskStep] = SmallTable(STEP_COLUMNS, name=tr("Events"))
        self.setDocumentMode(True)
        self.addTab(self.result, tr("Result"))
        self.addTab(self.arguments, tr("Arguments"))
        self.addTab(self.traceback, tr("Traceback"))
        self.addTab(self.steps, tr("Events"))

    def show_detail(self, detail: TaskDetail, result: Readable) -> None:
        """Show *detail*, its result laid out already. Another task that failed shows its traceback first."""
        if detail.id != self._task_id:
            self._task_id = detail.id
            self.setCurrentWidget(self.traceback if detail.traceback else self.result)
        self._show_result(detail, result)
        self.arguments.show_detail(detail)
        self._show_traceback(detail)
        self.steps.set_rows(sorted(detail.steps, key=lambda step: (step.at, step.seq)))
        self.setTabToolTip(3, trn("{n} event", "{n} events", len(detail.steps)))

    def clear_task(self) -> None:
        """Show nothing: another task is on its way."""
        for view in (self.result, self.traceback):
            view.set_note("")
            view.set_text("")
        self.arguments.clear_task()
        self.steps.set_rows([])

    def _show_result(self, detail: TaskDetail, result: Readable) -> None:
        if detail.state == TaskState.FAILURE:
            self.result.set_note(tr("It failed. This is what it raised:"), "bad")
            self.result.set_text(detail.exception)
        elif not is_finished(detail.state):
            self.result.set_note(tr("No result yet."))
            self.result.set_text(result.text)
        elif not detail.result:
            self.result.set_note(tr("It left no result."))
            self.result.set_text("")
        else:
            whole = detail.result_from != "event"
            shortened = tr("As its event carried it: it may be shortened. The result back end does not have it.")
            self.result.set_note("" if whole else shortened, "dim" if whole else "warn")
            self.result.set_text(result.text)

    def _show_traceback(self, detail: TaskDetail) -> None:
        self.traceback.set_text(detail.traceback)
        self.traceback.set_note(detail.exception if detail.traceback else tr("Nothing was raised."), "bad" if detail.traceback else "dim")
        self.setTabEnabled(2, True)


class ArgumentsTab(QWidget):
    """The arguments as they were sent, and where the task came from and went to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = TextView(tr("Arguments"))
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text, 1)
        layout.addLayout(self._form)
        self._facts: dict[str, Label] = {}

    def text(self) -> str:
        """Answer the arguments as shown."""
        return self._text.text()

    def fact(self, name: str) -> str:
        """Answer the value beside *name*, empty where it is not shown."""
        return self._facts[name].text() if name in self._facts else ""

    def clear_task(self) -> None:
        """Show nothing."""
        self._text.set_text("")
        self._text.set_note("")
        self._show_facts([])

    def show_detail(self, detail: TaskDetail) -> None:
        """Show the arguments and the facts that are known."""
        parts = [part for part in (detail.args, detail.kwargs) if part and part not in {"()", "[]", "{}"}]
        self._text.set_text("\n\n".join(parts))
        self._text.set_note("" if parts else tr("It takes no arguments."))
        self._show_facts(
            [
                (tr("Queue"), detail.queue),
                (tr("Worker"), detail.worker),
                (tr("Not before"), detail.eta),
                (tr("Sent"), date_time(detail.sent_at)),
                (tr("Run time"), duration(detail.runtime_ns) if detail.runtime_ns else ""),
                (tr("Retries"), number(detail.retries) if detail.retries else ""),
                (tr("Root"), detail.root if detail.root != detail.id else ""),
                (tr("Parent"), detail.parent),
            ]
        )

    def _show_facts(self, facts: list[tuple[str, str]]) -> None:
        shown = [(name, value) for name, value in facts if value]
        if [name for name, _ in shown] != list(self._facts):
            while self._form.rowCount():
                self._form.removeRow(0)
            self._facts = {name: Label(mono=True, selectable=True) for name, _ in shown}
            for name, label in self._facts.items():
                self._form.addRow(caption(name), label)
        for name, value in shown:
            self._facts[name].setText(value)
