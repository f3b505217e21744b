"""A sheet that slides over the right side of a panel: the panel stays usable beside it, and nothing is modal."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.views.theme import theme
from desktop.views.widgets.buttons import IconButton
from desktop.views.widgets.labels import title

SHADOW_PX = 16
RING_PX = 2
"""How far a field's focus ring stands out: at the left edge of what scrolls it would be cut."""


class Sheet(QWidget):
    """Title, close button and a body, at the right edge of its host over the whole height."""

    closed = Signal()

    def __init__(self, host: QWidget, heading: str, *, width: int) -> None:
        super().__init__(host)
        self._host = host
        self._wanted_width = width
        self._returns_to: QWidget | None = None
        self.heading = title(heading)
        self.setAccessibleName(heading)
        head = QHBoxLayout()
        head.setContentsMargins(RING_PX, 0, 0, 0)
        head.addWidget(self.heading, 1)
        head.addWidget(IconButton("ph.x", tr("Close (Esc)"), self.close_sheet))
        self.body = QVBoxLayout()
        self.body.setContentsMargins(RING_PX, 0, 0, 0)
        self.body.setSpacing(8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SHADOW_PX + 20 - RING_PX, 16, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(head)
        layout.addLayout(self.body, 1)
        self.hide()
        host.installEventFilter(self)
        theme().changed.connect(self.update)

    def is_open(self) -> bool:
        """Whether the sheet stands over its host."""
        return not self.isHidden()

    def open_sheet(self, focus: QWidget | None = None) -> None:
        """Show the sheet and put the cursor into *focus*."""
        if not self.is_open():
            self._returns_to = self._host.window().focusWidget()
        self._place()
        self.show()
        self.raise_()
        (focus or self).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_sheet(self) -> None:
        """Put the sheet away and give the focus back to where it was."""
        if not self.is_open():
            return
        back, self._returns_to = self._returns_to, None
        known = back is not None and back.isVisible() and self._host.isAncestorOf(back)
        self.hide()  # Qt hands the focus to whatever comes next; it belongs to where it was, or to what the host prefers
        (back if known and back is not None else self._host).setFocus(Qt.FocusReason.OtherFocusReason)
        self.closed.emit()

    def _place(self) -> None:
        width = min(self._wanted_width + SHADOW_PX, self._host.width())
        self.setGeometry(self._host.width() - width, 0, width, self._host.height())

    # -- Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the host's edge when its size changes."""
        if watched is self._host and event.type() == QEvent.Type.Resize and self.is_open():
            self._place()
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the surface, its edge and the shadow it throws on the panel."""
        painter = QPainter(self)
        shadow = QLinearGradient(0, 0, SHADOW_PX, 0)
        dark = "bg" if theme().is_dark else "text"  # a shadow is dark in either theme
        shadow.setColorAt(0, theme().tint(dark, 0))
        shadow.setColorAt(1, theme().tint(dark, 160 if theme().is_dark else 48))
        painter.fillRect(0, 0, SHADOW_PX, self.height(), shadow)
        painter.fillRect(SHADOW_PX, 0, self.width() - SHADOW_PX, self.height(), theme().color("panel"))
        painter.fillRect(SHADOW_PX, 0, 1, self.height(), theme().color("line"))
