import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.problems import NotSignedIn, ServerUnreachable
from desktop.core.tasks_draft import Draft, When, rerun_draft
from desktop.services.notices import Notices
from desktop.services.settings import Settings
from desktop.services.tasks import TaskService, task_service
from desktop.views.tasks.enqueue import EnqueueSheet
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.contracts.tasks import Enqueued
from tests.qt.tasks_fakes import FakeApi, problem, until
from tests.unit.desktop_tasks.details import make_detail

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform, of every window


class Form:
    """The sheet over a host, with what stands around it."""

    def __init__(self, qtbot: QtBot, settings: Settings) -> None:
        self.api = FakeApi()
        self.service = TaskService(self.api)  # type: ignore[arg-type]  # a fake that has what is used
        self.notices = Notices()
        self.settings = settings
        self.host = QWidget()
        qtbot.addWidget(self.host)
        self.host.resize(1000, 700)
        self.sheet = self.make_sheet()
        self.host.show()

    def make_sheet(self) -> EnqueueSheet:
        return EnqueueSheet(self.host, self.service, self.notices, self.settings)

    def type(self, name: str = "demo.add", args: str = "[2, 3]", kwargs: str = "") -> None:
        self.sheet.open_form()
        self.sheet.name_field.edit.setText(name)
        self.sheet.args.edit.setPlainText(args)
        self.sheet.kwargs.edit.setPlainText(kwargs)

    async def send(self) -> None:
        requests = self.api.count("POST")
        self.sheet.start_send()
        await until(lambda: self.api.count("POST") > requests)
        await until(lambda: not self.sheet.is_sending())


@pytest.fixture
async def form(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Form]:
    made = Form(qtbot, Settings(tmp_path))
    yield made
    await made.sheet.stop()


async def test_what_is_typed_is_sent_untouched(form: Form) -> None:
    form.type(args="[9007199254740993, 18446744073709551617]", kwargs='{"y": null}')
    sent: list[Enqueued] = []
    form.sheet.enqueued.connect(sent.append)
    await form.send()
    assert form.api.sent[0].args == [9007199254740993, 18446744073709551617]
    assert form.api.sent[0].kwargs == {"y": None}
    assert [answer.id for answer in sent] == ["task-1"]
    assert not form.sheet.is_open()


async def test_ctrl_enter_sends_from_any_field(form: Form) -> None:
    form.type()
    form.host.activateWindow()
    form.sheet.args.edit.setFocus()
    QTest.keyClick(form.sheet.args.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: form.api.sent)


async def test_a_fault_is_told_as_typed_with_its_place_and_nothing_is_sent(form: Form) -> None:
    form.type(args="[2,\n 'x']")
    await until(form.sheet.args.message)
    assert "Line 2, column 2" in form.sheet.args.message()
    form.sheet.start_send()
    assert form.api.count("POST") == 0
    assert form.sheet.args.edit.textCursor().position() == 5
    form.sheet.args.edit.setPlainText("[2]")
    assert form.sheet.args.message() == ""


async def test_the_fault_stands_at_its_character_after_an_emoji(form: Form) -> None:
    form.type(args='["\U0001f600", x]')
    form.sheet.start_send()
    assert form.sheet.args.edit.textCursor().position() == len('["xx", ')  # Qt counts the emoji twice


async def test_every_faulty_field_says_so_at_once(form: Form) -> None:
    form.type(name="", args="[", kwargs="[]")
    form.sheet.when.set_when(When.AFTER)
    form.sheet.when.countdown.setText("soon")
    form.sheet.start_send()
    assert all((form.sheet.name_field.problem(), form.sheet.args.message(), form.sheet.kwargs.message(), form.sheet.when.problem()))


async def test_a_problem_stands_in_the_form_and_the_text_stays(form: Form) -> None:
    form.type(args="[1]")
    form.api.failure = problem(hint="Start the broker.")
    await form.send()
    assert form.sheet.failure() == "No broker answers at 127.0.0.1:5672\nStart the broker."
    assert form.sheet.is_open()
    assert form.sheet.args.text() == "[1]"
    assert form.notices.standing() == []
    form.api.failure = None
    await form.send()
    assert form.sheet.failure() == ""


async def test_a_name_no_worker_has_is_refused_under_it_and_can_be_sent_anyway(form: Form) -> None:
    form.type(name="demo.ad")
    await until(lambda: form.sheet.name_field._names)
    form.api.failure = problem("No worker online knows demo.ad", "", "unknown-task-name")
    await form.send()
    assert form.sheet.name_field.problem().startswith("Not sent")
    assert "demo.add" in form.sheet.name_field.problem()
    assert form.sheet.failure() == ""
    form.api.failure = None
    form.sheet.name_field._anyway.click()
    await until(lambda: form.api.sent)
    assert form.api.sent[0].allow_unknown
    assert form.api.sent[0].name == "demo.ad"


async def test_an_answer_that_never_came_warns_of_a_second_sending(form: Form) -> None:
    form.type()
    form.api.failure = ServerUnreachable("http://127.0.0.1:1")
    await form.send()
    assert "may have been sent" in form.sheet.failure()


async def test_a_session_that_ended_in_mid_work_loses_no_letter(form: Form) -> None:
    form.type(args="[42]")
    form.api.failure = NotSignedIn(ProblemDetails("urn:switchroom:problem:not-signed-in", "Sign in", 401))
    await form.send()
    assert "nothing you typed is lost" in form.sheet.failure()
    assert form.sheet.args.text() == "[42]"
    assert form.notices.standing() == []


async def test_a_fault_of_ours_is_logged_once_and_shown_as_a_notice(form: Form, caplog: pytest.LogCaptureFixture) -> None:
    form.type()
    form.api.failure = RuntimeError("a bug")
    with caplog.at_level("ERROR"):
        await form.send()
    assert len(form.notices.standing()) == 1
    assert form.sheet.args.text() == "[2, 3]"


async def test_the_draft_survives_closing_and_rebuilding_the_window(form: Form) -> None:
    form.type(name="demo.sl", args="[1, ", kwargs='{"a"')
    form.sheet.when.set_when(When.AT)
    form.sheet.when.eta.setText("14:3")
    form.sheet.when.eta.textEdited.emit("14:3")
    form.sheet.close_sheet()
    again = form.make_sheet()
    assert again.draft() == Draft("demo.sl", "[1, ", '{"a"', When.AT, eta="14:3")


def test_one_service_for_one_api_however_often_the_window_is_built() -> None:
    api, other = FakeApi(), FakeApi()
    assert task_service(api) is task_service(api)  # type: ignore[arg-type]  # a fake that has what is used
    assert task_service(api) is not task_service(other)  # type: ignore[arg-type]  # a fake that has what is used


async def test_names_complete_and_show_what_they_take(form: Form) -> None:
    form.sheet.open_form()
    form.sheet.name_field.edit.setText("demo.add")
    await until(lambda: form.sheet.name_field.chosen() is not None)
    assert not form.sheet.name_field._signature.isHidden()
    form.sheet.name_field._use.click()
    assert form.sheet.args.text() == "[2, 3]"
    assert form.sheet.name_field._use.isHidden()


async def test_an_unknown_name_is_doubted_with_what_it_may_mean(form: Form) -> None:
    form.sheet.open_form()
    await until(lambda: form.sheet.name_field._names)
    form.sheet.name_field.edit.setText("demo.ad")
    assert "demo.add" in form.sheet.name_field.problem()
    form.sheet.name_field.edit.setText("demo.add")
    assert form.sheet.name_field.problem() == ""


async def test_names_that_cannot_be_had_hinder_nobody(form: Form) -> None:
    form.api.failure = problem()
    form.sheet.open_form()
    await until(lambda: form.api.count("names"))
    form.sheet.name_field.edit.setText("anything.at.all")
    assert form.sheet.name_field.problem() == ""
    assert form.notices.standing() == []


async def test_a_repeated_task_says_where_its_arguments_come_from(form: Form) -> None:
    form.sheet.open_form(rerun_draft(make_detail(args="('aaa...',)")))
    assert "shortened" in form.sheet._origin_note.text()
    assert form.sheet.name_field.text() == "demo.add"
    await form.send()
    assert form.sheet._origin_note.isHidden()


async def test_another_name_repeats_nothing(form: Form) -> None:
    form.sheet.open_form(rerun_draft(make_detail(args="('aaa...',)")))
    form.sheet.name_field.edit.setText("demo.sleep")
    assert form.sheet._origin_note.isHidden()
    assert not form.sheet.draft().shortened


async def test_the_form_stays_open_for_those_who_want_it_so(form: Form) -> None:
    form.sheet._keep_open.setChecked(True)
    form.type()
    await form.send()
    assert form.sheet.is_open()
    assert form.make_sheet()._keep_open.isChecked()


async def test_one_click_too_many_sends_once(form: Form) -> None:
    form.type()
    form.api.gate = asyncio.Event()
    form.sheet.start_send()
    await until(lambda: form.api.count("POST"))
    assert not form.sheet._send_button.isEnabled()
    form.sheet.start_send()
    form.api.gate.set()
    await until(lambda: form.api.sent)
    assert form.api.count("POST") == 1


async def test_tab_walks_through_the_fields_in_reading_order(form: Form) -> None:
    form.sheet.open_form()
    form.host.activateWindow()
    order = [form.sheet.name_field.edit, form.sheet.args.edit, form.sheet.kwargs.edit]
    order[0].setFocus()
    seen: list[QWidget | None] = [form.host.focusWidget()]
    for _ in range(2):
        focused = form.host.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, Qt.Key.Key_Tab)
        seen.append(form.host.focusWidget())
    assert seen == order


async def test_megabytes_are_held_and_sent_whole_without_being_edited(form: Form) -> None:
    form.type(args="[1, ]")
    big = "x" * 2_000_000
    form.sheet.args.edit.moveCursor(QTextCursor.MoveOperation.End)
    form.sheet.args.edit.moveCursor(QTextCursor.MoveOperation.Left)
    paste = QMimeData()
    paste.setText(f'"{big}"')
    form.sheet.args.edit.insertFromMimeData(paste)
    assert form.sheet.args.is_held()
    assert len(form.sheet.args.edit.toPlainText()) < 2_000
    await form.send()
    assert form.api.sent[0].args == [1, big]
    form.sheet.args.clear()
    assert form.sheet.args.text() == ""
    assert not form.sheet.args.edit.isReadOnly()


async def test_a_fault_in_megabytes_is_told_in_words(form: Form) -> None:
    form.sheet.args.set_text("[" + "1, " * 100_000)
    assert form.sheet.args.is_held()
    assert form.sheet.args.message().startswith("Line 1, column 300002: Something is missing at the end")
