"""A part of a form that is folded away until somebody needs it, and says how much is set in it."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from desktop.views.theme import icon, theme


class Fold(QWidget):
    """A line to press, and under it ``body`` while it is open."""

    toggled = Signal(bool)

    def __init__(self, heading: str, *, open_: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = heading
        self.button = QToolButton()
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setIconSize(QSize(12, 12))
        self.button.setAutoRaise(True)
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.clicked.connect(lambda: self.set_open(not self.is_open()))
        self._box = QWidget()
        self.body = QVBoxLayout(self._box)
        self.body.setContentsMargins(0, 4, 0, 4)
        self.body.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(self.button)
        column.addWidget(self._box)
        self._box.setVisible(open_)
        self.set_note("")
        theme().changed.connect(self._follow_theme)
        self._follow_theme()

    def is_open(self) -> bool:
        """Whether what is in it is shown."""
        return not self._box.isHidden()

    def set_open(self, open_: bool) -> None:
        """Show it, or fold it away."""
        if open_ != self.is_open():
            self._box.setVisible(open_)
            self._follow_theme()
            self.toggled.emit(open_)

    def set_note(self, note: str) -> None:
        """Say beside the heading what is set in it."""
        self.button.setText(f"{self._heading} · {note}" if note else self._heading)
        self.button.setAccessibleName(self.button.text())

    def _follow_theme(self) -> None:
        self.button.setIcon(icon("ph.caret-down" if self.is_open() else "ph.caret-right", "dim"))
