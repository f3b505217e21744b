"""The line at the window's foot, always in the same order: live state, rate, events, dropped; at the right scanned and the server."""

from enum import StrEnum

from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.feeds import FeedStatus
from desktop.core.formatting import number, rate
from desktop.core.i18n import tr, trn
from desktop.views.theme import CAPTION_PX
from desktop.views.widgets.labels import caption
from desktop.views.widgets.state_label import StateLabel


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
        self._live = StateLabel(pixels=CAPTION_PX)
        self._rate = caption()
        self._total = caption()
        self._dropped = caption()
        self._scanned = caption()
        self._server = caption()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(18)
        for widget in (self._live, self._rate, self._total, self._dropped):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._scanned)
        layout.addWidget(self._server)
        self.setFixedHeight(20)
        self.show_status(None, Reach.CONNECTING)

    def show_status(self, status: FeedStatus | None, reach: Reach) -> None:
        """Show *status*, or only whether the server is there."""
        for widget in (self._rate, self._total, self._dropped, self._scanned):
            widget.setVisible(status is not None)
        if status is None:
            self._live.set_state(*_reached(reach))
            return
        self._live.set_state(*(_live(status) if reach is Reach.ONLINE else _reached(reach)))
        self._rate.setText(rate(status.rate))
        self._total.setText(trn("{n} event", "{n} events", status.total))
        self._dropped.setText(tr("{n} dropped", n=number(status.dropped)))
        self._dropped.set_tone("bad" if status.dropped else "dim")
        self._scanned.setText(tr("scanned {n} of {total}", n=number(status.scanned), total=number(status.of)))

    def show_server(self, address: str) -> None:
        """Show where the server is."""
        self._server.setText(tr("Server {address}", address=address) if address else tr("No server"))


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
