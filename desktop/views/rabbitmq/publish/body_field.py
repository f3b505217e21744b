"""The body of a message: text, JSON, Base64 or a file, checked as it is typed; what is long is checked in a thread."""

import asyncio
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.core.json_check import Checked, JsonFault, lay_out
from desktop.core.rabbitmq_draft import MAX_BODY_BYTES, BodyKind, Draft, check_text
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.json_editor import JsonEditor
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify

THREAD_CHARS: Final = 256 * 1024
"""A longer text is not checked on the window's own loop."""
LIMIT: Final = f"{MAX_BODY_BYTES // 1024**2} MiB"


class BodyField(QWidget, Working):
    """What is sent. Each kind keeps its own: text and file stay when another is looked at."""

    edited = Signal()
    kind_chosen = Signal(str)
    """The user took another kind."""

    def __init__(self, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notify = notify
        self._jobs = Jobs(self)
        self._fills = True
        self._file_fault = ""
        kinds = [(BodyKind.TEXT, tr("Text")), (BodyKind.JSON, "JSON"), (BodyKind.BASE64, "Base64"), (BodyKind.FILE, tr("File"))]
        self.kind_choice = Segmented(kinds, BodyKind.JSON, name=tr("Body"))
        self.format = Button(tr("Lay out"), self.lay_out)
        self.format.setToolTip(tr("Put every member on its own line; the values stay as they are written"))
        self.editor = JsonEditor(self._check, name=tr("Body"), placeholder="", lines=9)
        self._make_file_row()
        head = self._head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.kind_choice)
        head.addStretch(1)
        head.addWidget(self.format)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.editor)
        column.addWidget(self._file_box)
        self.setFocusProxy(self.editor)
        self.setAcceptDrops(True)
        self.kind_choice.chosen.connect(self._on_kind_chosen)
        self.editor.edited.connect(self._on_edited)
        self._show_kind()

    def _make_file_row(self) -> None:
        self._file_box = QWidget()
        self.path = line_field(tr("File"), tr("Choose a file, drop one here, or type its path"), mono=True)
        self._browse = Button(tr("Choose …"), self.choose_file, icon_name="ph.folder-open")
        self._file_note = Wrapped()
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.hide()
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(self._browse)
        column = QVBoxLayout(self._file_box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._file_note)
        column.addWidget(self._progress)
        self.path.textChanged.connect(self._on_path_changed)

    def add_tool(self, tool: QWidget) -> None:
        """Put *tool* above the body, where Tab comes to it in its turn."""
        self._head.insertWidget(2, tool)
        QWidget.setTabOrder(self.kind_choice, tool)
        QWidget.setTabOrder(tool, self.format)

    # -- what it holds

    def kind(self) -> BodyKind:
        """Answer what is chosen."""
        return BodyKind(self.kind_choice.current())

    def text(self) -> str:
        """Answer the text as typed."""
        return self.editor.text()

    def file(self) -> str:
        """Answer the file's path as typed."""
        return self.path.text().strip()

    def show_body(self, draft: Draft) -> None:
        """Show a draft's body."""
        self.kind_choice.set_current(draft.kind)
        self._fills = draft.fill
        self.editor.set_text(draft.text)
        self.path.setText(draft.file)
        self._show_kind()

    def set_fills(self, fills: bool) -> None:
        """Take ``{{field}}`` for what will be filled, or for what it is."""
        if fills != self._fills:
            self._fills = fills
            self.editor.check_now()

    def is_long(self) -> bool:
        """Whether its check belongs into a thread."""
        return len(self.text()) > THREAD_CHARS

    def fault(self) -> str:
        """Answer what stands under the body, empty where nothing is wrong."""
        return self._file_fault if self.kind() is BodyKind.FILE else self.editor.message()

    def set_body_fault(self, fault: JsonFault) -> None:
        """Show what a check elsewhere has found, and go there."""
        self.editor.set_fault(fault)
        self.editor.go_to_fault()

    def set_file_fault(self, title: str, hint: str) -> None:
        """Say what is wrong with the file until it is another one."""
        self._file_fault = f"{title}. {hint}"
        self._file_note.set_tone("bad")
        self._file_note.setText(self._file_fault)
        self.path.setFocus()

    def show_progress(self, sent: int, whole: int) -> None:
        """Show how much of the file is on its way; all of it, or nothing, hides the bar."""
        self._progress.setVisible(0 < sent < whole)
        self._progress.setMaximum(max(1, whole // 1024))
        self._progress.setValue(sent // 1024)

    # -- acts

    def lay_out(self) -> None:
        """Lay the JSON out; in a thread where it is long."""
        if self.editor.text().strip() and self.editor.check_now():
            self._jobs.start("lay-out", self._lay_out(self.editor.text()), self._notify)

    async def _lay_out(self, text: str) -> None:
        laid_out = await asyncio.to_thread(lay_out, text) if self.is_long() else lay_out(text)
        if text == self.editor.text():
            self.editor.set_text(laid_out)

    def choose_file(self) -> None:
        """Ask for a file; nothing waits for the answer."""
        dialog = QFileDialog(self.window(), tr("File to publish"), str(Path(self.file()).parent) if self.file() else "")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.finished.connect(dialog.deleteLater)
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()

    # -- what happens

    def _check(self, text: str) -> Checked:
        """Check a short text at once; a long one in a thread, which tells later."""
        draft = Draft(kind=self.kind(), text=text, fill=self._fills)
        if len(text) <= THREAD_CHARS:
            self._jobs.cancel("check")
            return Checked(fault=check_text(draft))
        self._jobs.start("check", self._check_long(draft), self._notify)
        return Checked()

    async def _check_long(self, draft: Draft) -> None:
        self.editor.set_fault(await asyncio.to_thread(check_text, draft))

    def _on_kind_chosen(self, kind: str) -> None:
        self._show_kind()
        self.kind_chosen.emit(kind)

    def _on_edited(self) -> None:
        self.edited.emit()

    def _show_kind(self) -> None:
        kind = self.kind()
        self.editor.setVisible(kind is not BodyKind.FILE)
        self._file_box.setVisible(kind is BodyKind.FILE)
        self.format.setVisible(kind is BodyKind.JSON)
        self.setFocusProxy(self.path if kind is BodyKind.FILE else self.editor)
        if kind is BodyKind.FILE:
            self._show_file()
        else:
            self.editor.check_now()

    def _on_path_changed(self) -> None:
        self._show_file()
        self.edited.emit()

    def _show_file(self) -> None:
        self._file_fault = ""
        self._file_note.set_tone("dim")
        self._file_note.setText(tr("At most {limit}; the broker may be set to less.", limit=LIMIT))
        if self.file() and self.kind() is BodyKind.FILE:
            self._jobs.start("size", self._look_at_file(self.file()), self._notify)

    async def _look_at_file(self, path: str) -> None:
        try:
            _, length = await asyncio.to_thread(measured, path)
        except OSError:
            self._say(tr("There is no file at this path."), "warn")
            return
        if length > MAX_BODY_BYTES:
            too_long = tr("{size}: RabbitMQ takes at most {limit} unless it is told otherwise.", size=size(length), limit=LIMIT)
            self._say(too_long, "warn")
        else:
            self._say(size(length), "dim")

    def _say(self, text: str, tone: str) -> None:
        """Say something of the file without calling it wrong."""
        self._file_note.set_tone(tone)
        self._file_note.setText(text)

    # -- Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file."""
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Make it the body."""
        self.kind_choice.choose(BodyKind.FILE)
        self.path.setText(event.mimeData().urls()[0].toLocalFile())


def measured(path: str) -> tuple[Path, int]:
    """Answer a file and how long it is; raises OSError where there is none that can be read. Meant for a thread."""
    found = Path(path).expanduser()
    with found.open("rb") as file:
        return found, file.seek(0, 2)
