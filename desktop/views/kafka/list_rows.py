"""How topics and groups are painted in the list: name and its one figure above, the rest dim below, attention in a word."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.core.formatting import rate
from desktop.core.i18n import tr, trn
from desktop.core.kafka_group import group_protocol, group_state
from desktop.core.kafka_words import topic_facts, topic_state
from desktop.core.states import UNKNOWN, count_text
from desktop.models.kafka_list import THING_ROLE
from desktop.views.theme import CAPTION_PX, theme
from desktop.views.widgets.list_row import paint_ground
from desktop.views.widgets.row_paint import DOT_PX, paint_dot, paint_right, paint_text
from embedded_server.contracts.kafka import GroupInfo, TopicInfo

HEIGHT_PX: Final = 44
LINE_PX: Final = 18
LOUD: Final = frozenset({"warn", "bad"})
"""Their dots are rings, and their words stand in the row."""


class ListRows(QStyledItemDelegate):
    """Paints both kinds of row."""

    dimmed = False
    """What is known is from before: no state colour claims that it still holds."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)

    # -- Qt overrides

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Every row is as high as the next."""
        return QSize(120, HEIGHT_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Draw one row."""
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, option, rect.adjusted(0, 1, 0, -1))
        area = rect.adjusted(8, 4, -8, -4)
        thing = index.data(THING_ROLE)
        if isinstance(thing, TopicInfo):
            self._topic(painter, area, thing)
        elif isinstance(thing, GroupInfo):
            self._group(painter, area, thing)
        else:
            paint_text(painter, area.adjusted(DOT_PX + 8, 0, 0, 0), tr("Loading …"), "dim", theme().font())
        painter.restore()

    # -- the inside

    def _topic(self, painter: QPainter, area: QRect, topic: TopicInfo) -> None:
        state = topic_state(topic)
        loud = state.tone in LOUD
        parts = topic_facts(topic)
        if topic.internal and not loud:
            parts.append(state.word)
        right, tone = (state.word, state.tone) if loud else (rate(topic.rate) if topic.rate else "", "run")
        self._lines(painter, area, topic.name, count_text(topic.messages), state.tone, parts, (right, tone), dim=topic.internal)

    def _group(self, painter: QPainter, area: QRect, group: GroupInfo) -> None:
        word, tone = group_state(group.state)
        parts = [word]
        if group.members is not None:
            parts.append(trn("1 member", "{n} members", group.members))
        if group.topics:
            parts.append(trn("1 topic", "{n} topics", group.topics))
        if group.type not in {"classic", "consumer"}:
            parts.append(group_protocol(group))
        lag = UNKNOWN if group.lag is None else count_text(group.lag)
        self._lines(painter, area, group.id, lag, tone, parts, (tr("lag") if group.lag is not None else "", "dim"), dim=False)

    def _lines(
        self,
        painter: QPainter,
        area: QRect,
        name: str,
        figure: str,
        tone: str,
        parts: Sequence[str],
        right: tuple[str, str],
        *,
        dim: bool,
    ) -> None:
        upper = QRect(area.left(), area.top(), area.width(), LINE_PX)
        lower = QRect(area.left() + DOT_PX + 8, area.top() + LINE_PX, area.width() - DOT_PX - 8, LINE_PX)
        paint_dot(painter, upper, "dim" if self.dimmed else tone, hollow=tone in LOUD)
        faint = dim or self.dimmed
        upper = paint_right(painter, upper.adjusted(DOT_PX + 8, 0, 0, 0), figure, "dim" if faint or figure == UNKNOWN else "text")
        paint_text(painter, upper, name, "dim" if faint else "text", theme().mono_font())
        words, ink = right
        if words:
            lower = paint_right(painter, lower, words, "dim" if self.dimmed else ink, pixels=CAPTION_PX)
        paint_text(painter, lower, _fitting(parts, lower.width()), "dim", theme().font(CAPTION_PX))


def _fitting(parts: Sequence[str], width: int) -> str:
    """Write as many of a row's facts as there is room for, each of them whole."""
    metrics = QFontMetrics(theme().font(CAPTION_PX))
    texts = (" · ".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((text for text in texts if metrics.horizontalAdvance(text) <= width), parts[0])
