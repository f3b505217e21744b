"""A state as its dot and its word: never colour alone."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.views.theme import TEXT_PX, theme

DOT_PX = 7
GAP_PX = 7


class StateLabel(QWidget):
    """A dot and a word in a state colour (ok run wait warn bad)."""

    def __init__(self, text: str = "", tone: str = "wait", *, pixels: int = TEXT_PX, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._tone = tone
        self._pixels = pixels
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        theme().changed.connect(self.update)

    def text(self) -> str:
        """Answer the word shown."""
        return self._text

    def tone(self) -> str:
        """Answer the state colour's name."""
        return self._tone

    def set_state(self, text: str, tone: str) -> None:
        """Show another state."""
        if (text, tone) != (self._text, self._tone):
            self._text, self._tone = text, tone
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room the word takes."""
        metrics = QFontMetrics(theme().font(self._pixels))
        return QSize(DOT_PX + GAP_PX + metrics.horizontalAdvance(self._text) + 2, metrics.height() + 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dot and the word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font(self._pixels))
        color = theme().color(self._tone)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QPointF(DOT_PX / 2, self.height() / 2), DOT_PX / 2, DOT_PX / 2)
        painter.setPen(color)
        painter.drawText(self.rect().adjusted(DOT_PX + GAP_PX, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._text)
