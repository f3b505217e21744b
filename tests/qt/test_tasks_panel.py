from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.core.feeds import FeedStatus, Link, LinkState
from desktop.core.formatting import TimeDisplay
from desktop.core.tasks_draft import Draft
from desktop.core.tasks_states import Chip
from desktop.services.settings import ThemeMode
from desktop.views.tasks.columns import TASK_COLUMNS, arguments_text
from desktop.views.tasks.panel import TasksPanel
from desktop.views.theme import theme
from embedded_server.contracts.tasks import TaskDetail, TaskRow
from tests.qt.tasks_fakes import FakeFeed, make_services, make_worker, problem, row_of, until
from tests.unit.desktop_tasks.details import make_detail, step

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform, of every window


class Bench:
    """The whole panel over fakes."""

    def __init__(self, folder: Path) -> None:
        self.services, self.api, self.feeds = make_services(folder)
        self.panel = TasksPanel(self.services)
        self.panel.stats._clock.setInterval(3_600_000)  # between two phases of a test Qt's timers fire where no loop runs
        self.panel.resize(1060, 720)
        self.panel.show()
        self.panel.activate()

    @property
    def feed(self) -> FakeFeed:
        return self.feeds.opened[0]

    def publish(self, *details: TaskDetail) -> None:
        for detail in details:
            self.api.add(detail)
        self.feed.publish([row_of(detail, number) for number, detail in enumerate(details, start=1)])

    def select(self, number: int) -> None:
        self.panel.feed.table.setCurrentIndex(self.panel.feed.model.index(number, 0))


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    await made.panel.stop()


def task(number: int, **changes: Any) -> TaskDetail:
    return make_detail(id=f"id-{number:08}", **changes)


def cells(row: TaskRow) -> dict[str, str]:
    return {column.key: column.text(row) for column in TASK_COLUMNS}


async def test_an_empty_panel_offers_the_task_that_always_works(bench: Bench) -> None:
    bench.publish()
    await until(lambda: bench.panel.feed.states.state.name == "EMPTY")
    bench.panel._demo.trigger()
    await until(lambda: bench.api.sent)
    assert (bench.api.sent[0].name, bench.api.sent[0].args) == ("demo.add", [2, 3])


async def test_a_selected_row_is_followed_in_the_detail(bench: Bench) -> None:
    bench.publish(task(1), task(2, name="demo.fail", state="FAILURE"))
    bench.select(1)
    await until(lambda: bench.panel.detail.detail is not None)
    assert bench.panel.detail.task_id == "id-00000002"
    assert bench.panel._run_again.isEnabled()
    assert not bench.panel._terminate.isEnabled()


async def test_what_was_just_sent_is_shown_at_once_and_selected_when_its_row_comes(bench: Bench) -> None:
    bench.publish(task(1))
    bench.panel.open_form(Draft(name="demo.add", args="[2, 3]"))
    bench.panel.form.start_send()
    await until(lambda: bench.panel.detail.task_id == "task-1")
    assert bench.panel.feed.table.currentIndex().row() == -1
    bench.publish(task(1), make_detail(id="task-1"), task(3))
    await until(lambda: bench.panel.feed.table.currentIndex().row() == 1)
    assert bench.panel.detail.task_id == "task-1"
    bench.publish(task(1), make_detail(id="task-1"), task(3), task(4))
    assert bench.panel.feed.table.currentIndex().row() == 1


async def test_a_chip_filters_and_a_new_task_is_never_hidden_by_it(bench: Bench) -> None:
    bench.panel.chips.button(Chip.FAILED).click()
    assert bench.feed.filter == "state:FAILURE"
    bench.panel._demo.trigger()
    await until(lambda: bench.panel.detail.task_id == "task-1")
    assert bench.feed.filter == ""
    assert bench.panel.chips.chip() is Chip.ALL


async def test_a_chip_with_nothing_under_it_says_so_and_leads_back(bench: Bench) -> None:
    bench.publish()
    bench.panel.chips.button(Chip.RETRY).click()
    await until(lambda: bench.panel.feed.states._page._title.text() == "Nothing under \u201cRetry\u201d")
    bench.panel._show_all.trigger()
    await until(lambda: bench.panel.feed.states._page._title.text() == "No task yet")


async def test_counts_reach_the_chips_and_the_navigation(bench: Bench) -> None:
    counts: list[int] = []
    bench.panel.count_changed.connect(counts.append)
    bench.panel.stats.start_refresh()
    await until(lambda: counts)
    assert counts[-1] == 12_350
    assert bench.panel.chips.button(Chip.SUCCEEDED).count() == 12_345


async def test_a_hidden_panel_asks_nothing(bench: Bench) -> None:
    bench.publish(task(1, state="STARTED", finished_at=0))
    bench.select(0)
    await until(lambda: bench.panel.detail.detail is not None)
    bench.panel.deactivate()
    assert not bench.panel.stats.is_following()
    assert all(feed.idle for feed in bench.feeds.opened if not feed.closed)
    bench.panel.activate()
    assert bench.panel.stats.is_following()


async def test_the_tile_of_the_workers_opens_their_sheet(bench: Bench) -> None:
    bench.api.workers = [make_worker("b", online=False), make_worker("a")]
    bench.panel.stats.workers.clicked.emit()
    await until(bench.panel.workers.table.small_model.rows)
    assert [worker.name for worker in bench.panel.workers.table.small_model.rows()] == ["a", "b"]
    assert bench.panel.workers.sentence() == "2 workers known, 1 online"
    assert not bench.panel.workers.grab().isNull()


async def test_workers_that_cannot_be_asked_for_say_why_in_their_sheet(bench: Bench) -> None:
    bench.api.failure = problem()
    bench.panel.open_workers()
    await until(lambda: "No broker answers" in bench.panel.workers.sentence())


async def test_no_worker_at_all_is_said_in_words(bench: Bench) -> None:
    bench.api.workers = []
    bench.panel.open_workers()
    await until(lambda: "No worker has been seen yet" in bench.panel.workers.sentence())


async def test_escape_closes_the_innermost_first(bench: Bench) -> None:
    bench.publish(task(1, state="STARTED", finished_at=0))
    bench.select(0)
    await until(lambda: bench.panel.detail.detail is not None)
    bench.panel._terminate.trigger()
    bench.panel.open_form()
    assert bench.panel.go_back()
    assert not bench.panel.form.is_open()
    assert bench.panel.go_back()
    assert bench.panel.detail.head.confirm.isHidden()
    assert bench.panel.go_back()
    assert not bench.panel.detail.isVisible()
    assert not bench.panel.go_back()


async def test_one_sheet_at_a_time(bench: Bench) -> None:
    bench.panel.open_form()
    bench.panel.open_workers()
    assert not bench.panel.form.is_open()
    bench.panel.open_form()
    assert not bench.panel.workers.is_open()


async def test_ten_thousand_tasks_are_as_many_rows_and_few_requests(bench: Bench) -> None:
    bench.publish(*(task(number) for number in range(10_000)))
    assert bench.panel.feed.model.rowCount() == 10_000
    assert bench.panel.feed.table.is_following
    assert not bench.panel.grab().isNull()


async def test_offline_keeps_what_was_shown_and_says_so(bench: Bench) -> None:
    statuses: list[FeedStatus] = []
    bench.panel.status.connect(statuses.append)
    bench.publish(task(1))
    bench.feeds.set_link(Link(LinkState.WAITING, "The server went away"))
    assert statuses[-1].offline
    assert bench.panel.feed.model.rowCount() == 1


async def test_figures_that_cannot_be_had_are_dimmed_and_say_why_once(bench: Bench) -> None:
    await until(lambda: bench.panel._counts)
    bench.api.failure = problem("The figures cannot be read")
    for _ in range(2):
        bench.panel.stats.start_refresh()
        await until(lambda: not bench.panel.stats._jobs.is_running("stats"))
    assert [(notice.title, notice.times) for notice in bench.services.notices.standing()] == [("The figures cannot be read", 1)]


async def test_another_account_never_sees_the_draft_of_the_last(bench: Bench) -> None:
    service = bench.panel._service
    service.draft = Draft(args="[1]")
    service.keep_draft_of("ada")
    assert service.draft.args == "[1]"
    service.keep_draft_of("grace")
    assert service.draft == Draft()


async def test_a_panel_that_is_thrown_away_leaves_no_feed_of_its_detail(qapp: QApplication, tmp_path: Path) -> None:
    other = Bench(tmp_path)
    other.publish(task(1, state="STARTED", finished_at=0))
    other.select(0)
    await until(lambda: other.panel.detail.detail is not None)
    watch = other.feeds.opened[-1]
    assert watch.filter == "id:id-00000001"
    other.panel.deleteLater()
    await until(lambda: watch.closed)


async def test_times_follow_the_setting_at_once(bench: Bench) -> None:
    bench.publish(task(1))
    bench.select(0)
    await until(lambda: bench.panel.detail.detail is not None)
    before = bench.panel.detail.tabs.arguments.fact("Sent")
    try:
        bench.services.settings.time_display = TimeDisplay(utc=not bench.services.settings.time_display.utc, relative=True)
        steps = bench.panel.detail.tabs.steps.small_model
        assert steps.data(steps.index(0, 0)).endswith("ago")
        assert bench.panel.detail.tabs.arguments.fact("Sent").split()[0] == before.split()[0]
    finally:
        bench.services.settings.time_display = TimeDisplay()


async def test_light_and_dark_are_switched_while_everything_is_shown(bench: Bench) -> None:
    bench.publish(task(1, state="PROGRESS", progress=0.5, finished_at=0))
    bench.select(0)
    await until(lambda: bench.panel.detail.detail is not None)
    bench.panel.open_form(Draft(args="[oops"))
    before = bench.panel.grab().toImage()
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    theme().install(app, ThemeMode.LIGHT if theme().is_dark else ThemeMode.DARK)
    await until(lambda: bench.panel.grab().toImage() != before)


async def test_ctrl_n_works_wherever_the_focus_is_while_the_panel_is_in_front(bench: Bench, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    elsewhere = QLineEdit()
    layout = QVBoxLayout(window)
    layout.addWidget(elsewhere)
    layout.addWidget(bench.panel)
    window.show()
    window.activateWindow()
    await until(window.isActiveWindow)
    elsewhere.setFocus()
    bench.panel.hide()
    QTest.keyClick(elsewhere, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert not bench.panel.form.is_open()
    bench.panel.show()
    await until(bench.panel.isVisible)
    QTest.keyClick(elsewhere, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    await until(bench.panel.form.is_open)
    bench.panel.setParent(None)


async def test_every_act_is_in_the_palette_once_and_in_words(bench: Bench) -> None:
    texts = [action.text() for action in bench.panel.actions()]
    assert len(texts) == len(set(texts))
    assert bench.panel.primary_action() is bench.panel.actions()[0]
    assert all(texts)


def test_cells_say_what_a_row_means() -> None:
    row = row_of(make_detail(state="PROGRESS", progress=0.424, finished_at=0, steps=[step("task.sent", 0)]))
    assert cells(row)["state"] == "Running 42 %"
    assert cells(row)["id"] == "c1f0a9d2"
    assert cells(row)["runtime"] == "61 ms"
    assert cells(row_of(make_detail(progress=1.0)))["state"] == "Succeeded"


def test_arguments_are_written_as_in_a_call() -> None:
    assert arguments_text("(2, 3)", "{}") == "2, 3"
    assert arguments_text("('a',)", "{'y': 4}") == "'a', {'y': 4}"
    assert arguments_text("()", "{}") == ""
    assert len(arguments_text("(" + "9" * 10_000, "")) <= 300
