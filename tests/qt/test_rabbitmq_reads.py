"""The ways of reading in the RabbitMQ panel: what each costs, asks and begins."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_reads import Read
from desktop.core.rabbitmq_spots import Place, Spot
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import JobKind
from embedded_server.contracts.rabbitmq import (
    ConsumeRequest,
    GetMode,
    GetRequest,
    StreamRead,
    TapRequest,
)
from tests.qt.rabbitmq_panel_bench import DEAD, ORDERS, RECEIPTS, Bench
from tests.qt.rabbitmq_panel_fakes import make_job, make_problem, make_queue
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)

READ_ONLY = "This connection is read-only"


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


# -- reads


async def test_every_read_wears_its_cost_in_a_word(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    buttons = bench.panel.reads.buttons
    assert bench.offered() == {"tap": True, "get": True, "consume": True}
    assert [buttons[read].badge() for read in (Read.TAP, Read.GET, Read.CONSUME)] == ["copies", "marks", "removes"]


async def test_a_tap_of_a_topic_exchange_asks_for_keys_and_begins_with_all(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    options = bench.options(Read.TAP)
    assert options.keys.text() == "#"
    options.keys.setText("order.paid, order.refunded")
    QTest.keyClick(options.keys, Qt.Key.Key_Return)
    await until(lambda: bench.api.sent("/tap"))
    assert bench.api.sent("/tap") == [TapRequest("/", "orders", routing_keys=["order.paid", "order.refunded"])]


async def test_a_tap_of_a_direct_exchange_wants_its_keys(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(Spot(Place.EXCHANGE, "/", "celery"))
    options = bench.options(Read.TAP)
    options.submit()
    assert not options.fault.isHidden()
    assert not bench.api.sent("/tap")
    options.keys.setText("celery")
    options.submit()
    await until(lambda: bench.api.sent("/tap"))


async def test_a_tap_of_a_queue_copies_what_its_bindings_bring(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.options(Read.TAP).submit()
    await until(lambda: bench.api.sent("/tap"))
    assert bench.api.sent("/tap")[0].queue == "orders.receipts"


async def test_the_default_exchange_says_why_it_cannot_be_tapped(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(Spot(Place.EXCHANGE, "/", ""))
    assert bench.offered() == {}
    assert "cannot be tapped" in bench.panel.reads._hint.text()


async def test_a_get_says_what_becomes_of_the_messages_and_what_came(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(DEAD)
    options = bench.options(Read.GET)
    assert "delivery limit" in options.cost.text()
    options.count.setValue(25)
    options.mode.setCurrentIndex(options.mode.findData(GetMode.ACK.value))
    assert options.cost.text().startswith("Removes")
    assert options.start.text() == "Remove them"
    options.submit()
    await until(bench.services.notices.standing)
    assert bench.api.sent("/get") == [GetRequest("/", "orders.dead", 25, GetMode.ACK)]
    notice = bench.services.notices.standing()[0]
    assert (notice.title, notice.hint) == ("7 messages were read from “orders.dead”", "93 wait behind it")


async def test_a_consume_goes_on_until_stopped_or_to_its_limit(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    options = bench.options(Read.CONSUME)
    assert options.limit.text() == "go on until stopped"
    options.limit.setValue(100)
    options.prefetch.setValue(10)
    options.submit()
    await until(lambda: bench.api.sent("/consume"))
    assert bench.api.sent("/consume") == [ConsumeRequest("/", "orders.receipts", 10, 100)]


async def test_a_stream_is_read_from_a_place_instead(bench: Bench) -> None:
    await bench.begin()
    bench.api.shop.queues.append(make_queue("audit", type="stream", arguments={"x-queue-type": "stream"}))
    bench.panel.refresh()
    await bench.choose(Spot(Place.QUEUE, "/", "audit"))
    assert bench.offered() == {"stream": True, "tap": True}
    options = bench.options(Read.STREAM)
    options.begin.setCurrentIndex(options.begin.findData("offset"))
    options.place.setText("twelve")
    options.submit()
    assert options.fault.text() == "Write it like 0."
    options.place.setText("12")
    options.submit()
    await until(lambda: bench.api.sent("/stream-read"))
    assert bench.api.sent("/stream-read") == [StreamRead("/", "audit", "12")]


async def test_the_firehose_turns_tracing_on_first(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(Spot(Place.VHOST, "/", "/"))
    bench.options(Read.FIREHOSE).submit()
    await until(lambda: bench.api.sent("/tap"))
    assert bench.api.sent("/tracing") == [{"vhost": "/", "on": True}]
    assert bench.api.sent("/tap")[0].firehose


async def test_what_runs_is_counted_in_its_button_and_stopped_by_it(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.api.jobs = [make_job(), make_job("j2", JobKind.CONSUME, "orders.receipts")]
    bench.panel.strip.refresh()
    button = bench.panel.reads.buttons[Read.TAP]
    await until(lambda: button.running)
    assert button.badge() == "1,204"
    button.click()
    await until(lambda: "POST /jobs/j1/stop" in bench.api.requests)
    await bench.choose(RECEIPTS)
    assert bench.panel.reads.buttons[Read.CONSUME].running
    assert not button.running


async def test_a_read_that_fails_is_a_notice(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.api.failure, bench.api.fails_only = make_problem("The queue has no binding to copy"), "/tap"
    bench.options(Read.TAP).submit()
    await until(lambda: [notice.title for notice in bench.services.notices.standing()] == ["The queue has no binding to copy"])


# -- read-only


async def test_read_only_offers_what_takes_nothing_and_says_why_not_the_rest(bench: Bench) -> None:
    await bench.begin(read_only=True)
    await bench.choose(RECEIPTS)
    assert bench.offered() == {"tap": True, "get": False, "consume": False}
    assert bench.panel.reads.buttons[Read.GET].toolTip() == READ_ONLY
    assert not bench.panel._publish.isEnabled()
    assert bench.panel._publish.toolTip() == READ_ONLY
    assert bench.menu() == ["Copy the name of what is chosen", "Ask the broker again"]
    assert bench.panel.reads.press(Read.CONSUME) is None


async def test_the_menu_offers_what_fits_the_place(bench: Bench) -> None:
    await bench.begin(environment=Environment.PRODUCTION)
    await bench.choose(RECEIPTS)
    assert "Purge the chosen queue…" in bench.menu()
    assert "Delete the chosen exchange…" not in bench.menu()
    await bench.choose(ORDERS)
    assert "Delete the chosen exchange…" in bench.menu()
