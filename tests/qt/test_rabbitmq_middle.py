"""The picture's place in the RabbitMQ panel: how it shares the room, when it is asked for, and where it leads."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.rabbitmq import build
from desktop.views.rabbitmq.middle import PICTURE_PX
from desktop.views.rabbitmq.topology import TopologyPicture
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.rabbitmq import Topology
from tests.qt.rabbitmq_panel_bench import ORDERS, RECEIPTS, Bench
from tests.qt.rabbitmq_panel_fakes import make_connection, make_services
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


class FakePicture(QWidget):
    """Remembers what it was given to draw."""

    exchange_opened = Signal(str)
    queue_opened = Signal(str)
    consumer_opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[Topology] = []

    def set_topology(self, topology: Topology) -> None:
        self.drawn.append(topology)

    def look_at(self, key: str) -> None:
        self.looked_at = key

    def set_search(self, text: str) -> None:
        self.search = text

    def clear(self) -> None:
        self.drawn.clear()

    def show_problem(self, problem: ProblemDetails) -> None:
        self.problem = problem

    async def stop(self) -> None:
        self.is_stopped = True


async def test_the_picture_shares_the_room_fills_it_or_is_hidden_and_is_asked_for_only_in_sight(bench: Bench) -> None:
    await bench.begin()
    picture = FakePicture()
    bench.panel.set_picture(picture)
    bench.panel.activate()
    await until(lambda: picture.drawn)
    assert len(picture.drawn[0].queues) == 6
    middle = bench.panel.middle
    middle.fill_picture.click()
    assert (picture.isVisible(), middle.shows_messages()) == (True, False)
    middle.fill_picture.click()
    middle.show_picture.click()
    assert (picture.isVisible(), middle.shows_messages()) == (False, True)
    bench.api.requests.clear()
    assert bench.panel._picture is not None
    bench.panel._picture.refresh()
    assert not bench.api.count("/topology")
    middle.show_picture.click()
    await until(lambda: bench.api.count("/topology") == 1)


async def test_what_is_opened_in_the_picture_is_chosen_in_the_tree(bench: Bench) -> None:
    await bench.begin()
    picture = FakePicture()
    bench.panel.set_picture(picture)
    picture.queue_opened.emit("orders.receipts")
    assert bench.panel.spot == RECEIPTS
    picture.exchange_opened.emit("orders")
    assert bench.panel.spot == ORDERS
    assert picture.looked_at == "e:orders"
    picture.consumer_opened.emit("ctag1")
    assert bench.panel.spot == Spot(Place.CONSUMERS)


async def test_tab_leads_from_the_head_through_the_picture_to_the_reads(qtbot: QtBot, tmp_path: Path) -> None:
    services, _, _ = make_services(tmp_path)
    panel = build(services)
    qtbot.addWidget(panel)
    picture = panel.findChild(TopologyPicture)
    assert picture is not None
    order: list[QWidget] = [panel.middle.fill_picture]
    while len(order) < 60 and (following := order[-1].nextInFocusChain()) is not None:
        order.append(following)
    taps = next(button for button in panel.reads.buttons.values())
    assert order.index(picture.focus_button) < order.index(picture.canvas) < order.index(taps)
    await panel.stop()


async def test_the_palette_leads_to_the_picture_and_escape_back_out_of_its_focus(qtbot: QtBot, tmp_path: Path) -> None:
    services, _, _ = make_services(tmp_path)
    panel = build(services)
    qtbot.addWidget(panel)
    panel.resize(1060, 720)
    panel.show()
    panel.set_connection(make_connection())
    panel.activate()
    picture = panel.findChild(TopologyPicture)
    assert picture is not None
    await until(lambda: "q:orders.receipts" in picture.canvas.layout_now.boxes)
    panel.tree.choose(RECEIPTS)
    assert picture.canvas.current == "q:orders.receipts"
    whole = len(picture.canvas.layout_now.boxes)
    next(action for action in panel.actions() if action.text() == "Show only what the chosen one has to do with").trigger()
    await until(lambda: len(picture.canvas.layout_now.boxes) < whole)
    assert panel.go_back()
    await until(lambda: len(picture.canvas.layout_now.boxes) == whole)
    panel.deactivate()
    await panel.stop()


async def test_in_a_low_window_the_picture_gives_way_before_the_table(bench: Bench) -> None:
    await bench.begin()
    picture = FakePicture()
    bench.panel.set_picture(picture)
    bench.panel.resize(1060, 760)
    middle = bench.panel.middle
    await until(lambda: picture.height() == PICTURE_PX)
    bench.panel.resize(1060, 600)
    await until(lambda: picture.height() < PICTURE_PX)
    assert middle._table.height() > picture.height()
    bench.panel.resize(1060, 760)
    await until(lambda: picture.height() == PICTURE_PX)
