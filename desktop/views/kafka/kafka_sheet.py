"""What every Kafka form has in common: it acts on one cluster, mostly on one topic or group of it."""

from PySide6.QtWidgets import QWidget

from desktop.core.connections_words import name_of
from desktop.core.i18n import tr
from desktop.services.kafka import KafkaService
from desktop.services.notices import Notices
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.form_sheet import WIDTH_PX
from embedded_server.contracts.connections import Connection


class KafkaSheet(ConnectionSheet):
    """A form over one cluster. A subclass says in `_show_buttons` what its buttons say and offer."""

    def __init__(self, host: QWidget, service: KafkaService, notices: Notices, heading: str, *, width: int = WIDTH_PX) -> None:
        self._service = service
        super().__init__(host, notices, heading, width=width)

    def point_at(self, connection: Connection, what: str = "") -> None:
        """Act on *connection* from now on, on its *what* where that is one thing."""
        self.act_on(connection, where_words(connection, what))


def where_words(connection: Connection, what: str = "") -> str:
    """Say where a form acts, on its *what* where that is one thing."""
    name = name_of(connection)
    return tr("{connection} · {what}", connection=name, what=what) if what else name
