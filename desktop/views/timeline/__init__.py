"""The Timeline panel: every event of every connection, and what belongs to one trace."""

from desktop.services import Services
from desktop.views.panel import Panel
from desktop.views.timeline.panel import TimelinePanel


def build(services: Services) -> Panel:
    """Make the panel."""
    return TimelinePanel(services)
