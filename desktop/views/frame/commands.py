"""What the palette and the help list, as values."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One line of the palette."""

    text: str
    run: Callable[[], object]
    group: str = ""
    """Where it belongs: a panel's title, or the window's."""
    shortcut: str = ""
    icon: str = ""
    enabled: bool = True


@dataclass(frozen=True)
class ShortcutGroup:
    """Shortcuts that belong together: (keys, what they do)."""

    title: str
    entries: tuple[tuple[str, str], ...]
