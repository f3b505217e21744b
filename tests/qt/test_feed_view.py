"""A feed view in motion: it follows its tail or keeps its place, and can be paused."""

from typing import Any

import pytest
from PySide6.QtCore import Qt

from desktop.core.feeds import FeedState, FeedStatus, Link, LinkState
from tests.qt.feed_view_bench import Stage, stage

__all__ = ["stage"]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


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


def test_rows_that_are_all_in_sight_are_no_news(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(300)
    stage.begin(0, 3)
    assert stage.view.model.rowCount() == 3
    assert stage.news == ""
    assert stage.table.is_following


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


def test_the_place_is_kept_over_a_new_connection(stage: Stage) -> None:
    stage.begin(0, 1000)
    stage.scroll_to_row(300)
    stage.begin(0, 1000)
    assert stage.table.visible_rows()[0] == 300
    stage.tick(0, 1100)
    assert stage.table.visible_rows()[0] == 300


# -- the oldest end moves


def test_older_matches_found_by_a_scan_leave_the_view_and_the_selection_in_peace(stage: Stage) -> None:
    stage.begin(5000, 6000)
    stage.scroll_to_row(300)
    stage.load()
    stage.table.setCurrentIndex(stage.view.model.index(305, 0))
    stage.tick(4000, 6000)
    assert stage.top_seq == 5300
    assert stage.table.currentIndex().row() == 1305
    assert stage.view.model.row_at(stage.table.currentIndex().row()).seq == 5305  # type: ignore[union-attr]  # there is a row


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
