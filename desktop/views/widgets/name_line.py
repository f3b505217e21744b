"""A line for a name that is on the broker: completed from what is there, and free to be any other."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.views.theme import ROW_PX, theme
from desktop.views.widgets.form_sheet import MonoLine
from desktop.views.widgets.jobs import Jobs, Working

log = logging.getLogger(__name__)

REST_S: Final = 0.15
"""Rest of the keyboard before the broker is asked again."""
MOST_OFFERS: Final = 50
NOTE_ROLE: Final = int(Qt.ItemDataRole.UserRole)
Offer = tuple[str, str]
"""A name, and what stands dim beside it."""
Ask = Callable[[str], Awaitable[list[Offer]]]
"""What was typed in, names out."""


class NameLine(MonoLine, Working):
    """Completion is a help: where the broker cannot be asked, any name can still be typed."""

    def __init__(self, name: str, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self._ask: Ask | None = None
        self._jobs = Jobs(self)
        self._names = QStandardItemModel(self)
        completer = QCompleter(self._names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(10)
        popup = completer.popup()
        assert popup is not None
        popup.setItemDelegate(_OfferDelegate(self))
        self.setCompleter(completer)
        self.textEdited.connect(self._on_typed)

    def complete_from(self, ask: Ask | None) -> None:
        """Complete from what *ask* answers from now on."""
        self._ask = ask
        self._names.clear()
        self._start_asking()

    def offers(self) -> list[str]:
        """Answer the names that are offered at present."""
        return [self._names.item(row).text() for row in range(self._names.rowCount())]

    def _on_typed(self) -> None:
        self._start_asking(REST_S)

    def _start_asking(self, rest_s: float = 0.0) -> None:
        if self._ask is not None:
            self._jobs.start("names", self._learn(self._ask, rest_s), _is_a_help)

    async def _learn(self, ask: Ask, rest_s: float) -> None:
        await asyncio.sleep(rest_s)
        self._show(await ask(self.text().strip()))

    def _show(self, offers: Sequence[Offer]) -> None:
        if [name for name, _ in offers] == self.offers():
            return
        self._names.clear()
        for name, note in offers[:MOST_OFFERS]:
            item = QStandardItem(name)
            item.setData(note, NOTE_ROLE)
            self._names.appendRow(item)
        completer = self.completer()
        if self.hasFocus() and self.text() and self.isModified() and completer is not None:
            completer.setCompletionPrefix(self.text())
            completer.complete()


def _is_a_help(exc: BaseException) -> None:
    """Names that could not be had are not worth a message: what is typed works without them."""
    log.info("No names to complete from: %s", exc)


class _OfferDelegate(QStyledItemDelegate):
    """A name, and dim beside it what it is."""

    # -- Qt overrides

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Answer a row's height."""
        return QSize(super().sizeHint(option, index).width(), ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        """Draw one row of the list."""
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, theme().selection())
        painter.setFont(theme().mono_font())
        room = QRect(option.rect).adjusted(8, 0, -8, 0)
        note = str(index.data(NOTE_ROLE) or "")
        noted = painter.fontMetrics().horizontalAdvance(note) + 8 if note else 0
        name = painter.fontMetrics().elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, max(0, room.width() - noted))
        painter.setPen(theme().color("text"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(theme().color("dim"))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, note)
        painter.restore()
