"""The body of a message: text, JSON, Base64 or a file, checked as it is typed; what is long is checked in a thread."""

import asyncio
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.formatting import size
from desktop.core.i18n import tr
from desktop.core.json_check import Checked, JsonFault, lay_out
from desktop.core.rabbitmq_draft import MAX_BODY_BYTES, BodyKind, Draft, check_text
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.file_row import FileRow
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.json_editor import JsonEditor
from desktop.views.widgets.segmented import Segmented
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
        kinds = [(BodyKind.TEXT, tr("Text")), (BodyKind.JSON, "JSON"), (BodyKind.BASE64, "Base64"), (BodyKind.FILE, tr("File"))]
        self.kind_choice = Segmented(kinds, BodyKind.JSON, name=tr("Body"))
        self.format = Button(tr("Lay out"), self.lay_out)
        self.format.setToolTip(tr("Put every member on its own line; the values stay as they are written"))
        self.editor = JsonEditor(self._check, name=tr("Body"), placeholder="", lines=9)
        about = tr("At most {limit}; the broker may be set to less.", limit=LIMIT)
        self.file_row = FileRow(tr("File to publish"), about, _too_long, notify)
        self.path = self.file_row.path
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
        column.addWidget(self.file_row)
        self.setFocusProxy(self.editor)
        self.setAcceptDrops(True)
        self.kind_choice.chosen.connect(self._on_kind_chosen)
        self.editor.edited.connect(self._on_edited)
        self.file_row.edited.connect(self.edited)
        self._show_kind()

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
        return self.file_row.file()

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
        return self.file_row.fault() if self.kind() is BodyKind.FILE else self.editor.message()

    def set_body_fault(self, fault: JsonFault) -> None:
        """Show what a check elsewhere has found, and go there."""
        self.editor.set_fault(fault)
        self.editor.go_to_fault()

    def set_file_fault(self, title: str, hint: str) -> None:
        """Say what is wrong with the file until it is another one."""
        self.file_row.set_fault(title, hint)

    def show_progress(self, sent: int, whole: int) -> None:
        """Show how much of the file is on its way; all of it, or nothing, hides the bar."""
        self.file_row.show_progress(sent, whole)

    # -- acts

    def lay_out(self) -> None:
        """Lay the JSON out; in a thread where it is long."""
        if self.editor.text().strip() and self.editor.check_now():
            self._jobs.start("lay-out", self._lay_out(self.editor.text()), self._notify)

    async def _lay_out(self, text: str) -> None:
        laid_out = await asyncio.to_thread(lay_out, text) if self.is_long() else lay_out(text)
        if text == self.editor.text():
            self.editor.set_text(laid_out)

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
        self.file_row.setVisible(kind is BodyKind.FILE)
        self.format.setVisible(kind is BodyKind.JSON)
        self.setFocusProxy(self.path if kind is BodyKind.FILE else self.editor)
        if kind is BodyKind.FILE:
            self.file_row.look()
        else:
            self.editor.check_now()

    # -- Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file."""
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Make it the body."""
        self.kind_choice.choose(BodyKind.FILE)
        self.path.setText(event.mimeData().urls()[0].toLocalFile())


def _too_long(length: int) -> str:
    if length <= MAX_BODY_BYTES:
        return ""
    return tr("{size}: RabbitMQ takes at most {limit} unless it is told otherwise.", size=size(length), limit=LIMIT)
