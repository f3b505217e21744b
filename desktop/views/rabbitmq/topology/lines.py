"""Paints the lines between the boxes, and what stands at them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import atan2, cos, sin
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from desktop.core.formatting import rate
from desktop.core.rabbitmq_graph import Edge, Facts, Graph, Tie, label_of
from desktop.core.rabbitmq_shapes import Box, Layout, Line, Point
from desktop.views.rabbitmq.topology.look import DETAIL_FROM, NAMES_FROM, Emphasis
from desktop.views.theme import CAPTION_PX, blend, theme

LINE_PX: Final = 1.25
LIT_PX: Final = 2.0
ARROW_PX: Final = 6.0
AWAY: Final = 0.6
"""How strongly lines are painted while others stand out."""
DASHES: Final = {Tie.DEAD: [4.0, 3.0], Tie.ALTERNATE: [1.0, 2.5]}


@dataclass(frozen=True, slots=True)
class Strand:
    """A piece of line that one edge or several run along; it is painted once."""

    tie: Tie
    path: QPainterPath
    edges: tuple[int, ...]


def path_of_line(line: Line) -> QPainterPath:
    """Answer a line as Qt draws it."""
    path = QPainterPath(QPointF(*line.start))
    for first, second, end in line.curves:
        path.cubicTo(QPointF(*first), QPointF(*second), QPointF(*end))
    return path


def strands_of(graph: Graph, layout: Layout) -> list[Strand]:
    """Answer the pieces that make up all lines."""
    pieces = {index: _pieces(line) for index, line in layout.lines.items()}
    along: dict[tuple[Tie, Piece], list[int]] = defaultdict(list)
    for index, found in pieces.items():
        for piece in found:
            along[graph.edges[index].tie, piece].append(index)
    strands: list[Strand] = []
    done: set[tuple[Tie, Piece]] = set()
    for index, found in pieces.items():
        tie = graph.edges[index].tie
        for edges, run in groupby(found, key=lambda piece: tuple(along[tie, piece])):
            fresh = [piece for piece in run if (tie, piece) not in done]
            done |= {(tie, piece) for piece in fresh}
            if fresh:
                strands.append(Strand(tie, _joined(fresh), edges))
    return strands


Piece = tuple[Point, Point, Point, Point]


def _pieces(line: Line) -> list[Piece]:
    """Answer a line's curves from left to right, so that shared ones are the same whichever way an edge points."""
    starts = [line.start, *(curve[2] for curve in line.curves)]
    pieces = [(start, *curve) for start, curve in zip(starts, line.curves, strict=False)]
    if line.curves[-1][2][0] >= line.start[0]:
        return pieces
    return [(d, c, b, a) for a, b, c, d in reversed(pieces)]


def _joined(pieces: list[Piece]) -> QPainterPath:
    path = QPainterPath(QPointF(*pieces[0][0]))
    for _, first, second, end in pieces:
        path.cubicTo(QPointF(*first), QPointF(*second), QPointF(*end))
    return path


def rect_of(box: Box) -> QRectF:
    """Answer a box as Qt knows it."""
    return QRectF(box.x, box.y, box.width, box.height)


def pen_of(tie: Tie, *, lit: bool = False, scale: float = 1.0) -> QPen:
    """Answer the pen for a kind of line."""
    pen = QPen(_color(tie, lit=lit), max(LIT_PX if lit else LINE_PX, (1.5 if lit else 0.8) / scale))
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if tie in DASHES and scale >= NAMES_FROM:  # dashes finer than the screen only cost time
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

    def paint_strand(self, strand: Strand, edges: Sequence[Edge]) -> None:
        """Paint a piece of line, as strongly as the strongest of its *edges*."""
        lit = not self._emphasis.lit.isdisjoint(strand.edges)
        painter = self._painter
        painter.setOpacity(max(self._strength(index, edges[index]) for index in strand.edges))
        painter.setPen(pen_of(strand.tie, lit=lit, scale=self._scale))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(strand.path)

    def paint_end(self, index: int, edge: Edge, line: Line) -> None:
        """Paint a line's arrow, and what stands at it."""
        painter = self._painter
        painter.setOpacity(self._strength(index, edge))
        if self._scale >= NAMES_FROM:
            self._paint_arrow(line, pen_of(edge.tie, lit=index in self._emphasis.lit).color())
        painter.setOpacity(self._emphasis.strength(edge.source, edge.target))  # words are to be read whatever stands out
        if self._scale >= DETAIL_FROM and line.label is not None:
            self._paint_label(edge, rect_of(line.label))

    def _strength(self, index: int, edge: Edge) -> float:
        if index in self._emphasis.lit:
            return 1.0
        return self._emphasis.strength(edge.source, edge.target) * (AWAY if self._emphasis.lit else 1.0)

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
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideMiddle, area.width())
        self._painter.drawText(area, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)

    def _rate_of(self, edge: Edge) -> str:
        queue = self._facts.queues.get(edge.source)
        return rate(queue.deliver_rate) if queue is not None and queue.deliver_rate else ""
