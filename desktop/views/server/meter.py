"""How far a limit is used: a thin bar with its sentence."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from desktop.views.theme import theme
from desktop.views.widgets.labels import caption

BAR_PX = 4
NEARLY_FULL = 0.9


class Meter(QWidget):
    """A bar and the words under it. The words say all; the bar only shows it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar = _Bar()
        self._text = caption()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._bar)
        layout.addWidget(self._text)

    def text(self) -> str:
        """Answer the sentence."""
        return self._text.text()

    def show_fill(self, share: float, text: str) -> None:
        """Show how far the limit is used, 0 to 1."""
        self._text.setText(text)
        self._bar.show_share(share)


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_share(self, share: float) -> None:
        """Fill so much of it."""
        if share != self._share:
            self._share = share
            self.update()

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer its height; the width is the layout's."""
        return QSize(80, BAR_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the groove and what is filled."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("line"))
        painter.drawRoundedRect(QRectF(self.rect()), BAR_PX / 2, BAR_PX / 2)
        if self._share > 0:
            painter.setBrush(theme().color("warn" if self._share >= NEARLY_FULL else "accent"))
            filled = max(BAR_PX, self.width() * self._share)
            painter.drawRoundedRect(QRectF(0, 0, filled, self.height()), BAR_PX / 2, BAR_PX / 2)
