"""A raised surface that groups what belongs together."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.views.theme import theme

RADIUS_PX = 8


class Card(QWidget):
    """A rounded surface with a line around it. ``body`` is its layout."""

    def __init__(
        self, parent: QWidget | None = None, *, fill: str = "panel", margins: tuple[int, int, int, int] = (16, 12, 16, 12)
    ) -> None:
        super().__init__(parent)
        self._fill = fill
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(*margins)
        self.body.setSpacing(8)
        theme().changed.connect(self.update)

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the surface."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("line"))
        painter.setBrush(theme().color(self._fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_PX, RADIUS_PX)
