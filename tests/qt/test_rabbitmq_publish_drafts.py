"""What the publish form keeps: drafts through every rebuilding, messages under a name, and what was replaced as a whole."""

from collections.abc import AsyncIterator

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_draft import BodyKind, Draft
from desktop.core.rabbitmq_typed import Entry
from desktop.services.rabbitmq import RabbitService
from desktop.views.rabbitmq.publish.sheet import PublishSheet
from embedded_server.contracts.rabbitmq import FieldType, Header, Message, Properties, PublishTemplate
from tests.qt.rabbitmq_form_fakes import PublishForm as Form
from tests.qt.rabbitmq_form_fakes import make_connection
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
async def form(qtbot: QtBot) -> AsyncIterator[Form]:
    made = Form()
    await until(lambda: made.sheet.fields.route.route() is not None)
    yield made
    made.close()
    await made.sheet.stop()


async def test_the_draft_survives_closing_and_rebuilding_the_window(form: Form) -> None:
    draft = Draft("orders", "k", BodyKind.TEXT, "half a", headers=(Entry("x", FieldType.INTEGER, "4x"),), repeat=True, count="7")
    form.sheet.show_draft(draft)
    form.sheet.close_sheet()
    again = PublishSheet(form.host, form.service, form.notices)
    assert again.draft() == draft
    await again.stop()


async def test_somebody_else_finds_an_empty_form(form: Form) -> None:
    form.service.keep_drafts_of("ada")
    form.sheet.fields.body_field.editor.set_text("secret")
    form.service.keep_drafts_of("bob")
    again = PublishSheet(form.host, form.service, form.notices)
    assert again.draft() == Draft()
    await again.stop()


async def test_opened_again_at_the_same_exchange_the_key_stays_and_the_last_answer_goes(form: Form) -> None:
    form.sheet.open_to(make_connection(), "/", "orders")
    form.sheet.fields.routing_key.setText("order.paid")
    await form.publish()
    assert form.sheet.outcome()
    form.sheet.close_sheet()
    form.sheet.open_to(make_connection(), "/", "orders")
    assert (form.sheet.draft().routing_key, form.sheet.outcome()) == ("order.paid", "")
    form.sheet.open_to(make_connection(), "/", "refunds")
    assert form.sheet.draft().routing_key == ""
    form.sheet.open_to(make_connection(), "/", "", "a.queue")
    assert (form.sheet.draft().exchange, form.sheet.draft().routing_key) == ("", "a.queue")


async def test_a_message_that_is_published_again_fills_the_form(form: Form) -> None:
    message = Message("/", "e", "k", "hello", properties=Properties(type="t"), headers=[Header("h", FieldType.BOOLEAN, True)])
    form.sheet.open_to(make_connection(), "/", message=message)
    await form.publish()
    assert form.message == message


async def test_what_was_replaced_as_a_whole_can_be_brought_back(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text("[1]")
    form.sheet.clear.click()
    assert form.sheet.draft().text == ""
    assert form.sheet.clear.text() == "Bring back"
    form.sheet.clear.click()
    assert (form.sheet.draft().text, form.sheet.clear.text()) == ("[1]", "Clear")
    form.sheet.open_to(make_connection(), "/", message=Message("/", "e", "k", "other"))
    form.sheet.clear.click()
    assert (form.sheet.draft().text, form.sheet.draft().exchange) == ("[1]", "orders")
    form.sheet.clear.click()
    form.sheet.fields.routing_key.setText("x")
    assert form.sheet.clear.text() == "Clear"


async def test_a_template_is_saved_chosen_and_deleted(form: Form) -> None:
    form.sheet.fields.body_field.editor.set_text("[1]")
    form.sheet.templates.open_row()
    form.sheet.templates.name.setText("one")
    form.sheet.templates.start_saving()
    await until(lambda: form.sheet.templates.names() == ["one"])
    assert form.sheet.templates.note() == "Kept as one."
    form.sheet.fields.body_field.editor.set_text("[2]")
    form.sheet.templates._on_chosen(form.api.templates[0])
    assert form.sheet.draft().text == "[1]"
    form.sheet.templates._on_remove_chosen("one")
    await until(lambda: form.sheet.templates.names() == [])


async def test_a_template_that_is_there_warns_before_it_is_replaced(form: Form) -> None:
    form.api.templates = [PublishTemplate("one", Message("/", "e", "k"))]
    form.sheet.templates.start_loading()
    await until(form.sheet.templates.names)
    form.sheet.templates.open_row()
    QTest.keyClicks(form.sheet.templates.name, "one")
    assert form.sheet.templates.note() == "Replaces the one of that name."


async def test_a_file_is_not_kept_in_a_template_and_it_is_said(form: Form) -> None:
    form.sheet.fields.body_field.kind_choice.choose(BodyKind.FILE)
    form.sheet.templates.name.setText("one")
    form.sheet.templates.start_saving()
    assert form.sheet.failure().startswith("A file cannot be kept in a template")
    assert form.api.templates == []


def test_one_draft_of_each_form() -> None:
    service = RabbitService(object())  # type: ignore[arg-type]  # a fake that has what is used
    service.keep_draft("publish", Draft(text="x"))
    assert service.draft("publish", Draft()).text == "x"
    assert service.draft("other", Draft()) == Draft()
