"""A hex dump of any length: only the lines in sight are written."""

from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from desktop.core.feed_body import hex_dump, hex_line
from desktop.core.i18n import tr
from desktop.views.theme import theme
from desktop.views.widgets.focus_ring import FocusRing

LINE_PX: Final = 18
PAD_PX: Final = 8
MAX_COPIED_BYTES: Final = 1_000_000
WIDTHS: Final = (16, 8, 4)


class HexView(QAbstractScrollArea):
    """Bytes as offset, hex and ASCII, as many in a line as there is room for. Lines are selected by mouse or Shift and arrows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._data = b""
        self._width = WIDTHS[0]
        self._anchor = -1
        self._current = -1
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Body as bytes"))
        FocusRing(self)
        theme().changed.connect(self.viewport().update)

    def set_data(self, data: bytes, *, show_at: int = 0) -> None:
        """Show *data*, scrolled to the byte at *show_at*, which is marked where it is not the first."""
        self._data = data
        self._fit()
        line = show_at // self._width
        self._anchor = self._current = line if show_at else -1
        self.verticalScrollBar().setValue(max(0, line - 2))
        self.viewport().update()

    def line_count(self) -> int:
        """Lines in all."""
        return -(-len(self._data) // self._width)

    def visible_lines(self) -> list[tuple[str, str, str]]:
        """The lines in sight, as they are painted."""
        first = self.verticalScrollBar().value()
        count = self.viewport().height() // LINE_PX + 2
        return [hex_line(self._data, line * self._width, self._width) for line in range(first, min(first + count, self.line_count()))]

    def copy(self) -> None:
        """Copy the selected lines, or all of them, up to a million bytes."""
        low, high = self._selection() if self._current >= 0 else (0, self.line_count() - 1)
        piece = self._data[low * self._width : (high + 1) * self._width]
        QGuiApplication.clipboard().setText(hex_dump(piece[:MAX_COPIED_BYTES]))

    def _selection(self) -> tuple[int, int]:
        return min(self._anchor, self._current), max(self._anchor, self._current)

    def _fit(self) -> None:
        char = QFontMetricsF(theme().mono_font()).horizontalAdvance("0")
        room = self.viewport().width() - 2 * PAD_PX
        self._width = next((w for w in WIDTHS if (8 + 2 + w * 3 + 2 + w) * char <= room), WIDTHS[-1])
        lines = self.viewport().height() // LINE_PX
        self.verticalScrollBar().setRange(0, max(0, self.line_count() - lines))
        self.verticalScrollBar().setPageStep(max(1, lines))

    def _line_at(self, where: QPoint) -> int:
        return min(max(0, self.verticalScrollBar().value() + where.y() // LINE_PX), self.line_count() - 1)

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the lines in sight."""
        t = theme()
        painter = QPainter(self.viewport())
        font = t.mono_font()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        char, baseline = metrics.horizontalAdvance("0"), (LINE_PX - metrics.height()) / 2 + metrics.ascent()
        first = self.verticalScrollBar().value()
        low, high = self._selection()
        dim, text, selection = t.color("dim"), t.color("text"), t.selection()
        for row, (offset, hexes, ascii_) in enumerate(self.visible_lines()):
            top = row * LINE_PX
            if low <= first + row <= high and self._current >= 0:
                painter.fillRect(0, top, self.viewport().width(), LINE_PX, selection)
            painter.setPen(dim)
            painter.drawText(QPointF(PAD_PX, top + baseline), offset)
            painter.drawText(QPointF(PAD_PX + (12 + self._width * 3) * char, top + baseline), ascii_)
            painter.setPen(text)
            painter.drawText(QPointF(PAD_PX + 10 * char, top + baseline), hexes)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many bytes a line as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a line, or with Shift up to it."""
        self._current = self._line_at(event.position().toPoint())
        if not event.modifiers() & Qt.KeyboardModifier.ShiftModifier or self._anchor < 0:
            self._anchor = self._current
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select more lines."""
        self._current = self._line_at(event.position().toPoint())
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, select all, scroll."""
        bar = self.verticalScrollBar()
        moves = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -bar.pageStep(), Qt.Key.Key_PageDown: bar.pageStep()}
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._anchor, self._current = 0, self.line_count() - 1
            self.viewport().update()
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(0)
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        elif event.key() in moves:
            bar.setValue(bar.value() + moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
