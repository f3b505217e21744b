"""What every RabbitMQ form has in common: it acts on one virtual host of one connection."""

from PySide6.QtWidgets import QWidget

from desktop.core.connections_words import name_of
from desktop.core.i18n import tr
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.form_sheet import WIDTH_PX
from embedded_server.contracts.connections import Connection


class RabbitSheet(ConnectionSheet):
    """A form over one virtual host of one connection. A subclass says in `_show_buttons` what its buttons say and offer."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices, heading: str, *, width: int = WIDTH_PX) -> None:
        self._service = service
        self.vhost = ""
        super().__init__(host, notices, heading, width=width)

    def point_at(self, connection: Connection, vhost: str) -> None:
        """Act on *vhost* of *connection* from now on."""
        self.vhost = vhost
        self.act_on(connection, where_words(connection, vhost))


def where_words(connection: Connection, vhost: str) -> str:
    """Say where a form acts."""
    return tr("{connection} · virtual host {vhost}", connection=name_of(connection), vhost=vhost)
