"""What can be done in the panel, for the palette, the help, the shortcuts and the menus: one definition of each."""

from collections.abc import Callable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.core.kafka_spots import Place, Spot
from desktop.views.widgets.buttons import make_action

Do = Callable[[], object]


class KafkaActs:
    """The panel's actions, offered or not as the connection and the chosen place allow."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._all: list[QAction] = []
        self._changing: set[QAction] = set()
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
            self._changing.add(action)
        if places is not None:
            self._places[action] = places
        return action

    def all(self) -> list[QAction]:
        """Answer all of them, in the order they were made."""
        return list(self._all)

    def fitting(self, place: Place) -> list[QAction]:
        """Answer the acts that are about a place of this kind."""
        return [action for action, places in self._places.items() if place in places]

    def follow(self, spot: Spot | None, why_not: str, *, connected: bool) -> None:
        """Offer what the place allows; *why_not* says why nothing may be changed."""
        for action in self._all:
            refused = why_not if action in self._changing else ""
            fits = action not in self._places or (spot is not None and spot.place in self._places[action])
            action.setEnabled(connected and fits and not refused)
            action.setToolTip(refused or self._tips[action])
