"""Paints the lines between the boxes, and what stands at them."""

from math import atan2, cos, sin
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from desktop.core.formatting import rate
from desktop.core.rabbitmq_graph import Edge, Facts, Tie, label_of
from desktop.core.rabbitmq_layout import Box, Line
from desktop.views.rabbitmq.topology.look import DETAIL_FROM, Emphasis
from desktop.views.theme import CAPTION_PX, blend, theme

LINE_PX: Final = 1.25
LIT_PX: Final = 2.0
ARROW_PX: Final = 6.0
DASHES: Final = {Tie.DEAD: [4.0, 3.0], Tie.ALTERNATE: [1.0, 2.5]}


def path_of_line(line: Line) -> QPainterPath:
    """Answer a line as Qt draws it."""
    path = QPainterPath(QPointF(*line.start))
    for first, second, end in line.curves:
        path.cubicTo(QPointF(*first), QPointF(*second), QPointF(*end))
    return path


def rect_of(box: Box) -> QRectF:
    """Answer a box as Qt knows it."""
    return QRectF(box.x, box.y, box.width, box.height)


def pen_of(tie: Tie, *, lit: bool = False, scale: float = 1.0) -> QPen:
    """Answer the pen for a kind of line."""
    pen = QPen(_color(tie, lit=lit), max(LIT_PX if lit else LINE_PX, (1.5 if lit else 0.8) / scale))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if tie in DASHES:
        pen.setDashPattern(DASHES[tie])
    return pen


def _color(tie: Tie, *, lit: bool) -> QColor:
    if tie is Tie.DEAD:
        return theme().color("bad")
    if lit:
        return theme().color("accent")
    return blend(theme().color("panel"), theme().color("dim"), 0.85 if tie is Tie.ALTERNATE else 0.6)


class LinePainter:
    """Paints lines at one scale with one emphasis."""

    def __init__(self, painter: QPainter, scale: float, facts: Facts, emphasis: Emphasis) -> None:
        self._painter = painter
        self._scale = scale
        self._facts = facts
        self._emphasis = emphasis

    def paint(self, index: int, edge: Edge, line: Line, path: QPainterPath) -> None:
        """Paint one line with its arrow."""
        lit = index in self._emphasis.lit
        painter = self._painter
        painter.setOpacity(1.0 if lit else self._emphasis.strength(edge.source, edge.target) * (0.6 if self._emphasis.lit else 1.0))
        pen = pen_of(edge.tie, lit=lit, scale=self._scale)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        self._paint_arrow(line, pen.color())
        if self._scale >= DETAIL_FROM and line.label is not None:
            self._paint_label(edge, rect_of(line.label))
        painter.setOpacity(1.0)

    def _paint_arrow(self, line: Line, color: QColor) -> None:
        tip, before = QPointF(*line.curves[-1][2]), QPointF(*line.curves[-1][1])
        angle = atan2(tip.y() - before.y(), tip.x() - before.x())
        size = max(ARROW_PX, 4.0 / self._scale)
        wings = [tip - QPointF(cos(angle + turn) * size, sin(angle + turn) * size) for turn in (0.42, -0.42)]
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(color)
        self._painter.drawPolygon(QPolygonF([tip, *wings]))

    def _paint_label(self, edge: Edge, area: QRectF) -> None:
        is_rate = edge.tie is Tie.TAKES
        text = self._rate_of(edge) if is_rate else label_of(edge)
        font = theme().font(CAPTION_PX) if is_rate else theme().mono_font(CAPTION_PX)
        self._painter.setFont(font)
        self._painter.setPen(theme().color("dim"))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        self._painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    def _rate_of(self, edge: Edge) -> str:
        queue = self._facts.queues.get(edge.source)
        return rate(queue.deliver_rate) if queue is not None and queue.deliver_rate else ""
