"""The fields of a move or a redrive: where to, which messages, how many at most."""

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.core.faults import Fault
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.core.rabbitmq_move import Back, Goal, MoveDraft, Place
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.names import exchanges_of, keys_of, queues_of
from desktop.views.rabbitmq.publish.route_line import RouteLine
from desktop.views.widgets.filter_bar import FilterBar
from desktop.views.widgets.filter_help import FilterHelp
from desktop.views.widgets.form_sheet import field_group, line_field
from desktop.views.widgets.labels import caption
from desktop.views.widgets.name_line import NameLine
from desktop.views.widgets.segmented import Segmented
from desktop.views.widgets.wrapped import Wrapped
from embedded_server.contracts.concurrency import Notify
from embedded_server.contracts.filters import EVENT_FIELDS
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import RouteQuery

LIMIT_PX: Final = 160


class MoveFields(QWidget):
    """Shows what a move asks for, or what a redrive does; both keep what was typed."""

    edited = Signal()

    def __init__(self, service: RabbitService, notify: Notify, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self.route = RouteLine(service, notify)
        self._at = ("", "")
        self._redrive = False
        self._loading = False
        self._make_fields()
        self._lay_out()
        self._connect()

    def point_at(self, connection: str, vhost: str, *, redrive: bool) -> None:
        """Complete from what is there; ask for what a redrive needs, or a move."""
        self._at = (connection, vhost)
        self._redrive = redrive
        self.target_queue.complete_from(queues_of(self._service, connection, vhost))
        self.exchange.complete_from(exchanges_of(self._service, connection, vhost))
        self._offer_keys()
        self._show_fields()
        self._look_at_target(again=True)

    def draft(self) -> MoveDraft:
        """Answer the fields exactly as they stand."""
        return MoveDraft(
            goal=Goal(self.goal.current()),
            queue=self.target_queue.text().strip(),
            exchange=self.exchange.text().strip(),
            routing_key=self.routing_key.text(),
            back=Back(self.back.current()),
            strip_death=self.strip_death.isChecked(),
            filter=self.filter_bar.text,
            limit=self.limit.text(),
        )

    def show_draft(self, draft: MoveDraft) -> None:
        """Put *draft* into the fields."""
        self._loading = True
        self.goal.set_current(draft.goal)
        self.target_queue.setText(draft.queue)
        self.exchange.setText(draft.exchange)
        self.routing_key.setText(draft.routing_key)
        self.back.set_current(draft.back)
        self.strip_death.setChecked(draft.strip_death)
        self.filter_bar.set_text(draft.filter)
        self.limit.setText(draft.limit)
        self._loading = False
        self._on_edited()

    def first(self) -> QWidget:
        """Answer where one begins to type."""
        return self.filter_bar.line if self._redrive else self._target_line()

    def fault(self, place: Place) -> str:
        """Answer what stands under a field."""
        return self._faults[place].text()

    def show_faults(self, faults: dict[Place, Fault]) -> None:
        """Say what is wrong, each at its own, and go to the first."""
        for place, label in self._faults.items():
            fault = faults.get(place)
            label.setText(f"{tr(fault.title)}. {tr(fault.hint)}" if fault else "")
            label.setVisible(fault is not None)
        places = {Place.TARGET: self._target_line(), Place.ROUTING_KEY: self.routing_key, Place.LIMIT: self.limit}
        if faults:
            places[next(iter(faults))].setFocus()

    def show_filter_fault(self, problem: ProblemDetails) -> None:
        """Say what is wrong with the filter, with its place marked."""
        position, length = (int(problem.params.get(name, 0)) for name in ("position", "length"))
        self.filter_bar.show_error(title_of(problem), hint_of(problem), position, length)
        self.filter_bar.line.setFocus()

    # -- how it is made

    def _make_fields(self) -> None:
        self.goal = Segmented([(Goal.QUEUE, tr("Queue")), (Goal.EXCHANGE, tr("Exchange"))], Goal.QUEUE, name=tr("To"))
        self.target_queue = NameLine(tr("Target queue"), "orders.retry")
        self.exchange = NameLine(tr("Target exchange"), "orders")
        self.routing_key = NameLine(tr("Routing key"), tr("each message's own"))
        backs = [(Back.QUEUE, tr("The queue it died in")), (Back.EXCHANGE, tr("Its first exchange"))]
        self.back = Segmented(backs, Back.QUEUE, name=tr("Back to"))
        self.back.setToolTip(tr("Straight to the queue reaches that queue alone; through the exchange reaches all that are bound now"))
        self.strip_death = QCheckBox(tr("Take x-death off the copy"))
        self.strip_death.setToolTip(tr("Without it the history of its deaths goes on with the message, and counts on"))
        self.filter_bar = FilterBar(EVENT_FIELDS)
        self.filter_bar.line.setPlaceholderText(tr("All, or such as body.amount:>500"))
        self.limit = line_field(tr("At most"), tr("all"), mono=True)
        self.limit.setMaximumWidth(LIMIT_PX)
        self._faults = {place: Wrapped(tone="bad") for place in Place}
        for label in self._faults.values():
            label.hide()

    def _lay_out(self) -> None:
        self._target = _column(caption(tr("To")), self.goal, self.target_queue, self.exchange, self._faults[Place.TARGET])
        self._key = field_group(tr("Routing key"), self.routing_key, self._faults[Place.ROUTING_KEY])
        self._death = _column(caption(tr("Back to")), self.back, self.strip_death)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for widget in (self._target, self._key, self.route, self._death):
            column.addWidget(widget)
        column.addSpacing(4)
        column.addWidget(field_group(tr("Which messages"), self.filter_bar))
        column.addWidget(field_group(tr("At most"), self.limit, self._faults[Place.LIMIT]))

    def _connect(self) -> None:
        for choice in (self.goal, self.back):
            choice.chosen.connect(self._on_edited)
        for line in (self.target_queue, self.exchange, self.routing_key, self.limit, self.filter_bar.line):
            line.textChanged.connect(self._on_edited)
        self.exchange.editingFinished.connect(self._offer_keys)
        self.strip_death.toggled.connect(self._on_edited)
        self.filter_bar.help_requested.connect(self._show_help)
        self.filter_bar.leave_requested.connect(self.limit.setFocus)

    # -- what happens

    def _target_line(self) -> QWidget:
        return self.target_queue if self.goal.current() == Goal.QUEUE else self.exchange

    def _show_help(self) -> None:
        FilterHelp.show_under(self.filter_bar.help_button, EVENT_FIELDS, self.filter_bar.set_text)

    def _on_edited(self) -> None:
        if self._loading:
            return
        self.show_faults({})
        self._show_fields()
        self._look_at_target()
        self.edited.emit()

    def _show_fields(self) -> None:
        to_queue = self.goal.current() == Goal.QUEUE
        self._target.setVisible(not self._redrive)
        self._key.setVisible(not self._redrive and not to_queue)
        self._death.setVisible(self._redrive)
        self.target_queue.setVisible(to_queue)
        self.exchange.setVisible(not to_queue)

    def _look_at_target(self, *, again: bool = False) -> None:
        """Say where copies would arrive; with each message's own routing key nobody knows before a dry run."""
        connection, vhost = self._at
        draft = self.draft()
        to_queue = draft.goal is Goal.QUEUE
        known = bool(draft.queue if to_queue else draft.exchange and draft.routing_key) and bool(connection) and not self._redrive
        self.route.setVisible(known)
        exchange, key = ("", draft.queue) if to_queue else (draft.exchange, draft.routing_key)
        self.route.preview(connection, RouteQuery(vhost, exchange, key) if known else None, again=again and known)

    def _offer_keys(self) -> None:
        if self._at[0] and self.exchange.text():
            self.routing_key.complete_from(keys_of(self._service, *self._at, self.exchange.text()))


def _column(*widgets: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 4)
    column.setSpacing(4)
    for widget in widgets:
        column.addWidget(widget)
    return box
