"""A choice of few, all in sight: theme, level, zone, and the parts of a detail."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from desktop.views.theme import TEXT_PX, theme

HEIGHT_PX = 28
PAD_PX = 12
LEAST_PAD_PX = 4
OFF_ALPHA = 120


class Segmented(QWidget):
    """Segments side by side, one of them chosen. Keys stay keys; words are shown."""

    chosen = Signal(str)
    """The user took another one."""

    def __init__(self, choices: Sequence[tuple[str, str]], current: str, *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = list(choices)
        self._current = current
        self._name = name
        self._disabled: set[str] = set()
        self._tips: dict[str, str] = {}
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._tell()
        theme().changed.connect(self.update)

    def set_choices(self, choices: Sequence[tuple[str, str]], current: str) -> None:
        """Offer others, one of them chosen, without telling anybody."""
        self._choices, self._current = list(choices), current
        self._disabled.clear()
        self._tips.clear()
        self._tell()
        self.updateGeometry()
        self.update()

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

    def text(self, key: str) -> str:
        """Answer the word of a segment."""
        return dict(self._choices)[key]

    def set_text(self, key: str, text: str) -> None:
        """Give a segment another word."""
        if self.text(key) != text:
            self._choices = [(known, text if known == key else word) for known, word in self._choices]
            self._tell()
            self.updateGeometry()
            self.update()

    def is_choosable(self, key: str) -> bool:
        """Whether the user may take a segment."""
        return key not in self._disabled

    def set_choosable(self, key: str, choosable: bool, why_not: str = "") -> None:
        """Offer a segment, or say in its tool tip why there is nothing behind it."""
        self._tips[key] = why_not
        (self._disabled.discard if choosable else self._disabled.add)(key)
        self.update()

    def _tell(self) -> None:
        word = next((text for key, text in self._choices if key == self._current), "")
        self.setAccessibleName(f"{self._name}: {word}")

    def _word_widths(self) -> list[int]:
        metrics = QFontMetrics(theme().font(TEXT_PX, bold=True))
        return [metrics.horizontalAdvance(text) for _, text in self._choices]

    def _areas(self) -> list[QRectF]:
        """Where the segments are: with less room they move together, and only then are words cut."""
        words = self._word_widths()
        room = self.width() - 4
        pad = min(float(PAD_PX), max(float(LEAST_PAD_PX), (room - sum(words)) / (2 * len(words))))
        wanted = [word + 2 * pad for word in words]
        share = min(1.0, room / max(1.0, sum(wanted)))
        areas, left = [], 2.0
        for width in wanted:
            areas.append(QRectF(left, 2, width * share, self.height() - 4))
            left += width * share
        return areas

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room of all segments."""
        return QSize(sum(self._word_widths()) + 2 * PAD_PX * len(self._choices) + 4, HEIGHT_PX)

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
            font = theme().font(TEXT_PX, bold=on)
            painter.setPen(theme().tint("dim", OFF_ALPHA) if key in self._disabled else theme().color("text" if on else "dim"))
            painter.setFont(font)
            shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, int(area.width()) - 2)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, shown)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        for (key, _), area in zip(self._choices, self._areas(), strict=True):
            if area.contains(event.position()) and self.is_choosable(key):
                self.choose(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with the arrow keys."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        keys = [key for key, _ in self._choices]
        onward = keys[keys.index(self._current) + 1 :] if step > 0 else keys[: keys.index(self._current)][::-1]
        if (key := next(filter(self.is_choosable, onward), None)) is not None:
            self.choose(key)

    def event(self, event: QEvent) -> bool:
        """Say why a segment cannot be taken, or the whole of a word that is cut."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            for (key, text), area, word in zip(self._choices, self._areas(), self._word_widths(), strict=True):
                if area.contains(event.pos()):
                    tip = self._tips.get(key, "") or (text if word > area.width() - 2 else "")
                    QToolTip.showText(event.globalPos(), tip or self.toolTip(), self)
            return True
        return super().event(event)
