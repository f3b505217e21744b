"""A choice of colours, as squares in a row: the chosen one has a ring, and its name is in the tool tip."""

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.core.connections_words import COLOUR_WORDS, mark_of
from desktop.core.i18n import tr
from desktop.views.theme import theme
from embedded_server.contracts.connections import Colour

CELL_PX = 28
MARK_PX = 16


class Swatches(QWidget):
    """Every colour a connection may have, one of them chosen. The arrow keys choose too."""

    chosen = Signal(object)
    """The `Colour` the user took."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colours = list(Colour)
        self._current = Colour.BLUE
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tell()
        theme().changed.connect(self.update)

    def current(self) -> Colour:
        """Answer the chosen colour."""
        return self._current

    def set_current(self, colour: Colour) -> None:
        """Choose without telling anybody."""
        if colour is not self._current:
            self._current = colour
            self._tell()
            self.update()

    def _choose(self, colour: Colour) -> None:
        if colour is not self._current:
            self.set_current(colour)
            self.chosen.emit(colour)

    def _tell(self) -> None:
        self.setAccessibleName(tr("Colour: {name}", name=tr(COLOUR_WORDS[self._current])))

    def _at(self, x: float) -> Colour | None:
        index = int(x // CELL_PX)
        return self._colours[index] if 0 <= index < len(self._colours) else None

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room of all of them."""
        return QSize(CELL_PX * len(self._colours), CELL_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the squares."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, colour in enumerate(self._colours):
            cell = QRectF(number * CELL_PX, 0, CELL_PX, CELL_PX)
            if colour is self._current:
                painter.setPen(theme().color("accent" if self.hasFocus() else "text"))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(cell.adjusted(2.5, 2.5, -2.5, -2.5), 7, 7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color(mark_of(colour)))
            edge = (CELL_PX - MARK_PX) / 2
            painter.drawRoundedRect(cell.adjusted(edge, edge, -edge, -edge), 4, 4)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        if (colour := self._at(event.position().x())) is not None:
            self._choose(colour)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with the arrow keys."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        index = self._colours.index(self._current) + step
        if 0 <= index < len(self._colours):
            self._choose(self._colours[index])

    def event(self, event: QEvent) -> bool:
        """Name the colour under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            colour = self._at(event.pos().x())
            QToolTip.showText(event.globalPos(), tr(COLOUR_WORDS[colour]) if colour is not None else "", self)
            return True
        return super().event(event)
