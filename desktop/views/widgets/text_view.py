"""Read-only text in which a megabyte never holds up the window: its beginning is shown, the rest when asked for."""

from PySide6.QtCore import QSizeF
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop.core.formatting import number
from desktop.core.i18n import tr
from desktop.core.tasks_text import MAX_SHOWN_CHARS, MAX_WRAPPED_CHARS, longest_line
from desktop.views.theme import theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.focus_ring import FocusRing
from desktop.views.widgets.labels import caption


class TextView(QWidget):
    """Text in the mono font with a note above it, and a bar that offers the rest where it is cut."""

    def __init__(self, name: str, *, most_lines: int = 0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._most_lines = most_lines
        """As high as its text up to this many lines; 0 for as high as there is room."""
        self._note = caption(wrap=True)
        self.edit = QPlainTextEdit()
        self.edit.setReadOnly(True)
        self.edit.setFrameShape(QFrame.Shape.NoFrame)
        self.edit.setAccessibleName(name)
        self.edit.setTabChangesFocus(True)
        FocusRing(self.edit)
        self._cut = QWidget()
        self._cut_note = caption()
        bar = QHBoxLayout(self._cut)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self._cut_note, 1)
        bar.addWidget(Button(tr("Show all"), self.show_all))
        bar.addWidget(Button(tr("Copy all"), self.copy_all))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._note)
        layout.addWidget(self.edit, 1)
        layout.addWidget(self._cut)
        self._cut.setVisible(False)
        self.set_note("")
        if most_lines:
            self.edit.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme().changed.connect(self._follow_theme)
        self._follow_theme()

    def text(self) -> str:
        """Answer the whole text, shown or not."""
        return self._text

    def note(self) -> str:
        """Answer the line above the text."""
        return self._note.text()

    def is_cut(self) -> bool:
        """Whether only the beginning is shown."""
        return not self._cut.isHidden()

    def set_note(self, note: str, tone: str = "dim") -> None:
        """Say where the text comes from, or why there is none."""
        self._note.set_tone(tone)
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def set_text(self, text: str) -> None:
        """Show *text*, at least its beginning; the same text again leaves cursor and scroll bar alone."""
        if text == self._text:
            return
        self._text = text
        cut = len(text) > MAX_SHOWN_CHARS
        self._show(text[:MAX_SHOWN_CHARS])
        self._cut.setVisible(cut)
        if cut:
            shown = tr("The first {shown} of {whole} characters", shown=number(MAX_SHOWN_CHARS), whole=number(len(text)))
            self._cut_note.setText(shown)

    def show_all(self) -> None:
        """Show the rest as well: the user has asked for it and waits."""
        self._cut.setVisible(False)
        self._show(self._text)

    def copy_all(self) -> None:
        """Put the whole text on the clipboard."""
        QGuiApplication.clipboard().setText(self._text)

    def _show(self, text: str) -> None:
        wrapped = longest_line(text) <= MAX_WRAPPED_CHARS
        modes = QPlainTextEdit.LineWrapMode
        self.edit.setLineWrapMode(modes.WidgetWidth if wrapped else modes.NoWrap)
        self.edit.setPlainText(text)

    def _fit(self, size: QSizeF) -> None:
        """A plain text's layout tells its height in lines."""
        lines = min(max(int(size.height()), 1), self._most_lines)
        self.edit.setFixedHeight(lines * self.edit.fontMetrics().lineSpacing() + 2 * round(self.edit.document().documentMargin()) + 2)
        self.edit.setVisible(bool(self._text))

    def _follow_theme(self) -> None:
        self.edit.setFont(theme().mono_font())
