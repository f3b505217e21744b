"""The forms of the panel and the acts that open them: publish, declare, bind, move, redrive, purge, delete."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_message import Seen, message_of
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.acts import RabbitActs
from desktop.views.rabbitmq.declare.bind import BindSheet
from desktop.views.rabbitmq.declare.exchange import DeclareExchangeSheet
from desktop.views.rabbitmq.declare.queue import DeclareQueueSheet
from desktop.views.rabbitmq.destroy.sheet import DestroySheet
from desktop.views.rabbitmq.move.sheet import MoveSheet
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from desktop.views.widgets.connection_sheet import ConnectionSheet
from desktop.views.widgets.one_sheet import OneSheet
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.rabbitmq import Declared, Message, QueueInfo, Target

BIG_BODY_BYTES: Final = 256 * 1024
"""From here on a body is decoded in a thread."""
Now = Callable[[], tuple[Connection, Spot, object] | None]


class RabbitSheets(OneSheet[RabbitService]):
    """Tells the panel what its forms have done."""

    changed = Signal()
    """Something of the broker was changed by a form."""
    declared = Signal(object)
    """The `Spot` of what a form has declared."""
    job_began = Signal()

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices)
        self._now: Now = lambda: None
        self._menu: list[tuple[QAction, frozenset[Place]]] = []
        self._declaring: list[QAction] = []

    def add_acts(self, acts: RabbitActs, now: Now) -> None:
        """Make the acts; *now* answers what is looked at."""
        self._now = now
        queue, exchange = frozenset({Place.QUEUE}), frozenset({Place.EXCHANGE})
        for text, do, icon in (
            (tr("Declare an exchange…"), self.open_declare_exchange, "ph.intersect"),
            (tr("Declare a queue…"), self.open_declare_queue, "ph.queue"),
            (tr("Bind…"), self.open_bind, "ph.git-branch"),
        ):
            self._declaring.append(acts.add(text, do, icon=icon, changes=True))
        self._offer(acts, tr("Move messages…"), self._open_move, queue, icon="ph.arrow-bend-up-right")
        self._offer(acts, tr("Redrive dead letters…"), self.open_redrive, queue, icon="ph.arrow-u-up-left")
        self._offer(acts, tr("Purge the chosen queue…"), partial(self._open_destroy, Target.MESSAGES), queue, icon="ph.eraser")
        self._offer(acts, tr("Delete the chosen queue…"), partial(self._open_destroy, Target.QUEUE), queue, icon="ph.trash")
        self._offer(acts, tr("Delete the chosen exchange…"), partial(self._open_destroy, Target.EXCHANGE), exchange, icon="ph.trash")

    def _offer(self, acts: RabbitActs, text: str, do: Callable[[], object], places: frozenset[Place], *, icon: str) -> None:
        self._menu.append((acts.add(text, do, icon=icon, changes=True, places=places), places))

    def fill_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the chosen place."""
        now = self._now()
        fitting = [action for action, places in self._menu if now is not None and now[1].place in places]
        menu.addActions(fitting)
        if fitting:
            menu.addAction(self._declaring[-1])
            menu.addSeparator()

    def fill_new_menu(self, menu: QMenu) -> None:
        """Offer what can be declared."""
        for action in self._declaring:
            menu.addAction(action)

    def declaring_acts(self) -> tuple[QAction, ...]:
        """Answer the acts that declare and bind."""
        return tuple(self._declaring)

    # -- opening

    def _connect(self, sheet: ConnectionSheet) -> None:
        sheet.done.connect(lambda _: self.changed.emit())
        if isinstance(sheet, PublishSheet | MoveSheet):
            sheet.job_started.connect(lambda _: self.job_began.emit())
        if isinstance(sheet, DeclareQueueSheet | DeclareExchangeSheet):
            place = Place.QUEUE if isinstance(sheet, DeclareQueueSheet) else Place.EXCHANGE
            sheet.done.connect(lambda answer: self._on_declared(place, sheet.vhost, answer))

    def _on_declared(self, place: Place, vhost: str, answer: object) -> None:
        if isinstance(answer, Declared):
            self.declared.emit(Spot(place, vhost, answer.name))

    def open_publish(self, connection: Connection, vhost: str, spot: Spot | None, message: Message | None = None) -> None:
        """Open the form that publishes, addressed to *spot* where that can be published to."""
        exchange, routing_key = "", ""
        if spot is not None and spot.place is Place.QUEUE:
            routing_key = spot.name
        elif spot is not None and spot.place is Place.EXCHANGE:
            exchange = spot.name
        self._only(PublishSheet).open_to(connection, vhost, exchange, routing_key, message)

    def start_again(self, connection: Connection, vhost: str, seen: Seen, body: bytes) -> None:
        """Open the form that publishes, filled with a message that was seen; a large body is decoded in a thread."""

        async def open_it() -> None:
            big = len(body) > BIG_BODY_BYTES
            message = await asyncio.to_thread(message_of, seen, body, vhost) if big else message_of(seen, body, vhost)
            self.open_publish(connection, vhost, None, message)

        self._jobs.start("again", open_it(), self._notices.from_exception)

    def open_declare_exchange(self) -> None:
        """Open the form that declares an exchange."""
        if (now := self._now()) is not None:
            self._only(DeclareExchangeSheet).open_to(now[0], now[1].vhost)

    def open_declare_queue(self) -> None:
        """Open the form that declares a queue."""
        if (now := self._now()) is not None:
            self._only(DeclareQueueSheet).open_to(now[0], now[1].vhost)

    def open_bind(self) -> None:
        """Open the form that binds, with the chosen place at its end of it."""
        if (now := self._now()) is not None:
            connection, spot, _ = now
            source = spot.name if spot.place is Place.EXCHANGE else ""
            destination = spot.name if spot.place is Place.QUEUE else ""
            self._only(BindSheet).open_to(connection, spot.vhost, source, destination)

    def open_redrive(self) -> None:
        """Open the form that sends the chosen queue's dead letters back."""
        self._open_move(redrive=True)

    def _open_move(self, *, redrive: bool = False) -> None:
        now = self._now()
        if now is not None and now[1].place is Place.QUEUE:
            connection, spot, value = now
            self._only(MoveSheet).open_to(connection, spot.vhost, spot.name, redrive=redrive, count=_ready(value))

    def _open_destroy(self, target: Target) -> None:
        now = self._now()
        if now is not None:
            connection, spot, value = now
            self._only(DestroySheet).open_to(connection, spot.vhost, target, spot.name, _ready(value))


def _ready(value: object) -> int | None:
    return value.ready if isinstance(value, QueueInfo) else None
