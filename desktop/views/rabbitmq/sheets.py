"""The forms of the panel and the acts that open them: publish, declare, bind, move, redrive, purge, delete."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.core.rabbitmq_spots import Place, Spot
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.acts import RabbitActs
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.rabbitmq import Message

Now = Callable[[], tuple[Connection, Spot, object] | None]


class RabbitSheets(QObject):
    """One form is open at a time. Each is made when it is first asked for."""

    changed = Signal()
    """Something of the broker was changed by a form."""
    job_began = Signal()

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host)
        self._host = host
        self._service = service
        self._notices = notices
        self._made: dict[type[RabbitSheet], RabbitSheet] = {}
        self._now: Now = lambda: None
        self._menu: list[tuple[QAction, frozenset[Place]]] = []

    def add_acts(self, acts: RabbitActs, now: Now) -> None:
        """Make the acts; *now* answers what is looked at."""
        self._now = now

    def fill_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the chosen place."""
        now = self._now()
        for action, places in self._menu:
            if now is not None and now[1].place in places:
                menu.addAction(action)

    def close_one(self) -> bool:
        """Close the form that is open; False where none is."""
        sheet = next((one for one in self._made.values() if one.is_open()), None)
        if sheet is not None:
            sheet.close_sheet()
        return sheet is not None

    def close_all(self) -> None:
        """Close what is open: another broker is looked at."""
        for sheet in self._made.values():
            sheet.close_sheet()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        for sheet in self._made.values():
            await sheet.stop()

    # -- opening

    def publish_sheet(self) -> PublishSheet:
        """Answer the form that publishes."""
        made = self._made.get(PublishSheet)
        if not isinstance(made, PublishSheet):
            made = self._made[PublishSheet] = PublishSheet(self._host, self._service, self._notices)
            made.done.connect(lambda _: self.changed.emit())
            made.job_started.connect(lambda _: self.job_began.emit())
        return made

    def open_publish(self, connection: Connection, vhost: str, spot: Spot | None, message: Message | None = None) -> None:
        """Open the form that publishes, addressed to *spot* where that can be published to."""
        self.close_all()
        exchange, routing_key = "", ""
        if spot is not None and spot.place is Place.QUEUE:
            routing_key = spot.name
        elif spot is not None and spot.place is Place.EXCHANGE:
            exchange = spot.name
        self.publish_sheet().open_to(connection, vhost, exchange, routing_key, message)

    def open_redrive(self) -> None:
        """Open the form that sends dead letters back."""
