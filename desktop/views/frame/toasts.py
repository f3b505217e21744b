"""The notices on screen: stacked from the header's empty middle down, errors until they are dismissed."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.services.notices import Notice, Notices, Severity
from desktop.views.theme import CAPTION_PX, icon, theme
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.labels import Label

WIDTH_PX: Final = 380
EDGE_PX: Final = 18
CLOSE_PX: Final = 64
"""Left free at the right edge, where sheets and details have their close buttons."""
HEADER_TOP_PX: Final = 8
MAX_SHOWN: Final = 5
INFO_MS: Final = 5_000
WARNING_MS: Final = 12_000
LOOKS: Final = {
    Severity.INFO: ("ph.check-circle", "ok"),
    Severity.WARNING: ("ph.warning", "warn"),
    Severity.ERROR: ("ph.warning-circle", "bad"),
}


class Toast(QFrame):
    """One notice: what happened, what to try, the act that may help."""

    def __init__(self, notice: Notice, notices: Notices) -> None:
        super().__init__()
        self._notices = notices
        self._notice = notice
        self.setFixedWidth(WIDTH_PX)
        self.setObjectName("notice")
        symbol, self._tone = LOOKS[notice.severity]
        self._icon = QLabel()
        self._icon.setPixmap(icon(symbol, self._tone).pixmap(16, 16))
        self._title = Label(bold=True, wrap=True, selectable=True)
        self._hint = Label(notice.hint, tone="dim", pixels=CAPTION_PX, wrap=True, selectable=True)
        if not notice.hint:  # never shown before it has a parent: it would flash as a window of its own
            self._hint.hide()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._hint)
        if notice.action is not None:
            words.addSpacing(4)
            words.addWidget(Button(notice.action.text, self._on_action), 0, Qt.AlignmentFlag.AlignLeft)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 6, 10)
        layout.setSpacing(10)
        layout.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        layout.addWidget(IconButton("ph.x", tr("Dismiss"), self.dismiss), 0, Qt.AlignmentFlag.AlignTop)
        self._leave = QTimer(self)
        self._leave.setSingleShot(True)
        self._leave.timeout.connect(self.dismiss)
        self.show_notice(notice)
        theme().changed.connect(self.update)

    def show_notice(self, notice: Notice) -> None:
        """Show it, or that it happened again."""
        self._notice = notice
        title = notice.title if notice.times == 1 else tr("{title} ({n} times)", title=notice.title, n=notice.times)
        self._title.setText(title)
        self.setAccessibleName(f"{title}. {notice.hint}".strip())
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))  # screen readers speak it
        if notice.severity is not Severity.ERROR:
            self._leave.start(INFO_MS if notice.severity is Severity.INFO else WARNING_MS)

    def dismiss(self) -> None:
        """Take it off the screen."""
        self._notices.dismiss(self._notice.id)

    def _on_action(self) -> None:
        action = self._notice.action
        self.dismiss()
        if action is not None:
            action.run()

    # -- Qt overrides

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the surface with the severity's edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme().color("line"))
        painter.setBrush(theme().color("raised"))
        painter.drawRoundedRect(area, 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(self._tone))
        painter.drawRoundedRect(QRectF(0, 8, 3, self.height() - 16), 1.5, 1.5)


class Toasts(QWidget):
    """The stack. It lies in the free room of the header, or where that is too narrow under it, and takes no clicks beside its notices."""

    def __init__(self, notices: Notices, parent: QWidget, *, top: int, free: Callable[[], QRect] = QRect) -> None:
        """Lie over *parent*: where *free* answers enough room in it, else from *top* down."""
        super().__init__(parent)
        self._free = free
        self._over = parent
        self.setObjectName("notices")
        self._notices = notices
        self._top = self._least_top = top
        self._shown: dict[int, Toast] = {}
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        notices.posted.connect(self._on_posted)
        notices.withdrawn.connect(self._on_withdrawn)
        parent.installEventFilter(self)
        for notice in notices.standing():
            self._on_posted(notice)
        self._place()

    def toasts(self) -> list[Toast]:
        """Answer what is on screen, newest first."""
        return list(reversed(self._shown.values()))

    def set_top(self, top: int) -> None:
        """Begin this far from the window's top where the header has no room; further down than under the header, always so."""
        if top != self._top:
            self._top = top
            self._place()

    def _on_posted(self, notice: Notice) -> None:
        if (toast := self._shown.get(notice.id)) is not None:
            toast.show_notice(notice)
        else:
            toast = self._shown[notice.id] = Toast(notice, self._notices)
            self._layout.insertWidget(0, toast)
            if len(self._shown) > MAX_SHOWN:
                self._notices.dismiss(next(iter(self._shown)))
        self._place()

    def _on_withdrawn(self, notice_id: int) -> None:
        toast = self._shown.pop(notice_id, None)
        if toast is not None:
            toast.hide()
            self._layout.removeWidget(toast)
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        self.setVisible(bool(self._shown))
        height = sum(toast.heightForWidth(WIDTH_PX) + 8 for toast in self._shown.values())
        free = self._free()
        fits = free.width() >= WIDTH_PX and self._top <= self._least_top
        right, top = (free.right() + 1, HEADER_TOP_PX) if fits else (self._over.width() - EDGE_PX - CLOSE_PX, self._top)
        self.setGeometry(right - WIDTH_PX, top, WIDTH_PX, max(height - 8, 0))
        self.raise_()

    # -- Qt overrides

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep to the corner when the window changes its size."""
        if watched is self._over and event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
