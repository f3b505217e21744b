"""What holds for every form over a broker: each control has a name, Tab goes the way one reads, and whoever has the focus shows it."""

import itertools
from collections.abc import AsyncIterator, Callable
from functools import partial

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from desktop.services.settings import ThemeMode
from desktop.views.kafka.produce.sheet import ProduceSheet
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from desktop.views.theme import theme
from desktop.views.widgets.connection_sheet import ConnectionSheet
from tests.qt import kafka_form_fakes, kafka_forms, rabbitmq_form_fakes, rabbitmq_forms
from tests.qt.tasks_fakes import until
from tests.qt.test_accessibility import area_of, named, shows_focus, stops

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
Bench = kafka_form_fakes.Bench | rabbitmq_form_fakes.Bench
Opened = tuple[Bench, ConnectionSheet]
TALL = (1060, 1600)
"""Enough for nothing to be scrolled out of sight."""


def kafka(make: Callable[[kafka_form_fakes.Bench], ConnectionSheet]) -> Opened:
    bench = kafka_form_fakes.Bench()
    bench.host.resize(*TALL)
    return bench, make(bench)


def rabbitmq(make: Callable[[rabbitmq_form_fakes.Bench], ConnectionSheet]) -> Opened:
    bench = rabbitmq_form_fakes.Bench()
    bench.host.resize(*TALL)
    return bench, make(bench)


FORMS: dict[str, Callable[[], Opened]] = {
    **{f"kafka-{make.__name__}": partial(kafka, make) for make in kafka_forms.FORMS},
    **{f"rabbitmq-{make.__name__}": partial(rabbitmq, make) for make in rabbitmq_forms.FORMS},
}


@pytest.fixture(params=FORMS)
async def sheet(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication) -> AsyncIterator[ConnectionSheet]:
    theme().install(qapp, ThemeMode.LIGHT)
    bench, made = FORMS[request.param]()
    bench.host.activateWindow()
    await until(bench.host.isActiveWindow)
    await until(lambda: have_clocks_struck(made))
    yield made
    bench.close()
    await made.stop()


def have_clocks_struck(sheet: ConnectionSheet) -> bool:
    """Whether what a form asks a moment after it was filled in has been answered."""
    if isinstance(sheet, ProduceSheet):
        return bool(sheet.fields.sample.text() and sheet.fields.field_menu.names())
    if isinstance(sheet, PublishSheet):
        return bool(sheet.fields.sample.text()) and sheet.fields.route.route() is not None
    return True


async def test_every_control_has_a_name(sheet: ConnectionSheet) -> None:
    nameless = [named(w) for w in stops(sheet) if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))]
    assert nameless == []


async def test_a_button_without_words_explains_itself(sheet: ConnectionSheet) -> None:
    buttons = [button for button in sheet.findChildren(QAbstractButton) if not button.text() and button.isVisible()]
    inside = [button for button in buttons if not isinstance(button.parent(), QLineEdit | QAbstractScrollArea | QComboBox)]
    assert [named(button) for button in inside if not (button.toolTip() and button.accessibleName())] == []


async def test_tab_goes_the_way_one_reads(sheet: ConnectionSheet) -> None:
    wrong = []
    for before, after in itertools.pairwise(stops(sheet)):
        one, other = area_of(before, sheet), area_of(after, sheet)
        upwards = other.bottom() <= one.top() and other.left() < one.right()
        backwards = other.right() <= one.left() and other.top() < one.bottom()
        if upwards or backwards:
            wrong.append(f"{named(before)} -> {named(after)}")
    assert wrong == []


async def test_what_has_the_focus_looks_otherwise(sheet: ConnectionSheet) -> None:
    same = [named(widget) for widget in stops(sheet) if not await shows_focus(widget.focusProxy() or widget)]
    assert not same, "\n".join(same)


async def test_nothing_is_wider_than_its_sheet(sheet: ConnectionSheet) -> None:
    wide = [named(w) for w in stops(sheet) if area_of(w, sheet).right() > sheet.width() or area_of(w, sheet).left() < 0]
    assert wide == []
