"""What holds for every Kafka form: each control has a name, Tab goes the way one reads, and whoever has the focus shows it."""

import itertools
from collections.abc import AsyncIterator, Callable

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.core.kafka_configs import ConfigDraft
from desktop.core.kafka_content import ContentDraft, Kind
from desktop.core.kafka_draft import Draft, HeaderDraft
from desktop.core.kafka_topic import CreateDraft
from desktop.core.repeat import Repeat
from desktop.services.settings import ThemeMode
from desktop.views.kafka.copy.sheet import CopySheet
from desktop.views.kafka.groups.destroy import DestroyGroupSheet
from desktop.views.kafka.groups.reset import ResetSheet
from desktop.views.kafka.kafka_sheet import KafkaSheet
from desktop.views.kafka.produce.sheet import ProduceSheet
from desktop.views.kafka.schemas.sheet import SchemasSheet
from desktop.views.kafka.topics.alter import AlterTopicSheet
from desktop.views.kafka.topics.create import CreateTopicSheet
from desktop.views.kafka.topics.destroy import DestroyTopicSheet
from desktop.views.theme import theme
from embedded_server.contracts.connections import Environment
from tests.qt.kafka_form_fakes import DETAIL, Bench, make_connection, make_group
from tests.qt.tasks_fakes import until
from tests.qt.test_accessibility import area_of, named, shows_focus, stops

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
PRODUCTION = make_connection(environment=Environment.PRODUCTION)


def produce(bench: Bench) -> KafkaSheet:
    sheet = ProduceSheet(bench.host, bench.service, bench.notices)
    value = ContentDraft(Kind.PROTOBUF, '{"id": "{{uuid}}"}', subject="orders-value")
    headers = (HeaderDraft("a", "1"), HeaderDraft("b", "2"))
    sheet.show_draft(Draft("orders", key=ContentDraft(Kind.TEXT, "k"), value=value, headers=headers, repeat=Repeat(on=True)))
    sheet.open_to(PRODUCTION)
    return sheet


def create(bench: Bench) -> KafkaSheet:
    sheet = CreateTopicSheet(bench.host, bench.service, bench.notices)
    sheet.show_draft(CreateDraft("orders", others=(ConfigDraft("segment.bytes", "1"), ConfigDraft("x", "2"))))
    sheet.open_to(PRODUCTION)
    return sheet


def alter(bench: Bench) -> KafkaSheet:
    sheet = AlterTopicSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, DETAIL)
    sheet.partitions.setText("6")
    sheet.partitions.textEdited.emit("6")
    return sheet


def purge(bench: Bench) -> KafkaSheet:
    sheet = DestroyTopicSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "orders", 17, purge=True)
    sheet.way.choose("offsets")
    return sheet


def copy(bench: Bench) -> KafkaSheet:
    sheet = CopySheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, "orders")
    sheet.fields.topic.setText("copy")
    return sheet


def reset(bench: Bench) -> KafkaSheet:
    sheet = ResetSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, make_group(members=0, state="Empty"))
    sheet.fields.to.choose("shift")
    return sheet


def delete_group(bench: Bench) -> KafkaSheet:
    sheet = DestroyGroupSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION, make_group(members=0, state="Empty"))
    return sheet


def schemas(bench: Bench) -> KafkaSheet:
    sheet = SchemasSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(PRODUCTION)
    return sheet


MAKERS: tuple[Callable[[Bench], KafkaSheet], ...] = (produce, create, alter, purge, copy, reset, delete_group, schemas)


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__)
async def sheet(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> AsyncIterator[KafkaSheet]:
    theme().install(qapp, ThemeMode.LIGHT)
    bench = Bench()
    bench.host.resize(1060, 1600)  # tall enough for nothing to be scrolled out of sight
    made: KafkaSheet = request.param(bench)
    bench.host.activateWindow()
    await until(bench.host.isActiveWindow)
    if isinstance(made, ProduceSheet):
        await until(lambda: made.fields.sample.text() and made.fields.field_menu.names())  # its clocks have struck
    yield made
    bench.close()
    await made.stop()


async def test_every_control_has_a_name(sheet: KafkaSheet) -> None:
    nameless = [named(w) for w in stops(sheet) if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))]
    assert nameless == []


async def test_a_button_without_words_explains_itself(sheet: KafkaSheet) -> None:
    buttons = [button for button in sheet.findChildren(QAbstractButton) if not button.text() and button.isVisible()]
    inside = [button for button in buttons if not isinstance(button.parent(), QLineEdit | QAbstractScrollArea | QComboBox)]
    assert [named(button) for button in inside if not (button.toolTip() and button.accessibleName())] == []


async def test_tab_goes_the_way_one_reads(sheet: KafkaSheet) -> None:
    wrong = []
    for before, after in itertools.pairwise(stops(sheet)):
        one, other = area_of(before, sheet), area_of(after, sheet)
        upwards = other.bottom() <= one.top() and other.left() < one.right()
        backwards = other.right() <= one.left() and other.top() < one.bottom()
        if upwards or backwards:
            wrong.append(f"{named(before)} -> {named(after)}")
    assert wrong == []


async def test_what_has_the_focus_looks_otherwise(sheet: KafkaSheet) -> None:
    same = [named(widget) for widget in stops(sheet) if not await shows_focus(widget.focusProxy() or widget)]
    assert not same, "\n".join(same)


async def test_nothing_is_wider_than_its_sheet(sheet: KafkaSheet) -> None:
    wide = [named(w) for w in stops(sheet) if area_of(w, sheet).right() > sheet.width() or area_of(w, sheet).left() < 0]
    assert wide == []
