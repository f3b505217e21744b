"""A thin bar that says how much of something is done."""

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.core.i18n import tr
from desktop.views.theme import theme

HEIGHT_PX: Final = 4


class ProgressBar(QWidget):
    """Four pixels high, in the colour of what runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = 0.0
        self.setFixedHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def share(self) -> float:
        """Answer how much is filled, from 0 to 1."""
        return self._share

    def show_share(self, done: int, total: int) -> None:
        """Fill *done* of *total*."""
        share = min(1.0, done / total) if total > 0 else 0.0
        if share != self._share:
            self._share = share
            self.setAccessibleName(tr("{percent} % done", percent=round(share * 100)))
            self.update()

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the groove and what is done of it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("line"))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
        painter.setBrush(theme().color("run"))
        painter.drawRoundedRect(QRectF(0, 0, self.width() * self._share, HEIGHT_PX), 2, 2)
