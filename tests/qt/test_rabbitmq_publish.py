"""The publish form over a fake server: what it sends, says and keeps."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.problems import ServerUnreachable
from desktop.core.rabbitmq_draft import BodyKind, Draft, Place
from desktop.core.rabbitmq_typed import Entry
from desktop.views.rabbitmq.publish.body_field import THREAD_CHARS
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import Job, JobState
from embedded_server.contracts.rabbitmq import (
    BodyForm,
    BulkPublish,
    FieldType,
    Header,
    Message,
    MessageStatus,
    Properties,
    PublishOutcome,
    Route,
)
from tests.qt.rabbitmq_form_fakes import PublishForm as Form
from tests.qt.rabbitmq_form_fakes import make_connection, make_job, make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
async def form(qtbot: QtBot) -> AsyncIterator[Form]:
    made = Form()
    await until(lambda: made.sheet.fields.route.route() is not None)
    yield made
    made.close()
    await made.sheet.stop()


# -- one message


async def test_what_is_typed_is_published_untouched(form: Form) -> None:
    form.sheet.show_draft(
        Draft(
            "orders",
            "order.paid",
            text='{"id": 90071992547409931}',
            properties={"content_type": "application/json", "delivery_mode": "1", "expiration": "30s", "app_id": '""'},
            headers=(Entry("x-retries", FieldType.INTEGER, "3"),),
            mandatory=False,
        )
    )
    await form.publish()
    assert form.message == Message(
        "/",
        "orders",
        "order.paid",
        '{"id": 90071992547409931}',
        properties=Properties(content_type="application/json", delivery_mode=1, expiration="30000", app_id=""),
        headers=[Header("x-retries", FieldType.INTEGER, 3)],
        mandatory=False,
    )
    assert form.sheet.outcome() == "Confirmed by the broker"
    assert form.sheet.is_open()


async def test_ctrl_enter_publishes_from_any_field(form: Form) -> None:
    form.host.activateWindow()
    form.sheet.fields.body_field.editor.edit.setFocus()
    QTest.keyClick(form.sheet.fields.body_field.editor.edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: form.api.bodies("/publish"))


async def test_a_returned_message_says_why_in_place(form: Form) -> None:
    form.api.outcome = PublishOutcome(MessageStatus.RETURNED, 312, "NO_ROUTE")
    await form.publish()
    assert form.sheet.outcome().startswith("Returned: 312 NO_ROUTE")
    assert form.notices.standing() == []


async def test_a_problem_stands_in_the_form_and_the_text_stays(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text("[1]")
    form.api.failures["/publish"] = make_problem("No broker answers at 127.0.0.1:5672", "Start the broker.")
    await form.publish()
    assert form.sheet.failure() == "No broker answers at 127.0.0.1:5672\nStart the broker."
    assert form.sheet.draft().text == "[1]"


async def test_an_answer_that_never_came_warns_of_a_second_sending(form: Form) -> None:
    form.api.failures["/publish"] = ServerUnreachable("http://127.0.0.1:1")
    await form.publish()
    assert "may have been done" in form.sheet.failure()


async def test_one_click_too_many_publishes_once(form: Form) -> None:
    form.api.gate = asyncio.Event()
    form.sheet.start_publishing()
    form.sheet.start_publishing()
    assert not form.sheet.publish.isEnabled()
    form.api.gate.set()
    await until(lambda: not form.sheet.is_busy())
    assert len(form.api.bodies("/publish")) == 1


async def test_every_faulty_field_says_so_and_nothing_is_sent(form: Form) -> None:
    form.sheet.show_draft(
        Draft("orders", "k" * 256, text="[1", properties={"priority": "x"}, headers=(Entry("n", FieldType.INTEGER, "x"),))
    )
    await form.publish()
    assert form.api.bodies("/publish") == []
    assert form.sheet.fields._address_faults[Place.ROUTING_KEY].text()
    assert form.sheet.fields.properties.fault("priority")
    assert form.sheet.fields.body_field.fault()
    assert form.sheet.fields.headers.problem()


async def test_a_fault_in_a_folded_property_is_unfolded(form: Form) -> None:
    form.sheet.show_draft(Draft("orders", "k", properties={"timestamp": "soon"}))
    await form.publish()
    assert form.sheet.fields.properties.more.is_open()
    assert form.sheet.fields.properties.fault("timestamp")


async def test_a_read_only_connection_publishes_nothing_and_says_why(form: Form) -> None:
    form.sheet.open_to(make_connection(read_only=True), "/")
    await form.publish()
    assert not form.sheet.publish.isEnabled()
    assert "read-only" in form.sheet.publish.toolTip()
    assert form.api.bodies("/publish") == []


async def test_production_is_said_in_a_word(form: Form) -> None:
    assert form.sheet._production.isHidden()
    form.sheet.open_to(make_connection(environment=Environment.PRODUCTION), "/")
    assert not form.sheet._production.isHidden()


# -- where it goes


async def test_the_route_is_shown_before_anything_is_sent(form: Form) -> None:
    await until(lambda: form.sheet.fields.route.text() == "Reaches orders.charge, orders.receipts")
    assert form.api.bodies("/publish") == []


async def test_the_route_follows_what_is_typed_and_asks_once_the_keyboard_rests(form: Form) -> None:
    asked = len(form.api.bodies("/route"))
    form.api.route = Route([], ["orders"], dropped=True)
    for key in ("n", "no", "nop", "nope"):
        form.sheet.fields.routing_key.setText(key)
    await until(lambda: "comes back" in form.sheet.fields.route.text())
    assert [query.routing_key for query in form.api.bodies("/route")[asked:]] == ["nope"]
    form.sheet.fields.mandatory.setChecked(False)
    assert "lost" in form.sheet.fields.route.text()


async def test_a_route_that_cannot_be_had_hinders_nobody(form: Form) -> None:
    form.api.failures["/route"] = make_problem("The bindings cannot be read")
    form.sheet.fields.routing_key.setText("x")
    await until(lambda: "The bindings cannot be read" in form.sheet.fields.route.text())
    await form.publish()
    assert form.api.bodies("/publish")


async def test_names_are_offered_from_the_broker(form: Form) -> None:
    await until(lambda: form.sheet.fields.exchange.offers() == ["orders", "by-header"])
    await until(lambda: form.sheet.fields.routing_key.offers() == ["order.paid"])


# -- bodies


async def test_a_file_is_uploaded_and_published_by_its_id(form: Form, tmp_path: Path) -> None:
    file = tmp_path / "body.bin"
    file.write_bytes(b"\0" * 5000)
    form.sheet.fields.body_field.kind_choice.choose(BodyKind.FILE)
    form.sheet.fields.body_field.path.setText(str(file))
    await form.publish()
    assert form.api.uploads == [b"\0" * 5000]
    assert (form.message.form, form.message.body) == (BodyForm.UPLOAD, "up-1")


async def test_fields_beside_a_file_or_a_long_text_are_filled_as_well(form: Form, tmp_path: Path) -> None:
    file = tmp_path / "body.bin"
    file.write_bytes(b"x")
    form.sheet.show_draft(Draft("orders", "{{uuid}}", BodyKind.FILE, file=str(file)))
    await form.publish()
    assert (form.message.routing_key, form.message.form) == ("6fa459ea", BodyForm.UPLOAD)
    long = "y" * (THREAD_CHARS + 1)
    form.sheet.show_draft(Draft("orders", "{{uuid}}", BodyKind.TEXT, long))
    await form.publish()
    assert (form.message.routing_key, form.api.uploads[-1]) == ("6fa459ea", long.encode())
    assert form.api.bodies("/fill")[-1].body == ""


async def test_a_file_that_is_not_there_is_told_at_its_path(form: Form, tmp_path: Path) -> None:
    form.sheet.fields.body_field.kind_choice.choose(BodyKind.FILE)
    await form.publish()
    assert form.sheet.fields.body_field.fault().startswith("No file is chosen")
    form.sheet.fields.body_field.path.setText(str(tmp_path / "none"))
    await form.publish()
    assert form.sheet.fields.body_field.fault().startswith("This file cannot be read. No such file")
    assert form.api.bodies("/publish") == []


async def test_a_long_text_is_checked_off_the_loop_and_uploaded(form: Form) -> None:
    long = '["' + "x" * THREAD_CHARS + '"]'
    form.sheet.show_draft(Draft("orders", "k", text=long))
    await form.publish()
    assert form.api.uploads == [long.encode()]
    assert form.message.form is BodyForm.UPLOAD


async def test_a_fault_in_a_long_text_is_told_and_nothing_is_sent(form: Form) -> None:
    form.sheet.show_draft(Draft("orders", "k", text="[" + "1," * THREAD_CHARS))
    await until(form.sheet.fields.body_field.fault)
    await form.publish()
    assert form.api.uploads == []
    assert "Something is missing at the end" in form.sheet.fields.body_field.fault() or "missing" in form.sheet.fields.body_field.fault()


async def test_json_is_laid_out_without_touching_its_numbers(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text('{"a":1.10}')
    form.sheet.fields.body_field.lay_out()
    await until(lambda: form.sheet.draft().text == '{\n  "a": 1.10\n}')


async def test_each_kind_keeps_its_own_and_the_content_type_follows(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text("[1]")
    form.sheet.fields.body_field.kind_choice.choose(BodyKind.TEXT)
    assert form.sheet.draft().properties["content_type"] == "text/plain"
    form.sheet.fields.body_field.kind_choice.choose(BodyKind.FILE)
    assert "content_type" not in form.sheet.draft().properties
    assert form.sheet.draft().text == "[1]"


# -- fields


async def test_fields_are_filled_in_one_message_and_a_sample_is_shown_before(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text('{"key": "{{uuid}}"}')
    await until(lambda: form.sheet.fields.sample.text() == '{"key": "6fa459ea"}')
    await form.publish()
    assert form.message.body == '{"key": "6fa459ea"}'


async def test_fields_can_be_sent_as_they_are_written(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text('{"key": "{{uuid}}"}')
    form.sheet.fields.sample.fill.setChecked(False)
    await form.publish()
    assert form.message.body == '{"key": "{{uuid}}"}'


async def test_an_unknown_field_is_told_in_the_sample(form: Form) -> None:
    form.api.failures["/fill"] = make_problem("There is no field “uid”", "Did you mean uuid?")
    form.sheet.fields.body_field.editor.set_text('"{{uid}}"')
    await until(lambda: form.sheet.fields.sample.text() == "There is no field “uid”")


async def test_a_chosen_field_goes_where_the_cursor_was(form: Form) -> None:
    await until(form.sheet.fields.field_menu.names)
    form.host.activateWindow()
    form.sheet.fields.routing_key.setFocus()
    form.sheet.fields.routing_key.setCursorPosition(0)
    form.sheet.fields.field_menu.chosen.emit("{{uuid}}.")
    assert form.sheet.fields.routing_key.text() == "{{uuid}}.order.paid"
    form.sheet.fields.body_field.editor.edit.setFocus()
    form.sheet.fields.field_menu.chosen.emit("{{name}}")
    assert form.sheet.draft().text == "{{name}}"


# -- many


async def test_many_are_published_by_a_job_that_can_be_stopped(form: Form) -> None:
    started: list[Job] = []
    form.sheet.job_started.connect(started.append)
    form.sheet.show_draft(replace(form.sheet.draft(), repeat=True, count="1,000", rate="500"))
    assert form.sheet.publish.text() == "Publish 1,000 messages"
    await form.publish()
    request: BulkPublish = form.api.bodies("/bulk")[0]
    assert (request.count, request.rate, request.generate) == (1000, 500.0, False)
    assert started == [form.api.job]
    assert form.sheet.card.progress().startswith("300 of 1,000 · 812 / s")
    assert not form.sheet.publish.isEnabled()
    form.sheet.card.stop_button.click()
    await until(lambda: form.sheet.follower.job is not None and form.sheet.follower.job.state is JobState.STOPPING)
    form.api.job = replace(form.api.job, state=JobState.STOPPED, done=512, counts={"confirmed": 512}, ended_at=form.api.job.started_at)
    await until(lambda: form.sheet.card.summary() == "512 confirmed")
    assert form.sheet.publish.isEnabled()


async def test_unconfirmed_messages_are_offered_again_by_their_number(form: Form) -> None:
    form.api.job = make_job(state=JobState.FAILED, counts={"confirmed": 400, "unconfirmed": 600}, ended_at=1)
    form.sheet.show_draft(replace(form.sheet.draft(), repeat=True))
    await form.publish()
    assert form.sheet.card.resend.text() == "Resend the 600 unconfirmed"
    form.sheet.card.resend.click()
    await until(lambda: len(form.api.bodies("/bulk")) == 2)
    assert form.api.bodies("/bulk")[1].resend_of == "j1"


async def test_a_stop_that_fails_is_told_and_can_be_tried_again(form: Form) -> None:
    form.sheet.show_draft(replace(form.sheet.draft(), repeat=True))
    await form.publish()
    form.api.failures["/stop"] = make_problem("The job cannot be stopped now")
    form.sheet.card.stop_button.click()
    await until(form.notices.standing)
    await until(form.sheet.card.stop_button.isEnabled)


async def test_a_server_in_trouble_for_a_moment_is_asked_again(form: Form) -> None:
    form.sheet.show_draft(replace(form.sheet.draft(), repeat=True))
    await form.publish()
    form.api.failures["/jobs/j1"] = make_problem("Busy", status=503)
    asked = len(form.api.asked)
    await until(lambda: len(form.api.asked) > asked)
    form.api.failures.clear()
    form.api.job = make_job(state=JobState.DONE, done=1000, counts={"confirmed": 1000}, ended_at=1)
    await until(lambda: form.sheet.card.summary() == "1,000 confirmed")
    assert form.notices.standing() == []


async def test_a_server_that_forgot_the_job_is_told(form: Form) -> None:
    form.sheet.show_draft(replace(form.sheet.draft(), repeat=True))
    await form.publish()
    form.api.failures["/jobs/j1"] = make_problem("There is no job j1", status=404)
    await until(form.sheet.failure)
    assert form.sheet.card.isHidden()
    assert form.sheet.publish.isEnabled()
