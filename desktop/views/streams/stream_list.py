"""The list of streams at the left: a dot and a word for the state, how much came, how fast, and when it tries again."""

import time
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from desktop.core.i18n import tr
from desktop.core.streams_words import rate_text, state_tone, state_word, summary
from desktop.models.streams_model import STREAM_ROLE, StreamsModel
from desktop.views.theme import CAPTION_PX, TEXT_PX, theme
from desktop.views.widgets.card import Card
from desktop.views.widgets.list_row import paint_ground
from desktop.views.widgets.list_view import list_view
from embedded_server.contracts.streams import Stream

ROW_PX: Final = 48
DOT_PX: Final = 7
WIDTH_PX: Final = 232


class StreamDelegate(QStyledItemDelegate):
    """Paints a stream as two lines."""

    dimmed = False
    """What is known is from before: no state colour claims that it still holds."""

    def _words(self, painter: QPainter, area: QRect, stream: Stream) -> None:
        tone = theme().color("dim" if self.dimmed else state_tone(stream))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tone)
        painter.drawEllipse(QPointF(area.left() + DOT_PX / 2, area.top() + 10), DOT_PX / 2, DOT_PX / 2)
        text = area.adjusted(DOT_PX + 9, 0, 0, 0)
        upper, lower = QRect(text.left(), text.top(), text.width(), 20), QRect(text.left(), text.top() + 20, text.width(), 18)
        painter.setFont(theme().font(CAPTION_PX))
        painter.setPen(tone)
        word = state_word(stream)
        room = painter.fontMetrics().horizontalAdvance(word) + 8
        painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
        painter.setPen(theme().color("dim"))
        rate = rate_text(stream)
        painter.drawText(lower, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, rate)
        left = lower.adjusted(0, 0, -painter.fontMetrics().horizontalAdvance(rate) - 8, 0)
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, _elided(painter, summary(stream, time.time_ns()), left))
        painter.setFont(theme().font(TEXT_PX))
        painter.setPen(theme().color("text"))
        name = upper.adjusted(0, 0, -room, 0)
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, _elided(painter, stream.spec.name, name))

    # -- Qt overrides

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Every row is as high as the next."""
        return QSize(WIDTH_PX - 40, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Draw one stream."""
        stream = index.data(STREAM_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area: QRect = option.rect.adjusted(0, 1, 0, -1)
        paint_ground(painter, option, area)
        self._words(painter, area.adjusted(10, 4, -10, -4), stream)
        painter.restore()


class StreamList(Card):
    """The streams, one of them chosen."""

    chosen = Signal(object)
    """The `Stream` the user looks at now, or None."""
    opened = Signal(object)
    """Enter or a double click on a `Stream`."""

    def __init__(self, model: StreamsModel) -> None:
        super().__init__(margins=(6, 8, 6, 8))
        self.model = model
        self.view = list_view(model, "stream_list", tr("Streams"))
        self._delegate = StreamDelegate(self.view)
        self.view.setItemDelegate(self._delegate)
        self.body.addWidget(self.view, 1)
        self.setMinimumWidth(180)
        self.view.selectionModel().currentChanged.connect(lambda current, _: self.chosen.emit(model.stream_at(current)))
        self.view.activated.connect(lambda index: self.opened.emit(model.stream_at(index)))

    def current(self) -> Stream | None:
        """Answer the chosen stream."""
        return self.model.stream_at(self.view.currentIndex())

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before."""
        self._delegate.dimmed = dimmed
        self.view.viewport().update()

    def choose(self, stream_id: str) -> None:
        """Choose as a click would."""
        index = self.model.index_of(stream_id)
        if index.isValid():
            self.view.setCurrentIndex(index)


def _elided(painter: QPainter, text: str, area: QRect) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(area.width(), 0))
