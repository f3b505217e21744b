"""A record's key or value: null or empty, text, JSON, a number, bytes, a file, or JSON written with a schema; checked as it is typed."""

import asyncio
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.formatting import size
from desktop.core.i18n import N_, tr
from desktop.core.json_check import Checked, JsonFault, lay_out
from desktop.core.kafka_content import AS_JSON, WITH_SCHEMA, ContentDraft, Kind, check_content
from desktop.core.kafka_draft import MAX_VALUE_BYTES
from desktop.services.kafka import KafkaService
from desktop.views.kafka.produce.schema_row import SchemaRow
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.file_row import FileRow
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.jobs import Jobs, Working
from desktop.views.widgets.json_editor import JsonEditor
from desktop.views.widgets.labels import caption
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.kafka import Side

THREAD_CHARS: Final = 256 * 1024
"""A longer text is not checked on the window's own loop."""
KIND_PX: Final = 128
KIND_WORDS: Final = {
    Kind.NULL: "null",
    Kind.TEXT: N_("Text"),
    Kind.JSON: "JSON",
    Kind.NUMBER: N_("Number, 64 bits"),
    Kind.BASE64: "Base64",
    Kind.FILE: N_("File"),
    Kind.MSGPACK: "MessagePack",
    Kind.AVRO: "Avro",
    Kind.JSON_SCHEMA: "JSON Schema",
    Kind.PROTOBUF: "Protobuf",
    Kind.KEPT: N_("As it was"),
}


class ContentField(QWidget, Working):
    """One side of a record. Each kind keeps its own: text and file stay when another is looked at."""

    edited = Signal()
    schemas_requested = Signal()
    """The user wants to see or add schemas."""

    def __init__(self, side: Side, service: KafkaService, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._service = service
        self._notify = notify
        self._jobs = Jobs(self)
        self._fills = True
        self._kept = ""
        self._given = ("", "")
        """A text as it was given, and as the editor shows it: line ends and the like come out as they went in, unless it was touched."""
        self._make_fields(tr("Key") if side is Side.KEY else tr("Value"))
        self._lay_out()
        self._connect()
        self._show_kind()

    # -- what it holds

    def kind(self) -> Kind:
        """Answer what is chosen."""
        return Kind(self.kind_choice.currentData())

    def choose_kind(self, kind: Kind) -> None:
        """Choose as the user does."""
        self._set_kind(kind)
        self._on_kind_chosen()

    def text(self) -> str:
        """Answer the text as typed, or as it was given while nobody touched it."""
        given, shown = self._given
        now = self.editor.text()
        return given if now == shown else now

    def draft(self) -> ContentDraft:
        """Answer the field exactly as it stands."""
        return ContentDraft(self.kind(), self.text(), self.file_row.file(), self._kept, *self.schema.chosen())

    def show_draft(self, draft: ContentDraft, *, fills: bool) -> None:
        """Show a draft's side."""
        self._fills = fills
        self._kept = draft.kept
        self._set_kind(draft.kind)
        self.editor.set_text(draft.text)
        self._given = (draft.text, self.editor.text())
        self.file_row.set_file(draft.file)
        self.schema.show_draft(draft)
        self._show_kind()

    def set_fills(self, *, fills: bool) -> None:
        """Take ``{{field}}`` for what will be filled, or for what it is."""
        if fills != self._fills:
            self._fills = fills
            self.editor.check_now()

    def is_long(self) -> bool:
        """Whether its check belongs into a thread."""
        return self.kind() not in {Kind.NULL, Kind.FILE, Kind.KEPT} and len(self.text()) > THREAD_CHARS

    def fault(self) -> str:
        """Answer what stands under the field, empty where nothing is wrong."""
        return self._fault.text() or (self.file_row.fault() if self.kind() is Kind.FILE else self.editor.message())

    def show_fault(self, fault: Fault | None) -> None:
        """Say what is missing beside the text; nothing clears it."""
        self._fault.setText(f"{tr(fault.title)}. {tr(fault.hint)}" if fault else "")
        self._fault.setVisible(fault is not None)

    def show_refusal(self, words: str) -> None:
        """Say what the server found wrong with it, and go there; it goes with the next letter."""
        self._fault.setText(words)
        self._fault.show()
        self._focus().setFocus()

    def show_text_fault(self, fault: JsonFault) -> None:
        """Show what a check elsewhere has found, and go there."""
        self.editor.set_fault(fault)
        self.editor.go_to_fault()

    def go_to_fault(self) -> None:
        """Put the cursor where something is missing."""
        self._focus().setFocus()

    def add_tool(self, tool: QWidget) -> None:
        """Put *tool* above the text, where Tab comes to it in its turn."""
        self._head.insertWidget(self._head.count() - 1, tool)
        QWidget.setTabOrder(self.kind_choice, tool)
        QWidget.setTabOrder(tool, self.format)

    # -- how it is made

    def _make_fields(self, name: str) -> None:
        self._name = caption(name)
        self.kind_choice = QComboBox()
        self.kind_choice.setAccessibleName(tr("What the {side} is", side=name.lower() if name.isascii() else name))
        for kind in Kind:
            if kind is not Kind.KEPT:
                self.kind_choice.addItem(tr(KIND_WORDS[kind]), kind)
        self.kind_choice.setMinimumWidth(KIND_PX)
        self.format = Button(tr("Lay out"), self.lay_out)
        self.format.setToolTip(tr("Put every member on its own line; the values stay as they are written"))
        self.null_line = line_field(name, tr("null · type to write a text instead"), mono=True)
        self.null_line.setAccessibleName(f"{name}: null")
        lines = 2 if self._side is Side.KEY else 7
        self.editor = JsonEditor(self._check, name=name, placeholder="", lines=lines)
        self.schema = SchemaRow(self._service)
        self.note = Wrapped()
        self._fault = Wrapped(tone="bad")
        self._fault.hide()
        title = tr("File for the key") if self._side is Side.KEY else tr("File for the value")
        about = tr("At most {limit}; topics and brokers are mostly set to about 1 MB.", limit=size(MAX_VALUE_BYTES))
        self.file_row = FileRow(title, about, _too_long, self._notify)

    def _lay_out(self) -> None:
        self._head = QHBoxLayout()
        self._head.setSpacing(8)
        self._head.addWidget(self._name)
        self._head.addWidget(self.kind_choice)
        self._head.addStretch(1)
        self._head.addWidget(self.format)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._head)
        for widget in (self.null_line, self.schema, self.editor, self.file_row, self._fault, self.note):
            column.addWidget(widget)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        self.kind_choice.activated.connect(self._on_kind_chosen)
        self.null_line.textEdited.connect(self._on_typed_over_null)
        self.editor.edited.connect(self._on_edited)
        self.file_row.edited.connect(self._on_edited)
        self.schema.edited.connect(self._on_edited)
        self.schema.schemas_requested.connect(self.schemas_requested)

    # -- what happens

    def lay_out(self) -> None:
        """Lay the JSON out; in a thread where it is long."""
        if self.editor.text().strip() and self.editor.check_now():
            self._jobs.start("lay-out", self._lay_out_text(self.editor.text()), self._notify)

    async def _lay_out_text(self, text: str) -> None:
        laid_out = await asyncio.to_thread(lay_out, text) if self.is_long() else lay_out(text)
        if text == self.editor.text():
            self.editor.set_text(laid_out)

    def _check(self, text: str) -> Checked:
        """Check a short text at once; a long one in a thread, which tells later."""
        if self.kind() in {Kind.NULL, Kind.FILE, Kind.KEPT} or (self.kind() is Kind.JSON and not text.strip()):
            return Checked()
        draft = ContentDraft(self.kind(), text)
        if len(text) <= THREAD_CHARS:
            self._jobs.cancel("check")
            return Checked(fault=check_content(draft, fill=self._fills) if text.strip() else None)
        self._jobs.start("check", self._check_long(draft, fill=self._fills), self._notify)
        return Checked()

    async def _check_long(self, draft: ContentDraft, *, fill: bool) -> None:
        self.editor.set_fault(await asyncio.to_thread(check_content, draft, fill=fill))

    def _on_typed_over_null(self, text: str) -> None:
        """Who types wants a text: take the letter along."""
        self.null_line.clear()
        self._set_kind(Kind.TEXT)
        self.editor.set_text(text)
        self._show_kind()
        self.editor.edit.setFocus(Qt.FocusReason.OtherFocusReason)
        cursor = self.editor.edit.textCursor()
        cursor.movePosition(cursor.MoveOperation.End)
        self.editor.edit.setTextCursor(cursor)
        self.edited.emit()

    def _on_kind_chosen(self) -> None:
        self._show_kind()
        self.edited.emit()

    def _on_edited(self) -> None:
        self.show_fault(None)
        self._show_note()
        self.edited.emit()

    def _set_kind(self, kind: Kind) -> None:
        """Choose *kind*; what the server keeps is offered only while there is something."""
        kept = self.kind_choice.findData(Kind.KEPT)
        if self._kept and kept < 0:
            self.kind_choice.addItem(tr(KIND_WORDS[Kind.KEPT]), Kind.KEPT)
        elif not self._kept and kept >= 0:
            self.kind_choice.removeItem(kept)
        self.kind_choice.setCurrentIndex(max(0, self.kind_choice.findData(kind)))

    def _focus(self) -> QWidget:
        kind = self.kind()
        if kind is Kind.NULL:
            return self.null_line
        if kind is Kind.FILE:
            return self.file_row.path
        return self.schema.schema if kind in WITH_SCHEMA and self.schema.is_missing() else self.editor.edit

    def _show_kind(self) -> None:
        kind = self.kind()
        self.null_line.setVisible(kind is Kind.NULL)
        self.editor.setVisible(kind not in {Kind.NULL, Kind.FILE, Kind.KEPT})
        self.file_row.setVisible(kind is Kind.FILE)
        self.schema.setVisible(kind in WITH_SCHEMA)
        self.schema.show_kind(kind)
        self.format.setVisible(kind in AS_JSON)
        self.setFocusProxy(self._focus())
        self.show_fault(None)
        self._show_note()
        if kind is Kind.FILE:
            self.file_row.look()
        else:
            self.editor.check_now()

    def _show_note(self) -> None:
        words = ""
        kind = self.kind()
        if kind in {Kind.TEXT, Kind.BASE64} and not self.editor.text():
            words = tr("Empty: 0 bytes, which is not null.")
        elif kind is Kind.KEPT:
            words = tr("The bytes of the record it was filled from, exactly. They are too many to be edited here.")
        self.note.setText(words)
        self.note.setVisible(bool(words))

    # -- Qt overrides

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file."""
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Make it the content."""
        self.choose_kind(Kind.FILE)
        self.file_row.set_file(event.mimeData().urls()[0].toLocalFile())


def _too_long(length: int) -> str:
    if length <= MAX_VALUE_BYTES:
        return ""
    return tr("{size}: at most {limit} can be sent from here.", size=size(length), limit=size(MAX_VALUE_BYTES))
