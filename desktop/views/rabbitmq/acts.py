"""What can be done in the RabbitMQ panel; the ways of reading depend on more than the kind of the place."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_reads import CHANGING, Read, reads_of
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.widgets.place_acts import PlaceActs


class RabbitActs(PlaceActs[Place]):
    """Offers the ways of reading too, as the place allows."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self._reads: dict[Read, QAction] = {}

    def add_reads(self, press: Callable[[Read], object]) -> None:
        """Make an act of each way of reading."""
        for read, text, keys, icon in _READS:
            self._reads[read] = self.add(tr(text), partial(press, read), keys=keys, icon=icon)

    def follow_spot(self, spot: Spot | None, value: object, why_not: str, *, connected: bool) -> None:
        """Offer what the place allows; *why_not* says why nothing may be changed."""
        self.follow(spot.place if spot is not None and spot.name else None, why_not, connected=connected)
        offered = reads_of(spot, value)
        for read, action in self._reads.items():
            self._offer(action, why_not if read in CHANGING else "", fits=connected and read in offered)


_READS: Final = (
    (Read.TAP, N_("Tap the chosen queue or exchange…"), "Ctrl+Shift+P", "ph.eye"),
    (Read.GET, N_("Get messages from the chosen queue…"), "Ctrl+G", "ph.hand-grabbing"),
    (Read.CONSUME, N_("Consume from the chosen queue…"), "", "ph.tray"),
    (Read.STREAM, N_("Read the chosen stream…"), "", "ph.book-open"),
    (Read.FIREHOSE, N_("Tap the firehose of the chosen virtual host…"), "", "ph.broadcast"),
)
