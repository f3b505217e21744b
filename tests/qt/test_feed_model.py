"""The feed model under Qt's own model tester: what ticks and windows make of it."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from desktop.core.feed_columns import EVENT_COLUMNS
from desktop.models.feed_model import PLACEHOLDER, FeedModel
from embedded_server.contracts.feeds import Source, Window
from tests.qt.feed_fakes import event_row, tick

SUBJECT = 3


class Asker:
    def __init__(self) -> None:
        self.asked: list[tuple[int, int, int]] = []
        self.is_open = True

    def request_window(self, first: int, count: int) -> int:
        if not self.is_open:
            return 0
        self.asked.append((len(self.asked) + 1, first, count))
        return len(self.asked)


Answer = Callable[..., None]


@pytest.fixture
def asker() -> Asker:
    return Asker()


@pytest.fixture
def model(qtbot: QtBot, asker: Asker) -> FeedModel:
    return FeedModel(EVENT_COLUMNS, Source.EVENTS, asker)


@pytest.fixture
def tested(model: FeedModel) -> FeedModel:
    """The model with Qt's tester watching each move. It looks at every cell, so keep it small."""
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    assert tester is not None
    return model


@pytest.fixture
def answer(model: FeedModel, asker: Asker) -> Answer:
    def give(revision: int = 0, **changes: object) -> None:
        number, first, count = asker.asked[-1]
        rows = [event_row(o, **changes) for o in range(first, first + count)]
        model.apply_window(Window(feed=1, id=number, first=first, revision=revision, rows=rows))

    return give


def text(model: FeedModel, row: int, column: int = SUBJECT) -> str:
    return str(model.index(row, column).data())


def test_the_newest_rows_come_with_the_tick_and_others_are_placeholders(tested: FeedModel, model: FeedModel) -> None:
    model.apply_tick(tick(0, 100))
    assert model.rowCount() == 100
    assert text(model, 99) == f"orders.charge.{99 % 7}"
    assert text(model, 0) == PLACEHOLDER


def test_news_moves_the_end_without_moving_rows(tested: FeedModel, model: FeedModel) -> None:
    model.apply_tick(tick(0, 100))
    kept = model.row_at(99)
    model.apply_tick(tick(0, 350))
    assert model.rowCount() == 350
    assert model.row_at(99) == kept


def test_retention_removes_the_oldest_and_a_scan_adds_older_ones(tested: FeedModel, model: FeedModel) -> None:
    model.apply_tick(tick(1000, 1100))
    newest = model.row_at(99)
    model.apply_tick(tick(1050, 1100))
    assert model.rowCount() == 50
    assert model.row_at(49) == newest
    model.apply_tick(tick(900, 1100))
    assert model.rowCount() == 200
    assert model.row_at(199) == newest
    assert model.row_at(0) is None


def test_a_feed_that_left_nothing_in_common_begins_anew(tested: FeedModel, model: FeedModel) -> None:
    model.apply_tick(tick(0, 100))
    model.apply_tick(tick(5000, 5100))
    assert model.rowCount() == 100
    assert model.row_at(99).seq == 5099  # type: ignore[union-attr]  # there is a row


def test_rows_that_match_no_longer_leave_without_a_flash(
    qtbot: QtBot, tested: FeedModel, model: FeedModel, asker: Asker, answer: Answer
) -> None:
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    model.apply_tick(tick(1000, 1100))
    before = len(resets)
    model.look_at(70, 99, prefetch=False)
    model.apply_tick(tick(1000, 1095, rows=0, revision=1))
    assert model.rowCount() == 95
    assert text(model, 94) != PLACEHOLDER
    qtbot.waitUntil(lambda: len(asker.asked) == 1)
    answer(revision=1, subject="moved up")
    assert text(model, 94) == "moved up"
    assert len(resets) == before


def test_rows_in_sight_are_asked_for_once_with_some_around_them(qtbot: QtBot, model: FeedModel, asker: Asker, answer: Answer) -> None:
    model.apply_tick(tick(0, 10_000))
    model.look_at(5000, 5030)
    qtbot.waitUntil(lambda: len(asker.asked) == 1)
    _, first, count = asker.asked[0]
    assert first <= 5000
    assert first + count >= 5031
    answer()
    assert text(model, 5010) == f"orders.charge.{5010 % 7}"
    model.look_at(5001, 5031)
    qtbot.wait(40)
    assert len(asker.asked) == 1


def test_a_fast_scroll_asks_for_where_it_ended(qtbot: QtBot, model: FeedModel, asker: Asker) -> None:
    model.apply_tick(tick(0, 1_000_000))
    for row in range(0, 500_000, 10_000):
        model.look_at(row, row + 30)
    qtbot.waitUntil(lambda: len(asker.asked) == 1)
    assert asker.asked[0][1] <= 490_000 <= asker.asked[0][1] + asker.asked[0][2]


def test_only_one_request_is_under_way_and_the_next_asks_for_what_is_in_sight_then(
    qtbot: QtBot, model: FeedModel, asker: Asker, answer: Answer
) -> None:
    model.apply_tick(tick(0, 1_000_000))
    model.look_at(1000, 1030)
    qtbot.waitUntil(lambda: len(asker.asked) == 1)
    model.look_at(90_000, 90_030)
    qtbot.wait(40)
    assert len(asker.asked) == 1
    answer()
    qtbot.waitUntil(lambda: len(asker.asked) == 2)
    assert asker.asked[1][1] <= 90_000 < asker.asked[1][1] + asker.asked[1][2]


def test_an_answer_to_the_query_before_is_not_shown(
    qtbot: QtBot, tested: FeedModel, model: FeedModel, asker: Asker, answer: Answer
) -> None:
    model.apply_tick(tick(0, 300))
    model.look_at(100, 130)
    qtbot.waitUntil(lambda: len(asker.asked) == 1)
    model.restart()
    model.apply_tick(tick(0, 300, rows=0))
    answer()
    assert text(model, 110) == PLACEHOLDER


def test_old_rows_stay_until_the_new_query_answers(tested: FeedModel, model: FeedModel) -> None:
    model.apply_tick(tick(0, 100))
    model.restart()
    assert model.rowCount() == 100
    model.apply_tick(tick(7, 8))
    assert model.rowCount() == 1


def test_changed_rows_are_fetched_again_where_they_are_in_sight(
    qtbot: QtBot, tested: FeedModel, model: FeedModel, asker: Asker, answer: Answer
) -> None:
    model.apply_tick(tick(0, 300, revision=1))
    model.look_at(100, 130, prefetch=False)
    qtbot.waitUntil(lambda: len(asker.asked) == 1)
    answer(revision=1)
    model.apply_tick(tick(0, 300, revision=2))
    qtbot.waitUntil(lambda: len(asker.asked) == 2)
    assert asker.asked[1][1:] == (100, 31)
    answer(revision=2, subject="changed")
    assert text(model, 110) == "changed"


def test_while_paused_nothing_moves_and_news_is_counted(tested: FeedModel, model: FeedModel) -> None:
    counted: list[int] = []
    model.news_changed.connect(counted.append)
    model.apply_tick(tick(0, 100))
    model.set_paused(True)
    model.apply_tick(tick(0, 350))
    assert model.rowCount() == 100
    assert counted[-1] == 250
    model.set_paused(False)
    assert model.rowCount() == 350
    assert counted[-1] == 0


def test_without_a_connection_rows_are_asked_for_later(qtbot: QtBot, model: FeedModel, asker: Asker) -> None:
    model.apply_tick(tick(0, 1000))
    asker.is_open = False
    model.look_at(100, 130)
    qtbot.wait(40)
    asker.is_open = True
    model.look_at(100, 130)
    qtbot.waitUntil(lambda: len(asker.asked) == 1)


def test_numbers_lean_to_the_right_and_titles_are_translated(model: FeedModel) -> None:
    size = next(i for i, c in enumerate(EVENT_COLUMNS) if c.key == "size")
    assert model.headerData(size, Qt.Orientation.Horizontal) == "Size"
    alignment = Qt.AlignmentFlag(model.headerData(size, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole))
    assert alignment & Qt.AlignmentFlag.AlignRight


def test_the_whole_of_a_shortened_cell_is_in_its_tool_tip(model: FeedModel) -> None:
    model.apply_tick(tick(0, 10))
    key = next(i for i, c in enumerate(EVENT_COLUMNS) if c.key == "key")
    assert model.index(9, key).data(Qt.ItemDataRole.ToolTipRole) == event_row(9)[5]


def test_ten_million_rows_cost_no_more_than_a_thousand(model: FeedModel) -> None:
    for end in range(0, 10_000_001, 500_000):
        model.apply_tick(tick(0, end))
    assert model.rowCount() == 10_000_000
    assert text(model, 9_999_999) == f"orders.charge.{9_999_999 % 7}"
