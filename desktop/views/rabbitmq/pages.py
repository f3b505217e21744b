"""The parts of a place beside its messages: bindings, consumers, arguments, and the clients of the whole broker."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_message import plain_headers
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.core.rabbitmq_words import exchange_name
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.head import Tab
from desktop.views.rabbitmq.tables import ARGUMENTS, BINDINGS, CHANNELS, CLIENTS, CONSUMERS, Argument, arguments_of
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.jobs import Jobs
from desktop.views.widgets.page_table import TablePage
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    BindingRequest,
    ChannelInfo,
    ClientInfo,
    ConsumerInfo,
    ExchangeInfo,
    QueueInfo,
)

CHANNELS_PX: Final = 200
DEFAULT: Final = ""
"""The name of the exchange that has none."""
CLOSE_REASON: Final = "Closed from Switchroom"


class SpotPages(QObject):
    """Makes the pages, lets each follow the chosen place, and does what their buttons say."""

    counted = Signal(object, int)
    """A `Tab` and how many rows are behind it."""
    changed = Signal()
    """Something of the broker was changed here."""
    bind_requested = Signal()

    def __init__(self, service: RabbitService, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._service = service
        self._notify = notify
        self._jobs = Jobs(self)
        self._connection = ""
        self._spot: Spot | None = None
        self._why_not = ""
        self._value: object = None
        self._make()
        self._connect()

    def _make(self) -> None:
        self.bindings = TablePage[BindingInfo](
            BINDINGS,
            _no_bindings(None),
            name=tr("Bindings"),
            key=_binding_key,
            notify=self._notify,
        )
        self.consumers = TablePage[ConsumerInfo](
            CONSUMERS,
            EmptyState("ph.users-three", tr("No consumer"), tr("Nobody takes messages here now.")),
            name=tr("Consumers"),
            key=lambda one: (one.channel, one.tag),
            notify=self._notify,
        )
        self.arguments = TablePage[Argument](
            ARGUMENTS,
            EmptyState("ph.list-dashes", tr("No arguments"), tr("It was declared without any.")),
            name=tr("Arguments"),
            key=lambda one: one.name,
            notify=self._notify,
        )
        self.clients = TablePage[ClientInfo](
            CLIENTS,
            EmptyState("ph.link-simple", tr("No client"), tr("Who connects to the broker stands here.")),
            name=tr("Clients"),
            key=lambda one: one.name,
            notify=self._notify,
        )
        self.channels = TablePage[ChannelInfo](
            CHANNELS,
            EmptyState("ph.link-simple", tr("No channel"), tr("Choose a client above to see its channels.")),
            name=tr("Channels"),
            key=lambda one: one.name,
            notify=self._notify,
        )
        self.unbind = Button(tr("Unbind…"), self._ask_to_unbind, icon_name="ph.scissors")
        self.bind = Button(tr("Bind…"), self.bind_requested.emit, icon_name="ph.git-branch")
        self.close_client = Button(tr("Close connection…"), self._ask_to_close, icon_name="ph.link-simple")
        for page, buttons in ((self.bindings, (self.bind, self.unbind)), (self.clients, (self.close_client,))):
            row = QHBoxLayout()
            row.setSpacing(8)
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            page.tools.addLayout(row)

    def _connect(self) -> None:
        for tab, page in ((Tab.BINDINGS, self.bindings), (Tab.CONSUMERS, self.consumers), (Tab.ARGUMENTS, self.arguments)):
            page.counted.connect(partial(self.counted.emit, tab))
        self.bindings.picked.connect(lambda _: self._follow())
        self.clients.picked.connect(self._on_client_picked)
        self.bindings.confirm.confirmed.connect(self._on_unbind_confirmed)
        self.clients.confirm.confirmed.connect(self._on_close_confirmed)
        self._follow()

    def widgets(self) -> dict[Tab, QWidget]:
        """Answer a page per tab."""
        clients = QuietSplitter(Qt.Orientation.Vertical)
        clients.setChildrenCollapsible(False)
        clients.addWidget(self.clients)
        clients.addWidget(self.channels)
        clients.setStretchFactor(0, 1)
        clients.setSizes([400, CHANNELS_PX])
        clients.setFocusProxy(self.clients.table)
        return {Tab.BINDINGS: self.bindings, Tab.CONSUMERS: self.consumers, Tab.ARGUMENTS: self.arguments, Tab.CLIENTS: clients}

    # -- what is looked at

    def show_spot(self, connection: str, spot: Spot | None) -> None:
        """Follow another place."""
        if (connection, spot) == (self._connection, self._spot):
            return
        self._connection, self._spot, self._value = connection, spot, None
        is_queue = spot is not None and spot.place is Place.QUEUE
        self.bindings.set_empty(_no_bindings(spot))
        self.bindings.follow(self._bindings if spot is not None and spot.vhost else None)
        self.consumers.follow(self._consumers if spot is not None else None)
        self.bindings.table.hide_column(2, hidden=is_queue)
        self.consumers.table.hide_column(1, hidden=is_queue)
        self.arguments.follow(self._arguments if spot is not None and spot.place in {Place.QUEUE, Place.EXCHANGE} else None)
        self.clients.follow(self._clients if spot is not None and spot.place is Place.CLIENTS else None)
        self.channels.follow(None)

    def show_value(self, value: object) -> None:
        """Take what the broker says of the place: its arguments are in it."""
        if isinstance(value, QueueInfo | ExchangeInfo):
            is_new = self._value is None or getattr(self._value, "arguments", None) != value.arguments
            self._value = value
            if is_new:
                self.counted.emit(Tab.ARGUMENTS, len(value.arguments))
                self.arguments.refresh()

    def set_why_not(self, why_not: str) -> None:
        """Say why nothing may be changed here; nothing allows it."""
        self._why_not = why_not
        self._follow()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        for page in (self.bindings, self.consumers, self.arguments, self.clients, self.channels):
            await page.stop()
        await self._jobs.stop()

    async def _bindings(self) -> list[BindingInfo]:
        assert self._spot is not None
        spot = self._spot
        if spot.place is Place.QUEUE:
            return await self._service.bindings(self._connection, spot.vhost, queue=spot.name)
        if spot == Spot(Place.EXCHANGE, spot.vhost, DEFAULT):
            return []
        if spot.place is Place.EXCHANGE:
            return await self._service.bindings(self._connection, spot.vhost, exchange=spot.name)
        return await self._service.bindings(self._connection, spot.vhost)

    async def _consumers(self) -> list[ConsumerInfo]:
        assert self._spot is not None
        spot = self._spot
        queue = spot.name if spot.place is Place.QUEUE else None
        return await self._service.consumers(self._connection, spot.vhost or None, queue)

    async def _arguments(self) -> Sequence[Argument]:
        return arguments_of(getattr(self._value, "arguments", {}))

    async def _clients(self) -> list[ClientInfo]:
        return await self._service.clients(self._connection)

    def _on_client_picked(self, client: ClientInfo | None) -> None:
        async def channels() -> list[ChannelInfo]:
            return await self._service.channels(self._connection, client.name if client is not None else None)

        self.channels.follow(channels if client is not None else None)
        self._follow()

    # -- what is done

    def _follow(self) -> None:
        self.bind.setEnabled(not self._why_not)
        self.bind.setToolTip(self._why_not)
        for button, page in ((self.unbind, self.bindings), (self.close_client, self.clients)):
            button.setEnabled(page.current() is not None and not self._why_not)
            button.setToolTip(self._why_not or ("" if page.current() is not None else tr("Choose a row first")))

    def _ask_to_unbind(self) -> None:
        if (one := self.bindings.current()) is not None:
            self.bindings.confirm.ask(
                tr("Unbind “{destination}” from “{source}”?", destination=one.destination, source=exchange_name(one.source)),
                tr("Messages with the routing key “{key}” do not go there any longer.", key=one.routing_key)
                if one.routing_key
                else tr("What only this binding leads there does not go there any longer."),
                act=tr("Unbind"),
                keep=tr("Keep it"),
            )

    def _on_unbind_confirmed(self) -> None:
        one = self.bindings.current()
        if one is not None:
            arguments = plain_headers(one.arguments)
            ends = (one.vhost, one.source, one.destination, one.to_queue)
            request = BindingRequest(*ends, one.routing_key, arguments, one.properties_key)
            self._begin(lambda: self._service.unbind(self._connection, request), self.bindings)

    def _ask_to_close(self) -> None:
        if (one := self.clients.current()) is not None:
            self.clients.confirm.ask(
                tr("Close the connection of {client}?", client=one.peer or one.name),
                tr("What it has not acknowledged goes back to its queues. Most clients connect again by themselves."),
                act=tr("Close {client}", client=one.peer or one.name),
                keep=tr("Keep it"),
            )

    def _on_close_confirmed(self) -> None:
        one = self.clients.current()
        if one is not None:
            self._begin(lambda: self._service.close_client(self._connection, one.name, CLOSE_REASON), self.clients)

    def _begin(self, act: Callable[[], Awaitable[None]], page: TablePage) -> None:
        async def do() -> None:
            await act()
            page.refresh()
            self.changed.emit()

        self._jobs.start("act", do(), self._notify)


def _binding_key(one: BindingInfo) -> object:
    return one.source, one.destination, one.to_queue, one.routing_key, one.properties_key, repr(one.arguments)


def _no_bindings(spot: Spot | None) -> EmptyState:
    if spot is not None and spot.place is Place.EXCHANGE and spot.name == DEFAULT:
        sentence = tr("Every queue is bound to the default exchange by its own name, and nothing else can be.")
        return EmptyState("ph.git-branch", tr("No binding of its own"), sentence)
    return EmptyState("ph.git-branch", tr("No binding"), tr("A binding says which messages of an exchange go where."))
