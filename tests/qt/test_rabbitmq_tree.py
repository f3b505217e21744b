"""The broker's tree: what it holds, asks for and keeps, also with ten thousand queues."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from desktop.core.pages import PAGE_SIZE
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot
from desktop.models.rabbitmq_tree import DEAD_ROLE, RabbitTreeModel
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.tree import BrokerTree
from desktop.views.rabbitmq.tree_source import Order, TreeSource
from embedded_server.contracts.rabbitmq import QueuePage
from tests.qt.rabbitmq_panel_fakes import FakeRabbitApi, Shop, make_exchange, make_problem, make_queue, shop
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)

QUEUES = Spot(Place.QUEUES, "/")
EXCHANGES = Spot(Place.EXCHANGES, "/")


def queue_spot(name: str) -> Spot:
    return Spot(Place.QUEUE, "/", name)


# -- the model


@pytest.fixture
def model() -> Iterator[RabbitTreeModel]:
    made = RabbitTreeModel()
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    yield made
    del tester


def fill(model: RabbitTreeModel, held: Shop) -> None:
    model.set_overview(held.overview())
    for vhost in held.vhosts:
        model.set_exchanges(vhost, [one for one in held.exchanges if one.vhost == vhost])
        queues = [one for one in held.queues if one.vhost == vhost]
        model.set_queues(vhost, QueuePage(queues[:PAGE_SIZE], 1, 1, len(queues), len(queues)))


def titles(model: RabbitTreeModel, parent: QModelIndex | None = None) -> list[str]:
    parent = parent if parent is not None else QModelIndex()
    return [str(model.index(row, 0, parent).data()) for row in range(model.rowCount(parent))]


def test_a_broker_is_listed_with_the_exchanges_every_broker_has_folded_away(model: RabbitTreeModel) -> None:
    fill(model, shop())
    assert titles(model) == ["Overview", "Clients", "Consumers", "/"]
    assert titles(model, model.index_of(EXCHANGES)) == ["celery", "orders", "orders.dlx", "Built-in exchanges"]
    assert titles(model, model.index_of(Spot(Place.SYSTEM, "/"))) == ["(default)", "amq.direct", "amq.fanout", "amq.topic"]
    assert titles(model, model.index_of(QUEUES))[3] == "orders.dead"


def test_exchanges_come_go_and_change_places_without_disturbing_the_others(model: RabbitTreeModel) -> None:
    fill(model, shop())
    kept = model.index_of(Spot(Place.EXCHANGE, "/", "orders"))
    stays = model.createIndex(kept.row(), 0, kept.internalId())
    model.set_exchanges("/", [make_exchange("orders", "direct"), make_exchange("zebra")])
    assert titles(model, model.index_of(EXCHANGES)) == ["orders", "zebra"]
    model.set_exchanges("/", [make_exchange("zebra"), make_exchange("audit"), make_exchange("orders"), make_exchange("amq.topic")])
    assert titles(model, model.index_of(EXCHANGES)) == ["zebra", "audit", "orders", "Built-in exchanges"]
    assert stays.internalId() == model.index_of(Spot(Place.EXCHANGE, "/", "zebra")).internalId()


def test_virtual_hosts_come_and_go(model: RabbitTreeModel) -> None:
    held = shop()
    held.vhosts = ["/", "billing", "shop"]
    fill(model, held)
    assert model.vhosts() == ["/", "billing", "shop"]
    held.vhosts = ["/", "shop"]
    fill(model, held)
    assert model.vhosts() == ["/", "shop"]
    assert not model.index_of(Spot(Place.QUEUES, "billing")).isValid()


def test_queues_beyond_the_pages_heard_are_rows_that_say_so(model: RabbitTreeModel) -> None:
    held = shop()
    held.queues = [make_queue(f"q{n:05d}") for n in range(10_000)]
    fill(model, held)
    parent = model.index_of(QUEUES)
    assert model.rowCount(parent) == 10_000
    assert model.index(99, 0, parent).data() == "q00099"
    assert model.index(100, 0, parent).data() == "Loading …"
    assert model.spot_at(model.index(9_999, 0, parent)) is None


def test_fewer_queues_leave_no_row_behind(model: RabbitTreeModel) -> None:
    held = shop()
    fill(model, held)
    model.set_queues("/", QueuePage([make_queue("only")], 1, 1, 1, 6), fresh=True)
    assert titles(model, model.index_of(QUEUES)) == ["only"]
    assert model.value(QUEUES) == (1, 6)


def test_a_search_narrows_the_exchanges_at_once(model: RabbitTreeModel) -> None:
    fill(model, shop())
    model.set_search("DLX")
    assert titles(model, model.index_of(EXCHANGES)) == ["orders.dlx"]
    model.set_search("")
    assert len(titles(model, model.index_of(EXCHANGES))) == 4


def test_a_queue_that_takes_dead_letters_says_so_to_eye_and_screen_reader(model: RabbitTreeModel) -> None:
    fill(model, shop())
    model.set_dead("/", frozenset({"orders.dead"}))
    index = model.index_of(queue_spot("orders.dead"))
    assert index.data(DEAD_ROLE) is True
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "orders.dead, dead letters, 17 ready, 0 unacked"


def test_newer_figures_of_one_queue_repaint_its_row_alone(model: RabbitTreeModel) -> None:
    fill(model, shop())
    changes = QSignalSpy(model.dataChanged)
    model.set_queue(make_queue("celery", ready=7))
    assert changes.count() == 1
    assert model.value(queue_spot("celery")).ready == 7


def test_a_page_of_ten_thousand_queues_tells_of_its_own_rows_alone(model: RabbitTreeModel) -> None:
    """Qt looks at each row between two that are said to have changed."""
    fill(model, shop())
    model.set_queues("/", QueuePage([], 1, 100, 10_000, 10_000))
    spans: list[tuple[int, int]] = []
    repaints = QSignalSpy(model.repainted)
    heading = model.index_of(QUEUES)
    model.dataChanged.connect(lambda top, bottom, _: spans.append((top.row(), bottom.row())) if top.parent() == heading else None)
    model.set_queues("/", QueuePage([make_queue(f"q{n}") for n in range(100)], 3, 100, 10_000, 10_000))
    assert spans == [(200, 299)]
    assert repaints.count() == 1


# -- the view and what it asks


class Bench:
    """Tree and source over a fake API."""

    def __init__(self) -> None:
        self.api = FakeRabbitApi()
        self.model = RabbitTreeModel()
        self.tree = BrokerTree(self.model)
        self.faults: list[BaseException] = []
        service = RabbitService(self.api)  # type: ignore[arg-type]  # a fake that has what is used
        self.source = TreeSource(service, self.model, self.tree.view.in_sight, self.faults.append, self.tree)
        self.tree.order_changed.connect(self.source.set_order)
        self.tree.looked.connect(self.source.look)
        self.tree.resize(264, 600)
        self.tree.show()

    async def begin(self) -> None:
        self.source.set_connection("embedded")
        self.source.resume()
        await self.settled()

    async def settled(self) -> None:
        await until(lambda: self.model.vhosts() and not self.source._jobs.is_running("tree"))

    def pages_asked(self) -> list[str]:
        return [request.partition("page=")[2].partition(",")[0] for request in self.api.requests if "/queues " in request]


@pytest.fixture
async def bench(qtbot: QtBot) -> AsyncIterator[Bench]:
    made = Bench()
    qtbot.addWidget(made.tree)
    yield made
    await made.source.stop()
    assert not made.faults


async def test_of_ten_thousand_queues_only_those_in_sight_are_asked_for(bench: Bench) -> None:
    bench.api.shop.queues = [make_queue(f"q{n:05d}") for n in range(10_000)]
    await bench.begin()
    bench.api.requests.clear()
    bench.source.refresh()
    await bench.settled()
    assert bench.pages_asked() == ["1"]
    view = bench.tree.view
    view.scrollTo(bench.model.index(5_050, 0, bench.model.index_of(QUEUES)))
    await until(lambda: bench.model.spot_at(bench.model.index(5_050, 0, bench.model.index_of(QUEUES))))
    assert set(bench.pages_asked()) <= {"1", "51"}


async def test_rows_that_come_into_sight_are_asked_for_while_other_answers_are_awaited(bench: Bench) -> None:
    bench.api.shop.queues = [make_queue(f"q{n:05d}") for n in range(1_000)]
    await bench.begin()
    heading = bench.model.index_of(QUEUES)
    bench.api.gate = asyncio.Event()
    bench.source.refresh()  # a poll that takes its time
    bench.tree.view.scrollTo(bench.model.index(550, 0, heading))
    await until(lambda: "6" in bench.pages_asked())
    bench.api.gate.set()
    await until(lambda: bench.model.spot_at(bench.model.index(550, 0, heading)))


async def test_an_answer_for_another_order_is_not_mixed_in(bench: Bench) -> None:
    await bench.begin()
    bench.api.gate = asyncio.Event()
    bench.source.refresh()
    bench.tree.set_sort("ready", descending=True)
    await until(lambda: bench.api.count("sort=ready"))
    bench.api.gate.set()
    await bench.settled()
    await until(lambda: titles(bench.model, bench.model.index_of(QUEUES))[0] == "celery")


async def test_the_choice_stays_with_its_queue_when_the_order_moves_under_it(bench: Bench) -> None:
    await bench.begin()
    bench.tree.choose(queue_spot("celery"))
    chosen = QSignalSpy(bench.tree.chosen)
    bench.tree.set_sort("ready", descending=True)
    await until(lambda: titles(bench.model, bench.model.index_of(QUEUES))[0] == "celery")
    bench.api.shop.queues[0] = make_queue("celery", ready=1)
    bench.source.refresh()
    await until(lambda: titles(bench.model, bench.model.index_of(QUEUES))[0] == "orders.receipts")
    assert bench.tree.view.currentIndex().data() == "celery"
    assert bench.tree.choice == queue_spot("celery")
    assert chosen.count() == 0


async def test_a_choice_that_is_not_listed_selects_no_other_row(bench: Bench) -> None:
    await bench.begin()
    bench.tree.choose(queue_spot("celery"))
    bench.tree.search.setText("mail")
    await until(lambda: titles(bench.model, bench.model.index_of(QUEUES)) == ["mail.digest"])
    assert not bench.tree.view.currentIndex().isValid()
    assert bench.tree.choice == queue_spot("celery")
    assert bench.tree.clear_search()
    await until(lambda: bench.tree.view.currentIndex().data() == "celery")


async def test_a_folded_virtual_host_is_not_asked_about(bench: Bench) -> None:
    await bench.begin()
    bench.tree.view.collapse(bench.model.index_of(Spot(Place.VHOST, "/", "/")))
    bench.api.requests.clear()
    bench.source.refresh()
    await bench.settled()
    assert bench.api.requests == ["GET /rabbitmq/embedded/overview"]


async def test_nothing_is_asked_while_hidden(bench: Bench) -> None:
    await bench.begin()
    bench.source.pause()
    bench.api.requests.clear()
    bench.source.refresh()
    assert not bench.source._clock.isActive()
    assert not bench.api.requests


async def test_it_asks_less_often_while_nothing_moves(bench: Bench) -> None:
    await bench.begin()
    for _ in range(6):
        bench.source.refresh()
        await bench.settled()
    assert bench.source._clock.interval() == 4_000
    bench.api.shop.queues[0] = make_queue("celery", ready=5)
    bench.source.refresh()
    await bench.settled()
    assert bench.source._clock.interval() == 1_500


async def test_letters_typed_into_the_search_are_a_search(bench: Bench) -> None:
    await bench.begin()
    QTest.keyClicks(bench.tree.search, "orders.r")
    await until(lambda: titles(bench.model, bench.model.index_of(QUEUES)) == ["orders.receipts"])
    assert bench.model.value(QUEUES) == (1, 6)


async def test_a_failing_broker_is_told_and_asked_again_later(bench: Bench) -> None:
    failed = QSignalSpy(bench.source.failed)
    bench.api.failure = make_problem("No broker answers")
    bench.source.set_connection("embedded")
    bench.source.resume()
    await until(lambda: failed.count() == 1)
    assert bench.source._clock.interval() == 3_000
    bench.api.failure = None
    bench.source.refresh()
    await bench.settled()


async def test_queues_that_take_dead_letters_are_found_by_the_bindings_of_their_exchange(bench: Bench) -> None:
    await bench.begin()
    assert bench.model.takes_dead_letters(make_queue("orders.dead"))
    assert not bench.model.takes_dead_letters(make_queue("orders.charge"))
    assert bench.api.count("/bindings") == 1


async def test_keys_walk_open_and_fold(bench: Bench) -> None:
    await bench.begin()
    view = bench.tree.view
    bench.tree.choose(OVERVIEW)
    for key in (Qt.Key.Key_J, Qt.Key.Key_Down, Qt.Key.Key_J, Qt.Key.Key_Down):
        QTest.keyClick(view, key)
    assert bench.tree.choice == EXCHANGES
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert not view.isExpanded(bench.model.index_of(EXCHANGES))
    opened = QSignalSpy(bench.tree.opened)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert opened.count() == 1


async def test_the_order_menu_shows_the_order_in_use(bench: Bench) -> None:
    await bench.begin()
    bench.tree.set_sort("ready", descending=True)
    menu = bench.tree.open_sorts()
    assert [action.text() for action in menu.actions() if action.isChecked()] == ["Most ready first"]
    menu.close()
    assert bench.source.order == Order("", "ready", descending=True)
