"""What the parts of the connection form share: how a field, a box with its note and a secret are laid out."""

from collections.abc import Iterable

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.core.connections_entries import Entry
from desktop.views.widgets.form_sheet import field_group, line_field
from desktop.views.widgets.wrapped import Wrapped


class Faults:
    """The words under each field that say what is wrong with it."""

    def __init__(self, entries: Iterable[Entry] = Entry) -> None:
        self._words = {entry: Wrapped(tone="bad") for entry in entries}
        self.clear()

    def group(self, label: str, widget: QWidget, entry: Entry) -> QWidget:
        """Put a field together with its caption and the place for its fault."""
        return field_group(label, widget, self._words[entry])

    def show(self, entry: Entry, text: str) -> None:
        """Say what is wrong with a field."""
        self._words[entry].setText(text)
        self._words[entry].show()

    def text(self, entry: Entry) -> str:
        """Answer what stands under a field."""
        return self._words[entry].text()

    def clear(self) -> None:
        """Nothing is wrong any longer, or it has not been looked at yet."""
        for words in self._words.values():
            words.setText("")
            words.hide()


def secret_field(name: str) -> QLineEdit:
    """Make a line whose text is not shown."""
    line = line_field(name)
    line.setEchoMode(QLineEdit.EchoMode.Password)
    return line


def show_text(line: QLineEdit, text: str) -> None:
    """Show *text*; what stands there already stays with its cursor."""
    if line.text() != text:
        line.setText(text)
        line.setCursorPosition(0)  # of what is longer than its place the beginning tells more


def left(widget: QWidget) -> QWidget:
    """Keep *widget* at its own width."""
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget)
    row.addStretch(1)
    return box


def with_note(box: QCheckBox, note: str, words: Wrapped | None = None) -> QWidget:
    """Put under a box what ticking it means; into *words*, where the note may become another one."""
    words = words if words is not None else Wrapped()
    words.setText(note)
    words.setContentsMargins(24, 0, 0, 0)
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, 4)
    column.setSpacing(0)
    column.addWidget(box)
    column.addWidget(words)
    return group
