"""What the tour's steps at a broker have in common: choosing a place in the tree, opening a form, reading, and asking what is there."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.core.rabbitmq_message import Seen
from desktop.core.rabbitmq_reads import Read
from desktop.core.rabbitmq_spots import Place, Spot
from desktop.services.rabbitmq import rabbit_service
from desktop.tour.driver import LIMIT_S, POLL_S, Driver
from desktop.views.rabbitmq.panel import RabbitPanel
from desktop.views.rabbitmq.read_options import ReadOptions
from desktop.views.rabbitmq.topology.picture import TopologyPicture
from desktop.views.widgets.connection_sheet import ConnectionSheet
from embedded_server.contracts.connections import LinkState
from embedded_server.contracts.events import Row
from embedded_server.contracts.rabbitmq import MessageStatus, QueueInfo

VHOST: Final = "/"
ORDERS: Final = "orders"
CHARGE: Final = "orders.charge"
RECEIPTS: Final = "orders.receipts"
DEAD_EXCHANGE: Final = "orders.dead"
DEAD: Final = "orders.dead-letters"
SheetT = TypeVar("SheetT", bound=ConnectionSheet)


class Hands:
    """One RabbitMQ panel, driven as a user drives it."""

    def __init__(self, driver: Driver, panel: RabbitPanel) -> None:
        self.driver = driver
        self.panel = panel
        self.service = rabbit_service(driver.services.api)

    @classmethod
    async def at(cls, driver: Driver) -> "Hands":
        """Open the panel and wait until the broker has answered."""
        panel = await driver.open("rabbitmq", RabbitPanel)
        await driver.until(lambda: not panel.is_message_shown() and bool(panel.model.vhosts()), "the broker answers")
        return cls(driver, panel)

    @property
    def connection(self) -> str:
        """The id of the connection that is looked at."""
        now = self.panel.spot_now()
        assert now is not None, "the panel looks at a connection"
        return now[0].id

    def health(self) -> LinkState:
        """Answer how that connection fares, as the panel knows it."""
        now = self.panel.spot_now()
        return now[0].health.state if now is not None else LinkState.IDLE

    async def drawn(self) -> TopologyPicture:
        """Wait until the picture of the topology shows something, and answer it."""
        picture = self.panel.findChild(TopologyPicture)
        assert picture is not None, "the panel has a picture"
        await self.driver.until(lambda: bool(picture.canvas.graph.nodes), "the topology is drawn")
        return picture

    async def look_at(self, place: Place, name: str) -> None:
        """Click a row of the tree, once it is there."""
        panel, spot = self.panel, Spot(place, VHOST, name)
        await self.driver.until(lambda: panel.model.index_of(spot).isValid(), f"{name} is in the tree")
        view, index = panel.tree.view, panel.model.index_of(spot)
        view.scrollTo(index)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center())
        await self.driver.until(lambda: panel.spot == spot, f"{name} is looked at")

    async def form(self, kind: type[SheetT]) -> SheetT:
        """Answer the form that was asked for, once it is open."""
        found: list[SheetT] = []
        await self.driver.until(lambda: bool(self._find(kind, found)), f"the form {kind.__name__} opens")
        return found[-1]

    def _find(self, kind: type[SheetT], found: list[SheetT]) -> bool:
        sheet = self.panel.findChild(kind)
        if sheet is not None and sheet.is_open():
            found.append(sheet)
        return bool(found)

    async def closed(self, sheet: ConnectionSheet) -> None:
        """Wait until a form is done; what it could not do is the reason."""
        await self.driver.until(lambda: not sheet.is_open() or bool(sheet.failure()), f"{sheet.heading.text()} is done")
        assert not sheet.failure(), sheet.failure()
        self.driver.dismiss_notices()

    async def read(self, read: Read, choose: Callable[[ReadOptions], object], picture: str = "") -> None:
        """Press a read's button, choose its options, and press its act."""
        button = self.panel.reads.buttons[read]
        await self.driver.until(lambda: not button.isHidden() and button.isEnabled(), f"{read} is offered")
        self.driver.click(button)
        options = await self.driver.popup(ReadOptions)
        choose(options)
        if picture:
            await self.driver.picture(picture)
        self.driver.click(options.start)

    async def seen(self, status: MessageStatus, count: int) -> list[Row]:
        """Wait until the table lists so many messages of a status, and answer them."""
        await self.driver.until(lambda: len(self._rows(status)) >= count, f"{count} {status} in the table")
        rows = self._rows(status)
        assert len(rows) == count, f"{count} {status} messages in the table, not {len(rows)}"
        return rows

    def _rows(self, status: MessageStatus) -> list[Row]:
        model = self.panel.feed.model
        rows = [model.row_at(number) for number in range(model.rowCount())]
        return [row for row in rows if row is not None and row.status == status]

    async def queue(self, name: str) -> QueueInfo:
        """Ask the broker for a queue, as it is now."""
        return await self.service.queue(self.connection, VHOST, name)

    async def holds(self, name: str, ready: int) -> None:
        """Assert how many messages are ready in a queue."""
        now = (await self.queue(name)).ready
        assert now == ready, f"{ready} ready in {name}, not {now}"

    async def comes_to(self, name: str, ready: int) -> None:
        """Wait until so many messages are ready in a queue."""
        deadline = time.monotonic() + LIMIT_S
        while (now := (await self.queue(name)).ready) != ready:
            assert time.monotonic() < deadline, f"{ready} ready in {name}, not {now}"
            await self.driver.settle(POLL_S)

    async def counts(self, ready: int) -> None:
        """Wait until the panel itself says how many messages are ready in the queue that is looked at."""
        await self.driver.until(
            lambda: (now := self.panel.spot_now()) is not None and isinstance(now[2], QueueInfo) and now[2].ready == ready,
            f"the panel counts {ready} ready",
        )

    async def open_message(self, seq: int) -> Seen:
        """Choose a message of the table, open it beside, and answer what is told of it."""
        feed, detail = self.panel.feed, self.panel.detail
        number = next(at for at in range(feed.model.rowCount()) if (row := feed.model.row_at(at)) is not None and row.seq == seq)
        feed.table.setCurrentIndex(feed.model.index(number, 0))
        feed.open_detail()
        await self.driver.until(
            lambda: detail.row is not None and detail.row.seq == seq and detail.seen is not None, "the message is shown"
        )
        assert detail.seen is not None, "the message is shown"
        return detail.seen
