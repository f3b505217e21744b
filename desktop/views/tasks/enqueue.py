"""The enqueue form: a sheet beside the table that keeps every letter typed until the broker has confirmed the task."""

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.json_check import check_args, check_kwargs
from desktop.core.problems import ServerUnreachable, problem_of, title_of
from desktop.core.tasks_draft import Draft, Entry, EntryFault, prepare
from desktop.services.notices import Notices
from desktop.services.settings import Settings
from desktop.services.tasks import TaskService
from desktop.views.tasks.name_field import NameField
from desktop.views.tasks.when_field import WhenField
from desktop.views.widgets.buttons import PrimaryButton
from desktop.views.widgets.form_sheet import FormSheet, line_field
from desktop.views.widgets.json_editor import JsonEditor
from desktop.views.widgets.labels import caption
from embedded_server.contracts.tasks import Enqueued, EnqueueRequest

KEEP_OPEN_KEY = "tasks/keep_enqueue_open"
UNKNOWN_NAME = "urn:switchroom:problem:unknown-task-name"


class EnqueueSheet(FormSheet):
    """Task, arguments, time, queue and priority. ``Ctrl+Enter`` sends from any field."""

    enqueued = Signal(object)
    """An `Enqueued`: the broker has the task."""

    def __init__(self, host: QWidget, service: TaskService, notices: Notices, settings: Settings) -> None:
        super().__init__(host, tr("Enqueue task"), notices)
        self._service = service
        self._settings = settings
        self._origin = ""
        self._origin_name = ""
        self._shortened = False
        self._make_fields()
        self._lay_out()
        self._connect()
        self.show_draft(service.draft)

    # -- what the panel asks

    def open_form(self, draft: Draft | None = None) -> None:
        """Open the form, with *draft* in place of what stands in it."""
        if draft is not None:
            self.show_draft(draft)
        self.open_sheet(self.name_field.edit if not self.name_field.text() else self.args)
        self.start_loading_names()

    def start_loading_names(self) -> None:
        """Ask anew which tasks there are, unless that is under way."""
        if not self._jobs.is_running("names"):
            self._jobs.start("names", self._load_names(), self._on_names_failed)

    def draft(self) -> Draft:
        """Answer the form exactly as it stands."""
        return Draft(
            name=self.name_field.text(),
            args=self.args.text(),
            kwargs=self.kwargs.text(),
            when=self.when.when(),
            countdown=self.when.countdown.text(),
            eta=self.when.eta.text(),
            queue=self.queue.text(),
            priority=self.priority.currentData(),
            origin=self._origin,
            shortened=self._shortened,
        )

    def show_draft(self, draft: Draft) -> None:
        """Put *draft* into the fields."""
        self._origin, self._origin_name, self._shortened = draft.origin, draft.name, draft.shortened
        self.name_field.set_text(draft.name)
        self.args.set_text(draft.args)
        self.kwargs.set_text(draft.kwargs)
        self.when.countdown.setText(draft.countdown)
        self.when.eta.setText(draft.eta)
        self.when.set_when(draft.when)
        self.queue.setText(draft.queue)
        self.priority.setCurrentIndex(self.priority.findData(draft.priority))
        self._show_origin()
        self.show_failure()
        self._service.draft = self.draft()

    def start_send(self, *, allow_unknown: bool = False) -> None:
        """Check everything; send it if it holds, else go to the first fault. *allow_unknown*: also a name no worker online has."""
        if self.is_sending():
            return
        prepared = prepare(self.draft(), datetime.now().astimezone())
        self.show_failure()
        if prepared.request is None:
            self._show_faults(prepared.faults)
            return
        request = replace(prepared.request, allow_unknown=allow_unknown)
        self._jobs.start("enqueue", self._send(request), self._on_send_failed).add_done_callback(lambda _task: self._show_button())
        self._show_button()

    def is_sending(self) -> bool:
        """Whether a task is on its way to the broker."""
        return self._jobs.is_running("enqueue")

    # -- how it is made

    def _make_fields(self) -> None:
        self.name_field = NameField()
        self.args = JsonEditor(check_args, name=tr("Positional arguments, a JSON array"), placeholder="[2, 3]", lines=4)
        self.kwargs = JsonEditor(check_kwargs, name=tr("Keyword arguments, a JSON object"), placeholder='{"x": 2}', lines=3)
        self.when = WhenField()
        self.queue = line_field(tr("Queue"), tr("The task's own"))
        self.priority = QComboBox()
        self.priority.setAccessibleName(tr("Priority"))
        self.priority.addItem(tr("Default"), None)
        for level in range(9, -1, -1):
            self.priority.addItem(_priority_text(level), level)
        self._origin_note = caption(wrap=True)
        self._keep_open = QCheckBox(tr("Keep open"))
        self._keep_open.setToolTip(tr("Leave this form open after sending, to send again"))
        self._keep_open.setChecked(self._settings.value(KEEP_OPEN_KEY, False))
        self._send_button = PrimaryButton(tr("Enqueue"), self.start_send)

    def _lay_out(self) -> None:
        self.form.addWidget(self._origin_note)
        self._origin_note.setContentsMargins(0, 0, 0, 8)
        for label, widget in (
            (tr("Task"), self.name_field),
            (tr("Arguments"), self.args),
            (tr("Keyword arguments"), self.kwargs),
            (tr("When"), self.when),
        ):
            self.form.addWidget(caption(label))
            self.form.addWidget(widget)
            self.form.addSpacing(8)
        self.form.addLayout(self._routing())
        self.form.addStretch(1)
        self.foot.addWidget(self._send_button)
        self.foot.addWidget(caption("Ctrl+Enter"))
        self.foot.addStretch(1)
        self.foot.addWidget(self._keep_open)

    def _routing(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(12)
        for label, widget in ((tr("Queue"), self.queue), (tr("Priority"), self.priority)):
            column = QVBoxLayout()
            column.setSpacing(4)
            column.addWidget(caption(label))
            column.addWidget(widget)
            row.addLayout(column, 1)
        return row

    def _connect(self) -> None:
        for signal in (self.name_field.edited, self.args.edited, self.kwargs.edited, self.when.edited):
            signal.connect(self._on_edited)
        self.queue.textEdited.connect(self._on_edited)
        self.queue.returnPressed.connect(self.start_send)
        self.priority.activated.connect(self._on_edited)
        self.name_field.example_chosen.connect(self.args.set_text)
        self.name_field.send_anyway_requested.connect(lambda: self.start_send(allow_unknown=True))
        self._keep_open.toggled.connect(lambda on: self._settings.set_value(KEEP_OPEN_KEY, on))
        self.submit_requested.connect(self.start_send)

    # -- what happens

    def _on_edited(self) -> None:
        if self._origin and self.name_field.text() != self._origin_name:
            self._forget_origin()  # another task repeats nothing
        self._service.draft = self.draft()
        self._show_button()

    def _forget_origin(self) -> None:
        self._origin, self._shortened = "", False
        self._show_origin()

    def _show_origin(self) -> None:
        self._origin_note.setVisible(bool(self._origin))
        self._origin_note.set_tone("warn" if self._shortened else "dim")
        repeats = tr("Repeats {id} as a new task.", id=self._origin)
        doubt = tr("Its arguments come from a shortened representation: complete them before you send.")
        self._origin_note.setText(f"{repeats}\n{doubt}" if self._shortened else repeats)

    def _show_button(self) -> None:
        self.name_field.offer_example(not self.args.text().strip())
        name = self.name_field.text().strip()
        busy = self.is_sending()
        fits = len(name) <= 32
        text = tr("Enqueue {name}", name=name) if name and fits else tr("Enqueue")
        self._send_button.setText(tr("Sending …") if busy else text)
        self._send_button.setEnabled(not busy)

    def _show_faults(self, faults: tuple[EntryFault, ...]) -> None:
        places: dict[Entry, NameField | JsonEditor | WhenField] = {
            Entry.NAME: self.name_field,
            Entry.ARGS: self.args,
            Entry.KWARGS: self.kwargs,
            Entry.WHEN: self.when,
        }
        for fault in faults:
            if fault.entry is Entry.NAME:
                self.name_field.set_problem(tr(fault.title), tr(fault.hint))
            elif fault.entry is Entry.WHEN:
                self.when.set_problem(tr(fault.title), tr(fault.hint))
            elif fault.entry is Entry.ARGS:
                self.args.check_now()
            else:
                self.kwargs.check_now()
        places[faults[0].entry].go_to_fault()

    async def _send(self, request: EnqueueRequest) -> None:
        answer: Enqueued = await self._service.enqueue(request)
        self._forget_origin()
        self._service.draft = self.draft()
        if not self._keep_open.isChecked():
            self.close_sheet()
        self.enqueued.emit(answer)

    def _on_send_failed(self, exc: BaseException) -> None:
        problem = problem_of(exc)
        if problem is not None and problem.type == UNKNOWN_NAME:
            self.name_field.refuse_unknown()
            self.name_field.go_to_fault()
        elif problem is not None and isinstance(exc, ServerUnreachable):
            self.show_failure(title_of(problem), tr("It may have been sent all the same: look into the table before you send it again."))
        else:
            self.show_problem(exc, signed_out=tr("You were signed out before this was sent"))

    async def _load_names(self) -> None:
        self.name_field.set_names(await self._service.names())

    def _on_names_failed(self, exc: BaseException) -> None:
        """Completion is a help: without it any name can still be typed, so no notice is due for what the server told."""
        if problem_of(exc) is None:
            self._notices.from_exception(exc)


def _priority_text(level: int) -> str:
    if level == 9:
        return tr("{level}: first", level=level)
    return tr("{level}: last", level=level) if level == 0 else str(level)
