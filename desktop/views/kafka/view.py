"""The parts of the Kafka panel and where they stand: list, head, reads, search, records, detail, the group's page, jobs and forms."""

from typing import Final

from PySide6.QtWidgets import QMenu, QStackedWidget

from desktop.core.i18n import tr
from desktop.core.kafka_reads import read_of
from desktop.core.kafka_spots import Place
from desktop.models.kafka_list import PagedListModel
from desktop.services import Services
from desktop.services.kafka import kafka_service
from desktop.views.broker_view import NOTHING, BrokerView
from desktop.views.kafka.columns import RECORD_COLUMNS
from desktop.views.kafka.groups.page import GroupPage
from desktop.views.kafka.head import KafkaHead
from desktop.views.kafka.list_card import WIDTH_PX, ListCard
from desktop.views.kafka.list_source import ListSource
from desktop.views.kafka.middle import Middle
from desktop.views.kafka.pages import KafkaPages
from desktop.views.kafka.produce.resend import resender
from desktop.views.kafka.reader import Reader
from desktop.views.kafka.reads import ReadsBar
from desktop.views.kafka.record_detail import RecordDetail
from desktop.views.kafka.results import Results
from desktop.views.kafka.search_bar import SearchBar
from desktop.views.kafka.sheets import KafkaSheets
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_view import FeedView
from desktop.views.widgets.job_strip import JobsStrip
from desktop.views.widgets.place_acts import PlaceActs
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.jobs import KAFKA_JOBS, Job, JobState
from embedded_server.contracts.kafka import GroupInfo, TopicInfo

SETTINGS_KEY: Final = "kafka"


class KafkaView(BrokerView):
    """Each part works alone; `KafkaPanel` carries messages between them."""

    detail: RecordDetail

    def __init__(self, services: Services) -> None:
        super().__init__(services, SETTINGS_KEY)
        self._service = kafka_service(services.api)
        self._service.keep_drafts_of(services.session.state.account)
        notify = services.notices.from_exception
        self.acts: PlaceActs[Place] = PlaceActs(self)
        self.topics: PagedListModel[TopicInfo] = PagedListModel(self)
        self.groups: PagedListModel[GroupInfo] = PagedListModel(self)
        self.list = ListCard(self.topics, self.groups)
        self.source = ListSource(self._service, self.topics, self.groups, self.list.in_sight, notify, self)
        self.head = KafkaHead(self.fill_menu)
        self.reads = ReadsBar()
        self.search = SearchBar()
        self.pages = KafkaPages(self._service, notify, self)
        self.middle = Middle(self.head, self.reads, self.search, self.pages.widgets())
        self.detail = RecordDetail(services, self._service)
        self.feed = FeedView(
            services,
            source=Source.EVENTS,
            columns=RECORD_COLUMNS,
            settings_key=SETTINGS_KEY,
            base_filter=NOTHING,
            empty=EmptyState("ph.rows", tr("No record yet")),
            detail=self.detail,
            frame=self.middle.frame,
        )
        self.feed.filter_bar.line.setPlaceholderText(tr("Filter what is listed: words, key:order-42, body.total:>100"))
        self.feed.table.setAccessibleName(tr("Records"))
        self.strip = JobsStrip(self._service, services.notices, resender(self._service), kinds=KAFKA_JOBS, shows=_has_no_bar)
        self.middle.add_below(self.strip)
        self.reader = Reader(self._service, services.notices, self)
        self.results = Results(self.feed, self.reader, services.notices, self)
        self.group_page = GroupPage(self._service, services.notices)
        self.sheets = KafkaSheets(self, self._service, services.notices)
        self._places = QStackedWidget()
        for place in (self.feed, self.group_page):
            self._places.addWidget(place)
        self.lay_out(self.list, self._places, asking(), width=WIDTH_PX, kept_as="list_px")
        self.setFocusProxy(self.list)

    def fill_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the chosen place."""

    def show_place(self, *, group: bool) -> None:
        """Show a group's page, or the records with what belongs to them."""
        self._places.setCurrentWidget(self.group_page if group else self.feed)

    def shows_group(self) -> bool:
        """Whether a group's page is in sight."""
        return self._places.currentWidget() is self.group_page


def _has_no_bar(job: Job) -> bool:
    """Reads and searches are shown above the records, unless they wait for their connection."""
    return read_of(job) is None or job.state is JobState.WAITING


def asking() -> EmptyState:
    """What stands there until the cluster has answered."""
    return EmptyState("ph.rows", tr("Asking the cluster …"))


def no_connection() -> EmptyState:
    """What stands there while there is no cluster to look at."""
    return EmptyState("ph.link-simple", tr("No connection"), tr("Choose one above, or add your Kafka cluster under Connections."))
