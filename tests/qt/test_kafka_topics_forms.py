"""The forms that create, change, purge and delete topics, over a fake server."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from desktop.core.kafka_topic import CreateDraft, Place, PurgeWay
from desktop.views.kafka.topics.alter import AlterTopicSheet
from desktop.views.kafka.topics.create import DRAFT_KEY, CreateTopicSheet
from desktop.views.kafka.topics.destroy import DestroyTopicSheet
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.kafka import AddPartitions, AlterConfigs, CreateTopic, DeleteTopic, PurgeTopic
from tests.qt.kafka_form_fakes import DETAIL, Bench, make_connection, make_problem
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot) -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.close()


@pytest.fixture
async def create(bench: Bench) -> AsyncIterator[CreateTopicSheet]:
    sheet = CreateTopicSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(make_connection())
    await until(sheet.others.known)
    yield sheet
    await sheet.stop()


@pytest.fixture
async def alter(bench: Bench) -> AsyncIterator[AlterTopicSheet]:
    sheet = AlterTopicSheet(bench.host, bench.service, bench.notices)
    sheet.open_to(make_connection(), DETAIL)
    yield sheet
    await sheet.stop()


@pytest.fixture
async def destroy(bench: Bench) -> AsyncIterator[DestroyTopicSheet]:
    sheet = DestroyTopicSheet(bench.host, bench.service, bench.notices)
    yield sheet
    await sheet.stop()


# -- creating


async def test_a_topic_is_created_as_typed_and_the_form_begins_anew(bench: Bench, create: CreateTopicSheet) -> None:
    QTest.keyClicks(create.name, "orders")
    QTest.keyClicks(create.partitions, "3")
    create.policy.choose("compact")
    retention = create.common.field("retention.ms")
    assert isinstance(retention, QLineEdit)
    QTest.keyClicks(retention, "36h")
    create.start_creating()
    await until(lambda: not create.is_open())
    assert bench.api.bodies("/topics") == [CreateTopic("orders", 3, -1, {"cleanup.policy": "compact", "retention.ms": "129600000"})]
    assert create.draft() == CreateDraft()
    assert bench.service.draft(DRAFT_KEY, CreateDraft()) == CreateDraft()


async def test_a_name_is_checked_as_it_is_typed(create: CreateTopicSheet) -> None:
    QTest.keyClicks(create.name, "a b")
    assert create.fault(Place.NAME).startswith("“ ” cannot stand")
    create.name.clear()
    QTest.keyClicks(create.name, "a.b_c")
    assert create.fault(Place.NAME) == ""
    assert "metrics" in create._hint.text()


async def test_a_check_creates_nothing(bench: Bench, create: CreateTopicSheet) -> None:
    QTest.keyClicks(create.name, "orders")
    create.check.click()
    await until(create.said)
    assert [request.validate_only for request in bench.api.bodies("/topics")] == [True]
    assert create.is_open()
    QTest.keyClicks(create.name, "2")
    assert create.said() == ""


async def test_defaults_of_the_broker_stand_dim_in_the_fields(create: CreateTopicSheet) -> None:
    retention = create.common.field("retention.ms")
    assert isinstance(retention, QLineEdit)
    assert retention.placeholderText() == "604800000 (7d)"


async def test_any_setting_can_be_added_with_what_it_is_for(create: CreateTopicSheet) -> None:
    create.others.add.click()
    row = create.others.rows()[0]
    await until(lambda: "segment.bytes" in row.name.offers())
    row.name.setText("segment.bytes")
    assert row.note.text() == "default 1073741824 (1 GiB) · The segment file's size."
    QTest.keyClicks(row.value, "many")
    QTest.keyClicks(create.name, "orders")
    create.start_creating()
    assert "no whole number" in row.fault.text()


async def test_what_the_broker_has_against_a_setting_is_told_there(bench: Bench, create: CreateTopicSheet) -> None:
    bench.api.failures["/topics"] = make_problem("The value is too small", "Use more.", 422, config="retention.ms")
    QTest.keyClicks(create.name, "orders")
    create.start_creating()
    await until(lambda: create.common._faults["retention.ms"].text() == "The value is too small. Use more.")
    assert create.failure() == ""


async def test_what_was_typed_survives_the_form(bench: Bench, create: CreateTopicSheet) -> None:
    QTest.keyClicks(create.name, "half")
    create.close_sheet()
    again = CreateTopicSheet(bench.host, bench.service, bench.notices)
    assert again.draft().name == "half"
    await again.stop()


# -- changing


async def test_partitions_and_settings_are_changed_together_and_only_what_differs(bench: Bench, alter: AlterTopicSheet) -> None:
    assert not alter.apply.isEnabled()
    alter.partitions.setText("6")
    alter.partitions.textEdited.emit("6")
    assert "hash leads to another one" in alter.warning()
    row = alter.rows.row_named("retention.ms")
    assert row is not None
    row.back.click()
    assert row.note.text() == "86400000 (1d) → default 604800000 (7d)"
    alter.rows.add.click()
    added = alter.rows.rows()[1]
    added.name.setText("segment.bytes")
    QTest.keyClicks(added.value, "1000000")
    assert alter.apply.text() == "Apply 3 changes"
    alter.start_applying()
    await until(lambda: not alter.is_open())
    assert bench.api.bodies("/configs") == [AlterConfigs("orders", {"segment.bytes": "1000000"}, ["retention.ms"])]
    assert bench.api.bodies("/partitions") == [AddPartitions("orders", 6)]


async def test_a_default_that_the_topic_hides_is_learned_from_a_new_topics(bench: Bench, alter: AlterTopicSheet) -> None:
    hidden = [replace(one, default=None) if one.name == "retention.ms" else one for one in DETAIL.configs]
    alter.close_sheet()
    alter.open_to(make_connection(), replace(DETAIL, configs=hidden))
    row = alter.rows.row_named("retention.ms")
    assert row is not None
    await until(lambda: row.note.text().startswith("default 604800000 (7d)"))


async def test_partitions_cannot_be_taken_away(bench: Bench, alter: AlterTopicSheet) -> None:
    alter.partitions.setText("2")
    alter.partitions.textEdited.emit("2")
    assert "more than there are" in alter.fault(Place.PARTITIONS)
    alter.start_applying()
    assert bench.api.sent == []


async def test_a_setting_shows_what_it_was_and_what_it_becomes(alter: AlterTopicSheet) -> None:
    row = alter.rows.row_named("retention.ms")
    assert row is not None
    row.value.clear()
    QTest.keyClicks(row.value, "172800000")
    assert row.note.text() == "86400000 (1d) → 172800000 (2d)"
    alter.discard.click()
    assert not alter.apply.isEnabled()


# -- purging and deleting


async def test_purging_everything_names_the_number(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(), "orders", 5, purge=True)
    assert destroy.act.text() == "Purge 5 records"
    await until(lambda: destroy.act.text() == "Purge 2,703 records")
    destroy.act.click()
    await until(lambda: not destroy.is_open())
    assert bench.api.bodies("/purge") == [PurgeTopic("orders")]


async def test_only_what_is_before_offsets_is_purged(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(), "orders", None, purge=True)
    await until(lambda: destroy.rows.offsets() != {})
    destroy.way.choose(PurgeWay.OFFSETS)
    assert not destroy.act.isEnabled()
    QTest.keyClicks(destroy.rows.line(1), "500")
    assert destroy.act.text() == "Purge 400 records"
    destroy.act.click()
    await until(lambda: bench.api.bodies("/purge"))
    assert bench.api.bodies("/purge")[0].before == {1: 500}


async def test_all_but_the_newest_are_purged_in_each_partition(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(), "orders", None, purge=True)
    await until(lambda: destroy.rows.offsets() != {})
    destroy.way.choose(PurgeWay.KEEP)
    QTest.keyClicks(destroy.newest, "100")
    destroy.act.click()
    await until(lambda: bench.api.bodies("/purge"))
    assert bench.api.bodies("/purge")[0].before == {0: 900, 1: 901, 2: 902}


async def test_what_is_before_a_time_is_counted_before_it_is_purged(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(), "orders", 5, purge=True)
    destroy.way.choose(PurgeWay.TIME)
    assert not destroy.act.isEnabled()
    QTest.keyClicks(destroy.time, "1795000000000")
    assert not destroy.act.isEnabled()  # nobody knows yet how many go
    await until(destroy.act.isEnabled)
    assert destroy.act.text() == "Purge 2,703 records"
    destroy.act.click()
    await until(lambda: not destroy.is_open())
    counted, purged = bench.api.bodies("/purge")
    assert counted == PurgeTopic("orders", before_time=1_795_000_000_000, dry_run=True)
    assert purged == PurgeTopic("orders", before_time=1_795_000_000_000)


async def test_what_is_no_time_is_told_and_purges_nothing(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(), "orders", 5, purge=True)
    destroy.way.choose(PurgeWay.TIME)
    QTest.keyClicks(destroy.time, "some day")
    assert "This is no time" in destroy._wrong.text()
    destroy.start_destroying()
    assert bench.api.bodies("/purge") == []


async def test_on_production_the_topics_name_is_typed_first(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(environment=Environment.PRODUCTION), "orders", 2703, purge=False)
    assert destroy.question() == "Delete the topic orders with its 2,703 records?"
    destroy.start_destroying()
    assert bench.api.sent == []
    QTest.keyClicks(destroy.typed_name.line, "orders")
    destroy.act.click()
    await until(lambda: not destroy.is_open())
    assert bench.api.bodies("/delete-topic") == [DeleteTopic("orders", "orders")]


async def test_a_purge_on_production_that_is_half_typed_stays(bench: Bench, destroy: DestroyTopicSheet) -> None:
    destroy.open_to(make_connection(environment=Environment.PRODUCTION), "orders", 5, purge=True)
    QTest.keyClicks(destroy.typed_name.line, "order")
    assert not destroy.act.isEnabled()
    assert "orders" in destroy.act.toolTip()
    assert bench.api.sent == []
