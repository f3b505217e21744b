"""A group's lag over time: the total as an area, the busiest topics as lines, and under the pointer what it was then."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.core.formatting import number, short_number, time_text
from desktop.core.i18n import tr
from desktop.core.kafka_lag import busiest_topics, nearest, thinned, time_marks, top_of
from desktop.views.theme import CAPTION_PX, TEXT_PX, theme
from embedded_server.contracts.kafka import LagPoint

HEIGHT_PX: Final = 148
TOP_PX: Final = 12
FOOT_PX: Final = 20
LEFT_PX: Final = 48
RIGHT_PX: Final = 12
MARK_PX: Final = 96
"""Room of a time's words on the axis."""
MOST_TOPICS: Final = 4
FILL_ALPHA: Final = 34
LINE_PX: Final = 1.6
BOX_PAD_PX: Final = 8
ROW_PX: Final = 16
TONES: Final = ("mark_teal", "mark_amber", "mark_violet", "mark_green")
"""Of the topics, in the order of their lag when the chart first saw them."""


class LagChart(QWidget):
    """Painted from as many points as there are, at most four a column of pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._points: list[LagPoint] = []
        self._topics: list[str] = []
        self._hovered: int | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT_PX)
        self._tell()
        theme().changed.connect(self.update)

    # -- what it shows

    def points(self) -> list[LagPoint]:
        """Answer what is drawn."""
        return self._points

    def topics(self) -> list[str]:
        """Answer the topics that have a line of their own."""
        return self._topics

    def tone_of(self, topic: str) -> str:
        """Answer the colour of a topic's line."""
        return TONES[self._topics.index(topic) % len(TONES)]

    def show_points(self, points: Sequence[LagPoint]) -> None:
        """Draw these; a topic keeps its colour while it is among the busiest."""
        at = self._points[self._hovered].at if self._hovered is not None and self._hovered < len(self._points) else None
        self._points = list(points)
        busiest = busiest_topics(self._points, MOST_TOPICS)
        if set(busiest) != set(self._topics):
            self._topics = busiest
        self._hovered = nearest(self._points, at) if at is not None and self._points else None
        self._tell()
        self.update()

    def hover(self, number_: int | None) -> None:
        """Read out a point; None reads none."""
        if number_ != self._hovered:
            self._hovered = number_
            self._tell()
            self.update()

    def readout(self) -> list[tuple[str, str, str]]:
        """Answer what is read out: a colour, a name and a figure a row; the time first. Empty while nothing is hovered."""
        if self._hovered is None or self._hovered >= len(self._points):
            return []
        point = self._points[self._hovered]
        rows = [("dim", time_text(point.at), ""), ("accent", tr("total"), number(point.total))]
        return rows + [(self.tone_of(topic), topic, number(point.topics.get(topic, 0))) for topic in self._topics]

    def _tell(self) -> None:
        rows = self.readout()
        if rows:
            self.setAccessibleName(", ".join(" ".join(part for part in row[1:] if part) for row in rows))
        elif self._points:
            self.setAccessibleName(tr("Lag over time, {lag} now", lag=number(self._points[-1].total)))
        else:
            self.setAccessibleName(tr("Lag over time, nothing yet"))

    # -- where things are

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(LEFT_PX, TOP_PX, -RIGHT_PX, -FOOT_PX)

    def _span(self) -> tuple[int, int]:
        first, last = self._points[0].at, self._points[-1].at
        return (first, last) if last > first else (first - 30_000_000_000, last + 30_000_000_000)

    def _x(self, at: float, room: QRectF) -> float:
        start, end = self._span()
        return room.left() + (at - start) / (end - start) * room.width()

    # -- painting

    def _line(self, values: Sequence[int], room: QRectF, top: int) -> list[QPointF]:
        start, end = self._span()
        scale = room.width() / (end - start)
        raw = [((point.at - start) * scale, float(value)) for point, value in zip(self._points, values, strict=True)]
        kept = thinned(raw, max(1, int(room.width())))
        return [QPointF(room.left() + x, room.bottom() - value / top * room.height()) for x, value in kept]

    def _paint_axes(self, painter: QPainter, room: QRectF, top: int) -> None:
        painter.setFont(theme().font(CAPTION_PX))
        for share in (0.0, 0.5, 1.0):
            y = round(room.bottom() - share * room.height()) + 0.5
            painter.setPen(theme().color("line"))
            painter.drawLine(QPointF(room.left(), y), QPointF(room.right(), y))
            painter.setPen(theme().color("dim"))
            words = QRectF(0, y - 8, LEFT_PX - 8, 16)
            painter.drawText(words, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short_number(top * share))
        start, end = self._span()
        for mark in time_marks(start, end, max(1, int(room.width() / MARK_PX))):
            x = self._x(mark, room)
            painter.setPen(theme().color("line"))
            painter.drawLine(QPointF(x, room.bottom()), QPointF(x, room.bottom() + 4))
            painter.setPen(theme().color("dim"))
            words = QRectF(min(max(x - MARK_PX / 2, 0), self.width() - MARK_PX), room.bottom() + 4, MARK_PX, FOOT_PX - 4)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, time_text(mark).split(".")[0])

    def _paint_lines(self, painter: QPainter, room: QRectF, top: int) -> None:
        total = self._line([point.total for point in self._points], room, top)
        if len(total) == 1:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("accent"))
            painter.drawEllipse(total[0], 3.5, 3.5)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().tint("accent", FILL_ALPHA))
        area = [*total, QPointF(total[-1].x(), room.bottom()), QPointF(total[0].x(), room.bottom())]
        painter.drawPolygon(QPolygonF(area))
        for topic in self._topics:
            values = [point.topics.get(topic, 0) for point in self._points]
            self._paint_line(painter, self._line(values, room, top), self.tone_of(topic), 1.2)
        self._paint_line(painter, total, "accent", LINE_PX)

    def _paint_line(self, painter: QPainter, points: list[QPointF], tone: str, width: float) -> None:
        pen = QPen(theme().color(tone), width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF(points))

    def _paint_readout(self, painter: QPainter, room: QRectF, top: int) -> None:
        rows = self.readout()
        if not rows or self._hovered is None:
            return
        point = self._points[self._hovered]
        x = self._x(point.at, room)
        painter.setPen(theme().color("dim"))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        painter.setPen(theme().color("panel"))
        painter.setBrush(theme().color("accent"))
        painter.drawEllipse(QPointF(x, room.bottom() - point.total / top * room.height()), 4, 4)
        names, figures = theme().font(CAPTION_PX), theme().mono_font(CAPTION_PX)
        name_px = max(QFontMetrics(names).horizontalAdvance(name) for _, name, _ in rows)
        wide = min(name_px, 160) + max(QFontMetrics(figures).horizontalAdvance(figure) for _, _, figure in rows) + 12
        box = QRectF(0, 0, wide + BOX_PAD_PX * 2 + 12, ROW_PX * len(rows) + BOX_PAD_PX * 2 - 4)
        box.moveTopLeft(QPointF(x + 12 if x + 12 + box.width() < self.width() else x - 12 - box.width(), room.top()))
        painter.setPen(theme().color("line"))
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(box, 6, 6)
        self._paint_rows(painter, box.adjusted(BOX_PAD_PX, BOX_PAD_PX - 2, -BOX_PAD_PX, 0), rows, names, figures)

    def _paint_rows(self, painter: QPainter, box: QRectF, rows: list[tuple[str, str, str]], names: QFont, figures: QFont) -> None:
        for place, (tone, name, figure) in enumerate(rows):
            row = QRectF(box.left(), box.top() + place * ROW_PX, box.width(), ROW_PX)
            if place:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme().color(tone))
                painter.drawEllipse(QPointF(row.left() + 3, row.center().y()), 3, 3)
            painter.setPen(theme().color("dim" if not place else "text"))
            painter.setFont(names)
            left = row.adjusted(12 if place else 0, 0, -(QFontMetrics(figures).horizontalAdvance(figure) + 4), 0)
            shown = QFontMetrics(names).elidedText(name, Qt.TextElideMode.ElideMiddle, int(left.width()))
            painter.drawText(left, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
            painter.setFont(figures)
            painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, figure)

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer a room in which minutes can be told apart."""
        return QSize(480, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the axes, the lines, and what is read out."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self._room()
        if not self._points:
            painter.setFont(theme().font(TEXT_PX))
            painter.setPen(theme().color("dim"))
            words = tr("The lag is drawn here from the first sample on.")
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
            return
        top = top_of([point.total for point in self._points])
        self._paint_axes(painter, room, top)
        self._paint_lines(painter, room, top)
        self._paint_readout(painter, room, top)
        if self.hasFocus():
            painter.setPen(theme().color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the point under the pointer."""
        room = self._room()
        if self._points and room.left() - 8 <= event.position().x() <= room.right() + 8:
            start, end = self._span()
            at = start + (event.position().x() - room.left()) / max(1.0, room.width()) * (end - start)
            self.hover(nearest(self._points, at))
        else:
            self.hover(None)

    def leaveEvent(self, event: QEvent) -> None:
        """Read out nothing."""
        super().leaveEvent(event)
        self.hover(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from point to point; Esc reads out nothing."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -(10**9), Qt.Key.Key_End: 10**9}
        step = steps.get(Qt.Key(event.key()))
        if step is not None and self._points:
            last = len(self._points) - 1
            now = self._hovered if self._hovered is not None else last + (step < 0)
            self.hover(min(max(now + step, 0), last))
        elif event.key() == Qt.Key.Key_Escape and self._hovered is not None:
            self.hover(None)
        else:
            super().keyPressEvent(event)
