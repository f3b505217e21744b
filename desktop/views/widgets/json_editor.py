"""A small editor for JSON that says as you type what is wrong, where, and what to try."""

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QTimer, Signal
from PySide6.QtGui import QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr
from desktop.core.json_check import Checked, JsonFault
from desktop.core.tasks_text import MAX_WRAPPED_CHARS, longest_line
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import caption

MAX_EDITED_CHARS = 200_000
"""More is held as it is and sent whole, but not edited: Qt would lay it out for seconds at every key."""
MAX_PREVIEW_CHARS = 1_000
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
        self._held = ""
        """A text too long to edit."""
        self.edit = _Edit()
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setFixedHeight(lines * LINE_PX + 14)
        self._held_bar = QWidget()
        self._held_note = caption(wrap=True)
        bar = QHBoxLayout(self._held_bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self._held_note, 1)
        bar.addWidget(Button(tr("Clear"), self.clear))
        self._held_bar.hide()
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
        layout.addWidget(self._held_bar)
        layout.addWidget(self._message)
        self.setFocusProxy(self.edit)
        self.edit.textChanged.connect(self._on_text_changed)
        self.edit.large_pasted.connect(self._on_large_pasted)
        theme().changed.connect(self._follow_theme)
        self._follow_theme()

    def text(self) -> str:
        """Answer the text exactly as typed."""
        return self._held or self.edit.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace the text, so that undo brings the old one back; one too long to edit is held."""
        if text == self.text():
            return
        if len(text) > MAX_EDITED_CHARS:
            self._hold(text)
        else:
            self._let_go()
            self.edit.replace_all(text)
        self.check_now()

    def clear(self) -> None:
        """Begin with nothing."""
        self.set_text("")
        self.edit.setFocus()

    def is_held(self) -> bool:
        """Whether the text is too long to edit."""
        return bool(self._held)

    def _hold(self, text: str) -> None:
        self._held = text
        self.edit.replace_all(f"{text[:MAX_PREVIEW_CHARS]} \u2026")
        self.edit.setReadOnly(True)
        self._held_note.setText(tr("{n} characters: too many to edit here. They are sent whole.", n=number(len(text))))
        self._held_bar.show()
        self.edited.emit()

    def _let_go(self) -> None:
        self._held = ""
        self.edit.setReadOnly(False)
        self._held_bar.hide()

    def _on_large_pasted(self, text: str) -> None:
        cursor = self.edit.textCursor()
        shown = self.edit.toPlainText()
        before = shown.encode("utf-16-le", "surrogatepass")[: 2 * cursor.selectionStart()].decode("utf-16-le", "surrogatepass")
        after = shown.encode("utf-16-le", "surrogatepass")[2 * cursor.selectionEnd() :].decode("utf-16-le", "surrogatepass")
        self.set_text(before + text + after)

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

    def set_fault(self, fault: JsonFault | None) -> None:
        """Show what a check elsewhere has found, such as one in a thread."""
        self._clock.stop()
        self._fault = fault
        self._show_fault()

    def set_check(self, check: Callable[[str], Checked]) -> None:
        """Check otherwise from now on."""
        self._check = check
        self.check_now()

    def go_to_fault(self) -> None:
        """Put the cursor where it went wrong."""
        if self._fault is not None and not self._held:
            cursor = self.edit.textCursor()
            cursor.setPosition(self._position_in_document(self._fault.position))
            self.edit.setTextCursor(cursor)
        self.edit.setFocus()

    def _on_text_changed(self) -> None:
        if self._held:
            return
        if self._fault is not None:
            self.check_now()  # a fault goes the moment it is mended; a new one may wait for the end of the word
        else:
            self._clock.start()
        self.edited.emit()

    def _show_fault(self) -> None:
        fault = self._fault
        self._message.setVisible(fault is not None)
        self.edit.setExtraSelections([self._mark(fault.position)] if fault is not None and not self._held else [])
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
    """Plain text in which Tab moves on, as in every form. Long lines are not broken, and long pastes are handed on."""

    large_pasted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(6)

    def replace_all(self, text: str) -> None:
        """Replace the whole text as one step that can be undone."""
        self._prepare_for(text)
        cursor = QTextCursor(self.document())
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)

    def _prepare_for(self, text: str) -> None:
        """Qt breaks a line in time that grows with its square, so long ones stay in one piece."""
        modes = QPlainTextEdit.LineWrapMode
        self.setLineWrapMode(modes.NoWrap if longest_line(text) > MAX_WRAPPED_CHARS else modes.WidgetWidth)

    # -- Qt overrides

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste, unless it is more than can be edited."""
        text = source.text()
        if len(text) > MAX_EDITED_CHARS:
            self.large_pasted.emit(text)
            return
        if len(text) > MAX_WRAPPED_CHARS:
            self._prepare_for(text)
        super().insertFromMimeData(source)
