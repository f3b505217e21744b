"""Quick filters above the table: how many tasks wait, run and failed, each one click away."""

from collections.abc import Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from desktop.core.formatting import number, short_number
from desktop.core.i18n import tr
from desktop.core.tasks_states import CHIP_TITLES, CHIP_TONES, Chip, chip_counts
from desktop.views.theme import CAPTION_PX, TEXT_PX, theme

HEIGHT_PX = 26
PADDING_PX = 10
GAP_PX = 6
DOT_PX = 6


class ChipButton(QAbstractButton):
    """One quick filter: dot, word, count."""

    def __init__(self, chip: Chip, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chip = chip
        self._count = 0
        self.setText(tr(CHIP_TITLES[chip]))
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self.set_count(0)

    def count(self) -> int:
        """Answer the count shown."""
        return self._count

    def set_count(self, count: int) -> None:
        """Show another count."""
        self._count = count
        self.setToolTip(f"{self.text()}: {number(count)}")
        self.setAccessibleName(f"{self.text()}, {number(count)}")
        self.updateGeometry()
        self.update()

    def _dot_room(self) -> int:
        return DOT_PX + GAP_PX if self.chip in CHIP_TONES else 0

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room the word and its count take."""
        word = QFontMetrics(theme().font(TEXT_PX)).horizontalAdvance(self.text())
        count = QFontMetrics(theme().font(CAPTION_PX)).horizontalAdvance(short_number(self._count))
        return QSize(2 * PADDING_PX + self._dot_room() + word + GAP_PX + count, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chip."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        on = self.isChecked()
        painter.setPen(theme().color("accent" if on or self.hasFocus() else "line"))
        painter.setBrush(theme().selection() if on else theme().color("raised" if self.underMouse() else "panel"))
        painter.drawRoundedRect(box, HEIGHT_PX / 2, HEIGHT_PX / 2)
        left = PADDING_PX
        if self.chip in CHIP_TONES:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color(CHIP_TONES[self.chip]))
            painter.drawEllipse(QRectF(left, (self.height() - DOT_PX) / 2, DOT_PX, DOT_PX))
            left += self._dot_room()
        painter.setPen(theme().color("text"))
        painter.setFont(theme().font(TEXT_PX))
        painter.drawText(self.rect().adjusted(left, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setPen(theme().color("dim"))
        painter.setFont(theme().font(CAPTION_PX))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(self.rect().adjusted(0, 0, -PADDING_PX, 0), flags, short_number(self._count))


class StateChips(QWidget):
    """All quick filters in a row, one of them chosen. Rare states show theirs only once they happened."""

    chosen = Signal(str)
    """The `Chip` the user chose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons = {chip: ChipButton(chip) for chip in Chip}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for button in self._buttons.values():
            self._group.addButton(button)
            row.addWidget(button)
        row.addStretch(1)
        self._buttons[Chip.ALL].setChecked(True)
        self._buttons[Chip.REVOKED].setVisible(False)
        self._group.buttonClicked.connect(self._on_clicked)

    def chip(self) -> Chip:
        """Answer the chosen quick filter."""
        return next((chip for chip, button in self._buttons.items() if button.isChecked()), Chip.ALL)

    def button(self, chip: Chip) -> ChipButton:
        """Answer the button of *chip*."""
        return self._buttons[chip]

    def choose(self, chip: Chip) -> None:
        """Choose as a click would, without telling anyone."""
        self._buttons[chip].setChecked(True)

    def set_counts(self, counts: Mapping[str, int]) -> None:
        """Show how many tasks each quick filter gathers."""
        for item in chip_counts(counts):
            button = self._buttons[item.chip]
            if button.count() != item.count:
                button.set_count(item.count)
        revoked = self._buttons[Chip.REVOKED]
        revoked.setVisible(revoked.count() > 0 or revoked.isChecked())

    def _on_clicked(self, button: QAbstractButton) -> None:
        assert isinstance(button, ChipButton)
        self.chosen.emit(button.chip.value)
