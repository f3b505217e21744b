"""Tiles above a table: a figure, its unit and the shape of its last minute."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from desktop.views.theme import PANEL_TITLE_PX, theme
from desktop.views.widgets.card import RADIUS_PX, Card
from desktop.views.widgets.labels import Label, caption
from desktop.views.widgets.sparkline import Sparkline


class Tile(Card):
    """One figure with its unit and sparkline. A tile with something behind it is clicked, or opened with Enter or Space."""

    clicked = Signal()

    def __init__(self, title: str, tone: str, *, opens: str = "", least_top: float = 1.0, parent: QWidget | None = None) -> None:
        super().__init__(parent, margins=(12, 8, 12, 8))
        self._opens = opens
        self._title = caption(title)
        self._figure = Label("\u2013", pixels=PANEL_TITLE_PX, bold=True)
        self._unit = caption()
        self.spark = Sparkline(tone, least_top=least_top)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self._figure)
        line.addWidget(self._unit, 0, Qt.AlignmentFlag.AlignBottom)
        line.addStretch(1)
        self._unit.setContentsMargins(0, 0, 0, 3)
        self.body.setSpacing(2)
        self.body.addWidget(self._title)
        self.body.addLayout(line)
        self.body.addWidget(self.spark)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        if opens:
            self.setToolTip(opens)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def figure(self) -> str:
        """Answer the figure shown."""
        return self._figure.text()

    def unit(self) -> str:
        """Answer what the figure counts."""
        return self._unit.text()

    def set_figure(self, figure: str, unit: str, values: Sequence[float] | None = None) -> None:
        """Show *figure* in *unit*, and the curve of *values* where they are given."""
        self._figure.setText(figure)
        self._unit.setText(unit)
        self.setAccessibleDescription(f"{figure} {unit}")
        if values is not None:
            self.spark.set_values(values)

    def set_stale(self, stale: bool) -> None:
        """Dim the figure while it is not known to hold."""
        self._figure.set_tone("dim" if stale else "text")

    def set_tone(self, tone: str) -> None:
        """Draw the curve in another colour of the theme."""
        self.spark.set_tone(tone)

    # -- Qt overrides

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open what is behind the tile."""
        if self._opens and event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open what is behind the tile with Enter or Space."""
        if self._opens and event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.clicked.emit()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the surface, with a ring around it while it has the focus."""
        super().paintEvent(event)
        if not self.hasFocus():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("accent"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_PX, RADIUS_PX)


class TileRow(QWidget):
    """Tiles side by side, all of one width."""

    def __init__(self, tiles: Sequence[Tile], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tiles = tuple(tiles)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        for tile in tiles:
            layout.addWidget(tile, 1)
