"""What painted rows have in common: a dot of state, words from the left, figures at the right."""

from typing import Final

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from desktop.views.theme import TEXT_PX, theme

DOT_PX: Final = 7
RING_PX: Final = 2


def paint_dot(painter: QPainter, area: QRect, tone: str, *, hollow: bool = False) -> None:
    """Draw a state's dot at the left edge; a *hollow* one is told apart without its colour."""
    ink = theme().color(tone)
    painter.setPen(QPen(ink, RING_PX) if hollow else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else ink)
    radius = (DOT_PX - RING_PX if hollow else DOT_PX) / 2
    painter.drawEllipse(QPointF(area.left() + DOT_PX / 2, area.center().y() + 1), radius, radius)


def paint_right(painter: QPainter, area: QRect, text: str, tone: str, *, pixels: int = TEXT_PX) -> QRect:
    """Write at the right edge; the room that is left."""
    painter.setFont(theme().font(pixels))
    painter.setPen(theme().color(tone))
    painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
    return area.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(text) - 8, 0)


def paint_text(painter: QPainter, area: QRect, text: str, tone: str, font: QFont) -> None:
    """Write from the left; the middle of what is too long is left out, as names differ at their ends."""
    painter.setFont(font)
    painter.setPen(theme().color(tone))
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, max(area.width(), 0))
    painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
