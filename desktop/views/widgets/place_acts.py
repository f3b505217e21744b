"""What can be done in a broker's panel, for the palette, the help, the shortcuts and the menus: one definition of each."""

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.views.widgets.buttons import make_action

P = TypeVar("P")
"""The kinds of place there are."""
Do = Callable[[], object]


class PlaceActs(Generic[P]):
    """The panel's actions, offered or not as the connection and the chosen place allow."""

    def __init__(self, owner: QWidget) -> None:
        self._owner = owner
        self._all: list[QAction] = []
        self._changing: set[QAction] = set()
        self._places: dict[QAction, frozenset[P]] = {}
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
        places: frozenset[P] | None = None,
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

    def fitting(self, place: P) -> list[QAction]:
        """Answer the acts that are about a place of this kind."""
        return [action for action, places in self._places.items() if place in places]

    def follow(self, place: P | None, why_not: str, *, connected: bool) -> None:
        """Offer what a place of this kind allows, or no place; *why_not* says why nothing may be changed."""
        for action in self._all:
            fits = action not in self._places or place in self._places[action]
            self._offer(action, why_not if action in self._changing else "", fits=connected and fits)

    def _offer(self, action: QAction, refused: str, *, fits: bool) -> None:
        action.setEnabled(fits and not refused)
        action.setToolTip(refused or self._tips[action])
