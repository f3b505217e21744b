"""The small tables of a place: what is chosen in them is a row, wherever the next answer lists it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_spots import Place, Spot
from desktop.views.rabbitmq.head import Tab
from embedded_server.contracts.rabbitmq import BindingInfo
from tests.qt.rabbitmq_panel_bench import RECEIPTS, Bench
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


async def test_channels_stay_while_the_figures_of_their_client_move(bench: Bench) -> None:
    await bench.begin()
    bench.panel.tree.choose(Spot(Place.CLIENTS))
    clients, channels = bench.panel.pages.clients, bench.panel.pages.channels
    await until(lambda: len(clients.rows()) == 2)
    clients.table.selectRow(0)
    await until(channels.rows)
    asked = bench.api.count("/channels")
    shop = bench.api.shop
    shop.clients = [replace(shop.clients[0], rate_in=5.0), shop.clients[1]]
    clients.refresh()
    await until(lambda: clients.rows()[0].rate_in == 5.0)
    assert channels.rows()
    assert bench.api.count("/channels") == asked


async def test_the_choice_follows_its_row_and_the_question_too(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.panel.head.choice.choose(Tab.BINDINGS)
    page = bench.panel.pages.bindings
    await until(page.rows)
    page.table.selectRow(0)
    chosen = page.current()
    bench.panel.pages.unbind.click()
    earlier = BindingInfo("/", "audit", "orders.receipts", to_queue=True, routing_key="#", properties_key="%23")
    bench.api.shop.bindings.insert(0, earlier)
    page.refresh()
    await until(lambda: page.rows()[0] == earlier)
    assert page.current() == chosen
    assert page.confirm.isVisible()
    page.confirm.act.click()
    await until(lambda: bench.api.sent("/unbind"))
    assert bench.api.sent("/unbind")[0].source == "orders"


async def test_a_question_about_a_row_goes_with_it(bench: Bench) -> None:
    await bench.begin()
    bench.panel.tree.choose(Spot(Place.CLIENTS))
    clients = bench.panel.pages.clients
    await until(lambda: len(clients.rows()) == 2)
    clients.table.selectRow(0)
    bench.panel.pages.close_client.click()
    assert clients.confirm.isVisible()
    bench.api.shop.clients = bench.api.shop.clients[1:]
    clients.refresh()
    await until(lambda: len(clients.rows()) == 1)
    assert not clients.confirm.isVisible()
    assert not bench.panel.pages.close_client.isEnabled()


async def test_without_a_chosen_client_nothing_pretends_to_load(bench: Bench) -> None:
    await bench.begin()
    bench.panel.tree.choose(Spot(Place.CLIENTS))
    await until(bench.panel.pages.clients.rows)
    assert bench.panel.pages.channels._message._title.text() == "No channel"


async def test_columns_that_share_take_the_room_that_is_left(bench: Bench) -> None:
    await bench.begin()
    bench.panel.tree.choose(Spot(Place.CONSUMERS))
    page = bench.panel.pages.consumers
    await until(page.rows)
    table = page.table
    widths = [table.columnWidth(number) for number in range(7)]
    assert table.viewport().width() - 7 <= sum(widths) <= table.viewport().width()
    assert widths[1] > 128
