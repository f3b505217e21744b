"""Paints the rows of a feed table in one go: a flood repaints twenty times a second, and a delegate's call per cell costs twice as much.

Text comes straight from the model, column by column, so that fonts and pens change rarely; it is elided without asking Qt's layout where
the font is monospaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.core.feed_columns import Align, Column
from desktop.models.feed_model import FeedModel
from desktop.views.theme import ROW_PX, theme

PAD_PX: Final = 8
DOT_PX: Final = 7
EDGE_PX: Final = 3
DOT_ROOM_PX: Final = 14
ELIDED_KEPT: Final = 4096
STATES: Final = ("ok", "run", "wait", "warn", "bad")


class Place(NamedTuple):
    """Where a column stands in the viewport."""

    column: int
    left: int
    width: int


@dataclass(slots=True)
class _Style:
    """What does not change from cell to cell of a column."""

    font: QFont
    metrics: QFontMetrics
    char_px: float
    """Width of a character where all are alike, else 0."""
    baseline: int
    pen: QColor
    right: bool
    dotted: bool


class FeedPainter(QStyledItemDelegate):
    """The looks of a feed table's rows. As the table's delegate it only answers how wide a cell would like to be."""

    def __init__(self, model: FeedModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._dimmed = False
        self._elided: dict[tuple[str, int, bool], tuple[str, float]] = {}
        self.follow_theme()

    def follow_theme(self) -> None:
        """Take colours and fonts from the theme in use."""
        t = theme()
        self._selection = t.selection()
        self._edge = t.color("accent")
        self._tones: dict[str, QColor] = {name: t.color("dim" if self._dimmed else name) for name in STATES}
        self._styles = [self._style_of(column) for column in self._model.columns]
        self._elided.clear()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything dim: the rows are kept from before, and may be old."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.follow_theme()

    def paint_selection(self, painter: QPainter, tops: Sequence[int], width: int, *, focused: bool) -> None:
        """Paint the ground of the selected rows, whose upper edges are *tops*; an edge tells that the keyboard is there."""
        for top in tops:
            painter.fillRect(0, top, width, ROW_PX, self._selection)
            if focused:
                painter.fillRect(0, top, EDGE_PX, ROW_PX, self._edge)

    def paint_rows(self, painter: QPainter, rows: range, top: int, places: Sequence[Place]) -> None:
        """Paint the text of *rows*, the first of which has its upper edge at *top*."""
        for place in places:
            self._paint_column(painter, rows, top, place)

    def _paint_column(self, painter: QPainter, rows: range, top: int, place: Place) -> None:
        style, cell, fitted = self._styles[place.column], self._model.cell, self._fitted
        left, width = place.left + PAD_PX, place.width - 2 * PAD_PX
        if style.dotted:
            left += DOT_ROOM_PX
            width -= DOT_ROOM_PX
        right = left + width
        painter.setFont(style.font)
        painter.setPen(style.pen)
        plain, tone_now = True, ""
        y = top - ROW_PX
        for row in rows:
            y += ROW_PX
            text, tone = cell(row, place.column)
            if not text:
                continue
            if tone is not None:
                self._paint_dot(painter, left - DOT_ROOM_PX, y, tone)
                if plain or tone != tone_now:
                    painter.setPen(self._tones[tone])
                    plain, tone_now = False, tone
            elif not plain:
                painter.setPen(style.pen)
                plain = True
            text, advance = fitted(text, style, width)
            painter.drawText(QPointF(right - advance if style.right else left, y + style.baseline), text)

    def _paint_dot(self, painter: QPainter, left: int, top: int, tone: str) -> None:
        color = self._tones[tone]
        pen = painter.pen()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawEllipse(QPointF(left + DOT_PX / 2, top + ROW_PX / 2 + 0.5), DOT_PX / 2, DOT_PX / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)

    def _style_of(self, column: Column) -> _Style:
        t = theme()
        font = t.mono_font() if column.mono else t.font()
        metrics = QFontMetrics(font)
        baseline = (ROW_PX - metrics.height()) // 2 + metrics.ascent()
        char_px = QFontMetricsF(font).horizontalAdvance("0") if column.mono else 0.0
        pen = t.color("dim" if column.dim or self._dimmed else "text")
        return _Style(font, metrics, char_px, baseline, pen, column.align is Align.RIGHT, column.tone is not None)

    def _fitted(self, text: str, style: _Style, width: int) -> tuple[str, float]:
        """Answer *text* cut to *width* with an ellipsis, and how wide it is."""
        if style.char_px and text.isascii():
            room = int(width / style.char_px)
            if len(text) > room:
                text = f"{text[: max(0, room - 1)]}…"
            return text, len(text) * style.char_px
        key = (text, width, style.char_px > 0)
        known = self._elided.get(key)
        if known is None:
            if len(self._elided) >= ELIDED_KEPT:
                self._elided.clear()
            elided = style.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            known = self._elided[key] = (elided, style.metrics.horizontalAdvance(elided))
        return known

    # -- Qt overrides

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Every row is as high; how wide a cell would like to be matters only to a double click on the header's edge."""
        text, _ = self._model.cell(index.row(), index.column())
        style = self._styles[index.column()]
        return QSize(style.metrics.horizontalAdvance(text) + 2 * PAD_PX + 2 + (DOT_ROOM_PX if style.dotted else 0), ROW_PX)
