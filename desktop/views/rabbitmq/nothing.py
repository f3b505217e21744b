"""What stands where no message of a place has been seen yet: which read would show some, and what waits there."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import N_, tr, trn
from desktop.core.rabbitmq_reads import CHANGING, Read, reads_of
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.widgets.buttons import make_action
from desktop.views.widgets.empty_state import EmptyState
from embedded_server.contracts.rabbitmq import QueueInfo

ICON: Final = "ph.envelope-simple"
_ACTS: Final = {
    Read.TAP: N_("Tap…"),
    Read.GET: N_("Get…"),
    Read.STREAM: N_("Read…"),
    Read.FIREHOSE: N_("Tap the firehose…"),
}


class NothingSeen:
    """Answers the words and acts for a place. ``press`` opens a read's options."""

    def __init__(self, owner: QWidget, publish: QAction, press: Callable[[Read], object]) -> None:
        self._publish = publish
        self._acts = {read: make_action(owner, tr(text), partial(press, read)) for read, text in _ACTS.items()}

    def at(self, spot: Spot | None, value: object, *, read_only: bool) -> EmptyState:
        """Say what would show messages of *spot*, of which the broker says *value*."""
        offered = [read for read in reads_of(spot, value) if read in self._acts and not (read_only and read in CHANGING)]
        waits = isinstance(value, QueueInfo) and bool(value.ready)
        if waits and Read.GET in offered:
            offered.sort(key=lambda read: read is not Read.GET)
        acts = tuple(self._acts[read] for read in offered) + (() if read_only else (self._publish,))
        return EmptyState(ICON, tr("No message yet"), _sentence(spot, value, read_only=read_only), acts)


def _sentence(spot: Spot | None, value: object, *, read_only: bool) -> str:
    if isinstance(value, QueueInfo) and value.ready and value.type != "stream" and not read_only:
        waiting = trn("{n} message waits here.", "{n} messages wait here.", value.ready)
        return tr("{waiting} Get shows some and puts them back, a tap shows copies of those to come.", waiting=waiting)
    if spot is not None and spot.place is Place.QUEUE:
        return tr("A tap shows copies of what comes into this queue; nothing is taken from it.")
    if spot is not None and spot.place is Place.EXCHANGE and spot.name:
        return tr("A tap shows copies of what passes through this exchange; nothing is taken.")
    if spot is not None and spot.place is Place.VHOST:
        return tr("The firehose shows copies of everything in this virtual host; a tap at one queue or exchange costs less.")
    return tr("Tap a queue or an exchange to see copies of what passes, or publish a message: both appear here and stay.")
