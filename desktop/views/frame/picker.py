"""The header's chip for the connection a panel looks at: its colour, name, state and environment, and the menu to take another."""

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.core.connections_words import environment_of, mark_of, name_of, state_of, summary
from desktop.core.i18n import tr
from desktop.core.problems import title_of
from desktop.views.frame.chip import paint_chip
from desktop.views.theme import CAPTION_PX, TEXT_PX, icon, theme
from desktop.views.widgets.swatch import SWATCH_PX, paint_swatch
from embedded_server.contracts.connections import Connection

HEIGHT_PX = 32
PAD_PX = 12
GAP_PX = 8
DOT_PX = 7
LOCK_PX = 14
ARROW_PX = 22
MAX_NAME_PX = 220
LEAST_NAME_PX = 48


class ConnectionPicker(QAbstractButton):
    """Says which connection the panel looks at, and how it fares. A click, Enter, Space or the down key opens its menu."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._connection: Connection | None = None
        self._away = False
        self.setObjectName("connection-picker")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme().changed.connect(self.update)
        self.show_connection(None, is_known=False)

    def show_connection(self, connection: Connection | None, *, is_known: bool = True) -> None:
        """Show one, or that there is none; while nothing is known yet, neither."""
        self._connection = connection
        nothing = tr("No connection") if is_known else "…"
        words = summary(connection) if connection is not None else nothing
        self.setText(name_of(connection) if connection is not None else nothing)
        self.setAccessibleName(tr("Connection: {name}", name=words))
        problem = connection.health.problem if connection is not None else None
        lines = [words, connection.url if connection is not None else "", title_of(problem) if problem is not None else ""]
        self.setToolTip("\n".join(line for line in lines if line))
        self.updateGeometry()
        self.update()

    def set_away(self, away: bool) -> None:
        """Show that what is known is from before: no state colour claims that it still holds."""
        if away != self._away:
            self._away = away
            self.update()

    def _words(self) -> list[tuple[str, str, bool]]:
        """Answer what stands behind the name: text, colour, and whether a state's dot is before it."""
        connection = self._connection
        if connection is None:
            return []
        word, tone = state_of(connection)
        environment, environment_tone = environment_of(connection)
        words = [(word, "dim" if self._away else tone, True)]
        return [*words, (environment, environment_tone, False)] if environment else words

    def _room_beside_name(self) -> int:
        """Answer the room of everything but the name."""
        small = QFontMetrics(theme().font(CAPTION_PX))
        width = PAD_PX + ARROW_PX + 4
        if self._connection is not None:
            width += SWATCH_PX + GAP_PX + (LOCK_PX + GAP_PX if self._connection.spec.read_only else 0)
        for text, _, has_dot in self._words():
            width += GAP_PX + small.horizontalAdvance(text) + (DOT_PX + 5 if has_dot else 0)
        return width

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room for all of it."""
        name = QFontMetrics(theme().font(TEXT_PX, bold=True)).horizontalAdvance(self.text())
        return QSize(self._room_beside_name() + min(name, MAX_NAME_PX) + 2, HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        """Answer the room with a shortened name: state and environment are never cut."""
        return QSize(min(self.sizeHint().width(), self._room_beside_name() + LEAST_NAME_PX), HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chip."""
        painter = QPainter(self)
        area = paint_chip(painter, self)
        left, middle = PAD_PX, self.height() / 2
        if self._connection is not None:
            paint_swatch(painter, left, middle, mark_of(self._connection.spec.colour))
            left += SWATCH_PX + GAP_PX
        left = self._paint_name(painter, left)
        painter.setFont(theme().font(CAPTION_PX))
        for text, tone, has_dot in self._words():
            left += GAP_PX
            color = theme().color(tone)
            if has_dot:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(color)
                painter.drawEllipse(QRectF(left, middle - DOT_PX / 2, DOT_PX, DOT_PX))
                left += DOT_PX + 5
            painter.setPen(color)
            room = painter.fontMetrics().horizontalAdvance(text)
            painter.drawText(QRectF(left, 0, room + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            left += room
        painter.setPen(theme().color("dim"))
        painter.setFont(theme().font(TEXT_PX))
        painter.drawText(area.adjusted(0, 0, -10, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "▾")

    def _paint_name(self, painter: QPainter, left: int) -> int:
        font = theme().font(TEXT_PX, bold=True)
        text = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width() - self._room_beside_name() + 2)
        room = QFontMetrics(font).horizontalAdvance(text)
        painter.setFont(font)
        painter.setPen(theme().color("text"))
        painter.drawText(QRectF(left, 0, room + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        left += room
        if self._connection is not None and self._connection.spec.read_only:
            left += GAP_PX
            icon("ph.lock-simple", "warn").paint(painter, QRect(left, (self.height() - LOCK_PX) // 2, LOCK_PX, LOCK_PX))
            left += LOCK_PX
        return left

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open by the keys that open a list."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down} and not event.isAutoRepeat():
            self.click()
        else:
            super().keyPressEvent(event)
