import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.core.tasks_draft import Draft
from desktop.services.notices import Notices
from desktop.services.tasks import TaskService
from desktop.views.tasks.detail import TaskDetailView
from desktop.views.tasks.detail_tabs import Tab
from desktop.views.tasks.task_watch import TaskWatch
from embedded_server.contracts.feeds import Source
from embedded_server.contracts.tasks import TaskDetail
from tests.qt.tasks_fakes import FakeApi, FakeFeeds, problem, row_of, until
from tests.unit.desktop_tasks.details import MS, T0, make_detail, step

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform, of every window


class Bench:
    """The detail over fakes."""

    def __init__(self, qtbot: QtBot) -> None:
        self.api = FakeApi()
        self.feeds = FakeFeeds()
        self.notices = Notices()
        service = TaskService(self.api)  # type: ignore[arg-type]  # a fake that has what is used
        self.view = TaskDetailView(service, self.notices, lambda task_id: TaskWatch(self.feeds, task_id))  # type: ignore[arg-type]  # a fake that has what is used
        qtbot.addWidget(self.view)
        self.view.resize(372, 600)
        self.view.show()

    async def show(self, **changes: Any) -> TaskDetail:
        detail = self.api.add(make_detail(**changes))
        self.view.show_row(row_of(detail))
        await until(lambda: self.view.detail is detail)
        return detail


@pytest.fixture
async def bench(qtbot: QtBot) -> AsyncIterator[Bench]:
    made = Bench(qtbot)
    yield made
    await made.view.stop()


def running(**changes: Any) -> dict[str, Any]:
    steps = [step("task.sent", 0), step("task.started", 5)]
    return {
        "state": "PROGRESS",
        "finished_at": 0,
        "result": "",
        "progress": 0.25,
        "progress_note": "step 1 of 4",
        "steps": steps,
        **changes,
    }


async def test_what_the_row_knows_stands_before_the_server_answers(bench: Bench) -> None:
    bench.api.gate = asyncio.Event()
    bench.view.show_row(row_of(bench.api.add()))
    assert bench.view.head._name == "demo.add"
    assert bench.view.head.state.text() == "Succeeded"
    assert bench.view.detail is None
    bench.api.gate.set()
    await until(lambda: bench.view.detail)


async def test_result_arguments_and_life_of_a_task_that_succeeded(bench: Bench) -> None:
    await bench.show(result='{"order_id": 90071992547409931}', args="(2, 3)")
    assert json.loads(bench.view.tabs.result.text()) == {"order_id": 90071992547409931}
    assert bench.view.tabs.arguments.text() == "(2, 3)"
    assert [line.split(" ")[-2:] for line in bench.view.picture.lines()] == [["20", "ms"], ["6.0", "ms"], ["61", "ms"]]


async def test_a_failed_task_opens_its_traceback(bench: Bench) -> None:
    await bench.show(state="FAILURE", result="", exception="ValueError: no", traceback="Traceback ...\nValueError: no")
    assert bench.view.tabs.tab() is Tab.TRACEBACK
    assert bench.view.tabs.traceback.note() == "ValueError: no"
    assert bench.view.tabs.result.text() == "ValueError: no"


async def test_a_structure_is_a_tree_and_can_be_read_as_text(bench: Bench) -> None:
    await bench.show(result='{"a": [1, 2]}')
    assert bench.view.tabs.result.is_tree_shown()
    bench.view.tabs.result.choice.choose("text")
    assert not bench.view.tabs.result.is_tree_shown()
    await bench.show(id="other", result="5")
    assert not bench.view.tabs.result.is_tree_shown()
    assert bench.view.tabs.result.text() == "5"


async def test_a_task_that_fails_while_watched_turns_to_its_traceback(bench: Bench) -> None:
    detail = await bench.show(**running())
    assert bench.view.tabs.tab() is Tab.RESULT
    bench.api.add(detail, state="FAILURE", finished_at=1, exception="ValueError: no", traceback="Traceback ...")
    bench.feeds.opened[0].tick(1)
    await until(lambda: bench.view.tabs.tab() is Tab.TRACEBACK)


async def test_only_a_failure_for_good_turns_to_the_traceback(bench: Bench) -> None:
    detail = await bench.show(**running(state="RETRY", traceback="Traceback ..."))
    assert bench.view.tabs.tab() is Tab.RESULT
    bench.api.add(detail, state="FAILURE", finished_at=1)
    bench.feeds.opened[0].tick(1)
    await until(lambda: bench.view.head.state.text() == "Failed")
    assert bench.view.tabs.tab() is Tab.TRACEBACK
    await bench.show(id="good")
    assert bench.view.tabs.tab() is Tab.RESULT


async def test_whoever_reads_arguments_goes_on_reading_arguments(bench: Bench) -> None:
    await bench.show()
    bench.view.tabs.choice.choose(Tab.ARGUMENTS)
    await bench.show(id="other", state="FAILURE", traceback="Traceback ...")
    assert bench.view.tabs.tab() is Tab.ARGUMENTS


async def test_after_a_failed_task_a_good_one_shows_its_result(bench: Bench) -> None:
    await bench.show(id="bad", state="FAILURE", traceback="Traceback ...")
    await bench.show(id="good")
    assert bench.view.tabs.tab() is Tab.RESULT


async def test_a_result_from_an_event_is_marked_as_perhaps_shortened(bench: Bench) -> None:
    await bench.show(result="'aaa...'", result_from="event")
    assert "may be shortened" in bench.view.tabs.result.note()


async def test_a_finished_task_is_asked_about_once_and_its_feed_closed(bench: Bench) -> None:
    await bench.show()
    assert bench.feeds.opened[0].source is Source.TASKS
    assert bench.feeds.opened[0].filter == "id:c1f0a9d2-6f54-4b1e-9a53-0f7c7be0a4d1"
    assert bench.feeds.opened[0].closed
    assert bench.api.count("/tasks/") == 1


async def test_a_living_task_is_followed_to_its_end(bench: Bench) -> None:
    detail = await bench.show(**running())
    assert bench.view.head.progress_text() == "25 %  \u00b7  step 1 of 4"
    feed = bench.feeds.opened[0]
    feed.tick(revision=1)
    bench.api.add(detail, progress=0.5, progress_note="step 2 of 4")
    feed.tick(revision=2)
    await until(lambda: bench.view.head.progress_text().startswith("50 %"))
    bench.api.add(make_detail())
    feed.tick(revision=3)
    await until(lambda: bench.view.head.state.text() == "Succeeded")
    assert bench.view.head.progress_text() == ""
    assert feed.closed


async def test_any_id_a_user_may_choose_is_followed(bench: Bench) -> None:
    await bench.show(**running(id='order "42" *'))
    assert bench.feeds.opened[0].filter == 'id:"order \\"42\\" *"'


async def test_many_changes_at_once_cost_one_request(bench: Bench) -> None:
    await bench.show(**running())
    before = bench.api.count("/tasks/")
    for revision in range(40):
        bench.feeds.opened[0].tick(revision)
    await until(lambda: bench.api.count("/tasks/") > before)
    assert bench.api.count("/tasks/") == before + 1


async def test_a_hidden_detail_asks_nothing_and_catches_up(bench: Bench) -> None:
    await bench.show(**running())
    before = bench.api.count("/tasks/")
    bench.view.sleep()
    assert bench.feeds.opened[0].idle
    bench.feeds.opened[0].tick(7)
    assert not bench.view._clock.isActive()
    bench.view.wake()
    await until(lambda: bench.api.count("/tasks/") == before + 1)


async def test_the_task_selected_last_wins_whatever_arrives_first(bench: Bench) -> None:
    slow = bench.api.add(make_detail(id="slow", name="demo.slow"))
    bench.api.gate = asyncio.Event()
    bench.view.show_row(row_of(slow))
    await until(lambda: bench.api.count("slow"))
    quick = bench.api.add(make_detail(id="quick", name="demo.quick"))
    bench.view.show_row(row_of(quick))
    bench.api.gate.set()
    await until(lambda: bench.view.detail is quick)
    assert bench.view.head._name == "demo.quick"


async def test_only_what_makes_sense_is_offered(bench: Bench) -> None:
    await bench.show()
    assert not bench.view.can_revoke()
    assert not bench.view.can_terminate()
    await bench.show(id="waiting", state="PENDING", finished_at=0, steps=[step("task.sent", 0)])
    assert bench.view.can_revoke()
    assert not bench.view.can_terminate()
    await bench.show(**running(id="running"))
    assert not bench.view.can_revoke()
    assert bench.view.can_terminate()
    await bench.show(**running(id="custom", state="UPLOADING"))
    assert bench.view.can_terminate()


async def test_a_waiting_task_is_revoked(bench: Bench) -> None:
    await bench.show(id="waiting", state="PENDING", finished_at=0)
    bench.view.head.revoke.click()
    await until(lambda: bench.api.revoked)
    assert bench.api.revoked == [("waiting", False)]
    await until(bench.notices.standing)
    assert bench.notices.standing()[0].title == "Revoked demo.add"


async def test_terminate_asks_by_name_and_does_nothing_unless_confirmed(bench: Bench) -> None:
    await bench.show(**running(name="demo.sleep"))
    bench.view.ask_to_terminate()
    assert bench.view.head.confirm.question() == "Terminate demo.sleep c1f0a9d2?"
    bench.view.head.confirm.keep.click()
    assert bench.api.revoked == []
    bench.view.ask_to_terminate()
    assert bench.view.head.confirm.act.text() == "Terminate demo.sleep"
    bench.view.head.confirm.act.click()
    await until(lambda: bench.api.revoked)
    assert bench.api.revoked[0][1] is True


async def test_a_question_about_one_task_is_never_answered_for_another(bench: Bench) -> None:
    await bench.show(**running())
    bench.view.ask_to_terminate()
    await bench.show(**running(id="other"))
    assert bench.view.head.confirm.isHidden()


async def test_run_again_offers_a_draft_of_the_task(bench: Bench) -> None:
    drafts: list[Draft] = []
    bench.view.run_again_requested.connect(drafts.append)
    await bench.show(args="(2, 3)")
    bench.view.head.run_again.click()
    assert (drafts[0].name, drafts[0].args, drafts[0].shortened) == ("demo.add", "[2, 3]", False)


async def test_copies_hold_the_whole_id_and_the_result_as_a_value(bench: Bench) -> None:
    await bench.show(result="[1, 2]")
    bench.view.copy_id()
    assert QGuiApplication.clipboard().text() == "c1f0a9d2-6f54-4b1e-9a53-0f7c7be0a4d1"
    bench.view.copy_as_json()
    assert json.loads(QGuiApplication.clipboard().text())["result"] == [1, 2]


async def test_a_megabyte_is_cut_until_asked_for(bench: Bench) -> None:
    result = json.dumps(["x" * 100] * 10_000)
    await bench.show(result=result)
    view = bench.view.tabs.result.plain
    assert view.is_cut()
    assert len(view.edit.toPlainText()) <= 100_000
    assert json.loads(view.text()) == json.loads(result)
    view.show_all()
    assert len(view.edit.toPlainText()) == len(view.text())


async def test_a_task_that_is_gone_says_so_and_can_be_tried_again(bench: Bench) -> None:
    detail = make_detail(id="gone")
    bench.view.show_row(row_of(detail))
    await until(lambda: bench.view._pages.currentIndex() == 0)
    assert bench.view._message._state.title == "No task has the id x"
    bench.api.add(detail)
    bench.view._retry.trigger()
    await until(lambda: bench.view._pages.currentIndex() == 1)


async def test_what_is_shown_stays_while_the_server_is_away(bench: Bench) -> None:
    await bench.show(**running())
    bench.api.failure = problem()
    before = len(bench.api.requests)
    bench.feeds.opened[0].tick(1)
    await until(lambda: len(bench.api.requests) > before)
    assert bench.view._pages.currentIndex() == 1


async def test_ten_retries_are_drawn_as_far_as_there_is_room(bench: Bench) -> None:
    steps = [step(kind, at * 10 + offset) for at in range(10) for kind, offset in (("task.started", 0), ("task.retried", 5))]
    await bench.show(steps=[*steps, step("task.succeeded", 200)], finished_at=T0 + 200 * MS)
    assert len(bench.view.picture.lines()) == 8
    assert not bench.view.picture.grab().isNull()


async def test_a_run_whose_worker_died_is_told_apart_from_one_that_ended(bench: Bench) -> None:
    steps = [step("task.started", 0), step("task.received", 50), step("task.started", 60), step("task.succeeded", 70)]
    await bench.show(steps=steps, finished_at=T0 + 70 * MS)
    assert [line.rsplit(" ", 2)[0] for line in bench.view.picture.lines()] == ["Run 1, lost", "At the worker", "Run 2"]


async def test_nothing_selected_says_what_will_be_here(bench: Bench) -> None:
    await bench.show()
    bench.view.show_row(None)
    assert bench.view._pages.currentIndex() == 0
    assert bench.view.task_id == ""


async def test_a_trace_is_the_one_of_the_tasks_root(bench: Bench) -> None:
    asked: list[str] = []
    bench.view.trace_requested.connect(asked.append)
    await bench.show(id="child", root="root")
    bench.view.head.trace.click()
    await bench.show(id="alone", root="")
    bench.view.show_trace()
    assert asked == ["root", "alone"]


@pytest.mark.parametrize("width", [280, 372])
async def test_nothing_in_the_head_is_cut(bench: Bench, width: int) -> None:
    bench.view.resize(width, 600)
    await bench.show(**running(name="orders.billing.charge_customer"))
    bench.view.ask_to_terminate()
    head = bench.view.head
    shown = [head.run_again, head.trace, head.terminate, head.copy, head.state, head.confirm]
    await until(lambda: all(part.mapTo(bench.view, part.rect().topRight()).x() < width - 12 for part in shown))
