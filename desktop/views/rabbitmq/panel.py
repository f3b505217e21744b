"""The RabbitMQ panel: the broker as a tree, the chosen place with its figures, its messages live, and the message beside them."""

import asyncio
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout

from desktop.core.feeds import FeedStatus, Link
from desktop.core.i18n import tr
from desktop.core.problems import hint_of, title_of
from desktop.core.rabbitmq_message import Seen, message_of
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot, base_filter, kept_text, spot_of
from desktop.models.rabbitmq_tree import RabbitTreeModel
from desktop.services import Services
from desktop.services.rabbitmq import rabbit_service
from desktop.views.panel import Panel
from desktop.views.rabbitmq.acts import RabbitActs
from desktop.views.rabbitmq.columns import MESSAGE_COLUMNS
from desktop.views.rabbitmq.head import SpotHead, Tab
from desktop.views.rabbitmq.jobs.strip import JobsStrip
from desktop.views.rabbitmq.message_detail import MessageDetail
from desktop.views.rabbitmq.middle import Middle
from desktop.views.rabbitmq.pages import SpotPages
from desktop.views.rabbitmq.read_options import Asked
from desktop.views.rabbitmq.reader import Reader
from desktop.views.rabbitmq.reads import ReadsBar
from desktop.views.rabbitmq.sheets import RabbitSheets
from desktop.views.rabbitmq.tree import WIDTH_PX, BrokerTree
from desktop.views.rabbitmq.tree_source import TreeSource
from desktop.views.widgets.empty_state import EmptyState, EmptyStateView
from desktop.views.widgets.feed_splitter import QuietSplitter
from desktop.views.widgets.feed_view import FeedView
from desktop.views.widgets.jobs import Jobs
from embedded_server.contracts.connections import Connection
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import Overview, QueueInfo

SETTINGS_KEY: Final = "rabbitmq"
NOTHING: Final = 'connection:""'
"""Lists nothing: every event has a connection."""
NAMED: Final = frozenset({Place.QUEUE, Place.EXCHANGE, Place.VHOST})
BIG_BODY_BYTES: Final = 256 * 1024
"""From here on a body is decoded in a thread."""


class RabbitPanel(Panel):
    """Composes the parts and carries messages between them; each part works alone."""

    def __init__(self, services: Services) -> None:
        super().__init__()
        self.setObjectName("rabbitmq")
        self._services = services
        self._service = rabbit_service(services.api)
        self._service.keep_drafts_of(services.session.state.account)
        self._jobs = Jobs(self)
        self._connection: Connection | None = None
        self._overview: Overview | None = None
        self._value: object = None
        self._wanted: Spot | None = None
        self._is_live = False
        self._is_gone = False
        """The chosen queue was there, and is no longer."""
        self._make_parts()
        self._make_acts()
        self._lay_out()
        self._connect()
        self._follow()

    # -- how it is made

    def _make_parts(self) -> None:
        notify = self._services.notices.from_exception
        self.model = RabbitTreeModel(self)
        self.tree = BrokerTree(self.model)
        self.source = TreeSource(self._service, self.model, self.tree.view.in_sight, notify, self)
        self.head = SpotHead(self._fill_menu)
        self.reads = ReadsBar()
        self.pages = SpotPages(self._service, notify, self)
        self.middle = Middle(self._services.settings, self.head, self.reads, self.pages.widgets())
        self.detail = MessageDetail(self._services)
        self.feed = FeedView(
            self._services,
            source=Source.EVENTS,
            columns=MESSAGE_COLUMNS,
            settings_key=SETTINGS_KEY,
            base_filter=NOTHING,
            empty=self._no_messages(),
            detail=self.detail,
            frame=self.middle.frame,
        )
        self.feed.filter_bar.line.setPlaceholderText(tr("Filter: words, status:returned, body.order.id:42"))
        self.feed.table.setAccessibleName(tr("Messages"))
        self.strip = JobsStrip(self._service, self._services.notices)
        self.middle.add_below(self.strip)
        self.reader = Reader(self._service, self._services.notices, self)
        self.sheets = RabbitSheets(self, self._service, self._services.notices)

    def _make_acts(self) -> None:
        self.acts = RabbitActs(self)
        add = self.acts.add
        self._publish = add(
            tr("Publish"),
            self.open_publish,
            keys="Ctrl+N",
            icon="ph.paper-plane-tilt",
            tip=tr("Publish a message, or many (Ctrl+N)"),
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

    def _lay_out(self) -> None:
        self._splitter = QuietSplitter(Qt.Orientation.Horizontal)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.tree)
        self._splitter.addWidget(self.feed)
        self._splitter.setStretchFactor(0, 0)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([self._services.settings.value(f"{SETTINGS_KEY}/tree_px", WIDTH_PX), 800])
        self._message = EmptyStateView(self._asking())
        self._stack = QStackedWidget()
        for page in (self._message, self._splitter):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self.setFocusProxy(self.tree.view)

    def _connect(self) -> None:
        self.source.arrived.connect(self._on_overview)
        self.source.loaded.connect(self._on_loaded)
        self.source.queue_arrived.connect(self._on_queue_arrived)
        self.source.failed.connect(self._on_failed)
        self.tree.chosen.connect(self._on_chosen)
        self.tree.opened.connect(lambda _: self.feed.table.setFocus())
        self.tree.order_changed.connect(self.source.set_order)
        self.tree.looked.connect(self.source.look)
        self.head.tab_chosen.connect(lambda tab: self._show_tab(Tab(tab)))
        self.head.redrive_requested.connect(self.sheets.open_redrive)
        self.pages.counted.connect(self._on_counted)
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
        self.detail.redrive_requested.connect(self._on_redrive_requested)
        self._services.feeds.state_changed.connect(self._on_link_changed)
        self._splitter.splitterMoved.connect(self._on_splitter_moved)

    # -- what the window asks

    def primary_action(self) -> QAction | None:
        """Publishing a message."""
        return self._publish

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        return [*self.acts.all(), *self.feed.actions()]

    def focus_filter(self) -> bool:
        """The cursor into the messages' filter, or into the tree's search where no messages are shown."""
        if self._stack.currentIndex() == 0:
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
        return self.feed.go_back() or self.tree.clear_search()

    def set_connection(self, connection: Connection | None) -> None:
        """Look at another broker, or at the same one faring otherwise."""
        before, self._connection = self._connection, connection
        is_other = (before.id if before else "") != (connection.id if connection else "")
        if is_other:
            self._overview, self._value = None, None
            self.sheets.close_all()
            self._wanted = self._kept_spot()
            self.source.watch(None)
            self.source.set_connection(connection.id if connection else "")
            self._forget_message()
            self._show_message(self._asking() if connection is not None else self._no_connection())
        if is_other or (before and connection and before.spec.name != connection.spec.name):
            self._list_messages(OVERVIEW)
        self.strip.set_connection(connection)
        self._follow()

    def activate(self) -> None:
        """Ask the broker, and follow the messages."""
        self._is_live = True
        self.source.resume()
        self.strip.activate()
        self._follow_feed()

    def deactivate(self) -> None:
        """Ask nothing while nobody looks. Jobs go on: they live in the server."""
        self._is_live = False
        self.source.pause()
        self.strip.deactivate()
        self.feed.deactivate()

    async def stop(self) -> None:
        """End what is under way; may be called twice."""
        for part in (self.source, self.pages, self.reader, self.strip, self.sheets, self._jobs):
            await part.stop()

    # -- acts

    @property
    def spot(self) -> Spot | None:
        """The place that is looked at."""
        return self.head.spot

    def spot_now(self) -> tuple[Connection, Spot, object] | None:
        """Answer the connection, the place and what the broker says of it; None while there is no connection."""
        if self._connection is None:
            return None
        return self._connection, self.head.spot or OVERVIEW, self._value

    def vhost(self) -> str:
        """Answer the virtual host that is looked at, or the first there is."""
        names = self.model.vhosts()
        spot = self.head.spot
        return spot.vhost if spot is not None and spot.vhost else names[0] if names else "/"

    def refresh(self) -> None:
        """Ask for everything in sight, now."""
        self.source.refresh(whole=True)

    def open_publish(self) -> None:
        """Open the form that publishes, addressed to what is chosen."""
        if self._connection is not None:
            self.sheets.open_publish(self._connection, self.vhost(), self.head.spot)

    def _on_publish_again(self, seen: Seen, body: bytes) -> None:
        async def open_it() -> None:
            vhost = self.vhost()
            big = len(body) > BIG_BODY_BYTES
            message = await asyncio.to_thread(message_of, seen, body, vhost) if big else message_of(seen, body, vhost)
            if self._connection is not None:
                self.sheets.open_publish(self._connection, vhost, None, message)

        self._jobs.start("again", open_it(), self._services.notices.from_exception)

    def _on_redrive_requested(self, seen: Seen) -> None:
        self.tree.choose(Spot(Place.QUEUE, self.vhost(), seen.queue))
        self.sheets.open_redrive()

    def _on_asked(self, asked: Asked) -> None:
        if self._connection is not None:
            self.reader.start(self._connection.id, asked)

    def copy_name(self) -> None:
        """Put the name of what is chosen on the clipboard."""
        if self.head.spot is not None:
            QGuiApplication.clipboard().setText(self.head.spot.name)

    def _turn_tracing_off(self) -> None:
        async def act() -> None:
            if self._connection is not None:
                await self._service.set_tracing(self._connection.id, self.vhost(), on=False)
                self._services.notices.info(tr("The broker's tracing is off: the firehose is silent"))

        self._jobs.start("tracing", act(), self._services.notices.from_exception)

    def _fill_menu(self, menu: QMenu) -> None:
        self.sheets.fill_menu(menu)
        for action in (self._tracing_off, self._copy_name, self._refresh):
            if action.isEnabled() or action is self._refresh:
                menu.addAction(action)

    def _show_job(self, filter_: str) -> None:
        self._show_tab(Tab.MESSAGES)
        self.head.choice.set_current(Tab.MESSAGES.value)
        self.feed.set_chip("job", tr("one job"), filter_)

    # -- what the broker says

    def _on_overview(self, overview: Overview) -> None:
        first, self._overview = self._overview is None, overview
        self._stack.setCurrentIndex(1)
        missing = overview.missing
        self.tree.set_note(f"{title_of(missing)}\n{hint_of(missing)}".strip() if missing is not None else "")
        if first:
            self.tree.choose(self._wanted or OVERVIEW)
            self._rest_focus()

    def _on_loaded(self) -> None:
        spot = self.head.spot
        if spot is not None and spot.place is not Place.QUEUE:
            self._show_value(self.model.value(spot))

    def _on_queue_arrived(self, queue: QueueInfo | None) -> None:
        self._is_gone = queue is None
        self._show_value(queue, tr("It is no longer there.") if queue is None else "")

    def _on_failed(self, problem: ProblemDetails) -> None:
        if self._overview is None:
            self._show_message(EmptyState("ph.warning", title_of(problem), hint_of(problem), (self._refresh,)))
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
        self._forget_message()
        self.head.show_spot(spot)
        self.source.watch(spot)
        self.pages.show_spot(self._connection.id, spot)
        self._services.settings.set_value(f"{SETTINGS_KEY}/spot_{self._connection.id}", kept_text(spot))
        self.feed.remove_chip("job")
        self._is_gone = False
        self._list_messages(spot)
        self._show_tab(self.head.tab())
        self._show_value(self.model.value(spot))

    def _forget_message(self) -> None:
        """Another place has other messages; the keys stay with the tree."""
        self.feed.forget_selection()
        self.detail.clear()
        self.feed.close_detail(to_table=False)

    def _list_messages(self, spot: Spot) -> None:
        name = self._connection.spec.name if self._connection is not None else ""
        self.feed.set_base_filter(base_filter(name, spot) if name else NOTHING)
        self.feed.set_empty(self._no_messages())

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
        why_not = tr("This connection is read-only") if connection is not None and connection.spec.read_only else ""
        spot = None if self._is_gone else self.head.spot
        self.acts.follow(spot, self._value, why_not, connected=connection is not None)
        self.reads.show_spot(spot, self._value, why_not)
        self.pages.set_why_not(why_not)
        self.detail.set_why_not(why_not)
        self._again.setEnabled(self.detail.seen is not None and not why_not)

    def _on_counted(self, tab: Tab, count: int) -> None:
        self.head.set_count(tab, count)

    def _on_link_changed(self, link: Link) -> None:
        self.tree.set_dimmed(not link.is_open)
        self.head.set_dimmed(not link.is_open)

    def _on_status_changed(self, status: FeedStatus) -> None:
        self.status.emit(status)

    def _on_path_filter_requested(self, path: str, raw: str) -> None:
        self.feed.add_raw_term(f"body{'' if path.startswith('[') else '.'}{path}:{raw}")

    def _on_splitter_moved(self) -> None:
        self._services.settings.set_value(f"{SETTINGS_KEY}/tree_px", self._splitter.sizes()[0])

    def _kept_spot(self) -> Spot | None:
        if self._connection is None:
            return None
        return spot_of(self._services.settings.value(f"{SETTINGS_KEY}/spot_{self._connection.id}", ""))

    def _rest_focus(self) -> None:
        if self.isVisible() and self.window().focusWidget() in {None, self, self._message}:
            self.tree.view.setFocus()

    # -- words

    def _show_message(self, state: EmptyState) -> None:
        self._message.set_state(state)
        self._stack.setCurrentIndex(0)

    @staticmethod
    def _asking() -> EmptyState:
        return EmptyState("ph.share-network", tr("Asking the broker …"))

    @staticmethod
    def _no_connection() -> EmptyState:
        return EmptyState("ph.link-simple", tr("No connection"), tr("Choose one above, or add your RabbitMQ under Connections."))

    def _no_messages(self) -> EmptyState:
        sentence = tr("Tap a queue or an exchange to see copies of what passes, or publish a message: both appear here and stay.")
        return EmptyState("ph.envelope-simple", tr("No message yet"), sentence, (self._publish,) if hasattr(self, "_publish") else ())


def build(services: Services) -> RabbitPanel:
    """Make the panel."""
    return RabbitPanel(services)
