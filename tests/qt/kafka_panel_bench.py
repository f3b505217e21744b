"""The whole Kafka panel over fakes."""

from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QMenu

from desktop.core.kafka_spots import Place, Spot
from desktop.views.kafka.panel import KafkaPanel
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.kafka import DecodedRecord
from tests.qt.kafka_panel_fakes import make_connection, make_decoded, make_headers, make_row, make_services
from tests.qt.tasks_fakes import FakeFeed, until

ORDERS = Spot(Place.TOPIC, "orders")
BILLING = Spot(Place.GROUP, "billing")
READ_ONLY = "This connection is read-only"


class Bench:
    """The whole panel over fakes."""

    def __init__(self, folder: Path) -> None:
        self.services, self.api, self.feeds = make_services(folder)
        self.panel = KafkaPanel(self.services)
        self.panel.resize(1060, 720)
        self.panel.show()

    @property
    def feed(self) -> FakeFeed:
        return self.feeds.opened[0]

    async def begin(self, id_: str = "embedded", **changes: Any) -> None:
        self.panel.set_connection(make_connection(id_, **changes))
        self.panel.activate()
        await until(lambda: self.panel.spot is not None)
        await until(lambda: self.panel.topics.pages.is_known)

    async def choose(self, spot: Spot) -> None:
        self.panel.list.choose(spot)
        if spot.place is Place.TOPIC:
            await until(lambda: self.panel._topic is not None)

    async def open_record(
        self, row: Row | None = None, body: bytes = b'{"order_id": 9}', decoded: DecodedRecord | None = None, **headers: Any
    ) -> None:
        row = row or make_row(9, subject="orders[3]")
        self.api.events[row.seq] = (EventDetail(row, make_headers(**headers)), body)
        self.api.decoded[row.seq] = decoded or make_decoded()
        self.panel.feed.open_detail()
        self.panel.detail.show_row(row)
        await until(lambda: self.panel.detail.seen is not None)

    def page_text(self) -> str:
        return self.panel._message._title.text() if self.panel.is_message_shown() else ""

    def empty_words(self) -> tuple[str, str]:
        """Answer what stands in place of the records."""
        page = self.panel.feed.states._page
        return page._title.text(), page._sentence.text()

    def chips(self) -> list[str]:
        return [chip.text for chip in self.panel.feed.filter_bar.chips]

    def menu(self) -> list[str]:
        menu = QMenu()
        self.panel.fill_menu(menu)
        return [action.text() for action in menu.actions() if action.isEnabled() and action.text()]
