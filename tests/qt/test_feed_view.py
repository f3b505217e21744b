"""The feed view as a user meets it: following, pausing, reading in peace while rows come and go, filtering, choosing columns."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.feeds import FeedState, FeedStatus, Link, LinkState
from desktop.core.formatting import TimeDisplay
from desktop.views.theme import ROW_PX
from desktop.views.widgets.feed_states import State
from desktop.views.widgets.feed_view import EVENT_COLUMNS, EmptyState, FeedView
from embedded_server.contracts.events import EventDetail, Row
from embedded_server.contracts.feeds import FeedRejected, Source
from tests.qt.feed_fakes import FakeApi, FakeFeed, event_row, fake_services, tick, until

# The offscreen platform says of popups and windows what it cannot do; that is no fault of ours.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


class Stage:
    """A view with its feed, and what stands around them."""

    def __init__(self, qtbot: QtBot, data_dir: Path, **options: Any) -> None:
        self.qtbot = qtbot
        self.api = FakeApi()
        self.services = fake_services(data_dir, self.api)
        self.detail = QWidget()
        values: dict[str, Any] = {
            "source": Source.EVENTS,
            "columns": EVENT_COLUMNS,
            "settings_key": "timeline",
            "empty": EmptyState("ph.activity", "Nothing yet", actions=(QAction("Do it"),)),
            "detail": self.detail,
        }
        self.view = FeedView(self.services, **(values | options))
        qtbot.addWidget(self.view)
        self.view.resize(1060, 600)
        self.view.show()
        qtbot.waitExposed(self.view)
        self.table = self.view.table

    @property
    def feed(self) -> FakeFeed:
        feed: FakeFeed = self.services.feeds.opened[0]
        return feed

    def is_in(self, state: State) -> bool:
        return self.view.states.state is state

    def tick(self, start: int, end: int, **changes: Any) -> None:
        self.feed.ticked.emit(tick(start, end, **changes))

    def begin(self, start: int, end: int, **changes: Any) -> None:
        self.feed.restarted.emit()
        self.tick(start, end, **changes)

    def scroll_to_row(self, row: int) -> None:
        self.table.verticalScrollBar().setValue(row * ROW_PX)

    def load(self) -> None:
        """Let the model ask for what is in sight, and answer."""
        asked = len(self.feed.asked)
        self.qtbot.waitUntil(lambda: len(self.feed.asked) > asked)
        self.feed.answer()

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.table, key, modifier)

    @property
    def is_at_tail(self) -> bool:
        bar = self.table.verticalScrollBar()
        return bar.value() == bar.maximum()

    @property
    def news(self) -> str:
        return self.table.pill.text() if self.table.pill.isVisible() else ""

    @property
    def top_seq(self) -> int | None:
        row = self.view.model.row_at(self.table.visible_rows()[0])
        return row.seq if row is not None else None


@pytest.fixture
def stage(qtbot: QtBot, tmp_path: Path) -> Stage:
    return Stage(qtbot, tmp_path)


# -- following the tail


def test_at_the_tail_the_table_follows(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.tick(0, 6000)
    assert stage.is_at_tail
    assert stage.news == ""


def test_scrolled_up_the_same_rows_stay_and_news_is_counted(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(300)
    stage.load()
    before = stage.top_seq
    stage.tick(0, 2204)
    assert stage.top_seq == before == 300
    assert stage.news == "1,204 new"


def test_the_pill_leads_back_to_the_tail(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(300)
    stage.tick(0, 1500)
    stage.table.pill.click()
    assert stage.is_at_tail
    assert stage.news == ""
    stage.tick(0, 2000)
    assert stage.is_at_tail


def test_end_leads_back_to_the_tail_and_home_to_the_oldest(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.key(Qt.Key.Key_Home)
    assert stage.table.verticalScrollBar().value() == 0
    stage.tick(0, 1500)
    assert not stage.is_at_tail
    stage.key(Qt.Key.Key_End)
    assert stage.is_at_tail


def test_scrolling_down_to_the_end_by_hand_follows_again(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(10)
    stage.table.verticalScrollBar().setValue(stage.table.verticalScrollBar().maximum())
    stage.tick(0, 1500)
    assert stage.is_at_tail


def test_a_window_that_grows_stays_at_its_tail(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.view.resize(1060, 900)
    stage.qtbot.waitUntil(lambda: stage.is_at_tail)
    stage.view.resize(1060, 400)
    stage.qtbot.waitUntil(lambda: stage.is_at_tail)


# -- the oldest end moves


def test_older_matches_found_by_a_scan_leave_the_view_and_the_selection_in_peace(stage: Stage) -> None:
    stage.begin(5000, 6000)
    stage.scroll_to_row(300)
    stage.load()
    stage.table.setCurrentIndex(stage.view.model.index(305, 0))
    stage.tick(4000, 6000)
    assert stage.top_seq == 5300
    assert stage.table.currentIndex().row() == 1305
    assert stage.view.model.row_at(stage.table.currentIndex().row()).seq == 5305  # type: ignore[union-attr]


def test_retention_leaves_the_view_and_the_selection_in_peace(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(300)
    stage.load()
    stage.table.setCurrentIndex(stage.view.model.index(305, 0))
    stage.tick(100, 1100)
    assert stage.top_seq == 300
    assert stage.table.currentIndex().row() == 205
    assert stage.news == "100 new"


def test_when_retention_takes_the_selected_row_no_other_is_selected(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(0)
    stage.load()
    stage.table.setCurrentIndex(stage.view.model.index(5, 0))
    chosen: list[Any] = []
    stage.view.row_selected.connect(chosen.append)
    stage.tick(500, 1000)
    assert chosen == []
    assert not stage.table.currentIndex().isValid()


def test_at_the_tail_a_scan_of_older_rows_does_not_move_the_view(stage: Stage) -> None:
    stage.begin(900, 1000, scanned=10, of=1000)
    stage.tick(0, 1000)
    assert stage.is_at_tail


# -- pausing


def test_space_holds_the_rows_and_counts_on(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.key(Qt.Key.Key_Space)
    stage.tick(0, 1300)
    assert stage.view.model.rowCount() == 1000
    assert stage.news == "300 new"
    assert stage.view.live_button.text() == "Paused"
    stage.key(Qt.Key.Key_Space)
    assert stage.view.model.rowCount() == 1300
    assert stage.is_at_tail
    assert stage.view.live_button.text() == "Live"


def test_the_pill_ends_the_pause(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.view.set_paused(True)
    stage.tick(0, 1300)
    stage.table.pill.click()
    assert not stage.view.is_paused
    assert stage.is_at_tail


def test_the_status_strip_is_told(stage: Stage) -> None:
    told: list[FeedStatus] = []

    def states() -> list[FeedState]:
        return [status.state for status in told]

    stage.view.status_changed.connect(told.append)
    stage.begin(0, 1000, rate=12.0, dropped=3, of=2000)
    assert (told[-1].total, told[-1].rate, told[-1].dropped, told[-1].scanned, told[-1].of) == (1000, 12.0, 3, 1000, 2000)
    assert states()[-1] is FeedState.LIVE
    stage.view.set_paused(True)
    assert states()[-1] is FeedState.PAUSED
    stage.services.feeds.set_link(Link(LinkState.WAITING, "gone", 1.0))
    assert states()[-1] is FeedState.OFFLINE


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
    assert stage.view.model.row_at(stage.table.currentIndex().row()).seq == 90  # type: ignore[union-attr]
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


# -- states


def test_an_empty_feed_says_what_will_appear(stage: Stage) -> None:
    stage.begin(0, 0)
    assert stage.is_in(State.EMPTY)
    stage.tick(0, 1)
    assert stage.is_in(State.ROWS)


def test_a_filter_without_matches_says_how_much_was_looked_at_and_offers_to_clear_it(stage: Stage) -> None:
    stage.view.set_filter("status:nope")
    stage.begin(0, 0, scanned=50, of=100)
    assert stage.is_in(State.SEARCHING)
    stage.tick(0, 0, scanned=100, of=100)
    assert stage.is_in(State.NOT_FOUND)
    stage.view.states._clear.trigger()
    assert stage.view.filter_bar.text == ""
    assert stage.feed.filters[-1] == ""


def test_before_the_first_answer_it_says_loading_and_without_a_server_why(stage: Stage) -> None:
    stage.qtbot.waitUntil(lambda: stage.is_in(State.LOADING))
    stage.services.feeds.set_link(Link(LinkState.WAITING, "The server does not answer", 1.0))
    assert stage.is_in(State.OFFLINE)


def test_offline_the_rows_are_kept(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.services.feeds.set_link(Link(LinkState.WAITING, "gone", 1.0))
    assert stage.is_in(State.ROWS)
    assert stage.view.model.rowCount() == 1000


def test_hidden_the_feed_idles(stage: Stage) -> None:
    stage.view.hide()
    assert stage.feed.idle
    stage.view.show()
    assert not stage.feed.idle


def test_a_view_that_is_gone_has_closed_its_feed(stage: Stage) -> None:
    empty = EmptyState("ph.activity", "Nothing yet")
    view = FeedView(stage.services, source=Source.EVENTS, columns=EVENT_COLUMNS, settings_key="other", empty=empty)
    feed = stage.services.feeds.opened[-1]
    view.deleteLater()
    stage.qtbot.waitUntil(lambda: feed.closed)


# -- the filter


def test_typing_filters_once_the_keyboard_rests(stage: Stage) -> None:
    stage.begin(0, 10)
    QTest.keyClicks(stage.view.filter_bar.line, "kind:task")
    stage.qtbot.waitUntil(lambda: stage.feed.filters[-1] == "kind:task")
    assert len(stage.feed.filters) == 2


def test_enter_filters_at_once(stage: Stage) -> None:
    QTest.keyClicks(stage.view.filter_bar.line, "kind:task")
    stage.view.filter_bar._completer.hide()
    QTest.keyClick(stage.view.filter_bar.line, Qt.Key.Key_Return)
    assert stage.feed.filters[-1] == "kind:task"


def test_a_wrong_filter_is_marked_where_it_is_wrong_and_nothing_typed_is_lost(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, base_filter="kind:server.log")
    stage.begin(0, 10)
    stage.view.set_chip("level", "errors", "status:ERROR")
    stage.view.set_filter("x colour:red")
    at = stage.feed.filters[-1].index("colour")
    stage.feed.rejected.emit(FeedRejected(1, "Unknown field “colour”", "Did you mean “key”?", at, 6))
    bar = stage.view.filter_bar
    assert bar.error == "Unknown field “colour”\nDid you mean “key”?"
    assert bar.marked == (2, 6)
    assert bar.text == "x colour:red"
    assert stage.view.model.rowCount() == 10
    QTest.keyClicks(bar.line, " ")
    assert bar.error == ""


def test_the_panels_own_filter_cannot_be_undone_by_the_user(qtbot: QtBot, tmp_path: Path) -> None:
    stage = Stage(qtbot, tmp_path, base_filter="kind:server.log")
    assert stage.feed.filters == ["kind:server.log"]
    stage.view.set_filter("a OR b")
    assert stage.feed.filters[-1] == "(kind:server.log) (a OR b)"
    stage.view.clear_filter()
    assert stage.feed.filters[-1] == "kind:server.log"


def test_a_chip_is_a_part_that_can_be_removed(stage: Stage) -> None:
    stage.view.set_chip("worker", "worker: web-*", "worker:web-*")
    assert stage.feed.filters[-1] == "worker:web-*"
    stage.view.set_chip("worker", "worker: batch", "worker:batch")
    assert stage.feed.filters[-1] == "worker:batch"
    stage.view.filter_bar._chip_buttons["worker"].click()
    assert stage.feed.filters[-1] == ""


def test_up_brings_back_earlier_filters_and_down_what_was_typed(stage: Stage) -> None:
    bar = stage.view.filter_bar
    for text in ("first", "second"):
        bar.set_text(text)
        QTest.keyClick(bar.line, Qt.Key.Key_Return)
    bar.set_text("draft")
    QTest.keyClick(bar.line, Qt.Key.Key_Up)
    QTest.keyClick(bar.line, Qt.Key.Key_Up)
    assert bar.text == "first"
    QTest.keyClick(bar.line, Qt.Key.Key_Down)
    QTest.keyClick(bar.line, Qt.Key.Key_Down)
    assert bar.text == "draft"


def test_escape_clears_the_filter_and_then_leaves_it(stage: Stage) -> None:
    bar = stage.view.filter_bar
    left: list[bool] = []
    bar.escaped.connect(lambda: left.append(True))
    bar.set_text("x")
    QTest.keyClick(bar.line, Qt.Key.Key_Escape)
    assert bar.text == ""
    assert not left
    QTest.keyClick(bar.line, Qt.Key.Key_Escape)
    assert left


def test_an_offer_is_taken_into_its_place(stage: Stage) -> None:
    bar = stage.view.filter_bar
    QTest.keyClicks(bar.line, "ki")
    bar._completer.take(bar._completer._completion.offers[0])
    assert bar.text == "kind:"
    assert bar.line.cursorPosition() == 5


async def test_values_for_completion_come_from_the_journal(stage: Stage) -> None:
    stage.api.answers["/events/values"] = ["web-1", "web-2"]
    bar = stage.view.filter_bar
    QTest.keyClicks(bar.line, "worker:w")
    await until(lambda: bar._values.get("worker") == ["web-1", "web-2"])
    assert stage.api.asked[-1] == ("/events/values", {"field": "worker", "prefix": "w"})


def test_help_offers_filters_to_try(stage: Stage) -> None:
    from desktop.views.widgets.filter_help import FilterHelp
    from embedded_server.contracts.filters import EVENT_FIELDS

    card = FilterHelp(EVENT_FIELDS, stage.view.set_filter, stage.view)
    card._take("kind:task.failed")
    assert stage.feed.filters[-1] == "kind:task.failed"


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


def test_the_place_is_kept_over_a_new_connection(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(300)
    stage.begin(0, 1000)
    assert stage.table.visible_rows()[0] == 300
    stage.tick(0, 1100)
    assert stage.table.visible_rows()[0] == 300


def test_all_of_ten_million_rows_are_selected_at_once(stage: Stage) -> None:
    stage.begin(0, 10_000_000)
    stage.table.selectAll()
    stage.table.viewport().repaint()
    stage.table.horizontalHeader().viewport().repaint()  # it would look at each row, for minutes
    assert stage.table.selected_count() == 10_000_000


@pytest.mark.parametrize("width", [420, 676, 1060, 1600])
def test_there_is_no_horizontal_scroll_bar(stage: Stage, width: int) -> None:
    stage.begin(0, 1000)
    stage.view.resize(width, 600)
    stage.qtbot.wait(20)
    assert stage.table.horizontalScrollBar().maximum() == 0


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


def test_every_example_of_the_help_is_understood_by_the_server() -> None:
    from desktop.views.widgets.filter_help import EVENT_EXAMPLES, TASK_EXAMPLES
    from embedded_server.journal.filters import compile_filter
    from embedded_server.journal.filters.vocabulary import EVENTS
    from embedded_server.tasks.feed import TaskFeedSource

    for text, _ in EVENT_EXAMPLES:
        compile_filter(text, EVENTS)
    for text, _ in TASK_EXAMPLES:
        compile_filter(text, TaskFeedSource.vocabulary)


def test_paused_before_the_first_row_came_it_does_not_say_that_there_is_none(stage: Stage) -> None:
    stage.begin(0, 0)
    assert stage.is_in(State.EMPTY)
    stage.view.set_paused(True)
    stage.tick(0, 5)
    assert stage.is_in(State.HELD)
    stage.view.set_paused(False)
    assert stage.is_in(State.ROWS)


def test_a_detail_whose_row_is_filtered_away_can_still_be_closed(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.key(Qt.Key.Key_J)
    stage.view.open_detail()
    stage.view.set_filter("kind:nothing")
    stage.begin(0, 0)
    assert stage.detail.isVisible()
    assert stage.view.go_back()
    assert stage.detail.isHidden()


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
