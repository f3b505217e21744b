"""Features as small chips, over as many lines as they need; each says in its tool tip what it means."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.core.states import Chip
from desktop.views.theme import CAPTION_PX, theme

HEIGHT_PX: Final = 20
GAP_PX: Final = 4
PAD_PX: Final = 7
MAX_CHIP_PX: Final = 260


class Chips(QWidget):
    """Paints its chips itself: a queue may have a dozen, and they change with every choice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: tuple[Chip, ...] = ()
        self._held = 0
        """The height kept while others are awaited."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def chips(self) -> tuple[Chip, ...]:
        """Answer what is shown."""
        return self._chips

    def set_chips(self, chips: Sequence[Chip]) -> None:
        """Show others."""
        if tuple(chips) != self._chips or self._held:
            self._chips, self._held = tuple(chips), 0
            self.setAccessibleName(", ".join(chip.text for chip in chips))
            self.setVisible(bool(chips))
            self.updateGeometry()
            self.update()

    def await_chips(self) -> None:
        """Show none, and keep their room: others are on their way, and what is below stays where it is."""
        height = self._height() or HEIGHT_PX
        self.set_chips([])
        self._held = height
        self.updateGeometry()
        self.show()

    def _height(self) -> int:
        areas = self._areas()
        return int(areas[-1].bottom()) if areas else self._held

    def _areas(self) -> list[QRectF]:
        metrics = QFontMetrics(theme().font(CAPTION_PX))
        areas, left, top = [], 0.0, 0.0
        for chip in self._chips:
            width = min(metrics.horizontalAdvance(chip.text) + 2 * PAD_PX, MAX_CHIP_PX, max(self.width(), 60))
            if left and left + width > self.width():
                left, top = 0.0, top + HEIGHT_PX + GAP_PX
            areas.append(QRectF(left, top, width, HEIGHT_PX))
            left += width + GAP_PX
        return areas

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the height of all lines at the present width."""
        return QSize(120, self._height())

    def minimumSizeHint(self) -> QSize:
        """Answer the same height: no line is cut."""
        return QSize(40, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may need other lines."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chips."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme().font(CAPTION_PX)
        painter.setFont(font)
        for chip, area in zip(self._chips, self._areas(), strict=True):
            painter.setPen(theme().color("line"))
            painter.setBrush(theme().color("raised"))
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            painter.setPen(theme().color("text"))
            room = int(area.width()) - 2 * PAD_PX + 2
            painter.drawText(
                area, Qt.AlignmentFlag.AlignCenter, QFontMetrics(font).elidedText(chip.text, Qt.TextElideMode.ElideMiddle, room)
            )

    def event(self, event: QEvent) -> bool:
        """Say what the chip under the pointer means."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = next((chip.tip for chip, area in zip(self._chips, self._areas(), strict=True) if area.contains(event.pos())), "")
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return super().event(event)
