"""Wrapped words that always have the room they need."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from desktop.views.theme import CAPTION_PX, TEXT_PX
from desktop.views.widgets.labels import Label


class Wrapped(Label):
    """A label over several lines that says how high it is at its width.

    Height for width gets lost on the way up through stacked widgets, and is remembered wrongly while hidden.
    """

    def __init__(self, *, tone: str = "dim", bold: bool = False, small: bool = True) -> None:
        super().__init__(tone=tone, pixels=CAPTION_PX if small else TEXT_PX, bold=bold, wrap=True)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    # -- Qt overrides

    def hasHeightForWidth(self) -> bool:
        """Answer no: the size hint knows."""
        return False

    def sizeHint(self) -> QSize:
        """Answer the height of the words at the present width."""
        return QSize(super().sizeHint().width(), max(self.heightForWidth(self.width()), 0))

    def minimumSizeHint(self) -> QSize:
        """Answer the same height: words are never cut."""
        return QSize(40, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height at another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
