"""How the tree's rows are painted: a dot and a name at the left, figures at the right, and a word where a queue asks for attention."""

from typing import Any, Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from desktop.core.formatting import rate, short_number
from desktop.core.i18n import tr
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.core.rabbitmq_words import queue_state
from desktop.models.rabbitmq_tree import DEAD_ROLE, SPOT_ROLE, VALUE_ROLE
from desktop.views.theme import CAPTION_PX, ROW_PX, TEXT_PX, icon, theme
from desktop.views.widgets.row_paint import DOT_PX, paint_dot, paint_right, paint_text
from embedded_server.contracts.rabbitmq import ExchangeInfo, Overview, QueueInfo, VHostInfo

INDENT_PX: Final = 12
CARET_PX: Final = 12
_LOUD: Final = frozenset({"warn", "bad"})
"""Their dots are rings: told apart without their colour, where there is no room for the word."""
_LEAVES: Final = frozenset({Place.QUEUE, Place.EXCHANGE})


class TreeRows(QStyledItemDelegate):
    """Paints every kind of row."""

    dimmed = False
    """What is known is from before: no state colour claims that it still holds."""

    def __init__(self, view: QTreeView) -> None:
        super().__init__(view)
        self._view = view

    def _ground(self, painter: QPainter, option: Any) -> None:
        area = QRectF(0, option.rect.top() + 1, self._view.viewport().width(), option.rect.height() - 2)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:  # the style has filled the room of the carets
            painter.fillRect(0, option.rect.top(), self._view.viewport().width(), option.rect.height(), theme().color("panel"))
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().selection() if chosen else theme().color("raised"))
            painter.drawRoundedRect(area, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus and self._view.hasFocus():
            painter.setPen(theme().color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _caret(self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex) -> None:
        if self._view.model().rowCount(index):
            name = "ph.caret-down" if self._view.isExpanded(index) else "ph.caret-right"
            place = QRect(rect.left() - CARET_PX - 1, rect.center().y() - CARET_PX // 2 + 1, CARET_PX, CARET_PX)
            icon(name, "dim").paint(painter, place)

    def _queue(self, painter: QPainter, area: QRect, queue: QueueInfo, *, dead: bool) -> None:
        state = queue_state(queue, takes_dead_letters=dead)
        tone = "dim" if self.dimmed else state.tone
        paint_dot(painter, area, tone, hollow=state.tone in _LOUD)
        area = area.adjusted(DOT_PX + 8, 0, 0, 0)
        if queue.ready is not None:
            area = paint_right(painter, area, short_number(queue.ready), "text" if queue.ready and not self.dimmed else "dim")
        note, note_tone = _note(queue, state.word if state.tone in _LOUD else "", tone)
        if note:
            painter.setFont(theme().font(CAPTION_PX))
            room = area.width() - painter.fontMetrics().horizontalAdvance(note) - 8
            if room >= QFontMetrics(theme().mono_font()).horizontalAdvance(
                queue.name
            ):  # names differ at their ends: never cut one for a word
                area = paint_right(painter, area, note, note_tone, pixels=CAPTION_PX)
        paint_text(painter, area, queue.name, "text", theme().mono_font())

    def _other(self, painter: QPainter, area: QRect, spot: Spot, title: str, value: object) -> None:
        font, tone = theme().font(TEXT_PX, bold=spot.place is not Place.SYSTEM), "text"
        if spot.place is Place.EXCHANGE:
            font = theme().mono_font()
        elif spot.place is Place.VHOST:
            font = theme().mono_font()
            font.setBold(True)
        elif spot.place is Place.SYSTEM:
            tone = "dim"
        figure = _figure(value)
        if figure:
            area = paint_right(painter, area, figure, "dim")
        paint_text(painter, area, title, tone, font)

    # -- Qt overrides

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Every row is as high as the next."""
        return QSize(120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Draw one row."""
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, option)
        self._caret(painter, rect, index)
        spot, value = index.data(SPOT_ROLE), index.data(VALUE_ROLE)
        is_leaf = not isinstance(spot, Spot) or spot.place in _LEAVES
        area = rect.adjusted(4 - (INDENT_PX if is_leaf else 0), 0, -8, 0)  # what has no caret needs no room for one
        if isinstance(value, QueueInfo):
            self._queue(painter, area, value, dead=bool(index.data(DEAD_ROLE)))
        elif isinstance(spot, Spot):
            self._other(painter, area, spot, str(index.data()), value)
        else:
            paint_text(painter, area.adjusted(DOT_PX + 8, 0, 0, 0), tr("Loading …"), "dim", theme().font())
        painter.restore()


def _note(queue: QueueInfo, word: str, tone: str) -> tuple[str, str]:
    """What stands beside the depth: the state where it asks for attention, else who holds some, else how fast it goes."""
    if word:
        return word, tone
    if queue.unacked:
        return tr("{n} unacked", n=short_number(queue.unacked)), "dim"
    moving = max(queue.publish_rate or 0.0, queue.deliver_rate or 0.0)
    return (rate(moving), "dim") if moving >= 0.05 else ("", "dim")


def _figure(value: object) -> str:
    if isinstance(value, Overview):
        return f"{value.product} {value.version}".strip()
    if isinstance(value, VHostInfo):
        return tr("{n} ready", n=short_number(value.ready)) if value.ready is not None else ""
    if isinstance(value, ExchangeInfo):
        return value.type
    if isinstance(value, tuple):
        matching, total = value
        return short_number(total) if matching == total else tr("{n} of {all}", n=short_number(matching), all=short_number(total))
    return short_number(value) if isinstance(value, int) else ""
