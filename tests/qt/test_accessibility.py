"""What holds for every panel: each control has a name, Tab goes the way one reads, and whoever has the focus shows it."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_spots import Place, Spot
from desktop.services.settings import ThemeMode
from desktop.views.connections.panel import ConnectionsPanel
from desktop.views.rabbitmq.panel import RabbitPanel
from desktop.views.server.panel import ServerPanel
from desktop.views.streams.panel import StreamsPanel
from desktop.views.tasks.panel import TasksPanel
from desktop.views.theme import theme
from desktop.views.timeline.panel import TimelinePanel
from embedded_server.contracts.connections import Health, LinkState
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.streams import StreamKind, StreamState
from tests.qt import connections_fakes, rabbitmq_panel_fakes, streams_fakes, tasks_fakes
from tests.qt.feed_fakes import FakeApi, event_row, fake_services, tick, until
from tests.qt.test_server_panel import FakeHost, FakeService
from tests.unit.desktop_streams.streams import make_stream
from tests.unit.desktop_tasks.details import make_detail

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


async def make_timeline(folder: Path) -> QWidget:
    services = fake_services(folder, FakeApi({"/events/9": EventDetail(Row(*event_row(9))), "/events/9/body": b'{"a": 1}'}))
    panel = TimelinePanel(services)
    panel.show()
    feed = services.feeds.opened[0]
    feed.restarted.emit()
    feed.ticked.emit(tick(0, 10))
    panel.view.table.setCurrentIndex(panel.view.model.index(9, 0))
    panel.view.open_detail()
    await until(lambda: panel.detail.tabs.body.is_json)
    return panel


async def make_tasks(folder: Path) -> QWidget:
    services, api, feeds = tasks_fakes.make_services(folder)
    panel = TasksPanel(services)
    panel.show()
    panel.activate()
    detail = api.add(make_detail(id="one"))
    feeds.opened[0].publish([tasks_fakes.row_of(detail)])
    panel.feed.table.setCurrentIndex(panel.feed.model.index(0, 0))
    panel.feed.open_detail()
    await until(lambda: panel.detail.detail is not None)
    return panel


async def make_streams(folder: Path) -> QWidget:
    services, api, _ = streams_fakes.make_services(folder)
    panel = StreamsPanel(services)
    panel.show()
    api.know(make_stream("a", kind=StreamKind.WEBSOCKET, state=StreamState.OPEN))
    panel.activate()
    await until(lambda: panel.current is not None)
    return panel


async def make_rabbitmq(folder: Path) -> QWidget:
    services, api, feeds = rabbitmq_panel_fakes.make_services(folder)
    panel = RabbitPanel(services)
    panel.show()
    panel.set_connection(rabbitmq_panel_fakes.make_connection())
    panel.activate()
    await until(lambda: panel.spot is not None)
    panel.tree.choose(Spot(Place.QUEUE, "/", "orders.receipts"))
    row = rabbitmq_panel_fakes.make_row(1)
    headers = {"headers": {"n": 3}, "properties": {"priority": 4}}
    api.events[1] = (EventDetail(row, headers), b'{"a": 1}')
    feeds.opened[0].publish([row])  # type: ignore[list-item]  # the fake holds rows of any kind
    panel.feed.table.setCurrentIndex(panel.feed.model.index(0, 0))
    panel.feed.open_detail()
    await until(lambda: panel.detail.tabs.body.is_json and panel._value is not None)
    return panel


async def make_connections(folder: Path) -> QWidget:
    services, api = connections_fakes.make_services(folder)
    panel = ConnectionsPanel(services)
    panel.show()
    api.know(connections_fakes.make_connection("a", health=Health(LinkState.WAITING)))
    panel.activate()
    await until(lambda: len(panel.model.connections) == 2)
    panel.list.choose("a")
    panel.editor.fields.rabbit.management_fold.set_open(True)
    panel.editor.fields.name.setText("typed")
    panel.editor.fields.edited.emit()
    return panel


async def make_server(folder: Path) -> QWidget:
    services = fake_services(folder, FakeApi())
    panel = ServerPanel(SimpleNamespace(**{**vars_of(services), "host": FakeHost()}), FakeService())  # type: ignore[arg-type]  # a fake that has what is used
    panel.show()
    panel.activate()
    await until(lambda: panel.parts.rows)
    return panel


def vars_of(services: Any) -> dict[str, Any]:
    return {name: getattr(services, name) for name in services.__dataclass_fields__}


MAKERS: tuple[Callable[[Path], Awaitable[QWidget]], ...] = (
    make_timeline,
    make_tasks,
    make_rabbitmq,
    make_streams,
    make_connections,
    make_server,
)


@pytest.fixture(params=MAKERS, ids=lambda make: make.__name__.removeprefix("make_"))
async def panel(request: pytest.FixtureRequest, qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> AsyncIterator[QWidget]:
    theme().install(qapp, ThemeMode.LIGHT)
    made = await request.param(tmp_path)
    qtbot.addWidget(made)
    made.resize(1060, 720)
    made.activateWindow()
    await until(made.isActiveWindow)
    yield made
    made.deactivate()
    if hasattr(made, "stop"):
        await made.stop()


def named(widget: QWidget) -> str:
    return f"{type(widget).__name__} {widget.accessibleName() or widget.objectName() or getattr(widget, 'text', str)()!r}"


def stops(panel: QWidget) -> list[QWidget]:
    """Where Tab leads, in its order."""
    found: list[QWidget] = []
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        if panel.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def area_of(widget: QWidget, panel: QWidget) -> QRect:
    return QRect(widget.mapTo(panel, QPoint()), widget.size())


async def test_every_control_has_a_name(panel: QWidget) -> None:
    nameless = [named(w) for w in stops(panel) if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))]
    assert nameless == []


async def test_a_button_without_words_explains_itself(panel: QWidget) -> None:
    buttons = [button for button in panel.findChildren(QAbstractButton) if not button.text() and button.isVisible()]
    inside = [button for button in buttons if not isinstance(button.parent(), QLineEdit | QAbstractScrollArea)]
    assert [named(button) for button in inside if not (button.toolTip() and button.accessibleName())] == []


async def test_tab_goes_the_way_one_reads(panel: QWidget) -> None:
    order = stops(panel)
    wrong = []
    for before, after in itertools.pairwise(order):
        one, other = area_of(before, panel), area_of(after, panel)
        upwards = other.bottom() <= one.top() and other.left() < one.right()
        backwards = other.right() <= one.left() and other.top() < one.bottom()
        if upwards or backwards:
            wrong.append(f"{named(before)} -> {named(after)}")
    assert wrong == []


async def test_what_has_the_focus_looks_otherwise(panel: QWidget) -> None:
    same = [named(widget) for widget in stops(panel) if not await shows_focus(widget.focusProxy() or widget)]
    assert not same, "\n".join(same)


async def shows_focus(widget: QWidget) -> bool:
    if (focused := QApplication.focusWidget()) is not None:
        focused.clearFocus()
    before = picture(widget)
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    try:
        await until(lambda: picture(widget) != before, 10)  # the style fades its ring in
    except AssertionError:
        return False
    return True


def picture(widget: QWidget) -> QImage:
    top = widget.window()
    return top.grab(area_of(widget, top).adjusted(-4, -4, 4, 4)).toImage()
