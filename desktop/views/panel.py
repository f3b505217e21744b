"""What the window asks of a page of itself. Every panel derives from `Panel` and overrides what it offers."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from desktop.services import Services
from embedded_server.contracts.connections import Connection, ConnectionKind


class Panel(QWidget):
    """A page of the window."""

    status = Signal(object)
    """A `desktop.core.feeds.FeedStatus` for the status strip, or None where the panel shows no feed."""
    count_changed = Signal(int)
    """The number beside the panel's name in the navigation, as the panel alone counts it; below 0 for none."""

    trace_requested = Signal(str)
    """The user wants all events of a trace, wherever they are shown."""

    def primary_action(self) -> QAction | None:
        """Answer the header's one primary act. Its text, tool tip, shortcut and enabled state are followed."""
        return None

    def actions(self) -> list[QAction]:
        """Answer what the palette and the help offer of this panel; their shortcuts work while the panel is shown."""
        return []

    def focus_filter(self) -> bool:
        """Put the cursor into the panel's filter (the ``/`` key); False where it has none."""
        return False

    def go_back(self) -> bool:
        """Close the innermost thing open in the panel, such as a sheet or the detail (the ``Esc`` key); False where nothing was."""
        return False

    def show_trace(self, trace: str) -> None:
        """List all events of one trace; asked only of the panel whose spec says ``shows_traces``."""

    def set_connection(self, connection: Connection | None) -> None:
        """Look at another connection, or at the same one faring otherwise; None while there is none of the kinds the spec asks for."""

    def activate(self) -> None:
        """Begin to live: the panel is in front of the user now."""

    def deactivate(self) -> None:
        """Stop clocks and idle feeds: the panel is hidden, and may stay so for hours."""


Build = Callable[[Services], Panel]


class Section(StrEnum):
    """Where in the navigation a panel stands."""

    WATCH = "watch"
    """On top: what one looks at."""
    MANAGE = "manage"
    """At the bottom: what one sets up."""


@dataclass(frozen=True)
class PanelSpec:
    """All the main window knows of a panel."""

    key: str
    """Also its settings group, its object name in tests and its screenshot's name."""
    title: str
    icon: str
    build: Build
    section: Section = Section.WATCH
    shows_traces: bool = False
    """Where "Show the trace" of any panel leads."""
    kinds: tuple[ConnectionKind, ...] = ()
    """Which connections the panel's picker offers; with none there is no picker."""
