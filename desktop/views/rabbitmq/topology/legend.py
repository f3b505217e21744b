"""What the kinds of lines mean, each by an example and a word."""

from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_graph import Tie
from desktop.views.rabbitmq.topology.lines import pen_of
from desktop.views.theme import CAPTION_PX, theme

EXAMPLE_PX: Final = 20
GAP_PX: Final = 6
BETWEEN_PX: Final = 12
ENTRIES: Final = ((Tie.BINDING, N_("binding")), (Tie.DEAD, N_("dead letters")), (Tie.ALTERNATE, N_("alternate")))


class Legend(QWidget):
    """Painted, as the lines are."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(tr(word) for _, word in ENTRIES))
        self.setToolTip(self.accessibleName())
        theme().changed.connect(self.update)

    def shown(self) -> list[Tie]:
        """Answer the kinds that there is room for as a whole: half a word means nothing."""
        metrics = QFontMetrics(theme().font(CAPTION_PX))
        found: list[Tie] = []
        left = 0
        for tie, word in ENTRIES:
            left += EXAMPLE_PX + GAP_PX + metrics.horizontalAdvance(tr(word))
            if left > self.width():
                break
            found.append(tie)
            left += BETWEEN_PX
        return found

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room that all of it takes."""
        metrics = QFontMetrics(theme().font(CAPTION_PX))
        words = sum(metrics.horizontalAdvance(tr(word)) for _, word in ENTRIES)
        return QSize(words + len(ENTRIES) * (EXAMPLE_PX + GAP_PX + BETWEEN_PX), 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw an example and a word of each."""
        painter = QPainter(self)
        font = theme().font(CAPTION_PX)
        metrics = QFontMetrics(font)
        painter.setFont(font)
        left, middle = 0.0, self.height() / 2
        shown = self.shown()
        for tie, word in ENTRIES[: len(shown)]:
            painter.setPen(pen_of(tie))
            painter.drawLine(int(left), int(middle), int(left) + EXAMPLE_PX, int(middle))
            left += EXAMPLE_PX + GAP_PX
            painter.setPen(theme().color("dim"))
            width = metrics.horizontalAdvance(tr(word))
            painter.drawText(QRectF(left, 0, width + 2, self.height()), int(Qt.AlignmentFlag.AlignVCenter), tr(word))
            left += width + BETWEEN_PX
