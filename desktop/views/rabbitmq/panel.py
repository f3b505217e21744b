"""The RabbitMQ panel: the broker as a tree, the chosen place with its figures, its messages live, and the message beside them."""

from collections.abc import Callable
from typing import Final, cast

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from desktop.core.i18n import tr
from desktop.core.rabbitmq_message import Seen
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot, spot_of
from desktop.services import Services
from desktop.views.rabbitmq.head import Tab
from desktop.views.rabbitmq.looking import RabbitLooking
from desktop.views.rabbitmq.nothing import NothingSeen
from desktop.views.rabbitmq.picture_place import Picture, PicturePlace
from desktop.views.rabbitmq.read_options import Asked
from desktop.views.rabbitmq.topology import TopologyPicture
from desktop.views.rabbitmq.view import asking, no_connection
from desktop.views.widgets.buttons import popup_under
from embedded_server.contracts.connections import Connection, LinkState

NAMED: Final = frozenset({Place.QUEUE, Place.EXCHANGE, Place.VHOST})


class RabbitPanel(RabbitLooking):
    """Carries messages between the parts, and knows what is looked at."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._leave_picture: Callable[[], bool] = lambda: False
        self._make_acts()
        self._nothing = NothingSeen(self, self._publish, self.reads.press)
        self._say_nothing_seen()
        self._connect()
        self._follow()

    # -- how it is made

    def _make_acts(self) -> None:
        add = self.acts.add
        self._publish = add(
            tr("Publish"),
            self.open_publish,
            keys="Ctrl+N",
            icon="ph.paper-plane-tilt",
            tip=tr("Publish a message, or many"),
            changes=True,
        )
        self.acts.add_reads(self.reads.press)
        self.sheets.add_acts(self.acts, self.spot_now)
        again = tr("Publish the selected message again…")
        self._again = add(again, self.detail.publish_again, keys="Ctrl+Shift+N", icon="ph.paper-plane-tilt", changes=True)
        add(tr("Find a queue or exchange"), self.tree.focus_search, keys="Ctrl+F", icon="ph.magnifying-glass")
        self._copy_name = add(tr("Copy the name of what is chosen"), self.copy_name, icon="ph.copy", places=NAMED)
        self._tracing_off = add(
            tr("Turn the broker's tracing off"), self._turn_tracing_off, icon="ph.broadcast", changes=True, places=frozenset({Place.VHOST})
        )
        self._refresh = add(tr("Ask the broker again"), self.refresh, keys="R", icon="ph.arrow-clockwise")

    def _connect(self) -> None:
        self.source.arrived.connect(self._on_overview)
        self.source.loaded.connect(self._on_loaded)
        self.source.queue_arrived.connect(self._on_queue_arrived)
        self.source.failed.connect(self._on_failed)
        self.tree.chosen.connect(self._on_chosen)
        self.tree.opened.connect(lambda _: self.middle.focus_part(self.feed.table))
        self.tree.order_changed.connect(self.source.set_order)
        self.tree.looked.connect(self.source.look)
        self.head.tab_chosen.connect(lambda tab: self._show_tab(Tab(tab)))
        self.head.redrive_requested.connect(self.sheets.open_redrive)
        self.pages.counted.connect(self.head.set_count)
        self.pages.changed.connect(self.refresh)
        self.reads.asked.connect(self._on_asked)
        self.reads.stop_requested.connect(self.reader.start_stopping)
        self.reader.began.connect(self.strip.refresh)
        self.reader.got.connect(lambda _: self.feed.go_to_tail())
        self.strip.jobs_changed.connect(self.reads.set_jobs)
        self.strip.messages_requested.connect(self._show_job)
        self.sheets.changed.connect(self.refresh)
        self.sheets.job_began.connect(self.strip.refresh)
        self.feed.row_selected.connect(self.detail.show_row)
        self.feed.status_changed.connect(self._on_status_changed)
        self.feed.trace_requested.connect(self.trace_requested)
        self.detail.trace_requested.connect(self.trace_requested)
        self.detail.path_filter_requested.connect(self._on_path_filter_requested)
        self.detail.close_requested.connect(self.feed.close_detail)
        self.detail.publish_requested.connect(self._on_publish_again)
        self.detail.loaded.connect(self._follow)
        self.detail.redrive_requested.connect(self._on_redrive_requested)
        self._services.feeds.state_changed.connect(self._on_link_changed)
        self.sheets.declared.connect(self._on_declared)
        self.tree.named.connect(lambda name: self.tree.choose(Spot(Place.QUEUE, self.vhost(), name)))
        self.tree.new_requested.connect(self._open_new_menu)
        self.pages.bind_requested.connect(self.sheets.open_bind)

    # -- what the window asks

    def primary_action(self) -> QAction | None:
        """Publishing a message."""
        return self._publish

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        return [*self.acts.all(), *self.feed.actions()]

    def focus_filter(self) -> bool:
        """The cursor into the messages' filter, or into the tree's search where no messages are shown."""
        if self.is_message_shown():
            return False
        if self.middle.shows_messages():
            return self.feed.focus_filter()
        self.tree.focus_search()
        return True

    def go_back(self) -> bool:
        """Close the innermost: a form, a question, the detail, the search."""
        if self.sheets.close_one():
            return True
        for page in (self.pages.bindings, self.pages.clients):
            if page.confirm.isVisible():
                page.confirm.hide()
                return True
        return self.feed.go_back() or self._leave_picture() or self.tree.clear_search()

    def set_connection(self, connection: Connection | None) -> None:
        """Look at another broker, or at the same one faring otherwise."""
        before, self._connection = self._connection, connection
        is_other = (before.id if before else "") != (connection.id if connection else "")
        if is_other:
            self._overview, self._value = None, None
            self.sheets.close_all()
            self._wanted = spot_of(self._kept_place()) if connection is not None else None
            self._is_gone = False
            self.tree.forget()
            self.head.forget()
            self.pages.show_spot("", None)
            self.source.watch(None)
            self.source.set_connection(connection.id if connection else "")
            self._forget_selection()
            self.show_message(asking() if connection is not None else no_connection())
        if is_other or (before and connection and before.spec.name != connection.spec.name):
            self._list_messages(OVERVIEW)
        elif before and connection and before.health.state is not LinkState.OPEN and connection.health.state is LinkState.OPEN:
            self.source.refresh(whole=True)
        self.strip.set_connection(connection)
        self._follow()

    def set_picture(self, picture: Picture) -> None:
        """Give the picture of the topology its room above the messages, keep it current, and follow what is opened in it."""
        self.middle.set_picture(cast("QWidget", picture))
        self._picture = PicturePlace(self._service, picture, self._services.notices.from_exception, self)
        self.tree.order_changed.connect(lambda _: self._follow_picture())
        self.middle.mode_changed.connect(self._picture.refresh)
        picture.exchange_opened.connect(lambda name: self.tree.choose(Spot(Place.EXCHANGE, self.vhost(), name)))
        picture.queue_opened.connect(lambda name: self.tree.choose(Spot(Place.QUEUE, self.vhost(), name)))
        picture.consumer_opened.connect(lambda _: self.tree.choose(Spot(Place.CONSUMERS)))
        self._follow_picture()

    def add_picture_acts(self, picture: TopologyPicture) -> None:
        """Offer what can be done with the picture in the palette; Escape leads back out of it."""
        add = self.acts.add
        add(tr("Show or hide the picture of the topology"), self.middle.toggle_picture, keys="Ctrl+Shift+Y", icon="ph.tree-structure")
        add(tr("Let the picture fill the panel, or share it"), self.middle.toggle_filled, keys="Ctrl+Shift+F", icon="ph.arrows-out-simple")
        add(tr("Show all of the picture"), picture.canvas.fit, icon="ph.corners-out")
        add(tr("Show only what the chosen one has to do with"), picture.toggle_focus, icon="ph.crosshair-simple", places=NAMED)
        add(tr("Save the picture of the topology…"), picture.save, icon="ph.download-simple")
        self._leave_picture = picture.go_back

    def activate(self) -> None:
        """Ask the broker, and follow the messages."""
        self._is_live = True
        if self._picture is not None:
            self._picture.resume()
        self.source.resume()
        self.strip.activate()
        self._follow_feed()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks. Jobs go on: they live in the server."""
        self._is_live = False
        if self._picture is not None:
            self._picture.pause()
        self.source.pause()
        self.strip.deactivate()
        self.feed.deactivate()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        for part in (self.source, self.pages, self.reader, self.strip, self.sheets):
            await part.stop()
        if self._picture is not None:
            await self._picture.stop()

    # -- acts

    def refresh(self) -> None:
        """Ask for everything in sight, now."""
        self.source.refresh(whole=True)

    def open_publish(self) -> None:
        """Open the form that publishes, addressed to what is chosen."""
        if self._connection is not None:
            self.sheets.open_publish(self._connection, self.vhost(), self.head.spot)

    def _on_publish_again(self, seen: Seen, body: bytes) -> None:
        if self._connection is not None:
            self.sheets.start_again(self._connection, self.vhost(), seen, body)

    def _on_redrive_requested(self, seen: Seen) -> None:
        self.tree.choose(Spot(Place.QUEUE, self.vhost(), seen.queue))
        self.sheets.open_redrive()

    def _on_declared(self, spot: Spot) -> None:
        """Look at what was declared as soon as it is listed."""
        self.refresh()
        self.tree.choose(spot)

    def _open_new_menu(self) -> None:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        self.sheets.fill_new_menu(menu)
        popup_under(menu, self.tree.new_button)

    def _on_asked(self, asked: Asked) -> None:
        if self._connection is not None:
            self.reader.start(self._connection.id, asked)

    def copy_name(self) -> None:
        """Put the name of what is chosen on the clipboard."""
        if self.head.spot is not None:
            QGuiApplication.clipboard().setText(self.head.spot.name)

    def _turn_tracing_off(self) -> None:
        if self._connection is not None:
            self.reader.start_turning_tracing_off(self._connection.id, self.vhost())

    def fill_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the chosen place, and say why something cannot."""
        menu.setToolTipsVisible(True)
        self.sheets.fill_menu(menu)
        for action in (self._tracing_off, self._copy_name, self._refresh):
            if action.isEnabled() or action is self._refresh:
                menu.addAction(action)


def build(services: Services) -> RabbitPanel:
    """Make the panel with its picture."""
    panel = RabbitPanel(services)
    picture = TopologyPicture(services.notices.from_exception)
    picture.set_empty_acts(panel.sheets.declaring_acts())
    panel.set_picture(picture)
    panel.add_picture_acts(picture)
    picture.take_focus_after(panel.middle.fill_picture)
    return panel
