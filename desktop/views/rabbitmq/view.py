"""The parts of the RabbitMQ panel and where they stand: tree, head, reads, messages, detail, jobs and forms."""

from typing import Final

from PySide6.QtWidgets import QMenu

from desktop.core.i18n import tr
from desktop.models.rabbitmq_tree import RabbitTreeModel
from desktop.services import Services
from desktop.services.rabbitmq import rabbit_service
from desktop.views.broker_view import NOTHING, BrokerView
from desktop.views.rabbitmq.acts import RabbitActs
from desktop.views.rabbitmq.columns import MESSAGE_COLUMNS
from desktop.views.rabbitmq.head import SpotHead
from desktop.views.rabbitmq.message_detail import MessageDetail
from desktop.views.rabbitmq.middle import Middle
from desktop.views.rabbitmq.pages import SpotPages
from desktop.views.rabbitmq.reader import Reader
from desktop.views.rabbitmq.reads import ReadsBar
from desktop.views.rabbitmq.resend import resender
from desktop.views.rabbitmq.sheets import RabbitSheets
from desktop.views.rabbitmq.tree import WIDTH_PX, BrokerTree
from desktop.views.rabbitmq.tree_source import TreeSource
from desktop.views.widgets.empty_state import EmptyState
from desktop.views.widgets.feed_view import FeedView
from desktop.views.widgets.job_strip import JobsStrip
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.jobs import RABBITMQ_JOBS

SETTINGS_KEY: Final = "rabbitmq"


class RabbitView(BrokerView):
    """Each part works alone; `RabbitPanel` carries messages between them."""

    detail: MessageDetail

    def __init__(self, services: Services) -> None:
        super().__init__(services, SETTINGS_KEY)
        self._service = rabbit_service(services.api)
        self._service.keep_drafts_of(services.session.state.account)
        notify = services.notices.from_exception
        self.acts = RabbitActs(self)
        self.model = RabbitTreeModel(self)
        self.tree = BrokerTree(self.model)
        self.source = TreeSource(self._service, self.model, self.tree.view.in_sight, notify, self)
        self.head = SpotHead(self.fill_menu)
        self.reads = ReadsBar()
        self.pages = SpotPages(self._service, notify, self)
        self.middle = Middle(services.settings, self.head, self.reads, self.pages.widgets())
        self.detail = MessageDetail(services)
        self.feed = FeedView(
            services,
            source=Source.EVENTS,
            columns=MESSAGE_COLUMNS,
            settings_key=SETTINGS_KEY,
            base_filter=NOTHING,
            empty=EmptyState("ph.envelope-simple", tr("No message yet")),
            detail=self.detail,
            frame=self.middle.frame,
        )
        self.feed.filter_bar.line.setPlaceholderText(tr("Filter: words, status:returned, body.order.id:42"))
        self.feed.set_empty_of_chips(EmptyState("ph.rows", tr("No message of this job is listed")))
        self.feed.table.setAccessibleName(tr("Messages"))
        self.strip = JobsStrip(self._service, services.notices, resender(self._service), kinds=RABBITMQ_JOBS)
        self.middle.add_below(self.strip)
        self.reader = Reader(self._service, services.notices, self)
        self.sheets = RabbitSheets(self, self._service, services.notices)
        self.lay_out(self.tree, self.feed, asking(), width=WIDTH_PX, kept_as="tree_px")
        self.setFocusProxy(self.tree.view)

    def fill_menu(self, menu: QMenu) -> None:
        """Offer what can be done with the chosen place."""


def asking() -> EmptyState:
    """What stands there until the broker has answered."""
    return EmptyState("ph.share-network", tr("Asking the broker …"))


def no_connection() -> EmptyState:
    """What stands there while there is no broker to look at."""
    return EmptyState("ph.link-simple", tr("No connection"), tr("Choose one above, or add your RabbitMQ under Connections."))
