"""A small editor for JSON that says as you type what is wrong, where, and what to try."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.tasks_json import Checked, JsonFault
from desktop.views.theme import theme
from desktop.views.widgets.labels import caption

CHECK_DELAY_MS = 150
"""Long enough not to scold somebody in the middle of a word."""
LINE_PX = 18


class JsonEditor(QWidget):
    """Text, its check, and the fault under it. The text is never changed by the check."""

    edited = Signal()
    checked = Signal()
    """The text was looked at; ``fault()`` is current."""

    def __init__(self, check: Callable[[str], Checked], *, name: str, placeholder: str, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check = check
        self._fault: JsonFault | None = None
        self.edit = _Edit()
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setFixedHeight(lines * LINE_PX + 14)
        self._message = caption(tone="bad", wrap=True)
        self._message.setVisible(False)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.setInterval(CHECK_DELAY_MS)
        self._clock.timeout.connect(self.check_now)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.edit)
        layout.addWidget(self._message)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self._on_text_changed)
        theme().changed.connect(self._follow_theme)
        self._follow_theme()

    def text(self) -> str:
        """Answer the text exactly as typed."""
        return self.edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace the text, so that undo brings the old one back."""
        if text == self.text():
            return
        cursor = QTextCursor(self.edit.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.check_now()

    def fault(self) -> JsonFault | None:
        """Answer what the last check found."""
        return self._fault

    def message(self) -> str:
        """Answer the words under the editor, empty while all is well."""
        return self._message.text()

    def check_now(self) -> bool:
        """Check the text at once; whether it holds."""
        self._clock.stop()
        self._fault = self._check(self.text()).fault
        self._show_fault()
        self.checked.emit()
        return self._fault is None

    def go_to_fault(self) -> None:
        """Put the cursor where it went wrong."""
        if self._fault is not None:
            cursor = self.edit.textCursor()
            cursor.setPosition(self._position_in_document(self._fault.position))
            self.edit.setTextCursor(cursor)
        self.edit.setFocus()

    def _on_text_changed(self) -> None:
        if self._fault is not None:
            self.check_now()  # a fault goes the moment it is mended; a new one may wait for the end of the word
        else:
            self._clock.start()
        self.edited.emit()

    def _show_fault(self) -> None:
        fault = self._fault
        self._message.setVisible(fault is not None)
        self.edit.setExtraSelections([self._mark(fault.position)] if fault is not None else [])
        if fault is None:
            self._message.clear()
            return
        place = tr("Line {line}, column {column}", line=fault.line, column=fault.column)
        self._message.setText(f"{place}: {tr(fault.title, **fault.params)}\n{tr(fault.hint)}")

    def _mark(self, position: int) -> QTextEdit.ExtraSelection:
        cursor = QTextCursor(self.edit.document())
        end = self.edit.document().characterCount() - 1
        start = min(self._position_in_document(position), end)
        if start == end and start > 0:
            start -= 1  # the end has no character to underline: mark the last one
        cursor.setPosition(start)
        cursor.setPosition(min(start + 1, end), QTextCursor.MoveMode.KeepAnchor)
        form = QTextCharFormat()
        form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        form.setUnderlineColor(theme().color("bad"))
        form.setBackground(theme().tint("bad", 48))
        selection = QTextEdit.ExtraSelection()
        selection.cursor = cursor
        selection.format = form
        return selection

    def _position_in_document(self, position: int) -> int:
        """Qt counts UTF-16 units where Python counts characters."""
        return len(self.text()[:position].encode("utf-16-le", "surrogatepass")) // 2

    def _follow_theme(self) -> None:
        self.edit.setFont(theme().mono_font())
        self._show_fault()


class _Edit(QPlainTextEdit):
    """Plain text in which Tab moves on, as in every form."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.document().setDocumentMargin(6)
