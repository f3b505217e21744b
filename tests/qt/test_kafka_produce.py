"""The produce form over a fake server: what it sends, what it says, and what it keeps."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.kafka_content import Kind
from desktop.core.kafka_draft import Draft
from desktop.views.kafka.produce.sheet import DRAFT_KEY, ProduceSheet
from embedded_server.contracts.jobs import JobState
from embedded_server.contracts.kafka import (
    Content,
    ContentForm,
    ProduceOutcome,
    Record,
    RecordHeader,
    RecordStatus,
    RecordTemplate,
    Side,
)
from tests.qt.kafka_form_fakes import Bench, make_connection, make_job, make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


class ProduceForm(Bench):
    """The sheet, open over a topic."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet = ProduceSheet(self.host, self.service, self.notices)
        self.fields = self.sheet.fields
        self.sheet.open_to(make_connection(), "orders")

    async def produce(self) -> None:
        self.sheet.start_producing()
        await until(lambda: not self.sheet.is_busy())

    @property
    def record(self) -> Record:
        sent: Record = self.api.bodies("/produce")[-1]
        return sent


@pytest.fixture
async def form(qtbot: QtBot) -> AsyncIterator[ProduceForm]:
    made = ProduceForm()
    yield made
    made.close()
    await made.sheet.stop()


async def test_a_record_is_sent_and_its_place_stands_above_the_button(form: ProduceForm) -> None:
    form.fields.value.editor.set_text('{"id": 7}')
    QTest.keyClicks(form.fields.key.null_line, "a")
    QTest.keyClicks(form.fields.key.editor.edit, "da")
    await form.produce()
    assert form.record == Record("orders", key=Content("ada"), value=Content('{"id": 7}'))
    assert form.sheet.outcome() == "orders[2] @ 1,204"


async def test_at_first_the_key_is_null_and_typing_makes_it_a_text(form: ProduceForm) -> None:
    assert form.sheet.draft().key.kind is Kind.NULL
    QTest.keyClicks(form.fields.key.null_line, "x")
    assert form.fields.key.kind() is Kind.TEXT
    assert form.fields.key.text() == "x"


async def test_null_empty_and_tombstone_are_told_apart(form: ProduceForm) -> None:
    form.fields.key.choose_kind(Kind.TEXT)
    assert "not null" in form.fields.key.note.text()
    form.fields.value.choose_kind(Kind.NULL)
    assert form.fields.tombstone.text().startswith("Tombstone")
    await form.produce()
    assert (form.record.key, form.record.value) == (Content(""), None)
    form.fields.key.choose_kind(Kind.NULL)
    assert "Neither key nor value" in form.fields.tombstone.text()


async def test_nothing_is_no_json_and_the_cursor_goes_there(form: ProduceForm) -> None:
    await form.produce()
    assert form.api.bodies("/produce") == []
    assert "Nothing is written here" in form.fields.value.fault()


async def test_the_partition_of_a_key_is_told_before_it_is_sent(form: ProduceForm) -> None:
    form.fields.key.choose_kind(Kind.TEXT)
    form.fields.key.editor.set_text("ada")
    await until(lambda: "partition 2" in form.fields.where.text())
    assert form.api.bodies("/partition-for")[-1].key == Content("ada")
    form.fields.partition.setText("5")
    assert form.fields.where.text() == "Into partition 5, whatever the key."
    form.fields.value.choose_kind(Kind.TEXT)
    await form.produce()
    assert form.record.partition == 5


async def test_a_key_that_is_filled_anew_each_time_has_no_partition_to_tell(form: ProduceForm) -> None:
    form.fields.key.choose_kind(Kind.TEXT)
    form.fields.key.editor.set_text("{{uuid}}")
    assert form.fields.where.isHidden()
    await until(form.fields.sample.isVisible)


async def test_a_record_of_the_journal_is_sent_again_exactly(form: ProduceForm) -> None:
    text = "a\r\nb\u00a0c\u2028d"
    headers = [RecordHeader("a", "1"), RecordHeader("a", ""), RecordHeader("n", None), RecordHeader("b", "AAE=", base64=True)]
    record = Record("orders", 1, Content(text), Content("AP8=", ContentForm.BASE64), headers, 1_795_000_000_123)
    form.sheet.open_to(make_connection(), "", record)
    await form.produce()
    assert form.record == record


async def test_what_is_too_large_to_be_shown_is_sent_by_its_id(form: ProduceForm) -> None:
    record = Record("orders", value=Content("up-9", ContentForm.UPLOAD))
    form.sheet.open_to(make_connection(), "", record)
    assert form.fields.value.kind() is Kind.KEPT
    await form.produce()
    assert form.record == record


async def test_a_hundred_thousand_headers_are_kept_and_forty_shown(form: ProduceForm) -> None:
    headers = [RecordHeader(f"h{n}", str(n)) for n in range(100_000)]
    form.sheet.open_to(make_connection(), "", Record("orders", value=Content("x"), headers=headers))
    assert len(form.fields.headers.rows()) == 40
    await form.produce()
    assert form.record.headers == headers


async def test_headers_are_typed_in_rows(form: ProduceForm) -> None:
    form.fields.value.choose_kind(Kind.TEXT)
    form.fields.headers.add.click()
    form.fields.headers.add.click()
    first, second = form.fields.headers.rows()
    QTest.keyClicks(first.name, "trace")
    QTest.keyClicks(first.value, "abc")
    QTest.keyClicks(second.name, "n")
    second.kind.setCurrentIndex(2)
    second.kind.activated.emit(2)
    await form.produce()
    assert form.record.headers == [RecordHeader("trace", "abc"), RecordHeader("n", None)]
    first.remove.click()
    assert [header.name for header in form.fields.headers.headers()] == ["n"]


async def test_a_file_is_uploaded_and_sent_by_its_id(form: ProduceForm, tmp_path: Path) -> None:
    file = tmp_path / "value.bin"
    file.write_bytes(bytes(range(256)))
    form.fields.value.choose_kind(Kind.FILE)
    form.fields.value.file_row.set_file(str(file))
    await form.produce()
    assert form.api.uploads == [bytes(range(256))]
    assert form.record.value == Content("up-1", ContentForm.UPLOAD)
    form.fields.value.file_row.set_file(str(tmp_path / "none"))
    await form.produce()
    assert "cannot be read" in form.fields.value.fault()


async def test_a_long_text_is_checked_in_a_thread_and_uploaded(form: ProduceForm) -> None:
    text = '{"a": "' + "x" * 3_000_000 + '"}'
    form.fields.value.editor.set_text(text)
    await form.produce()
    assert form.api.uploads == [text.encode()]
    form.fields.value.editor.set_text(text[:-1])
    await form.produce()
    assert len(form.api.bodies("/produce")) == 1
    assert form.fields.value.editor.message()


async def test_a_schema_is_chosen_by_its_name_and_sent_by_what_it_is(form: ProduceForm) -> None:
    await until(lambda: form.fields.value.schema.schema.offers() != [])
    form.fields.value.choose_kind(Kind.AVRO)
    form.fields.value.editor.set_text('{"id": 1}')
    await form.produce()
    assert "No schema is chosen" in form.fields.value.fault()
    form.fields.value.schema.schema.setText("orders-value")
    await form.produce()
    assert form.record.value == Content('{"id": 1}', ContentForm.AVRO, "orders-value")
    form.fields.value.schema.schema.setText("order.avsc")
    await form.produce()
    assert form.record.value == Content('{"id": 1}', ContentForm.AVRO, "", "s1")


async def test_what_the_schema_refuses_is_told_at_its_side(form: ProduceForm) -> None:
    form.fields.value.choose_kind(Kind.AVRO)
    form.fields.value.editor.set_text('{"id": "x"}')
    form.fields.value.schema.schema.setText("orders-value")
    form.api.failures["/produce"] = make_problem("id is no int", "Write a number at $.id.", 422, side="value")
    await form.produce()
    assert form.fields.value.fault() == "id is no int. Write a number at $.id."
    assert form.sheet.failure() == ""


async def test_fields_are_filled_before_one_is_sent_and_by_the_server_for_many(form: ProduceForm) -> None:
    form.fields.value.choose_kind(Kind.TEXT)
    form.fields.value.editor.set_text("{{uuid}}")
    await form.produce()
    assert form.record.value == Content("filled")
    form.fields.repeat.switch.setChecked(True)
    form.fields.repeat.count.setText("500")
    form.fields.repeat.rate.setText("50")
    await form.produce()
    bulk = form.api.bodies("/bulk")[-1]
    assert (bulk.count, bulk.rate, bulk.generate, bulk.record.value) == (500, 50.0, True, Content("{{uuid}}"))


async def test_what_nobody_acknowledged_is_sent_again(form: ProduceForm) -> None:
    form.fields.value.choose_kind(Kind.TEXT)
    form.fields.repeat.switch.setChecked(True)
    form.api.job = make_job(state=JobState.DONE, counts={"acknowledged": 990, "unacknowledged": 10})
    await form.produce()
    assert form.sheet.card.summary() == "990 acknowledged · 10 unacknowledged"
    assert form.sheet.card.resend.text() == "Resend the 10 unacknowledged"
    form.sheet.card.resend.click()
    await until(lambda: form.api.bodies("/bulk")[-1].resend_of == "j1")


async def test_the_draft_survives_the_form(form: ProduceForm) -> None:
    form.fields.value.editor.set_text('{"half": ')
    form.fields.timestamp.setText("-15m")
    kept = form.service.draft(DRAFT_KEY, Draft())
    again = ProduceSheet(form.host, form.service, form.notices)
    again.open_to(make_connection())
    assert again.draft() == kept
    assert (kept.topic, kept.value.text, kept.timestamp) == ("orders", '{"half": ', "-15m")
    await again.stop()


async def test_a_replaced_draft_is_brought_back(form: ProduceForm) -> None:
    form.fields.value.editor.set_text('{"mine": 1}')
    form.sheet.open_to(make_connection(), "", Record("payments", value=Content("theirs")))
    assert form.sheet.clear.text() == "Bring back"
    form.sheet.clear.click()
    assert (form.sheet.draft().topic, form.sheet.draft().value.text) == ("orders", '{"mine": 1}')


async def test_templates_are_kept_and_loaded(form: ProduceForm) -> None:
    form.fields.value.editor.set_text('{"id": 1}')
    form.sheet.templates.name.setText("mine")
    form.sheet.templates.start_saving()
    await until(lambda: form.sheet.templates.names() == ["mine"])
    assert form.api.templates == [RecordTemplate("mine", Record("orders", value=Content('{"id": 1}')))]
    form.fields.value.editor.set_text("{}")
    form.sheet.templates.chosen.emit(form.api.templates[0])
    assert form.sheet.draft().value.text == '{"id": 1}'


async def test_a_broker_that_did_not_answer_is_no_success(form: ProduceForm) -> None:
    form.fields.value.choose_kind(Kind.TEXT)
    form.api.outcome = ProduceOutcome(RecordStatus.UNACKNOWLEDGED, "orders")
    await form.produce()
    assert "did not answer" in form.sheet.outcome()
    form.api.failures["/produce"] = make_problem("The topic is not there", "Create it.")
    await form.produce()
    assert form.sheet.failure() == "The topic is not there\nCreate it."
    assert form.sheet.outcome() == ""


async def test_a_read_only_connection_takes_no_record(form: ProduceForm) -> None:
    form.fields.value.choose_kind(Kind.TEXT)
    form.sheet.open_to(make_connection(read_only=True))
    assert not form.sheet.produce.isEnabled()
    form.sheet.start_producing()
    assert form.api.bodies("/produce") == []


async def test_ctrl_enter_produces_from_any_field(form: ProduceForm) -> None:
    from PySide6.QtCore import Qt

    form.fields.value.choose_kind(Kind.TEXT)
    form.host.activateWindow()
    form.fields.timestamp.setFocus()
    QTest.keyClick(form.fields.timestamp, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: form.api.bodies("/produce"))


async def test_every_side_has_a_name_for_screen_readers(form: ProduceForm) -> None:
    for side in Side:
        part: Any = form.fields.side(side)
        assert part.kind_choice.accessibleName()
        assert part.editor.edit.accessibleName()
