"""The RabbitMQ panel over fakes: what it shows, offers, asks and keeps."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from desktop.core.feeds import Link
from desktop.core.feeds import LinkState as FeedLinkState
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot, base_filter
from desktop.models.feed_model import FeedModel
from desktop.views.broker_view import NOTHING
from desktop.views.rabbitmq.columns import MESSAGE_COLUMNS
from desktop.views.rabbitmq.head import Tab
from desktop.views.widgets.sheet import Sheet
from embedded_server.contracts.connections import Health, LinkState
from embedded_server.contracts.rabbitmq import (
    BindingRequest,
    FieldType,
    Header,
)
from tests.qt.rabbitmq_panel_bench import DEAD, ORDERS, RECEIPTS, Bench
from tests.qt.rabbitmq_panel_fakes import make_connection, make_problem, make_queue, make_row
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


# -- connections and states


async def test_without_a_connection_it_lists_nothing_and_says_what_to_do(bench: Bench) -> None:
    bench.panel.set_connection(make_connection())
    bench.panel.set_connection(None)
    bench.panel.activate()
    assert bench.page_text() == "No connection"
    assert bench.feed.filter == NOTHING
    assert not bench.panel._publish.isEnabled()


async def test_it_begins_with_the_broker_at_a_glance(bench: Bench) -> None:
    await bench.begin()
    assert bench.panel.spot == OVERVIEW
    assert bench.panel.head.facts.text() == "RabbitMQ 3.10.8  ·  rabbit@shop"
    assert bench.panel.head.figures.texts()["Ready"] == "1,636"
    assert bench.feed.filter == "connection:embedded kind:message"


async def test_a_broker_that_does_not_answer_says_so_in_place_and_can_be_asked_again(bench: Bench) -> None:
    bench.api.failure = make_problem("No broker answers at 127.0.0.1:5672", "Start the broker.")
    bench.panel.set_connection(make_connection())
    bench.panel.activate()
    await until(lambda: bench.page_text() == "No broker answers at 127.0.0.1:5672")
    bench.api.failure = None
    bench.panel._refresh.trigger()
    await until(lambda: bench.page_text() == "" and bench.panel.spot == OVERVIEW)


async def test_a_broker_lost_later_keeps_what_is_shown_and_says_so_below_the_tree(bench: Bench) -> None:
    await bench.begin()
    bench.api.failure = make_problem("No broker answers", "Start the broker.")
    bench.panel.refresh()
    await until(lambda: bench.panel.tree.note.text() == "No broker answers\nStart the broker.")
    assert bench.page_text() == ""
    bench.api.failure = None
    bench.panel.refresh()
    await until(bench.panel.tree.note.isHidden)


async def test_without_the_management_api_it_works_and_says_what_is_missing(bench: Bench) -> None:
    bench.api.shop.missing = make_problem()
    await bench.begin()
    assert bench.panel.tree.note.text() == "The management API does not answer\nCheck its port."
    assert bench.page_text() == ""


async def test_a_queue_that_cannot_be_listed_is_opened_by_its_name(bench: Bench) -> None:
    bench.api.shop.missing = make_problem()
    hidden = bench.api.shop.queues
    bench.api.shop.queues = []
    await bench.begin()
    search = bench.panel.tree.search
    assert search.placeholderText() == "Name a queue, then Enter"
    search.setText("orders.dead")
    await until(lambda: bench.api.count("search=orders.dead"))
    await until(lambda: not bench.panel.source._jobs.is_running("tree"))
    bench.api.shop.queues = hidden
    QTest.keyClick(search, Qt.Key.Key_Return)
    await until(lambda: bench.panel.head.figures.texts().get("Ready") == "17")
    assert bench.panel.spot == DEAD


async def test_another_connection_begins_anew(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.api.requests.clear()
    bench.panel.set_connection(make_connection("shop"))
    assert bench.page_text() == "Asking the broker …"
    await until(lambda: bench.panel.model.vhosts() and bench.panel.spot == OVERVIEW)
    assert bench.feed.filter == "connection:shop kind:message"
    assert bench.api.count("/rabbitmq/embedded/") == 0


async def test_a_queue_of_the_same_name_elsewhere_is_another(bench: Bench) -> None:
    for name in ("embedded", "shop"):
        bench.panel.set_connection(make_connection(name))
        bench.panel.activate()
        await until(lambda: bench.panel.spot is not None)
        await bench.choose(RECEIPTS)
    bench.panel.head.choice.choose(Tab.BINDINGS)
    await until(bench.panel.pages.bindings.rows)
    bench.api.requests.clear()
    bench.panel.set_connection(make_connection("embedded"))
    await until(lambda: bench.panel.spot == RECEIPTS and bench.api.count("/rabbitmq/embedded/bindings"))
    assert bench.api.count("/rabbitmq/shop/") == 0
    assert bench.feed.filter == base_filter("embedded", RECEIPTS)


async def test_the_chosen_place_is_kept_for_each_connection(bench: Bench, qtbot: QtBot) -> None:
    await bench.begin()
    await bench.choose(DEAD)
    bench.panel.set_connection(make_connection("shop"))
    await until(lambda: bench.panel.spot == OVERVIEW)
    bench.panel.set_connection(make_connection())
    await until(lambda: bench.panel.spot == DEAD)
    assert bench.feed.filter == base_filter("embedded", DEAD)


async def test_the_same_connection_faring_otherwise_changes_nothing_on_screen(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.panel.set_connection(make_connection(colour="red"))
    assert (bench.panel.spot, bench.page_text()) == (RECEIPTS, "")


async def test_a_hidden_panel_asks_nothing(bench: Bench) -> None:
    await bench.begin()
    bench.panel.deactivate()
    bench.api.requests.clear()
    bench.panel.source.refresh()
    assert not bench.api.requests
    assert bench.feed.idle


async def test_a_connection_that_is_open_again_is_asked_at_once(bench: Bench) -> None:
    waiting = replace(make_connection(), health=Health(LinkState.WAITING))
    bench.panel.set_connection(waiting)
    bench.panel.activate()
    await until(lambda: bench.panel.spot is not None and not bench.panel.source._jobs.is_running("tree"))
    bench.api.requests.clear()
    bench.panel.set_connection(replace(waiting, health=Health(LinkState.OPEN)))
    await until(lambda: bench.api.count("/exchanges"))


async def test_enter_in_the_tree_leads_to_the_part_that_is_looked_at(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.feed.publish([make_row(1)])  # type: ignore[list-item]  # the fake holds rows of any kind
    QTest.keyClick(bench.panel.tree.view, Qt.Key.Key_Return)
    assert bench.panel.focusWidget() is bench.panel.feed.table
    bench.panel.head.choice.choose(Tab.CONSUMERS)
    await until(bench.panel.pages.consumers.rows)
    QTest.keyClick(bench.panel.tree.view, Qt.Key.Key_Return)
    assert bench.panel.focusWidget() is bench.panel.pages.consumers.table


# -- the head


async def test_a_queue_tells_state_features_and_figures(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    head = bench.panel.head
    assert head.name.whole() == "orders.receipts"
    assert head.state.text() == "consumed"
    assert [chip.text for chip in head.chips.chips()] == ["classic", "durable", "TTL 30 s", "DLX → orders.dlx", "max 1,000"]
    assert head.figures.texts() == {"Ready": "412", "Unacked": "100", "Consumers": "1", "In": "61 / s", "Out": "58 / s"}


async def test_figures_draw_the_shape_of_what_was_heard_at_this_place_alone(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    for _ in range(2):
        bench.panel.source.watch(RECEIPTS)
        await until(lambda: not bench.panel.source._jobs.is_running("queue"))
    assert len(bench.panel.head._history.of("ready")) >= 3
    await bench.choose(DEAD)
    assert set(bench.panel.head._history.of("ready")) == {17.0}


async def test_a_queue_of_dead_letters_offers_to_redrive_them(bench: Bench) -> None:
    await bench.begin()
    await until(lambda: bench.panel.model.takes_dead_letters(make_queue("orders.dead")))
    await bench.choose(DEAD)
    assert bench.panel.head.state.text() == "dead letters"
    assert not bench.panel.head.redrive.isHidden()
    bench.panel.head.redrive.click()
    assert [sheet.heading.text() for sheet in bench.panel.findChildren(Sheet) if sheet.is_open()] != []


async def test_a_queue_that_is_gone_is_said_to_be_gone(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.api.shop.queues = [queue for queue in bench.api.shop.queues if queue.name != "orders.receipts"]
    bench.panel.refresh()
    await until(lambda: bench.panel.head.facts.text() == "There is no queue of this name now.")


async def test_a_lost_server_takes_the_colour_from_every_state(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.feeds.set_link(Link(FeedLinkState.WAITING))
    assert bench.panel.head.state.tone() == "wait"
    assert bench.panel.tree.view.rows.dimmed


async def test_a_heading_leads_to_its_virtual_host(bench: Bench) -> None:
    await bench.begin()
    bench.panel.tree.choose(Spot(Place.QUEUES, "/"))
    assert bench.panel.spot == Spot(Place.VHOST, "/", "/")


# -- tabs


async def test_bindings_are_asked_for_when_looked_at_and_can_be_taken_away(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    assert bench.api.count("queue=orders.receipts") == 0
    bench.panel.head.choice.choose(Tab.BINDINGS)
    page = bench.panel.pages.bindings
    await until(lambda: len(page.rows()) == 1)
    assert bench.feed.idle
    assert bench.panel.head.choice.text(Tab.BINDINGS) == "Bindings 1"
    assert not bench.panel.pages.unbind.isEnabled()
    page.table.selectRow(0)
    bench.panel.pages.unbind.click()
    assert page.confirm.question() == "Unbind “orders.receipts” from “orders”?"
    assert bench.panel.go_back()
    assert not page.confirm.isVisible()
    bench.panel.pages.unbind.click()
    page.confirm.act.click()
    await until(lambda: bench.api.sent("/unbind"))
    assert bench.api.sent("/unbind") == [BindingRequest("/", "orders", "orders.receipts", True, "order.#", [], "order.#")]


async def test_a_binding_with_arguments_is_taken_away_by_its_arguments(bench: Bench) -> None:
    await bench.begin()
    first = bench.api.shop.bindings[0]
    object.__setattr__(first, "arguments", {"x-match": "all", "n": 1, "on": True})
    await bench.choose(Spot(Place.QUEUE, "/", "orders.charge"))
    bench.panel.head.choice.choose(Tab.BINDINGS)
    page = bench.panel.pages.bindings
    await until(page.rows)
    page.table.selectRow(0)
    bench.panel.pages.unbind.click()
    page.confirm.act.click()
    await until(lambda: bench.api.sent("/unbind"))
    assert bench.api.sent("/unbind")[0].arguments == [
        Header("x-match", FieldType.STRING, "all"),
        Header("n", FieldType.INTEGER, 1),
        Header("on", FieldType.BOOLEAN, True),
    ]


async def test_the_default_exchange_says_that_every_queue_is_bound_to_it(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(Spot(Place.EXCHANGE, "/", ""))
    bench.panel.head.choice.choose(Tab.BINDINGS)
    page = bench.panel.pages.bindings
    await until(lambda: page._message._title.text() == "No binding of its own")
    assert not page.rows()


async def test_who_holds_unacknowledged_messages_is_told(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.panel.head.choice.choose(Tab.CONSUMERS)
    table = bench.panel.pages.consumers.table
    await until(bench.panel.pages.consumers.rows)
    texts = [str(table.small_model.index(0, column).data()) for column in range(7) if not table.isColumnHidden(column)]
    assert texts == ["active", "ctag1.9f0c", "100", "100", "manual", "127.0.0.1:51000 (1)"]


async def test_a_part_that_fails_says_so_in_its_place(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.api.failure, bench.api.fails_only = make_problem("Consumers are told by the management API alone"), "/consumers"
    bench.panel.head.choice.choose(Tab.CONSUMERS)
    page = bench.panel.pages.consumers
    await until(lambda: page._message._title.text() == "Consumers are told by the management API alone")
    bench.api.failure = None
    page.refresh()
    await until(page.rows)


async def test_a_client_shows_its_channels_and_is_closed_after_a_question(bench: Bench) -> None:
    await bench.begin()
    bench.panel.tree.choose(Spot(Place.CLIENTS))
    clients, channels = bench.panel.pages.clients, bench.panel.pages.channels
    await until(lambda: len(clients.rows()) == 2)
    clients.table.selectRow(0)
    await until(channels.rows)
    bench.panel.pages.close_client.click()
    assert clients.confirm.act.text() == "Close 127.0.0.1:51000"
    clients.confirm.act.click()
    await until(lambda: bench.api.sent("/close-client"))
    assert bench.api.sent("/close-client")[0]["name"] == "127.0.0.1:51000 -> 127.0.0.1:5672"


async def test_arguments_stand_with_type_and_meaning(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(RECEIPTS)
    bench.panel.head.choice.choose(Tab.ARGUMENTS)
    page = bench.panel.pages.arguments
    await until(lambda: len(page.rows()) == 3)
    cells = [str(page.table.small_model.index(2, column).data()) for column in range(4)]
    assert cells == ["x-message-ttl", "30000", "integer", "Messages that wait longer are dropped or dead-lettered"]


# -- messages


async def test_a_queue_lists_its_messages_and_forgets_the_selection_of_the_one_before(bench: Bench) -> None:
    await bench.begin()
    bench.feed.publish([make_row(1), make_row(2)])  # type: ignore[list-item]  # the fake holds rows of any kind
    bench.panel.feed.table.setCurrentIndex(bench.panel.feed.model.index(0, 0))
    bench.panel.feed.open_detail()
    await bench.choose(RECEIPTS)
    assert bench.feed.filter == base_filter("embedded", RECEIPTS)
    assert bench.panel.detail.row is None


def test_columns_tell_exchange_key_source_and_status_in_words(bench: Bench) -> None:
    row = make_row(1, subject="(default) → celery", status="got", worker="celery")
    cells = {column.key: column.text(row) for column in MESSAGE_COLUMNS}
    assert (cells["exchange"], cells["routing_key"], cells["queue"], cells["status"], cells["size"]) == (
        "(default)",
        "celery",
        "celery",
        "got",
        "178 B",
    )
    assert isinstance(bench.panel.feed.model, FeedModel)


async def test_a_jobs_messages_are_listed_by_its_filter(bench: Bench) -> None:
    await bench.begin()
    bench.panel.strip.messages_requested.emit('headers.job:"j1"')
    assert 'headers.job:"j1"' in bench.feed.filter


async def test_publish_is_addressed_to_what_is_chosen(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.panel._publish.trigger()
    sheet = next(sheet for sheet in bench.panel.findChildren(Sheet) if sheet.is_open())
    assert sheet.draft().exchange == "orders"  # type: ignore[attr-defined]  # it is the publish form
    assert bench.panel.go_back()
    assert not sheet.is_open()


async def test_a_trace_is_shown_where_the_window_shows_traces(bench: Bench) -> None:
    await bench.begin()
    asked = QSignalSpy(bench.panel.trace_requested)
    bench.panel.feed.trace_requested.emit("4bf9")
    assert asked.count() == 1


def test_shortcuts_are_told_apart(bench: Bench) -> None:
    keys = [action.shortcut().toString() for action in bench.panel.actions() if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if re.fullmatch(r"Alt\+\d", key)], "those are the window's: they lead to the panels"
