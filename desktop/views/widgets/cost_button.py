"""A button that wears its cost: the act, and beside it in a word what it does to the broker. While it runs it stops."""

from typing import Final

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.core.formatting import short_number
from desktop.core.i18n import tr
from desktop.views.theme import CAPTION_PX, TEXT_PX, icon, theme

HEIGHT_PX: Final = 28
ICON_PX: Final = 14
BADGE_ALPHA: Final = 36
OFF: Final = 0.5


class CostButton(QAbstractButton):
    """One way of reading: *badge* is its cost in a word (marked with ``N_``) and that word's colour."""

    def __init__(
        self, text: str, icon_name: str, badge: tuple[str, str], parent: QWidget | None = None, *, names_itself: bool = False
    ) -> None:
        """*names_itself*: its word stays while it runs, where several may run at once."""
        super().__init__(parent)
        self._names_itself = names_itself
        self.running = False
        self._icon_name = icon_name
        self._badge = badge
        self._done = 0
        self._compact = False
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._tell()
        theme().changed.connect(self.update)

    def set_running(self, done: int | None) -> None:
        """Show that it runs and what it has read so far; None where it does not run."""
        running = done is not None
        if (running, done or 0) != (self.running, self._done):
            self.running, self._done = running, done or 0
            self._tell()
            self.updateGeometry()
            self.update()

    def set_compact(self, compact: bool) -> None:
        """Leave the cost to the tool tip, where there is no room; while it runs, what it has read is told all the same."""
        if compact != self._compact:
            self._compact = compact
            self.updateGeometry()
            self.update()

    def badge(self) -> str:
        """Answer the word beside the act; none where there is no room."""
        if self._compact and not self.running:
            return ""
        return short_number(self._done) if self.running else tr(self._badge[0])

    def _word(self) -> str:
        return tr("Stop") if self.running and not self._names_itself else self.text().removesuffix("…") if self.running else self.text()

    def _tell(self) -> None:
        self.setAccessibleName(tr("Stop: {read}", read=self.text()) if self.running else f"{self.text()}: {tr(self._badge[0])}")

    def _tone(self) -> str:
        return "run" if self.running else self._badge[1]

    # -- Qt overrides

    def sizeHint(self) -> QSize:
        """Answer the room for icon, act and cost."""
        word = QFontMetrics(theme().font(TEXT_PX)).horizontalAdvance(self._word())
        badge = QFontMetrics(theme().font(CAPTION_PX)).horizontalAdvance(self.badge()) + 12 + 6 if self.badge() else 4
        return QSize(8 + ICON_PX + 6 + word + 6 + badge, HEIGHT_PX)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press it by Enter too."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not event.isAutoRepeat():
            self.click()
            return
        super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the button and its badge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setOpacity(1.0 if self.isEnabled() else OFF)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme().color("accent" if self.hasFocus() else "line"))
        painter.setBrush(theme().color("line" if self.isDown() else "raised" if self.underMouse() and self.isEnabled() else "panel"))
        painter.drawRoundedRect(area, 6, 6)
        name = "ph.stop" if self.running else self._icon_name
        icon(name, "text").paint(painter, QRect(8, (HEIGHT_PX - ICON_PX) // 2, ICON_PX, ICON_PX))
        font = theme().font(TEXT_PX)
        painter.setFont(font)
        painter.setPen(theme().color("text"))
        left = 8 + ICON_PX + 6
        painter.drawText(QRect(left, 0, self.width(), HEIGHT_PX), Qt.AlignmentFlag.AlignVCenter, self._word())
        if not self.badge():
            return
        left += QFontMetrics(font).horizontalAdvance(self._word()) + 6
        badge = QRectF(left, 5, self.width() - left - 6, HEIGHT_PX - 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().tint(self._tone(), BADGE_ALPHA))
        painter.drawRoundedRect(badge, 4, 4)
        painter.setFont(theme().font(CAPTION_PX))
        painter.setPen(theme().color(self._tone()))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, self.badge())
