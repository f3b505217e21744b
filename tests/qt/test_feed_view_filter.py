"""What a feed view says instead of rows, and the filter over it."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.feeds import Link, LinkState
from desktop.views.widgets.feed_states import State
from desktop.views.widgets.feed_view import EVENT_COLUMNS, EmptyState, FeedView
from embedded_server.contracts.feeds import FeedRejected, Source
from tests.qt.feed_fakes import until
from tests.qt.feed_view_bench import Stage, stage

__all__ = ["stage"]
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


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


def test_where_nothing_matches_the_chips_alone_what_they_stand_for_is_spoken_of(stage: Stage) -> None:
    stage.view.set_chip("job", "Found: x", "job:1")
    stage.begin(0, 0, scanned=100, of=100)
    assert stage.view.states._page._title.text() == "Nothing matches this filter"
    stage.view.set_empty_of_chips(EmptyState("ph.rows", "No record holds “x”", "Scanned 36,308 of 36,308"))
    assert stage.view.states._page._title.text() == "No record holds “x”"
    assert stage.view.states._page._sentence.text() == "Scanned 36,308 of 36,308"
    assert [button.text() for button in stage.view.states._page._buttons] == ["Clear the filter"]
    stage.view.set_filter("status:nope")
    stage.tick(0, 0, scanned=100, of=100)
    assert stage.view.states._page._sentence.text() == "Looked at 100 of 100 events."


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


def test_paused_before_the_first_row_came_it_does_not_say_that_there_is_none(stage: Stage) -> None:
    stage.begin(0, 0)
    assert stage.is_in(State.EMPTY)
    stage.view.set_paused(True)
    stage.tick(0, 5)
    assert stage.is_in(State.HELD)
    stage.view.set_paused(False)
    assert stage.is_in(State.ROWS)


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


def test_every_example_of_the_help_is_understood_by_the_server() -> None:
    from desktop.views.widgets.filter_help import EVENT_EXAMPLES, TASK_EXAMPLES
    from embedded_server.journal.filters import compile_filter
    from embedded_server.journal.filters.vocabulary import EVENTS
    from embedded_server.tasks.feed import TaskFeedSource

    for text, _ in EVENT_EXAMPLES:
        compile_filter(text, EVENTS)
    for text, _ in TASK_EXAMPLES:
        compile_filter(text, TaskFeedSource.vocabulary)
