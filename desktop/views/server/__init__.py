"""The Server panel: how its parts and its journal fare, and its log."""

from desktop.services import Services
from desktop.views.panel import Panel
from desktop.views.server.panel import ServerPanel

__all__ = ["build"]


def build(services: Services) -> Panel:
    """Make the panel."""
    return ServerPanel(services)
