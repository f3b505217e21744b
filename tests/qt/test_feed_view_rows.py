"""Rows of a feed view: selected, acted on, and shown in their columns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.formatting import TimeDisplay
from desktop.views.widgets.feed_view import EVENT_COLUMNS
from embedded_server.contracts.events import EventDetail, Row
from tests.qt.feed_fakes import event_row, tick, until
from tests.qt.feed_view_bench import Stage, stage

__all__ = ["stage"]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


# -- selecting


def test_a_row_is_announced_once_it_has_come(stage: Stage) -> None:
    chosen: list[Any] = []
    stage.view.row_selected.connect(chosen.append)
    stage.begin(0, 10_000)
    stage.scroll_to_row(500)
    stage.table.setCurrentIndex(stage.view.model.index(505, 0))
    assert chosen == []
    stage.load()
    assert [row.seq for row in chosen] == [505]


def test_when_rows_before_it_leave_the_selection_stays_on_its_row(stage: Stage) -> None:
    stage.begin(0, 100)
    stage.table.setCurrentIndex(stage.view.model.index(90, 0))
    chosen: list[Any] = []
    stage.view.row_selected.connect(chosen.append)
    moved = [event_row(o + 3) for o in range(40, 97)]
    stage.feed.ticked.emit(replace(tick(0, 97, rows=0, revision=1), rows=moved))
    assert stage.view.model.row_at(stage.table.currentIndex().row()).seq == 90  # type: ignore[union-attr]  # there is a row
    assert chosen == []


def test_when_the_selected_row_itself_leaves_nothing_is_selected_and_the_detail_stays(stage: Stage) -> None:
    stage.begin(0, 100)
    stage.table.setCurrentIndex(stage.view.model.index(90, 0))
    chosen: list[Any] = []
    stage.view.row_selected.connect(chosen.append)
    moved = [event_row(o if o < 90 else o + 1) for o in range(60, 99)]
    stage.feed.ticked.emit(replace(tick(0, 99, rows=0, revision=1), rows=moved))
    assert not stage.table.currentIndex().isValid()
    assert chosen == []


def test_j_and_k_move_like_the_arrows(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.key(Qt.Key.Key_J)
    assert stage.table.currentIndex().row() == 999
    stage.key(Qt.Key.Key_K)
    stage.key(Qt.Key.Key_K)
    assert stage.table.currentIndex().row() == 997
    stage.key(Qt.Key.Key_J)
    assert stage.table.currentIndex().row() == 998


@pytest.mark.parametrize("key", [Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_J])
def test_tab_into_the_table_selects_nothing_and_the_first_key_the_newest(stage: Stage, key: Qt.Key) -> None:
    stage.begin(0, 1000)
    stage.view.window().activateWindow()
    stage.qtbot.waitUntil(stage.view.isActiveWindow)
    stage.table.setFocus(Qt.FocusReason.TabFocusReason)
    assert stage.table.hasFocus()
    assert not stage.table.currentIndex().isValid()
    stage.key(key)
    assert stage.table.currentIndex().row() == 999


def test_enter_opens_the_detail_and_back_closes_it(stage: Stage) -> None:
    stage.begin(0, 1000)
    assert stage.detail.isHidden()
    stage.key(Qt.Key.Key_J)
    stage.key(Qt.Key.Key_Return)
    assert stage.detail.isVisible()
    assert stage.view.go_back()
    assert stage.detail.isHidden()
    assert not stage.view.go_back()


def test_a_click_opens_the_detail_without_a_horizontal_scroll_bar(stage: Stage) -> None:
    stage.begin(0, 1000)
    rect = stage.table.visualRect(stage.view.model.index(995, 1))
    QTest.mouseClick(stage.table.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    stage.qtbot.waitUntil(stage.detail.isVisible)
    stage.qtbot.wait(20)
    assert stage.table.horizontalScrollBar().maximum() == 0


def test_a_detail_whose_row_is_filtered_away_can_still_be_closed(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.key(Qt.Key.Key_J)
    stage.view.open_detail()
    stage.view.set_filter("kind:nothing")
    stage.begin(0, 0)
    assert stage.detail.isVisible()
    assert stage.view.go_back()
    assert stage.detail.isHidden()


def test_all_of_ten_million_rows_are_selected_at_once(stage: Stage) -> None:
    stage.begin(0, 10_000_000)
    stage.table.selectAll()
    stage.table.viewport().repaint()
    stage.table.horizontalHeader().viewport().repaint()  # it would look at each row, for minutes
    assert stage.table.selected_count() == 10_000_000


# -- acts


def menu_texts(stage: Stage, row: int, key: str) -> dict[str, QAction]:
    column = next(i for i, c in enumerate(EVENT_COLUMNS) if c.key == key)
    index = stage.view.model.index(row, column)
    stage.table.setCurrentIndex(index)
    return {action.text(): action for action in stage.view.acts.menu(index).actions() if action.text()}


def test_a_cell_becomes_a_filter_or_its_opposite(stage: Stage) -> None:
    stage.begin(0, 1000)
    menu_texts(stage, 999, "worker")["Only worker: web-3"].trigger()
    assert stage.feed.filters[-1] == "worker:web-3"
    stage.begin(0, 1000)
    menu_texts(stage, 998, "kind")["Without kind: message.published"].trigger()
    assert stage.feed.filters[-1] == "worker:web-3 -kind:message.published"


def test_a_cell_is_copied_whole(stage: Stage) -> None:
    stage.begin(0, 1000)
    menu_texts(stage, 999, "key")["Copy the cell"].trigger()
    assert QGuiApplication.clipboard().text() == event_row(999)[5]


def test_a_row_offers_its_trace(stage: Stage) -> None:
    stage.begin(0, 1000)
    asked: list[str] = []
    stage.view.trace_requested.connect(asked.append)
    menu_texts(stage, 999, "subject")["Show the trace"].trigger()
    assert asked == ["trace-333"]


async def test_rows_are_copied_with_the_whole_event(stage: Stage) -> None:
    stage.begin(0, 1000)
    for seq in (998, 999):
        stage.api.answers[f"/events/{seq}"] = EventDetail(Row(*event_row(seq)), {}, "eyJpZCI6IDF9")
    stage.table.setCurrentIndex(stage.view.model.index(999, 0))
    stage.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: '"id": 1' in QGuiApplication.clipboard().text())
    QGuiApplication.clipboard().clear()
    stage.key(Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    stage.key(Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: QGuiApplication.clipboard().text().count("\n") == 1)


def test_too_many_rows_are_not_copied_but_said(stage: Stage) -> None:
    stage.begin(0, 10_000)
    stage.table.selectAll()
    stage.view.acts.copy_rows()
    (notice,) = stage.services.notices.standing()
    assert "10,000" in notice.title


def test_the_context_menu_is_for_the_row_under_the_pointer(stage: Stage) -> None:
    stage.begin(0, 1000)
    asked: list[int] = []
    stage.table.menu_requested.disconnect()
    stage.table.menu_requested.connect(lambda index, _where: asked.append(index.row()))
    rect = stage.table.visualRect(stage.view.model.index(990, 1))
    from PySide6.QtGui import QContextMenuEvent

    stage.table.contextMenuEvent(QContextMenuEvent(QContextMenuEvent.Reason.Mouse, rect.center(), QPoint(0, 0)))
    assert asked == [990]
    assert stage.table.currentIndex().row() == 990


def test_the_selected_rows_trace_is_one_act_away(stage: Stage) -> None:
    asked: list[str] = []
    stage.view.trace_requested.connect(asked.append)
    act = next(action for action in stage.view.actions() if action.text() == "Show the trace")
    stage.begin(0, 1000)
    act.trigger()
    assert asked == [], "nothing is selected"
    stage.key(Qt.Key.Key_J)
    act.trigger()
    assert asked == ["trace-333"]


# -- columns


def test_columns_are_chosen_and_kept(stage: Stage, qtbot: QtBot, tmp_path: Path) -> None:
    stage.begin(0, 10)
    keeper = stage.view._keeper
    trace = next(i for i, c in enumerate(EVENT_COLUMNS) if c.key == "trace")
    assert stage.table.isColumnHidden(trace)
    keeper.set_shown("trace", shown=True)
    keeper.set_shown("worker", shown=False)
    stage.view.resize(1600, 600)
    stage.qtbot.waitUntil(lambda: not stage.table.isColumnHidden(trace))
    stage.table.setColumnWidth(trace, 177)
    keeper.save()
    again = Stage(qtbot, tmp_path)
    again.begin(0, 10)
    again.view.resize(1600, 600)
    qtbot.waitUntil(lambda: again.table.columnWidth(trace) == 177)
    worker = next(i for i, c in enumerate(EVENT_COLUMNS) if c.key == "worker")
    assert again.table.isColumnHidden(worker)


def test_times_of_another_day_are_shown_whole(stage: Stage) -> None:
    before = stage.table.columnWidth(0)
    stage.begin(0, 1000)
    stage.qtbot.waitUntil(lambda: stage.table.columnWidth(0) > before)
    shown = str(stage.view.model.index(999, 0).data())
    assert len(shown) > len("03:14:58.105")


def test_times_follow_the_way_the_user_wants_them_written(stage: Stage) -> None:
    stage.begin(0, 1000)
    clock = stage.view.model.index(999, 0).data()
    try:
        stage.services.settings.time_display = TimeDisplay(relative=True)
        assert stage.view.model.index(999, 0).data() != clock
        assert stage.view._ages.isActive()
        stage.view.hide()
        assert not stage.view._ages.isActive()
    finally:
        stage.services.settings.time_display = TimeDisplay()


@pytest.mark.parametrize("width", [420, 676, 1060, 1600])
def test_there_is_no_horizontal_scroll_bar(stage: Stage, width: int) -> None:
    stage.begin(0, 1000)
    stage.view.resize(width, 600)
    stage.qtbot.wait(20)
    assert stage.table.horizontalScrollBar().maximum() == 0
