"""The one list of panels. A new panel is a view, its service and one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Final

from desktop.core.i18n import N_
from desktop.services import Services
from desktop.views.panel import Panel

__all__ = ["PANELS", "Build", "PanelSpec", "Section"]

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


def _lazy(module: str) -> Build:
    """Import a panel's module at its first showing: start-up pays for no panel that is not looked at."""

    def build(services: Services) -> Panel:
        panel: Panel = import_module(f"desktop.views.{module}").build(services)
        return panel

    return build


PANELS: Final[tuple[PanelSpec, ...]] = (PanelSpec("settings", N_("Settings"), "ph.gear-six", _lazy("settings"), Section.MANAGE),)
