"""The forms that copy records and keep schemas, over a fake server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.kafka_copy import Place
from desktop.core.problems import ApiError
from desktop.views.kafka.copy.sheet import CopySheet
from desktop.views.kafka.schemas.sheet import REGISTRY, SchemasSheet
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import JobKind, JobState
from embedded_server.contracts.kafka import CopyRequest, Format, From, LocalSchema, SchemaUsed, Start
from embedded_server.contracts.problems import ProblemDetails
from tests.qt.kafka_form_fakes import Bench, make_connection, make_job, make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
COUNTED = make_job(JobKind.COPY, JobState.DONE, dry_run=True, counts={"matched": 120, "bytes": 9000}, done=1000)
COPIED = make_job(JobKind.COPY, JobState.DONE, counts={"copied": 120}, done=120)


@pytest.fixture
async def bench(qtbot: QtBot) -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.fixture
async def copy(bench: Bench) -> AsyncIterator[CopySheet]:
    sheet = CopySheet(bench.host, bench.service, bench.notices)
    yield sheet
    await sheet.stop()


@pytest.fixture
async def schemas(bench: Bench) -> AsyncIterator[SchemasSheet]:
    sheet = SchemasSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(make_connection())
    await until(sheet.rows)
    yield sheet
    await sheet.stop()


# -- copying


async def test_a_dry_run_counts_and_then_the_same_is_copied(bench: Bench, copy: CopySheet) -> None:
    bench.api.job = COUNTED
    copy.open_to(make_connection(), "orders", [0, 1], Start(From.OFFSET, offset=7))
    QTest.keyClicks(copy.fields.topic, "orders.copy")
    copy.start_dry_run()
    await until(copy.found)
    assert copy.found() == "120 records would be copied, 9.0 kB."
    assert copy.act.text() == "Copy 120 records"
    bench.api.job = COPIED
    copy.act.click()
    await until(lambda: len(bench.api.bodies("/copy")) == 2)
    wanted = CopyRequest("orders", "orders.copy", "", [0, 1], Start(From.OFFSET, 100, 7))
    assert bench.api.bodies("/copy")[1].dry_run is False
    assert (bench.api.bodies("/copy")[1].partitions, bench.api.bodies("/copy")[1].start.offset) == (wanted.partitions, 7)
    await until(lambda: copy.card.summary() == "120 copied")


async def test_a_change_of_the_form_makes_the_count_void(bench: Bench, copy: CopySheet) -> None:
    bench.api.job = COUNTED
    copy.open_to(make_connection(), "orders")
    QTest.keyClicks(copy.fields.topic, "orders.copy")
    copy.start_dry_run()
    await until(copy.found)
    QTest.keyClicks(copy.fields.limit, "5")
    assert copy.found() == ""
    assert copy.act.text() == "Copy without a dry run"


async def test_the_target_decides_on_read_only_and_on_the_typed_name(bench: Bench, copy: CopySheet) -> None:
    live = make_connection("live", environment=Environment.PRODUCTION)
    locked = make_connection("locked", read_only=True)
    copy.open_to(make_connection(read_only=True), "orders", targets=[live, locked])
    assert not copy.act.isEnabled()
    copy.fields.topic.setText("orders.copy")
    copy.fields.target.setCurrentIndex(copy.fields.target.findData("live"))
    copy.fields.target.activated.emit(1)
    assert not copy.act.isEnabled()
    QTest.keyClicks(copy.typed_name.line, "orders.copy")
    assert copy.act.isEnabled()
    copy.start_copying()
    await until(lambda: bench.api.bodies("/copy"))
    assert (bench.api.bodies("/copy")[0].to_connection, bench.api.bodies("/copy")[0].typed_name) == ("live", "orders.copy")
    copy.fields.target.setCurrentIndex(copy.fields.target.findData("locked"))
    copy.fields.target.activated.emit(2)
    assert not copy.act.isEnabled()
    assert "read-only" in copy._target_note.text()


async def test_a_copy_onto_itself_is_told_at_its_field(bench: Bench, copy: CopySheet) -> None:
    copy.open_to(make_connection(), "orders")
    QTest.keyClicks(copy.fields.topic, "orders")
    copy.start_dry_run()
    assert "the topic they are in" in copy.fields.fault(Place.TARGET)
    assert bench.api.bodies("/copy") == []


async def test_a_target_that_is_not_there_is_told_at_its_field(bench: Bench, copy: CopySheet) -> None:
    problem = ProblemDetails("urn:switchroom:problem:topic-unknown", "There is no topic", 404, params={"topic": "nowhere"})
    bench.api.failures["/copy"] = ApiError(problem)
    copy.open_to(make_connection(), "orders")
    copy.fields.topic.setText("nowhere")
    copy.start_dry_run()
    await until(lambda: "Create it first" in copy.fields.fault(Place.TARGET))
    assert copy.failure() == ""


async def test_a_wrong_filter_is_told_at_the_filter(bench: Bench, copy: CopySheet) -> None:
    bench.api.failures["/copy"] = make_problem("A value is missing", "Write one.", 422, position=3, length=1)
    copy.open_to(make_connection(), "orders")
    copy.fields.topic.setText("orders.copy")
    copy.fields.filter_bar.set_text("key:")
    copy.start_dry_run()
    await until(lambda: not copy.is_busy())
    assert copy.failure() == ""


# -- schemas


async def test_ones_own_schemas_are_listed_with_their_text(schemas: SchemasSheet) -> None:
    assert [(row.name, row.format_words, row.defines) for row in schemas.rows()] == [("order.avsc", "Avro", "Order")]
    assert "record" in schemas.text()


async def test_a_file_is_added_and_replaces_the_one_of_its_name(bench: Bench, schemas: SchemasSheet, tmp_path: Path) -> None:
    file = tmp_path / "shop.proto"
    file.write_text('syntax = "proto3"; message A {}')
    schemas.add_files([str(file)])
    await until(lambda: len(schemas.rows()) == 2)
    kept = bench.api.bodies("/schemas")[0]
    assert (kept.id, kept.name, kept.format) == ("", "shop.proto", Format.PROTOBUF)
    again = tmp_path / "order.avsc"
    again.write_text("{}")
    schemas.add_files([str(again)])
    await until(lambda: len(bench.api.bodies("/schemas")) == 2)
    assert bench.api.bodies("/schemas")[1].id == "s1"


async def test_files_that_are_dropped_together_are_kept_as_one_schema_with_its_imports(
    bench: Bench, schemas: SchemasSheet, tmp_path: Path
) -> None:
    (tmp_path / "common").mkdir()
    money, order = tmp_path / "common" / "money.proto", tmp_path / "order.proto"
    money.write_text('syntax = "proto3"; message Money {}')
    order.write_text('syntax = "proto3"; import "common/money.proto"; message Priced { Money price = 1; }')
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(money)), QUrl("https://example.com/"), QUrl.fromLocalFile(str(order))])
    event = QDropEvent(QPointF(), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    schemas.dropEvent(event)
    await until(lambda: len(schemas.rows()) == 2)
    (kept,) = bench.api.bodies("/schemas")
    assert (kept.name, kept.imports) == ("order.proto", {"common/money.proto": money.read_text()})
    current = schemas.list.current()
    assert current is not None
    assert "order.proto + common/money.proto" in current.about


async def test_an_import_is_found_beside_the_file_or_among_ones_own_schemas(bench: Bench, schemas: SchemasSheet, tmp_path: Path) -> None:
    bench.api.own.append(LocalSchema("s9", "kept.proto", Format.PROTOBUF, "message Kept {}"))
    schemas.open_to(make_connection())
    await until(lambda: len(schemas.rows()) == 2)
    (tmp_path / "shop" / "v1").mkdir(parents=True)
    (tmp_path / "shop" / "money.proto").write_text("message Money {}")
    file = tmp_path / "shop" / "v1" / "order.proto"
    file.write_text('import "shop/money.proto"; import "kept.proto"; import "nowhere.proto"; import "../money.proto";')
    schemas.add_files([str(file)])
    await until(lambda: bench.api.bodies("/schemas"))
    assert bench.api.bodies("/schemas")[0].imports == {"shop/money.proto": "message Money {}", "kept.proto": "message Kept {}"}


async def test_an_avro_type_is_found_beside_the_file_and_among_ones_own_schemas(
    bench: Bench, schemas: SchemasSheet, tmp_path: Path
) -> None:
    tax = '{"type": "fixed", "name": "shop.Tax", "size": 2}'
    bench.api.own.append(LocalSchema("s9", "taxes.avsc", Format.AVRO, tax))
    schemas.open_to(make_connection())
    await until(lambda: len(schemas.rows()) == 2)
    money = tmp_path / "shop" / "Money.avsc"
    money.parent.mkdir()
    money.write_text('{"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "tax", "type": "Tax"}]}')
    file = tmp_path / "priced.avsc"
    file.write_text('{"type": "record", "name": "shop.Priced", "fields": [{"name": "price", "type": "Money"}]}')
    schemas.add_files([str(file)])
    await until(lambda: bench.api.bodies("/schemas"))
    assert bench.api.bodies("/schemas")[0].imports == {"shop.Money": money.read_text(), "shop.Tax": tax}


async def test_a_schema_that_does_not_hold_is_told_with_its_line(bench: Bench, schemas: SchemasSheet, tmp_path: Path) -> None:
    bench.api.failures["/kafka/schemas"] = make_problem("a.avsc, line 3, column 1: a brace is missing", "Mend it there.", 422)
    file = tmp_path / "a.avsc"
    file.write_text("{")
    schemas.add_files([str(file)])
    await until(schemas.failure)
    assert schemas.failure() == "a.avsc, line 3, column 1: a brace is missing\nMend it there."


async def test_bytes_and_missing_files_are_told_in_words(schemas: SchemasSheet, tmp_path: Path) -> None:
    file = tmp_path / "a.avsc"
    file.write_bytes(b"\xff\xfe")
    schemas.add_files([str(file)])
    await until(lambda: "no text in UTF-8" in schemas.failure())
    schemas.add_files([str(tmp_path / "none.avsc")])
    await until(lambda: "cannot be read" in schemas.failure())


async def test_subjects_are_searched_and_shown_with_their_text(bench: Bench, schemas: SchemasSheet) -> None:
    schemas.place_choice.choose(REGISTRY)
    await until(lambda: [row.name for row in schemas.rows()] == ["orders-value"])
    await until(lambda: "shop.Order" in schemas.text())
    QTest.keyClicks(schemas.search, "none")
    await until(lambda: schemas.rows() == [])
    assert schemas._nothing.text() == "No subject is called so."


async def test_the_schema_that_a_record_was_read_with_is_looked_up_in_its_version(bench: Bench, schemas: SchemasSheet) -> None:
    schemas.look_up(make_connection(), SchemaUsed(Format.AVRO, 7, "orders-value", 2, "shop.Order"))
    await until(lambda: "shop.Order" in schemas.text())
    assert [row.name for row in schemas.rows()] == ["orders-value"]
    assert bench.api.asked[-1][1] == {"id": 7, "subject": None, "version": None}


async def test_a_schema_of_ones_own_that_was_read_with_is_chosen_among_them(schemas: SchemasSheet) -> None:
    schemas.place_choice.choose(REGISTRY)
    schemas.look_up(make_connection(), SchemaUsed(Format.AVRO, name="Order"))
    await until(lambda: bool(schemas.rows()))
    row = schemas.list.current()
    assert row is not None
    assert row.name == "order.avsc"


async def test_without_a_registry_the_reason_stands_in_the_list(bench: Bench, schemas: SchemasSheet) -> None:
    bench.api.failures["/subjects"] = make_problem("This connection has no Schema Registry", "Give its URL under Connections.", 409)
    schemas.place_choice.choose(REGISTRY)
    await until(lambda: "no Schema Registry" in schemas._nothing.text())


async def test_a_schema_is_deleted_after_a_question(bench: Bench, schemas: SchemasSheet) -> None:
    schemas.remove.click()
    assert "order.avsc" in schemas.confirm.question()
    assert bench.api.bodies("/remove") == []
    schemas.confirm.act.click()
    await until(lambda: schemas.rows() == [])
    assert bench.api.bodies("/schemas/remove") == [{"id": "s1"}]
