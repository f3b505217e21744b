"""What stands over the panels while the server is away: what happened, which attempt this is, when the next one comes."""

import time

from PySide6.QtCore import QRectF, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from desktop.core.feeds import Link, LinkState
from desktop.core.host_status import HostPhase, HostStatus
from desktop.core.i18n import tr
from desktop.views.theme import icon, theme
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label

COUNTDOWN_INTERVAL_MS = 250


class ServerBanner(QWidget):
    """Hidden while all is well."""

    retry_requested = Signal()
    shown_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("server-banner")
        self._status = HostStatus()
        self._link = Link()
        self._link_retry_at = 0.0
        self._was_ready = False
        self._icon = QLabel()
        self._text = Label(wrap=True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._retry = Button(tr("Restart now"), self.retry_requested.emit)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(8)
        layout.addWidget(self._icon)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._retry)
        self._clock = QTimer(self)
        self._clock.setInterval(COUNTDOWN_INTERVAL_MS)
        self._clock.timeout.connect(self._tell)
        theme().changed.connect(self._follow_theme)
        self._follow_theme()
        self.hide()

    def show_status(self, status: HostStatus) -> None:
        """Follow the host."""
        self._status = status
        self._was_ready = self._was_ready or status.is_ready
        self._refresh()

    def show_link(self, link: Link) -> None:
        """Follow the feed connection: where the server runs but does not answer, that is what there is to say."""
        self._link = link
        self._link_retry_at = time.monotonic() + link.retry_s
        self._refresh()

    @property
    def is_away(self) -> bool:
        """Whether the server is away, as far as is known."""
        phase = self._status.phase
        if phase is HostPhase.READY:
            return self._link.state is LinkState.WAITING
        return phase in {HostPhase.WAITING, HostPhase.FAILED} or (phase is HostPhase.STARTING and self._was_ready)

    def _refresh(self) -> None:
        phase = self._status.phase
        self._retry.setText(tr("Restart now") if phase is HostPhase.WAITING else tr("Try again"))
        self._retry.setVisible(phase is not HostPhase.STARTING)
        self.setToolTip(self._status.detail)
        self._tell()
        if self.isHidden() is self.is_away:
            self.setVisible(self.is_away)
            self.shown_changed.emit(self.is_away)
            if self.is_away:
                QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def text(self) -> str:
        """Answer what is said."""
        return self._text.text()

    def _tell(self) -> None:
        status = self._status
        if status.phase is HostPhase.READY:
            seconds = max(0.0, self._link_retry_at - time.monotonic())
            words = tr("{reason}. Connecting again in {seconds} s.", reason=self._link.reason, seconds=f"{seconds:.0f}")
        elif status.phase is HostPhase.FAILED:
            words = tr("{reason}. It did not start after {n} attempts.", reason=status.reason, n=status.attempt)
        elif status.phase is HostPhase.WAITING:
            seconds = max(0.0, status.retry_at - time.monotonic())
            words = tr(
                "{reason}. Starting it again in {seconds} s (attempt {n}).",
                reason=status.reason,
                seconds=f"{seconds:.0f}",
                n=status.attempt,
            )
        elif status.reason:
            words = tr("{reason}. Starting it again (attempt {n})…", reason=status.reason, n=max(1, status.attempt))
        else:
            words = tr("Restarting the server…")
        self._text.setText(words)
        self.setAccessibleName(words)

    def _follow_theme(self) -> None:
        self._icon.setPixmap(icon("ph.warning", "warn").pixmap(16, 16))
        self.update()

    # -- Qt overrides

    def showEvent(self, event: QShowEvent) -> None:
        """Count down while seen."""
        super().showEvent(event)
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the clock."""
        super().hideEvent(event)
        self._clock.stop()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the surface."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().tint("warn", 120))
        painter.setBrush(theme().tint("warn", 28))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
