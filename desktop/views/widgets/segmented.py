"""A choice of few, all in sight: theme, level, zone."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.views.theme import TEXT_PX, theme

HEIGHT_PX = 28
PAD_PX = 12


class Segmented(QWidget):
    """Segments side by side, one of them chosen. Keys stay keys; words are shown."""

    chosen = Signal(str)
    """The user took another one."""

    def __init__(self, choices: Sequence[tuple[str, str]], current: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = list(choices)
        self._current = current
        self._name = name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tell()
        theme().changed.connect(self.update)

    def current(self) -> str:
        """Answer the chosen key."""
        return self._current

    def set_current(self, key: str) -> None:
        """Choose without telling anybody."""
        if key != self._current:
            self._current = key
            self._tell()
            self.update()

    def choose(self, key: str) -> None:
        """Choose as the user does."""
        if key != self._current:
            self.set_current(key)
            self.chosen.emit(key)

    def _tell(self) -> None:
        word = next((text for key, text in self._choices if key == self._current), "")
        self.setAccessibleName(f"{self._name}: {word}")

    def _widths(self) -> list[int]:
        metrics = QFontMetrics(theme().font(TEXT_PX, bold=True))
        return [metrics.horizontalAdvance(text) + 2 * PAD_PX for _, text in self._choices]

    def _areas(self) -> list[QRectF]:
        areas, left = [], 2.0
        for width in self._widths():
            areas.append(QRectF(left, 2, width, self.height() - 4))
            left += width
        return areas

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room of all segments."""
        return QSize(sum(self._widths()) + 4, HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the groove, the chosen segment and the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().color("accent" if self.hasFocus() else "line"))
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        for (key, text), area in zip(self._choices, self._areas(), strict=True):
            on = key == self._current
            if on:
                painter.setPen(theme().color("line"))
                painter.setBrush(theme().color("panel"))
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            painter.setPen(theme().color("text" if on else "dim"))
            painter.setFont(theme().font(TEXT_PX, bold=on))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        for (key, _), area in zip(self._choices, self._areas(), strict=True):
            if area.contains(event.position()):
                self.choose(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with the arrow keys."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        keys = [key for key, _ in self._choices]
        index = keys.index(self._current) + step
        if 0 <= index < len(keys):
            self.choose(keys[index])
