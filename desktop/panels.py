"""The one list of panels. A new panel is a view, its service and one line here."""

from importlib import import_module
from typing import Final

from desktop.core.i18n import N_
from desktop.services import Services
from desktop.views.panel import Build, Panel, PanelSpec, Section
from embedded_server.contracts.connections import ConnectionKind

__all__ = ["PANELS", "PanelSpec", "Section"]


def _lazy(module: str) -> Build:
    """Import a panel's module at its first showing: start-up pays for no panel that is not looked at."""

    def build(services: Services) -> Panel:
        panel: Panel = import_module(f"desktop.views.{module}").build(services)
        return panel

    return build


RABBITMQ_KINDS: Final = (ConnectionKind.EMBEDDED, ConnectionKind.RABBITMQ)
KAFKA_KINDS: Final = (ConnectionKind.EMBEDDED, ConnectionKind.KAFKA)

PANELS: Final[tuple[PanelSpec, ...]] = (
    PanelSpec("timeline", N_("Timeline"), "ph.activity", _lazy("timeline"), shows_traces=True),
    PanelSpec("tasks", N_("Tasks"), "ph.stack", _lazy("tasks")),
    PanelSpec("rabbitmq", N_("RabbitMQ"), "ph.share-network", _lazy("rabbitmq"), kinds=RABBITMQ_KINDS),
    PanelSpec("kafka", N_("Kafka"), "ph.rows", _lazy("kafka"), kinds=KAFKA_KINDS),
    PanelSpec("streams", N_("Streams"), "ph.broadcast", _lazy("streams")),
    PanelSpec("connections", N_("Connections"), "ph.link", _lazy("connections"), Section.MANAGE),
    PanelSpec("server", N_("Server"), "ph.hard-drives", _lazy("server"), Section.MANAGE),
    PanelSpec("settings", N_("Settings"), "ph.gear-six", _lazy("settings"), Section.MANAGE),
)
