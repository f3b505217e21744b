"""Asks for a name to be typed before something on production is destroyed: a click alone is too easily made."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.wrapped import Wrapped


class TypedName(QWidget):
    """Hidden where nothing has to be typed. It is satisfied only by the very name."""

    changed = Signal()
    """Whether it is satisfied may be otherwise now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = ""
        self._wanted = False
        self._why = Wrapped(tone="warn", small=False)
        self.line = line_field(tr("Name to confirm"), mono=True)
        self._note = Wrapped()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(4)
        column.addWidget(self._why)
        column.addWidget(self.line)
        column.addWidget(self._note)
        self.line.textChanged.connect(self._on_text_changed)
        self.hide()

    def ask_for(self, name: str, *, wanted: bool) -> None:
        """Ask for *name*, or for nothing where *wanted* is not so. What was typed for another name is gone."""
        if name != self._name:
            self.line.clear()
        self._name, self._wanted = name, wanted
        self._why.setText(tr("This connection is production. Type {name} to confirm.", name=name))
        self.line.setPlaceholderText(name)
        self.setVisible(wanted)
        self._on_text_changed()

    def text(self) -> str:
        """Answer what was typed."""
        return self.line.text().strip() if self._wanted else ""

    def is_satisfied(self) -> bool:
        """Whether the name was typed, or need not be."""
        return not self._wanted or self.text() == self._name

    def why_not(self) -> str:
        """Answer why one cannot go on; empty where one can."""
        return "" if self.is_satisfied() else tr("Type {name} first: this connection is production", name=self._name)

    def _on_text_changed(self) -> None:
        typed = self.text()
        differs = bool(typed) and typed != self._name and not self._name.startswith(typed)
        self._note.setText(tr("This is another name.") if differs else "")
        self._note.setVisible(differs)
        self._note.set_tone("bad")
        self.changed.emit()
