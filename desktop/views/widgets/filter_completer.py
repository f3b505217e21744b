"""The list of offers under the filter box."""

from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.core.filter_completion import Completion, Offer
from desktop.core.i18n import tr
from desktop.views.theme import CAPTION_PX, ROW_PX, theme

HELP_ROLE: Final = int(Qt.ItemDataRole.UserRole)
WIDTH_PX: Final = 460


class FilterCompleter(QObject):
    """Shows a `Completion` under a line edit, and puts into the line what the user takes."""

    taken = Signal()
    """An offer is in the line now."""

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self._line = line
        self._completion = Completion(0, 0)
        self._model = QStandardItemModel(0, 1, self)
        self._completer = QCompleter(self._model, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(10)
        self._completer.setWidget(line)
        popup = self._completer.popup()
        assert isinstance(popup, QListView)
        self._popup = popup
        popup.setItemDelegate(_OfferDelegate(popup))
        popup.setUniformItemSizes(True)
        popup.setObjectName("filter_offers")
        activated: Any = self._completer.activated  # two signals share the name; the stubs know one
        activated[QModelIndex].connect(self._on_activated)

    def show(self, completion: Completion) -> None:
        """Offer what is in *completion*; nothing to offer closes the list."""
        self._completion = completion
        self._model.clear()
        for offer in completion.offers:
            item = QStandardItem(offer.text)
            item.setData(tr(offer.help), HELP_ROLE)
            self._model.appendRow(item)
        if not completion.offers:
            self.hide()
            return
        rect = self._line.rect()
        rect.setWidth(WIDTH_PX)
        self._completer.complete(rect)

    def hide(self) -> None:
        """Close the list."""
        self._popup.hide()

    @property
    def is_shown(self) -> bool:
        """Whether the list is open."""
        return self._popup.isVisible()

    def take(self, offer: Offer) -> None:
        """Put *offer* into the line."""
        text, cursor = self._completion.take(self._line.text(), offer)
        self._line.setText(text)
        self._line.setCursorPosition(cursor)
        self.taken.emit()

    def _on_activated(self, index: QModelIndex) -> None:
        if 0 <= index.row() < len(self._completion.offers):
            self.take(self._completion.offers[index.row()])


class _OfferDelegate(QStyledItemDelegate):
    """An offer in the monospaced font, what it means dim beside it."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        opt: Any = option  # the stubs leave its fields out
        rect = opt.rect
        if opt.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, theme().selection())
        painter.setFont(theme().mono_font())
        painter.setPen(theme().color("text"))
        inner = rect.adjusted(8, 0, -8, 0)
        text = str(index.data())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter, text)
        used = painter.fontMetrics().horizontalAdvance(text) + 16
        painter.setFont(theme().font(CAPTION_PX))
        painter.setPen(theme().color("dim"))
        room = inner.adjusted(max(used, 112), 0, 0, 0)
        help_ = painter.fontMetrics().elidedText(str(index.data(HELP_ROLE) or ""), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, help_)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH_PX, ROW_PX)
