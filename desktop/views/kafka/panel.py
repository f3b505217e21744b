"""The Kafka panel: topics and groups as a list, the chosen one with its figures, its records, and the record beside them."""

from functools import partial
from typing import Final

from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QMenu

from desktop.core.i18n import tr
from desktop.core.kafka_reads import Read
from desktop.core.kafka_spots import CLUSTER, Place, Spot, spot_of
from desktop.services import Services
from desktop.services.connections import connection_service
from desktop.services.kafka import export_route
from desktop.views.kafka.head import Tab
from desktop.views.kafka.list_source import Segment
from desktop.views.kafka.looking import KafkaLooking
from desktop.views.kafka.nothing import NothingSeen
from desktop.views.kafka.view import asking, no_connection
from embedded_server.contracts.connections import Connection, ConnectionKind, LinkState
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import GroupDetail, ReadRequest, SearchRequest, TopicDetail

KINDS: Final = (ConnectionKind.EMBEDDED, ConnectionKind.KAFKA)
NAMED: Final = frozenset({Place.TOPIC, Place.GROUP})
TOPIC: Final = frozenset({Place.TOPIC})


class KafkaPanel(KafkaLooking):
    """Carries messages between the parts, and knows what is looked at."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._make_acts()
        self._nothing = NothingSeen(self, self._produce, self._create, self.reads.press)
        self._say_nothing_seen()
        self._connect()
        self._follow()

    # -- how it is made

    def _make_acts(self) -> None:
        add = self.acts.add
        tip = tr("Produce a record, or many")
        self._produce = add(tr("Produce"), self.open_produce, keys="Ctrl+N", icon="ph.paper-plane-tilt", tip=tip, changes=True)
        for read, text, keys, icon in (
            (Read.READ, tr("Read the chosen topic…"), "Ctrl+G", "ph.book-open"),
            (Read.TAIL, tr("Start or stop the live tail"), "Ctrl+Shift+P", "ph.broadcast"),
            (Read.SEARCH, tr("Search the chosen topic…"), "Ctrl+Shift+F", "ph.magnifying-glass"),
        ):
            add(text, partial(self._press, read), keys=keys, icon=icon, places=TOPIC)
        self.sheets.add_acts(self.acts, self.now)
        self._create = next(action for action in self.acts.all() if action.text() == tr("Create a topic…"))
        again = tr("Produce the selected record again…")
        self._again = add(again, self.detail.produce_again, keys="Ctrl+Alt+N", icon="ph.paper-plane-tilt", changes=True)
        add(tr("Find a topic or group"), self.list.top.focus_search, keys="Ctrl+F", icon="ph.magnifying-glass")
        add(tr("Topics"), lambda: self._show_segment(Segment.TOPICS), keys="Ctrl+1", icon="ph.rows")
        add(tr("Consumer groups"), lambda: self._show_segment(Segment.GROUPS), keys="Ctrl+2", icon="ph.users-three")
        add(tr("The cluster and its brokers"), lambda: self.list.choose(CLUSTER), keys="Ctrl+0", icon="ph.hard-drives")
        add(tr("Copy the name of what is chosen"), self.copy_name, icon="ph.copy", places=NAMED)
        self._refresh = add(tr("Ask the cluster again"), self.refresh, keys="R", icon="ph.arrow-clockwise")

    def _connect(self) -> None:
        self.source.arrived.connect(self._on_cluster)
        self.source.topic_arrived.connect(self._on_topic)
        self.source.listed.connect(self._on_listed)
        self.source.failed.connect(self._on_failed)
        self.list.chosen.connect(self._on_chosen)
        self.list.opened.connect(lambda _: self._focus_place())
        self.list.order_changed.connect(self.source.set_order)
        self.list.looked.connect(self.source.look)
        self.list.sought.connect(self.source.seek)
        self.list.new_requested.connect(self.sheets.open_create)
        self.head.tab_chosen.connect(lambda tab: self._show_tab(Tab(tab)))
        self.pages.counted.connect(self.head.set_count)
        self.pages.group_opened.connect(lambda group: self.list.choose(Spot(Place.GROUP, group)))
        self.pages.alter_requested.connect(self.sheets.open_alter)
        self.reads.asked.connect(self._on_read_asked)
        self.reads.search_requested.connect(self._toggle_search)
        self.reads.stop_requested.connect(self.reader.start_stopping)
        self.search.asked.connect(self._on_search_asked)
        self.search.stop_requested.connect(self.reader.start_stopping)
        self.search.closed.connect(self.feed.table.setFocus)
        self.reader.search.changed.connect(self._on_search_changed)
        self.reader.began.connect(self.strip.refresh)
        self.reader.result.connect(self._on_result)
        self.strip.jobs_changed.connect(self.reads.set_jobs)
        self.strip.messages_requested.connect(self._show_job)
        self.sheets.changed.connect(self._on_changed)
        self.sheets.created.connect(self._on_created)
        self.sheets.produced.connect(self.results.show_produced)
        self.sheets.job_began.connect(self.strip.refresh)
        self.sheets.schemas_changed.connect(self._load_schemas)
        self.sheets.set_targets(lambda: connection_service(self._services.api).offered(KINDS))
        self.group_page.reset_requested.connect(self.sheets.open_reset)
        self.group_page.delete_requested.connect(self.sheets.open_destroy_group)
        self.group_page.remove_requested.connect(self.sheets.open_destroy_group)
        self.group_page.read_requested.connect(self._on_group_read)
        self.group_page.loaded.connect(lambda _: self._follow())
        self.feed.row_selected.connect(self.detail.show_row)
        self.feed.status_changed.connect(self._on_status_changed)
        for part in (self.feed, self.detail):
            part.trace_requested.connect(self.trace_requested)
        self.detail.path_filter_requested.connect(self._on_path_filter_requested)
        self.detail.close_requested.connect(self.feed.close_detail)
        self.detail.produce_requested.connect(self._on_produce_again)
        self.detail.copy_range_requested.connect(self.sheets.open_copy)
        self.detail.schema_requested.connect(self.sheets.open_schemas)
        self.detail.loaded.connect(self._follow)
        self._services.feeds.state_changed.connect(self._on_link_changed)

    # -- what the window asks

    def primary_action(self) -> QAction | None:
        """Producing a record."""
        return self._produce

    def actions(self) -> list[QAction]:
        """Acts for the palette and the help."""
        return [*self.acts.all(), *self.feed.actions()]

    def focus_filter(self) -> bool:
        """The cursor into the records' filter, or into the list's search where no records are shown."""
        if self.is_message_shown():
            return False
        if self.middle.shows_records() and not self.shows_group():
            return self.feed.focus_filter()
        self.list.top.focus_search()
        return True

    def go_back(self) -> bool:
        """Close the innermost: a form, the detail, the search line, the list's search."""
        return self.sheets.close_one() or self.feed.go_back() or self.search.close_bar() or self.list.top.clear_search()

    def set_connection(self, connection: Connection | None) -> None:
        """Look at another cluster, or at the same one faring otherwise."""
        before, self._connection = self._connection, connection
        is_other = (before.id if before else "") != (connection.id if connection else "")
        self.detail.set_connection(connection)
        self.feed.export_route = export_route(connection.id) if connection else ""
        if is_other:
            self._begin_anew(connection)
        if is_other or (before and connection and before.spec.name != connection.spec.name):
            self._list_records(self.head.spot or CLUSTER)
        elif before and connection and before.health.state is not LinkState.OPEN and connection.health.state is LinkState.OPEN:
            self.source.refresh(whole=True)
        self.strip.set_connection(connection)
        self._follow()

    def _begin_anew(self, connection: Connection | None) -> None:
        self._cluster, self._topic = None, None
        self._show_answered(answered=True)
        self.sheets.close_all()
        self._wanted = spot_of(self._kept_place()) if connection is not None else None
        self.list.forget()
        self.head.forget()
        self.pages.show_spot("", None)
        self.reads.show_topic("", None)
        self.search.show_topic("")
        self.results.look_at("", "")
        self.reader.search.forget()
        self.group_page.set_group(None, None)
        self.source.set_connection(connection.id if connection else "")
        self._forget_selection()
        self.show_message(asking() if connection is not None else no_connection())
        self._load_schemas()

    def activate(self) -> None:
        """Ask the cluster, and follow the records."""
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
        for part in (self.source, self.pages, self.reader, self.strip, self.sheets, self.group_page):
            await part.stop()

    # -- acts

    def now(self) -> tuple[Connection, Spot, TopicDetail | GroupDetail | None] | None:
        """Answer the connection, the place and what the cluster says of it; None while there is no connection."""
        if self._connection is None:
            return None
        spot = self.spot or CLUSTER
        return self._connection, spot, self.group_page.detail if spot.place is Place.GROUP else self._topic

    def refresh(self) -> None:
        """Ask for everything in sight, now."""
        self.source.refresh(whole=True)
        if self.shows_group():
            self.group_page.refresh()

    def open_produce(self) -> None:
        """Open the form that produces, addressed to the chosen topic."""
        if self._connection is not None:
            self.sheets.open_produce(self._connection, self._topic_name())

    def copy_name(self) -> None:
        """Put the name of what is chosen on the clipboard."""
        if self.spot is not None:
            QGuiApplication.clipboard().setText(self.spot.name)

    def fill_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the chosen place, and say why something cannot."""
        menu.setToolTipsVisible(True)
        place = (self.spot or CLUSTER).place
        menu.addActions(self.acts.fitting(place))
        if place is Place.CLUSTER:
            menu.addAction(self._create)
        menu.addAction(self._refresh)

    def _press(self, read: Read) -> None:
        self.head.choose_tab(Tab.MESSAGES)
        self.reads.press(read)

    def _on_read_asked(self, request: ReadRequest) -> None:
        if self._connection is not None:
            self.reader.start(self._connection.id, request)

    def _on_search_asked(self, request: SearchRequest) -> None:
        if self._connection is not None:
            self.reader.start_search(self._connection.id, request)

    def _on_search_changed(self, job: Job) -> None:
        if job.source == self.search.topic:
            self.search.show_job(job)

    def _toggle_search(self) -> None:
        if not self.search.close_bar():
            self.search.open_bar()

    def _on_produce_again(self, seq: int) -> None:
        if self._connection is not None:
            self.sheets.start_again(self._connection, seq)

    def _on_changed(self) -> None:
        self.source.refresh(whole=True)
        self.group_page.refresh()

    def _on_created(self, spot: Spot) -> None:
        """Look at what was created as soon as it is listed."""
        self.refresh()
        self.list.choose(spot)


def build(services: Services) -> KafkaPanel:
    """Make the panel."""
    return KafkaPanel(services)
