"""A part of a form that is folded away until somebody needs it, and says how much is set in it."""

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.views.theme import TEXT_PX, icon, theme

CARET_PX = 12
GAP_PX = 6
HEIGHT_PX = 24


class Fold(QWidget):
    """A line to press, and under it ``body`` while it is open."""

    toggled = Signal(bool)

    def __init__(self, heading: str, *, open_: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._heading = heading
        self.button = FoldButton()
        self.button.clicked.connect(lambda: self.set_open(not self.is_open()))
        self._box = QWidget()
        self.body = QVBoxLayout(self._box)
        self.body.setContentsMargins(0, 4, 0, 4)
        self.body.setSpacing(4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 4)
        column.setSpacing(0)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._box)
        self._box.setVisible(open_)
        self.button.setChecked(open_)
        self.set_note("")

    def is_open(self) -> bool:
        """Whether what is in it is shown."""
        return not self._box.isHidden()

    def set_open(self, open_: bool) -> None:
        """Show it, or fold it away."""
        self.button.setChecked(open_)
        if open_ != self.is_open():
            self._box.setVisible(open_)
            self.toggled.emit(open_)

    def set_note(self, note: str) -> None:
        """Say beside the heading what is set in it."""
        self.button.setText(f"{self._heading} · {note}" if note else self._heading)
        self.button.setAccessibleName(self.button.text())
        self.button.updateGeometry()


class FoldButton(QAbstractButton):
    """A caret and words, at the left edge like every caption."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room of caret and words."""
        return QSize(CARET_PX + GAP_PX + QFontMetrics(theme().font(TEXT_PX)).horizontalAdvance(self.text()) + 8, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw them, and a line around them while the keyboard is here."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        caret = icon("ph.caret-down" if self.isChecked() else "ph.caret-right", "dim")
        caret.paint(painter, QRect(0, (self.height() - CARET_PX) // 2, CARET_PX, CARET_PX))
        painter.setFont(theme().font(TEXT_PX))
        painter.setPen(theme().color("text"))
        words = self.rect().adjusted(CARET_PX + GAP_PX, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text())
        if self.hasFocus():
            painter.setPen(theme().color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
