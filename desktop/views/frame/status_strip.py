"""The line at the window's foot, always in the same order: live state, rate, events, dropped; at the right scanned and the server."""

from enum import StrEnum

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.feeds import FeedStatus
from desktop.core.formatting import number, rate
from desktop.core.i18n import tr, trn
from desktop.views.theme import CAPTION_PX
from desktop.views.widgets.labels import caption
from desktop.views.widgets.state_label import StateLabel
from embedded_server.contracts.feeds import Source


class Reach(StrEnum):
    """Whether the server can be heard."""

    ONLINE = "online"
    CONNECTING = "connecting"
    OFFLINE = "offline"


class StatusStrip(QWidget):
    """Shows the visible panel's `FeedStatus` and where the server is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status-strip")
        self._status: FeedStatus | None = None
        self._live = StateLabel(pixels=CAPTION_PX)
        self._rate = caption()
        self._total = caption()
        self._dropped = caption()
        self._trimmed = caption()
        self._trimmed.setToolTip(tr("The journal keeps within its limits: the oldest events go first. The Server panel tells the limits."))
        self._scanned = caption()
        self._server = caption()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(18)
        for widget in (self._live, self._rate, self._total, self._dropped, self._trimmed):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._scanned)
        layout.addWidget(self._server)
        self._layout = layout
        self._yielding = (self._server, self._trimmed, self._scanned)
        """What steps aside, in this order, where there is no room for all."""
        self.setFixedHeight(20)
        self.show_status(None, Reach.CONNECTING)

    def show_status(self, status: FeedStatus | None, reach: Reach) -> None:
        """Show *status*, or only whether the server is there."""
        self._status = status
        for widget in (self._rate, self._total, self._dropped):
            widget.setVisible(status is not None)
        if status is None:
            self._live.set_state(*_reached(reach))
            self._fit()
            return
        self._live.set_state(*(_live(status) if reach is Reach.ONLINE else _reached(reach)))
        self._rate.setText(rate(status.rate))
        self._total.setText(_total(status))
        self._dropped.setText(tr("{n} dropped", n=number(status.dropped)))
        self._dropped.set_tone("warn" if status.dropped else "dim")
        self._trimmed.setText(trn("the oldest {n} event has left", "the oldest {n} events have left", status.trimmed))
        self._scanned.setText(tr("scanned {n} of {total}", n=number(status.scanned), total=number(status.of)))
        self._fit()

    def show_server(self, address: str) -> None:
        """Show where the server is."""
        self._server.setText(tr("Server {address}", address=address) if address else tr("No server"))
        self._fit()

    def _fit(self) -> None:
        """Show what there is room for: a figure that is cut would be another figure."""
        status = self._status
        wanted = {self._server: True, self._trimmed: bool(status and status.trimmed), self._scanned: status is not None}
        always = [self._live] if status is None else [self._live, self._rate, self._total, self._dropped]
        room = self.width() - sum(widget.sizeHint().width() + self._layout.spacing() for widget in always)
        for widget in reversed(self._yielding):
            room -= widget.sizeHint().width() + self._layout.spacing() if wanted[widget] else 0
            widget.setVisible(wanted[widget] and room >= 0)

    # -- Qt overrides

    def minimumSizeHint(self) -> QSize:
        """Answer the height alone: no figure may hold the window open."""
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what there is room for."""
        super().resizeEvent(event)
        self._fit()


def _total(status: FeedStatus) -> str:
    if status.source is Source.TASKS:
        return trn("{n} task", "{n} tasks", status.total)
    return trn("{n} event", "{n} events", status.total)


def _reached(reach: Reach) -> tuple[str, str]:
    match reach:
        case Reach.ONLINE:
            return tr("Connected"), "ok"
        case Reach.CONNECTING:
            return tr("Connecting"), "wait"
        case Reach.OFFLINE:
            return tr("Offline"), "warn"


def _live(status: FeedStatus) -> tuple[str, str]:
    if status.paused:
        return tr("Paused"), "wait"
    if status.live:
        return tr("Live"), "ok"
    return tr("Connecting"), "wait"
