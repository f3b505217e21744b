"""Paints the cells of a feed table: text straight from the model, elided without asking Qt's layout where the font is monospaced."""

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.core.feed_columns import Align, Column
from desktop.models.feed_model import FeedModel
from desktop.views.theme import ROW_PX, theme

PAD_PX: Final = 8
DOT_PX: Final = 7
DOT_ROOM_PX: Final = 14
ELIDED_KEPT: Final = 4096
STATES: Final = ("ok", "run", "wait", "warn", "bad")


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


def blend(under: QColor, over: QColor, share: float) -> QColor:
    """*over* laid upon *under*, of which it covers *share*; opaque, so that what the style painted does not show through."""
    return QColor.fromRgbF(
        under.redF() + (over.redF() - under.redF()) * share,
        under.greenF() + (over.greenF() - under.greenF()) * share,
        under.blueF() + (over.blueF() - under.blueF()) * share,
    )


class FeedDelegate(QStyledItemDelegate):
    """Paints 26 px rows. Nothing is allocated per cell but what Qt hands over."""

    def __init__(self, model: FeedModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._view = parent
        self._dimmed = False
        self._elided: dict[tuple[str, int, bool], tuple[str, float]] = {}
        self.follow_theme()

    def follow_theme(self) -> None:
        """Take colours and fonts from the theme in use."""
        t = theme()
        self._selection = blend(t.color("panel"), t.color("accent"), 0.2)
        self._focused_selection = blend(t.color("panel"), t.color("accent"), 0.3)
        self._tones: dict[str, QColor] = {name: t.color("dim" if self._dimmed else name) for name in STATES}
        self._styles = [self._style_of(column) for column in self._model.columns]
        self._elided.clear()

    def set_dimmed(self, dimmed: bool) -> None:
        """Paint everything dim: the rows are kept from before, and may be old."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.follow_theme()

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

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Paint one cell."""
        row, column = index.row(), index.column()
        text, tone = self._model.cell(row, column)
        opt: Any = option
        rect = opt.rect
        if opt.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._focused_selection if self._view.hasFocus() else self._selection)
        if not text:
            return
        style = self._styles[column]
        left, top, width = rect.left() + PAD_PX, rect.top(), rect.width() - 2 * PAD_PX
        if style.dotted:
            left += DOT_ROOM_PX
            width -= DOT_ROOM_PX
        if tone is None:
            painter.setPen(style.pen)
        else:
            color = self._tones[tone]
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawEllipse(QPointF(left - DOT_ROOM_PX + DOT_PX / 2, top + ROW_PX / 2 + 0.5), DOT_PX / 2, DOT_PX / 2)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(color)
        text, advance = self._fitted(text, style, width)
        painter.setFont(style.font)
        x = left + width - advance if style.right else left
        painter.drawText(QPointF(x, top + style.baseline), text)

    def sizeHint(self, _option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Every row is as high; how wide a cell would like to be matters only to a double click on the header's edge."""
        text, _ = self._model.cell(index.row(), index.column())
        style = self._styles[index.column()]
        return QSize(style.metrics.horizontalAdvance(text) + 2 * PAD_PX + 2 + (DOT_ROOM_PX if style.dotted else 0), ROW_PX)
