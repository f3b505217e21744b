"""Paints the boxes: exchanges, queues with what is in them, and who takes it."""

from math import log1p
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from desktop.core.i18n import trn
from desktop.core.rabbitmq_graph import FOLD_ABOVE, Facts, Kind, Node
from desktop.core.rabbitmq_words import queue_state
from desktop.core.states import count_text
from desktop.views.rabbitmq.topology.look import COUNTS_FROM, DETAIL_FROM, NAMES_FROM, PAD_PX, Emphasis, name_px
from desktop.views.theme import CAPTION_PX, blend, theme
from embedded_server.contracts.rabbitmq import QueueInfo

TYPE_TONES: Final = {"direct": "mark_blue", "fanout": "mark_violet", "topic": "mark_teal", "headers": "mark_green"}
QUEUE_RADIUS_PX: Final = 6.0
BAR_PX: Final = 3.0
TIGHT_PAD_PX: Final = 7.0
"""Where the picture is small."""
FILLING_ALPHA: Final = 46
ROOMY_PX: Final = 40.0
"""A lower box has one line of words."""


class NodePainter:
    """Paints nodes at one scale with one emphasis."""

    def __init__(self, painter: QPainter, scale: float, facts: Facts, emphasis: Emphasis) -> None:
        self._painter = painter
        self._scale = scale
        self._facts = facts
        self._emphasis = emphasis
        self._names = theme().mono_font()
        self._names.setPixelSize(round(name_px(scale)))
        self._small = theme().font(CAPTION_PX)
        self._has_details = scale >= DETAIL_FROM
        self._has_names = scale >= NAMES_FROM
        self._pad = PAD_PX if self._has_details else TIGHT_PAD_PX

    def paint(self, node: Node, box: QRectF) -> None:
        """Paint one node into *box*."""
        self._painter.setOpacity(self._emphasis.strength(node.key))
        match node.kind:
            case Kind.EXCHANGE:
                self._paint_exchange(node, box)
            case Kind.QUEUE:
                self._paint_queue(node, box, self._facts.queues.get(node.key))
            case Kind.CONSUMER:
                self._paint_consumer(node, box)
        self._painter.setOpacity(1.0)

    def _paint_exchange(self, node: Node, box: QRectF) -> None:
        tone = TYPE_TONES.get(node.word, "mark_grey")
        self._paint_ground(node, box, theme().color(tone), min(box.height() / 2, 16.0))
        self._words(node, box.adjusted(self._pad, 0, -self._pad, 0), node.word, tone)

    def _paint_queue(self, node: Node, box: QRectF, queue: QueueInfo | None) -> None:
        state = queue_state(queue, takes_dead_letters=node.key in self._facts.dead) if queue is not None else None
        calls = state is not None and state.tone in {"warn", "bad"}
        is_dead = node.key in self._facts.dead
        tone = state.tone if state is not None and calls else "bad" if is_dead else "line"
        self._paint_ground(node, box, theme().color(tone), QUEUE_RADIUS_PX)
        ready = queue.ready or 0 if queue else 0
        bar_tone = tone if calls or is_dead else "accent"
        count = count_text(queue.ready if queue else None) if self._scale >= COUNTS_FROM else ""
        inner = box.adjusted(self._pad, 0, -self._pad, 0)
        if not self._has_details or box.height() < ROOMY_PX:
            self._paint_filling(box, ready, bar_tone)
            self._name_and_count(node, inner, count, tone if calls else "dim")
            return
        middle = box.center().y()
        self._name_and_count(node, QRectF(inner.left(), middle - 18, inner.width(), 20), count, tone if calls else "text")
        second = QRectF(inner.left(), middle + 1, inner.width(), 16)
        word = state.word if state is not None and calls else self._takers(queue)
        if word:
            self._text(second, word, self._small, tone if calls else "dim", at_right=True)
        words = QFontMetricsF(self._small).horizontalAdvance(word) + 8 if word else 0.0
        bar = QRectF(second.left(), second.center().y() - BAR_PX / 2, max(24.0, second.width() - words), BAR_PX)
        self._paint_bar(bar, ready, bar_tone)

    def _name_and_count(self, node: Node, area: QRectF, count: str, tone: str) -> None:
        font = theme().font(self._names.pixelSize())
        if count:
            self._text(area, count, font, tone, at_right=True)
        beside = QFontMetricsF(font).horizontalAdvance(count) + 8 if count else 0.0
        self._name(node, area.adjusted(0, 0, -beside, 0))

    def _takers(self, queue: QueueInfo | None) -> str:
        """Say who takes, where nothing else in the picture does."""
        if queue is None or not queue.consumers or len(self._facts.queues) <= FOLD_ABOVE:
            return ""
        return trn("{n} consumer", "{n} consumers", queue.consumers)

    def _paint_consumer(self, node: Node, box: QRectF) -> None:
        self._paint_ground(node, box, theme().color("line"), 4.0, fill="panel")
        self._words(node, box.adjusted(self._pad, 0, -self._pad, 0), node.word, "dim")

    # -- pieces

    def _paint_ground(self, node: Node, box: QRectF, outline: QColor, radius: float, fill: str = "raised") -> None:
        ground = theme().color(fill)
        width = 1.25
        if node.key in {self._emphasis.current, self._emphasis.hovered}:
            ground = blend(ground, theme().color("accent"), 0.16)
        if node.key in self._emphasis.found:
            outline, width = theme().color("accent"), 2.0
        painter = self._painter
        painter.setPen(QPen(outline, max(width, 1.0 / self._scale)))
        painter.setBrush(ground)
        painter.drawRoundedRect(box, radius, radius)
        if node.key == self._emphasis.current:
            painter.setPen(QPen(theme().color("accent"), max(2.0 if self._emphasis.has_focus else 1.5, 1.5 / self._scale)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = 3.0
            painter.drawRoundedRect(box.adjusted(-ring, -ring, ring, ring), radius + ring, radius + ring)

    def _share(self, ready: int) -> float:
        """Answer how full a queue is among the others, by magnitudes: one of ten among thousands is no empty one."""
        return log1p(ready) / log1p(max(self._facts.deepest, 10))

    def _paint_bar(self, area: QRectF, ready: int, tone: str) -> None:
        painter = self._painter
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("line"))
        painter.drawRoundedRect(area, BAR_PX / 2, BAR_PX / 2)
        if ready:
            width = max(BAR_PX, area.width() * self._share(ready))
            painter.setBrush(theme().color(tone))
            painter.drawRoundedRect(QRectF(area.left(), area.top(), width, BAR_PX), BAR_PX / 2, BAR_PX / 2)

    def _paint_filling(self, box: QRectF, ready: int, tone: str) -> None:
        """Fill the box itself, where there is no room for a bar."""
        if ready:
            painter = self._painter
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().tint(tone, FILLING_ALPHA))
            room = box.adjusted(1, 1, -1, -1)
            width = max(2 * QUEUE_RADIUS_PX, room.width() * self._share(ready))
            painter.drawRoundedRect(QRectF(room.left(), room.top(), width, room.height()), QUEUE_RADIUS_PX - 1, QUEUE_RADIUS_PX - 1)

    def _words(self, node: Node, area: QRectF, word: str, tone: str) -> None:
        """Write the name, and at its right a word in small."""
        if word and self._has_details:
            self._text(area, word, self._small, tone, at_right=True)
            area = area.adjusted(0, 0, -QFontMetricsF(self._small).horizontalAdvance(word) - 8, 0)
        self._name(node, area)

    def _name(self, node: Node, area: QRectF) -> None:
        if self._has_names:
            shown = QFontMetricsF(self._names).elidedText(node.title, Qt.TextElideMode.ElideMiddle, area.width() + 1)
            self._text(area, shown, self._names, "text")

    def _text(self, area: QRectF, text: str, font: QFont, tone: str, *, at_right: bool = False) -> None:
        """Write *text* so that its capitals stand in the middle: by its line height small boxes would look bottom-heavy."""
        metrics = QFontMetricsF(font)
        left = area.right() - metrics.horizontalAdvance(text) if at_right else area.left()
        self._painter.setFont(font)
        self._painter.setPen(theme().color(tone))
        self._painter.drawText(QPointF(left, area.center().y() + metrics.capHeight() / 2), text)


def paint_callout(painter: QPainter, text: str, anchor: QPointF, room: QRectF) -> None:
    """Write a box's name above it, in the screen's own measure: at this scale it stands nowhere else."""
    font = theme().mono_font()
    metrics = QFontMetricsF(font)
    width = min(metrics.horizontalAdvance(text) + 16, room.width() - 8)
    left = min(max(anchor.x() - width / 2, room.left() + 4), room.right() - 4 - width)
    top = anchor.y() - 30 if anchor.y() - 30 > room.top() else anchor.y() + 8
    area = QRectF(left, top, width, 24)
    painter.setPen(theme().color("line"))
    painter.setBrush(theme().color("raised"))
    painter.drawRoundedRect(area, 4, 4)
    painter.setPen(theme().color("text"))
    painter.setFont(font)
    painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, width - 12))
