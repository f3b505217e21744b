import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.tasks_states import Chip
from desktop.services.notices import Notices
from desktop.services.tasks import TaskService
from desktop.views.tasks.chips import StateChips
from desktop.views.tasks.stats import StatsStrip
from desktop.views.widgets.tiles import Tile
from tests.qt.tasks_fakes import FakeApi, make_stats, problem, until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform, of every window


def make_strip(qtbot: QtBot, api: FakeApi) -> StatsStrip:
    strip = StatsStrip(TaskService(api), Notices())  # type: ignore[arg-type]  # a fake that has what is used
    qtbot.addWidget(strip)
    strip.resize(1000, 90)
    strip.show()
    return strip


async def test_the_four_figures_and_their_curves(qtbot: QtBot) -> None:
    strip = make_strip(qtbot, FakeApi())
    strip.resume()
    await until(lambda: strip.throughput.figure() == "1.0")
    assert (strip.failures.figure(), strip.failures.unit()) == ("3.3", "%")
    assert (strip.wait.figure(), strip.wait.unit()) == ("38", "ms")
    assert (strip.workers.figure(), strip.workers.unit()) == ("1", "of 2 online")
    assert len(strip.throughput.spark.values()) == 60
    assert not strip.grab().isNull()
    await strip.stop()


async def test_nothing_measured_is_a_dash_not_a_nought(qtbot: QtBot) -> None:
    strip = make_strip(qtbot, FakeApi())
    strip.show_stats(make_stats(throughput=[0.0] * 60, failures=[0.0] * 60, wait_p95_ms=[0.0] * 60))
    assert (strip.throughput.figure(), strip.failures.figure(), strip.wait.figure()) == ("0", "\u2013", "\u2013")


async def test_figures_are_asked_for_only_while_somebody_looks(qtbot: QtBot) -> None:
    strip = make_strip(qtbot, FakeApi())
    strip.resume()
    assert strip.is_following()
    strip.pause()
    assert not strip.is_following()
    await strip.stop()


async def test_figures_that_no_longer_hold_are_dimmed_without_a_notice_each_second(qtbot: QtBot) -> None:
    api = FakeApi()
    strip = make_strip(qtbot, api)
    strip.show_stats(make_stats())
    api.failure = problem()
    strip.start_refresh()
    await until(lambda: strip.throughput._figure._tone == "dim")
    api.failure = None
    strip.start_refresh()
    await until(lambda: strip.throughput._figure._tone == "text")
    await strip.stop()


def test_a_tile_with_something_behind_it_opens_by_mouse_and_by_key(qtbot: QtBot) -> None:
    tile = Tile("Workers", "ok", opens="Show the workers")
    qtbot.addWidget(tile)
    opened: list[int] = []
    tile.clicked.connect(lambda: opened.append(1))
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
    QTest.keyClick(tile, Qt.Key.Key_Return)
    QTest.keyClick(tile, Qt.Key.Key_Space)
    assert len(opened) == 3


def test_a_tile_with_nothing_behind_it_takes_no_focus(qtbot: QtBot) -> None:
    tile = Tile("Throughput", "accent")
    qtbot.addWidget(tile)
    assert tile.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_chips_show_counts_and_tell_what_was_chosen(qtbot: QtBot) -> None:
    chips = StateChips()
    qtbot.addWidget(chips)
    chips.show()
    chosen: list[str] = []
    chips.chosen.connect(chosen.append)
    chips.set_counts({"PENDING": 2, "FAILURE": 1})
    assert chips.button(Chip.WAITING).count() == 2
    assert chips.button(Chip.REVOKED).isHidden()
    chips.button(Chip.FAILED).click()
    assert chosen == ["failed"]
    assert chips.chip() is Chip.FAILED
    assert not chips.grab().isNull()


def test_a_rare_state_gets_its_chip_once_it_happened(qtbot: QtBot) -> None:
    chips = StateChips()
    qtbot.addWidget(chips)
    chips.set_counts({"REVOKED": 1})
    assert not chips.button(Chip.REVOKED).isHidden()
