"""A small curve without axes: the shape of the last minute, painted as one polyline."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.views.theme import theme

FILL_ALPHA = 38
LINE_PX = 1.5


class Sparkline(QWidget):
    """Draws values oldest first. The floor is 0, so that a quiet minute is a flat line and no drama of noise."""

    def __init__(self, tone: str = "accent", *, least_top: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self._least_top = least_top
        self._values: tuple[float, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(28)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme().changed.connect(self.update)

    def values(self) -> tuple[float, ...]:
        """Answer what is drawn."""
        return self._values

    def set_values(self, values: Sequence[float]) -> None:
        """Draw *values*; nothing is repainted where they are the same."""
        if tuple(values) != self._values:
            self._values = tuple(values)
            self.update()

    def set_tone(self, tone: str) -> None:
        """Draw in another colour of the theme."""
        if tone != self._tone:
            self._tone = tone
            self.update()

    def _points(self) -> list[QPointF]:
        top = max(*self._values, self._least_top)
        room = QRectF(self.rect()).adjusted(0, LINE_PX, 0, -LINE_PX)
        step = room.width() / max(len(self._values) - 1, 1)
        return [QPointF(room.left() + i * step, room.bottom() - v / top * room.height()) for i, v in enumerate(self._values)]

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer a room in which a minute's shape can be seen."""
        return QSize(120, 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the curve and the area under it."""
        if len(self._values) < 2:
            return
        points = self._points()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QPolygonF([*points, QPointF(self.width(), self.height()), QPointF(0, self.height())])
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().tint(self._tone, FILL_ALPHA))
        painter.drawPolygon(area)
        pen = QPen(theme().color(self._tone), LINE_PX)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))
