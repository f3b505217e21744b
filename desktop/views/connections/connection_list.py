"""The list of connections at the left: colour, name, state; below it what it is, how careful to be, and where it leads."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QStyledItemDelegate, QStyleOptionViewItem

from desktop.core.connections_words import KIND_WORDS, environment_of, host_of, mark_of, name_of, state_of
from desktop.core.i18n import tr
from desktop.models.connections_model import CONNECTION_ROLE, EDITED_ROLE, ConnectionsModel
from desktop.views.theme import CAPTION_PX, TEXT_PX, icon, theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.card import Card
from desktop.views.widgets.list_row import paint_ground
from desktop.views.widgets.list_view import list_view
from desktop.views.widgets.swatch import SWATCH_PX, paint_swatch
from embedded_server.contracts.connections import Connection, ConnectionKind

ROW_PX: Final = 48
DOT_PX: Final = 7
LOCK_PX: Final = 12
WIDTH_PX: Final = 264
LEAST_PART_PX: Final = 48
"""With less room a further part would be a separator and an ellipsis."""

Index = QModelIndex | QPersistentModelIndex


class ConnectionDelegate(QStyledItemDelegate):
    """Paints a connection as two lines."""

    dimmed = False
    """What is known is from before: no state colour claims that it still holds."""

    def _upper(self, painter: QPainter, line: QRect, connection: Connection) -> None:
        word, tone = state_of(connection)
        color = theme().color("dim" if self.dimmed else tone)
        painter.setFont(theme().font(CAPTION_PX))
        room = painter.fontMetrics().horizontalAdvance(word)
        painter.setPen(color)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, word)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QPointF(line.right() - room - 5 - DOT_PX / 2, line.center().y() + 1), DOT_PX / 2, DOT_PX / 2)
        left = line.adjusted(0, 0, -(room + DOT_PX + 14), 0)
        locked = connection.spec.read_only
        painter.setFont(theme().font(TEXT_PX))
        painter.setPen(theme().color("text"))
        name = _elided(painter, name_of(connection), left.width() - (LOCK_PX + 6 if locked else 0))
        painter.drawText(left, Qt.AlignmentFlag.AlignVCenter, name)
        if locked:
            at = left.left() + painter.fontMetrics().horizontalAdvance(name) + 6
            icon("ph.lock-simple", "warn").paint(painter, QRect(at, line.center().y() - LOCK_PX // 2, LOCK_PX, LOCK_PX))

    def _lower(self, painter: QPainter, line: QRect, connection: Connection, *, edited: bool) -> None:
        painter.setFont(theme().font(CAPTION_PX))
        environment, tone = environment_of(connection)
        kind = "" if connection.spec.kind is ConnectionKind.EMBEDDED else tr(KIND_WORDS[connection.spec.kind])
        parts = [(environment, tone), (tr("not saved") if edited else "", "warn"), (kind, "dim"), (host_of(connection), "dim")]
        shown = [part for part in parts if part[0]]
        left, right = line.left(), line.right()
        for number, (text, part_tone) in enumerate(shown):
            drawn = _elided(painter, f"  ·  {text}" if number else text, right - left)
            if number and right - left < LEAST_PART_PX:
                return
            painter.setPen(theme().color(part_tone))
            painter.drawText(QRect(left, line.top(), right - left, line.height()), Qt.AlignmentFlag.AlignVCenter, drawn)
            left += painter.fontMetrics().horizontalAdvance(drawn)

    # -- Qt overrides

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Every row is as high as the next."""
        return QSize(WIDTH_PX - 40, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one connection."""
        connection: Connection = index.data(CONNECTION_ROLE)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area: QRect = option.rect.adjusted(0, 1, 0, -1)
        paint_ground(painter, option, area)
        inner = area.adjusted(10, 4, -10, -4)
        paint_swatch(painter, inner.left(), inner.top() + 10, mark_of(connection.spec.colour))
        text = inner.adjusted(SWATCH_PX + 8, 0, 0, 0)
        self._upper(painter, QRect(text.left(), text.top(), text.width(), 20), connection)
        self._lower(painter, QRect(text.left(), text.top() + 20, text.width(), 18), connection, edited=bool(index.data(EDITED_ROLE)))
        painter.restore()


class ConnectionList(Card):
    """The connections, one of them chosen, and what is done with all of them."""

    chosen = Signal(object)
    """The `Connection` the user looks at now, or None."""
    add_requested = Signal()
    import_requested = Signal()
    export_requested = Signal()

    def __init__(self, model: ConnectionsModel) -> None:
        super().__init__(margins=(6, 8, 6, 8))
        self.model = model
        self.view = list_view(model, "connection_list", tr("Connections"))
        self._delegate = ConnectionDelegate(self.view)
        self.view.setItemDelegate(self._delegate)
        self.body.addWidget(self.view, 1)
        self.import_button = Button(tr("Import…"), self.import_requested.emit)
        self.import_button.setToolTip(tr("Add the connections of an exported file; passwords are not in it"))
        self.export_button = Button(tr("Export…"), self.export_requested.emit)
        self.export_button.setToolTip(tr("Write all connections into a file, without passwords"))
        foot = QHBoxLayout()
        foot.setContentsMargins(4, 0, 4, 0)
        foot.setSpacing(8)
        foot.addWidget(self.import_button, 1)
        foot.addWidget(self.export_button, 1)
        self.body.addLayout(foot)
        self.setMinimumWidth(220)
        self.view.selectionModel().currentChanged.connect(lambda current, _: self.chosen.emit(model.connection_at(current)))

    def current(self) -> Connection | None:
        """Answer the chosen connection."""
        return self.model.connection_at(self.view.currentIndex())

    def set_dimmed(self, dimmed: bool) -> None:
        """Show that what is known is from before."""
        self._delegate.dimmed = dimmed
        self.view.viewport().update()

    def choose(self, connection_id: str) -> None:
        """Choose as a click would; an empty id chooses none."""
        self.view.setCurrentIndex(self.model.index_of(connection_id))


def _elided(painter: QPainter, text: str, room: int) -> str:
    return painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, max(room, 0))
