"""What can be done in the panel, for the palette, the help, the shortcuts and the menus: one definition of each."""

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.core.i18n import N_, tr
from desktop.core.rabbitmq_reads import CHANGING, Read, reads_of
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.widgets.buttons import make_action

Do = Callable[[], object]


class RabbitActs:
    """The panel's actions, offered or not as the connection and the chosen place allow."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._all: list[QAction] = []
        self._changing: list[QAction] = []
        self._reads: dict[Read, QAction] = {}
        self._places: dict[QAction, frozenset[Place]] = {}
        self._tips: dict[QAction, str] = {}

    def add(
        self,
        text: str,
        do: Do,
        *,
        keys: str = "",
        icon: str = "",
        tip: str = "",
        changes: bool = False,
        places: frozenset[Place] | None = None,
    ) -> QAction:
        """Make an act. *changes* says that a read-only connection refuses it, *places* at which kinds of place alone it makes sense."""
        action = make_action(self._owner, text, do, shortcut=keys, icon_name=icon)
        self._tips[action] = tip or text.rstrip("…")
        action.setToolTip(self._tips[action])
        self._all.append(action)
        if changes:
            self._changing.append(action)
        if places is not None:
            self._places[action] = places
        return action

    def add_reads(self, press: Callable[[Read], object]) -> None:
        """Make an act of each way of reading."""
        for read, text, keys, icon in _READS:
            self._reads[read] = self.add(tr(text), partial(press, read), keys=keys, icon=icon)

    def all(self) -> list[QAction]:
        """Answer all of them, in the order they were made."""
        return list(self._all)

    def follow(self, spot: Spot | None, value: object, why_not: str, *, connected: bool) -> None:
        """Offer what the place allows; *why_not* says why nothing may be changed."""
        for action in self._all:
            refused = why_not if action in self._changing else ""
            fits = action not in self._places or (spot is not None and spot.name != "" and spot.place in self._places[action])
            action.setEnabled(connected and fits and not refused)
            action.setToolTip(refused or self._tips[action])
        offered = reads_of(spot, value)
        for read, action in self._reads.items():
            refused = why_not if read in CHANGING else ""
            action.setEnabled(connected and read in offered and not refused)
            action.setToolTip(refused or self._tips[action])


_READS: Final = (
    (Read.TAP, N_("Tap the chosen queue or exchange…"), "Ctrl+Shift+P", "ph.eye"),
    (Read.GET, N_("Get messages from the chosen queue…"), "Ctrl+G", "ph.hand-grabbing"),
    (Read.CONSUME, N_("Consume from the chosen queue…"), "", "ph.tray"),
    (Read.STREAM, N_("Read the chosen stream…"), "", "ph.book-open"),
    (Read.FIREHOSE, N_("Tap the firehose of the chosen virtual host…"), "", "ph.broadcast"),
)
