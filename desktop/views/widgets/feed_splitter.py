"""A splitter whose handle is the gap between two cards, and shows itself only under the pointer."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSplitter, QSplitterHandle, QWidget

from desktop.views.theme import theme

GAP_PX = 12


class QuietSplitter(QSplitter):
    """Two parts with a gap of the page's grid between them."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.setHandleWidth(GAP_PX)

    # -- Qt overrides

    def createHandle(self) -> QSplitterHandle:
        """Make a handle that is quiet."""
        return _QuietHandle(self.orientation(), self)


class _QuietHandle(QSplitterHandle):
    """A short line in the middle while the pointer is over it."""

    def __init__(self, orientation: Qt.Orientation, parent: QSplitter) -> None:
        super().__init__(orientation, parent)
        self._hovered = False

    # -- Qt overrides

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._hovered:
            painter = QPainter(self)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("line"))
            center = self.rect().center()
            wide, high = (4, 40) if self.orientation() is Qt.Orientation.Horizontal else (40, 4)
            painter.drawRoundedRect(center.x() - wide // 2, center.y() - high // 2, wide, high, 2, 2)
