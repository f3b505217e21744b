"""The Timeline panel: every event, one trace at a time where wanted."""

from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from desktop.views.timeline import build
from desktop.views.timeline.panel import TimelinePanel
from embedded_server.contracts.events import EventDetail, Row
from tests.qt.feed_fakes import FakeApi, event_row, fake_services, tick, until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
def services(tmp_path: Path) -> Any:
    return fake_services(tmp_path, FakeApi())


@pytest.fixture
def panel(qtbot: QtBot, services: Any) -> TimelinePanel:
    panel = build(services)
    assert isinstance(panel, TimelinePanel)
    qtbot.addWidget(panel)
    panel.resize(1060, 700)
    panel.show()
    feed = services.feeds.opened[0]
    feed.restarted.emit()
    feed.ticked.emit(tick(0, 1000))
    return panel


async def test_a_selected_event_is_opened_beside_the_table(panel: TimelinePanel, services: Any) -> None:
    services.api.answers["/events/999"] = EventDetail(Row(*event_row(999)))
    services.api.answers["/events/999/body"] = b'{"a": 1}'
    panel.view.table.setCurrentIndex(panel.view.model.index(999, 0))
    panel.view.open_detail()
    await until(lambda: panel.detail.tabs.body.is_json)
    assert panel.detail.isVisible()
    assert panel.go_back()
    assert panel.detail.isHidden()


def test_a_trace_becomes_a_part_of_the_filter_that_can_be_removed(panel: TimelinePanel, services: Any) -> None:
    panel.view.set_filter("kind:task")
    panel.view.trace_requested.emit("trace 7")
    assert services.feeds.opened[0].filter == '(trace:"trace 7") (kind:task)'
    panel.view.remove_chip("trace")
    assert services.feeds.opened[0].filter == "kind:task"


def test_a_value_in_a_body_becomes_a_filter(panel: TimelinePanel, services: Any) -> None:
    panel.detail.path_filter_requested.emit("order.id", "42")
    assert services.feeds.opened[0].filter == "body.order.id:42"


def test_the_window_is_told_count_and_status(panel: TimelinePanel, services: Any, qtbot: QtBot) -> None:
    with qtbot.waitSignals([panel.status, panel.count_changed]):
        services.feeds.opened[0].ticked.emit(tick(0, 1200))


def test_the_window_counts_all_events_once_they_are_known(qtbot: QtBot, services: Any) -> None:
    panel = build(services)
    qtbot.addWidget(panel)
    counts: list[int] = []
    panel.count_changed.connect(counts.append)
    feed = services.feeds.opened[0]
    services.feeds.set_link(services.feeds.link)
    assert counts == [-1], "nothing is known: that is not none"
    feed.set_idle(True)
    feed.counted.emit(tick(0, 7, of=1200))
    assert counts[-1] == 1200, "all events, not only those that match; also while nobody looks"


def test_its_acts_and_its_filter_are_offered(panel: TimelinePanel) -> None:
    assert {action.text() for action in panel.actions()} >= {"Pause or go on", "Export…"}
    assert panel.focus_filter()


def test_hidden_it_idles(panel: TimelinePanel, services: Any) -> None:
    panel.deactivate()
    assert services.feeds.opened[0].idle
    panel.activate()
    assert not services.feeds.opened[0].idle


def test_a_chip_moves_under_the_line_where_it_would_leave_no_room_to_type(panel: TimelinePanel, qtbot: QtBot) -> None:
    panel.show_trace("0af7651916cd43dd8448eb211c80319c")
    bar = panel.view.filter_bar
    chip = bar._chip_buttons["trace"]

    def is_below() -> bool:
        return chip.mapTo(bar, chip.rect().topLeft()).y() >= bar.line.height()

    for width, below in ((1060, False), (480, True), (1060, False)):
        panel.resize(width, 600)
        qtbot.waitUntil(is_below if below else lambda: not is_below())
        qtbot.waitUntil(lambda: bar.line.width() >= 240)
