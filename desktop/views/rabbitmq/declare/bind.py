"""The form that binds a queue, or an exchange, to an exchange."""

from typing import Final

from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_declare import X_MATCH, BindDraft, Faults, binding_request
from desktop.services.notices import Notices
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.declare.base import DeclareSheet
from desktop.views.rabbitmq.names import exchanges_of, queues_of
from desktop.views.rabbitmq.typed_editor import TypedEditor
from desktop.views.widgets.form_sheet import line_field
from desktop.views.widgets.name_line import NameLine
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.rabbitmq import BindingRequest

KEY: Final = "bind"
QUEUE, EXCHANGE = "queue", "exchange"


class BindSheet(DeclareSheet):
    """Source, destination, routing key; for a headers exchange which headers, and how they have to match."""

    def __init__(self, host: QWidget, service: RabbitService, notices: Notices) -> None:
        super().__init__(host, service, notices, tr("Bind"))
        self._types: dict[str, str] = {}
        self.source = NameLine(tr("Source exchange"), "orders")
        self.to = Segmented([(QUEUE, tr("Queue")), (EXCHANGE, tr("Exchange"))], QUEUE, name=tr("To"))
        self.destination = NameLine(tr("Destination"), "orders.charge")
        self.routing_key = line_field(tr("Routing key"), "order.#", mono=True)
        self._about = Wrapped()
        self.x_match = QComboBox()
        self.x_match.setAccessibleName(tr("Headers have to match"))
        for word in X_MATCH:
            self.x_match.addItem(word, word)
        self.x_match.setToolTip(tr("all: every header below; any: at least one. The -with-x forms also look at headers that begin with x-"))
        self.arguments = TypedEditor(name=tr("Arguments"), add=tr("Add argument"))
        self._lay_out()
        for line in (self.source, self.destination, self.routing_key):
            line.textChanged.connect(self._on_edited)
            line.returnPressed.connect(self.start)
        self.to.chosen.connect(self._on_to_chosen)
        self.x_match.activated.connect(self._on_edited)
        self.arguments.edited.connect(self._on_edited)
        self.show_draft(service.draft(KEY, BindDraft()))

    def open_to(self, connection: Connection, vhost: str, source: str = "", destination: str = "", *, to_queue: bool = True) -> None:
        """Open the form there; an end that is given replaces what was typed."""
        self.show_failure()
        self.point_at(connection, vhost)
        if source:
            self.source.setText(source)
        if destination:
            self.to.set_current(QUEUE if to_queue else EXCHANGE)
            self.destination.setText(destination)
        self._jobs.start("types", self._load_types(), self._on_help_failed)
        self.source.complete_from(exchanges_of(self._service, connection.id, vhost))
        self._offer_destinations()
        self.open_sheet(self.destination if source and not destination else self.source if not source else self.routing_key)

    def draft(self) -> BindDraft:
        """Answer the form exactly as it stands."""
        return BindDraft(
            source=self.source.text(),
            destination=self.destination.text(),
            to_queue=self.to.current() == QUEUE,
            routing_key=self.routing_key.text(),
            x_match=str(self.x_match.currentData()) if self._is_headers() else "",
            arguments=self.arguments.entries(),
        )

    def show_draft(self, draft: BindDraft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.source.setText(draft.source)
        self.destination.setText(draft.destination)
        self.to.set_current(QUEUE if draft.to_queue else EXCHANGE)
        self.routing_key.setText(draft.routing_key)
        self.x_match.setCurrentIndex(max(0, self.x_match.findData(draft.x_match)))
        self.arguments.set_entries(draft.arguments)
        self._loading = False
        self._on_edited()

    def start(self) -> None:
        """Check everything; bind if it holds, else go to the first fault."""
        if self.connection is None or self.is_read_only():
            return
        request, faults = binding_request(self.draft(), self.vhost)
        self.show_faults(faults, self._go_to_argument)
        if request is not None:
            self.begin(self._bind(request))

    def _lay_out(self) -> None:
        self.add_field("source", tr("From exchange"), self.source)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.to)
        column.addWidget(self.destination)
        box.setFocusProxy(self.destination)
        self.add_field("destination", tr("To"), box)
        self.add_field("routing_key", tr("Routing key"), self.routing_key, self._about)
        self._match = self.add_field("x_match", tr("Headers have to match"), self.x_match)
        self.add_field("arguments", tr("Arguments"), self.arguments)
        self.end_form()

    def _go_to_argument(self, faults: Faults) -> None:
        if faults.others:
            self.arguments.show_faults(faults.others)

    async def _bind(self, request: BindingRequest) -> None:
        await self._service.bind(self.connection_id(), request)
        self._notices.info(tr("Bound {source} to {destination}", source=request.source, destination=request.destination))
        self.show_draft(BindDraft(source=request.source, to_queue=request.to_queue))
        self.close_sheet()
        self.done.emit(request)

    async def _load_types(self) -> None:
        """The kind of the source decides what a routing key means there."""
        exchanges = await self._service.exchanges(self.connection_id(), self.vhost)
        self._types = {exchange.name: exchange.type for exchange in exchanges}
        self._on_edited()

    def _is_headers(self) -> bool:
        return self._types.get(self.source.text()) == "headers"

    def _on_to_chosen(self) -> None:
        self._offer_destinations()
        self._on_edited()

    def _offer_destinations(self) -> None:
        if self.connection is not None:
            offers = queues_of if self.to.current() == QUEUE else exchanges_of
            self.destination.complete_from(offers(self._service, self.connection_id(), self.vhost))

    def _on_edited(self) -> None:
        about = {
            "topic": tr("A pattern: * is one word, # is any number of them."),
            "direct": tr("The very key a message has."),
            "fanout": tr("A fanout exchange does not look at it."),
            "headers": tr("A headers exchange does not look at it, but at the headers below."),
        }
        self._about.setText(about.get(self._types.get(self.source.text(), ""), ""))
        self._about.setVisible(bool(self._about.text()))
        self._match.setVisible(self._is_headers())
        self.keep(KEY, self.draft())

    def _show_buttons(self) -> None:
        self.offer(self.button, tr("Binding …") if self.is_busy() else tr("Bind"))
