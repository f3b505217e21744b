"""What is looked at in the RabbitMQ panel: the place that is chosen, what the broker says of it, and which of its messages are listed."""

from dataclasses import replace

from PySide6.QtGui import QAction

from desktop.core.feeds import Link
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot, base_filter, kept_text
from desktop.services import Services
from desktop.views.broker_view import NOTHING
from desktop.views.rabbitmq.head import Tab
from desktop.views.rabbitmq.nothing import NothingSeen
from desktop.views.rabbitmq.picture_place import PicturePlace
from desktop.views.rabbitmq.view import RabbitView
from desktop.views.widgets.empty_state import EmptyState
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import Overview, QueueInfo


class RabbitLooking(RabbitView):
    """Follows the choice in the tree and the answers of the broker; `RabbitPanel` adds the acts and the wiring."""

    _nothing: NothingSeen
    _again: QAction
    """Publishes the selected message again."""
    _refresh: QAction

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._overview: Overview | None = None
        self._value: object = None
        self._wanted: Spot | None = None
        self._picture: PicturePlace | None = None
        self._is_gone = False
        """The chosen queue was there, and is no longer."""

    @property
    def spot(self) -> Spot | None:
        """The place that is looked at."""
        return self.head.spot

    def spot_now(self) -> tuple[Connection, Spot, object] | None:
        """Answer the connection, the place and what the broker says of it; None while there is no connection."""
        if self._connection is None:
            return None
        spot = self.head.spot or OVERVIEW
        return self._connection, spot if spot.vhost else replace(spot, vhost=self.vhost()), self._value

    def vhost(self) -> str:
        """Answer the virtual host that is looked at, or the first there is."""
        names = self.model.vhosts()
        spot = self.head.spot
        return spot.vhost if spot is not None and spot.vhost else names[0] if names else "/"

    # -- which messages are listed

    def _show_job(self, filter_: str) -> None:
        self._show_tab(Tab.MESSAGES)
        self.head.choice.set_current(Tab.MESSAGES.value)
        self.feed.set_chip("job", tr("one job"), filter_)

    # -- what the broker says

    def _on_overview(self, overview: Overview) -> None:
        first, self._overview = self._overview is None, overview
        self.show_parts()
        missing = overview.missing
        self.tree.set_can_list(overview.management)
        self.tree.set_note(f"{title_of(missing)}\n{hint_of(missing)}".strip() if missing is not None else "")
        if first:
            self._follow_picture()
            self.tree.choose(self._wanted or OVERVIEW)
            self._rest_focus(self.tree.view)

    def _on_loaded(self) -> None:
        spot = self.head.spot
        if spot is not None and spot.place is not Place.QUEUE:
            self._show_value(self.model.value(spot))

    def _on_queue_arrived(self, queue: QueueInfo | None) -> None:
        self._is_gone = queue is None
        self._show_value(queue, tr("There is no queue of this name now.") if queue is None else "")

    def _on_failed(self, problem: ProblemDetails) -> None:
        if self._overview is None:
            self.show_message(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._refresh,)))
        else:
            self.tree.set_note(f"{title_of(problem)}\n{hint_of(problem)}".strip())

    def _show_value(self, value: object, facts: str = "") -> None:
        self._value = value
        dead = isinstance(value, QueueInfo) and self.model.takes_dead_letters(value)
        self.head.show_value(value, dead=dead, facts=facts)
        self.pages.show_value(value)
        self._follow()

    # -- what is looked at

    def _on_chosen(self, spot: Spot) -> None:
        if spot.is_heading:
            spot = Spot(Place.VHOST, spot.vhost, spot.vhost)
        if spot == self.head.spot or self._connection is None:
            return
        self._forget_selection()
        self.head.show_spot(spot)
        self.source.watch(spot)
        self.pages.show_spot(self._connection.id, spot)
        self._keep_place(kept_text(spot))
        self.feed.remove_chip("job")
        self._is_gone = False
        self._list_messages(spot)
        self._show_tab(self.head.tab())
        self._show_value(self.model.value(spot))
        self._follow_picture()

    def _list_messages(self, spot: Spot) -> None:
        name = self._connection.spec.name if self._connection is not None else ""
        self.feed.set_base_filter(base_filter(name, spot) if name else NOTHING)
        self._say_nothing_seen()

    def _show_tab(self, tab: Tab) -> None:
        self.middle.show_tab(tab)
        if tab is not Tab.MESSAGES:
            self.feed.close_detail(to_table=False)
        self._follow_feed()

    def _follow_feed(self) -> None:
        """Let the feed live only where its rows are in sight."""
        if self._is_live and self.middle.shows_messages():
            self.feed.activate()
        else:
            self.feed.deactivate()

    def _follow(self) -> None:
        """Offer what the connection and the place allow, and say why not."""
        connection = self._connection
        why_not = tr("This connection is read-only") if self._is_read_only() else ""
        spot = None if self._is_gone else self.head.spot
        self.acts.follow_spot(spot, self._value, why_not, connected=connection is not None)
        self.reads.show_spot(spot, self._value, why_not)
        self.pages.set_why_not(why_not)
        self.detail.set_why_not(why_not)
        self.head.set_why_not(why_not)
        self._again.setEnabled(self.detail.seen is not None and not why_not)
        self._say_nothing_seen()

    def _on_link_changed(self, link: Link) -> None:
        self.tree.set_dimmed(not link.is_open)
        self.head.set_dimmed(not link.is_open)

    def _say_nothing_seen(self) -> None:
        """Say what there is instead of rows."""
        self._show_empty(self._nothing.at(self.head.spot, self._value, read_only=self._is_read_only()))

    def _follow_picture(self) -> None:
        if self._picture is not None and self._connection is not None:
            self._picture.look_at(self._connection.id, self.vhost(), self.source.order.search, self.head.spot)
