"""The whole RabbitMQ panel over fakes."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QMenu

from desktop.core.rabbitmq_reads import Read
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.rabbitmq.panel import RabbitPanel
from desktop.views.rabbitmq.read_options import ReadOptions
from tests.qt.rabbitmq_panel_fakes import make_connection, make_services
from tests.qt.tasks_fakes import FakeFeed, until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)

ORDERS = Spot(Place.EXCHANGE, "/", "orders")
RECEIPTS = Spot(Place.QUEUE, "/", "orders.receipts")
DEAD = Spot(Place.QUEUE, "/", "orders.dead")
READ_ONLY = "This connection is read-only"


class Bench:
    """The whole panel over fakes."""

    def __init__(self, folder: Path) -> None:
        self.services, self.api, self.feeds = make_services(folder)
        self.panel = RabbitPanel(self.services)
        self.panel.resize(1060, 720)
        self.panel.show()

    @property
    def feed(self) -> FakeFeed:
        return self.feeds.opened[0]

    async def begin(self, **changes: Any) -> None:
        self.panel.set_connection(make_connection(**changes))
        self.panel.activate()
        await until(lambda: self.panel.spot is not None)

    async def choose(self, spot: Spot) -> None:
        self.panel.tree.choose(spot)
        await until(lambda: self.panel._value is not None)

    def page_text(self) -> str:
        return self.panel._message._title.text() if self.panel._stack.currentIndex() == 0 else ""

    def offered(self) -> dict[str, bool]:
        return {read.value: button.isEnabled() for read, button in self.panel.reads.buttons.items() if not button.isHidden()}

    def menu(self) -> list[str]:
        menu = QMenu()
        self.panel.fill_menu(menu)
        return [action.text() for action in menu.actions() if action.isEnabled() and action.text()]

    def options(self, read: Read) -> ReadOptions:
        options = self.panel.reads.press(read)
        assert options is not None
        return options
