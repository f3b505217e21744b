"""What holds for every RabbitMQ form: each control has a name, Tab goes the way one reads, and whoever has the focus shows it."""

import itertools
from collections.abc import AsyncIterator, Callable

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_declare import BindDraft, QueueDraft
from desktop.core.rabbitmq_draft import Draft
from desktop.core.rabbitmq_typed import Entry
from desktop.services.settings import ThemeMode
from desktop.views.rabbitmq.declare.bind import BindSheet
from desktop.views.rabbitmq.declare.exchange import DeclareExchangeSheet
from desktop.views.rabbitmq.declare.queue import DeclareQueueSheet
from desktop.views.rabbitmq.destroy.sheet import DestroySheet
from desktop.views.rabbitmq.move.sheet import MoveSheet
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from desktop.views.rabbitmq.rabbit_sheet import RabbitSheet
from desktop.views.theme import theme
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.rabbitmq import FieldType, Target
from tests.qt.rabbitmq_form_fakes import Bench, make_connection
from tests.qt.tasks_fakes import until
from tests.qt.test_accessibility import area_of, named, shows_focus, stops

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
ROWS = (Entry("n", FieldType.INTEGER, "1"),)
PRODUCTION = make_connection(environment=Environment.PRODUCTION)


def publish(bench: Bench) -> RabbitSheet:
    sheet = PublishSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(Draft("orders", "k", text='"{{uuid}}"', headers=ROWS, repeat=True))
    sheet.open_to(PRODUCTION, "/")
    sheet.fields.properties.more.set_open(True)
    return sheet


def declare_queue(bench: Bench) -> RabbitSheet:
    sheet = DeclareQueueSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(QueueDraft("q", others=ROWS))
    sheet.open_to(PRODUCTION, "/")
    sheet.arguments.more.set_open(True)
    return sheet


def declare_exchange(bench: Bench) -> RabbitSheet:
    sheet = DeclareExchangeSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/")
    return sheet


def bind(bench: Bench) -> RabbitSheet:
    sheet = BindSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(BindDraft("by-header", "q", arguments=ROWS))
    sheet.open_to(PRODUCTION, "/")
    return sheet


def move(bench: Bench) -> RabbitSheet:
    sheet = MoveSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/", "orders.dead", redrive=False, count=17)
    return sheet


def redrive(bench: Bench) -> RabbitSheet:
    sheet = MoveSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/", "orders.dead", redrive=True, count=17)
    return sheet


def destroy(bench: Bench) -> RabbitSheet:
    sheet = DestroySheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "/", Target.QUEUE, "orders.dead", 17)
    return sheet


MAKERS: tuple[Callable[[Bench], RabbitSheet], ...] = (publish, declare_queue, declare_exchange, bind, move, redrive, destroy)


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
async def sheet(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> AsyncIterator[RabbitSheet]:
    theme().install(qapp, ThemeMode.LIGHT)
    bench = Bench()
    bench.host.resize(1060, 1600)  # tall enough for nothing to be scrolled out of sight
    made: RabbitSheet = request.param(bench)
    bench.host.activateWindow()
    await until(bench.host.isActiveWindow)
    if isinstance(made, PublishSheet):
        await until(lambda: made.fields.route.route() is not None and made.fields.sample.text())  # its clocks have struck
    yield made
    bench.close()
    await made.stop()


async def test_every_control_has_a_name(sheet: RabbitSheet) -> None:
    nameless = [named(w) for w in stops(sheet) if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))]
    assert nameless == []


async def test_a_button_without_words_explains_itself(sheet: RabbitSheet) -> None:
    buttons = [button for button in sheet.findChildren(QAbstractButton) if not button.text() and button.isVisible()]
    inside = [button for button in buttons if not isinstance(button.parent(), QLineEdit | QAbstractScrollArea | QComboBox)]
    assert [named(button) for button in inside if not (button.toolTip() and button.accessibleName())] == []


async def test_tab_goes_the_way_one_reads(sheet: RabbitSheet) -> None:
    wrong = []
    for before, after in itertools.pairwise(stops(sheet)):
        one, other = area_of(before, sheet), area_of(after, sheet)
        upwards = other.bottom() <= one.top() and other.left() < one.right()
        backwards = other.right() <= one.left() and other.top() < one.bottom()
        if upwards or backwards:
            wrong.append(f"{named(before)} -> {named(after)}")
    assert wrong == []


async def test_what_has_the_focus_looks_otherwise(sheet: RabbitSheet) -> None:
    same = [named(widget) for widget in stops(sheet) if not await shows_focus(widget.focusProxy() or widget)]
    assert not same, "\n".join(same)


async def test_nothing_is_wider_than_its_sheet(sheet: RabbitSheet) -> None:
    wide = [named(w) for w in stops(sheet) if area_of(w, sheet).right() > sheet.width() or area_of(w, sheet).left() < 0]
    assert wide == []
