"""A record beside the table: what is said of it, how its sides are read, and what can be done with it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from desktop.views.kafka.columns import value_of
from desktop.views.widgets.detail_body import BodyTab
from embedded_server.contracts.kafka import Attempt, DecodeRequest, Format, Reading, SchemaUsed, Side, TopicReading
from tests.qt.kafka_panel_bench import ORDERS, Bench
from tests.qt.kafka_panel_fakes import make_decoded, make_problem, make_row
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    await made.begin()
    await made.choose(ORDERS)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


def facts(bench: Bench) -> list[str]:
    grid = bench.panel.detail._facts
    items = [grid.itemAtPosition(row, 1) for row in range(grid.rowCount())]
    return [label.text() for item in items if item is not None and isinstance(label := item.widget(), QLabel)]


async def test_it_says_where_the_record_is_and_what_reading_it_cost(bench: Bench) -> None:
    await bench.open_record()
    detail = bench.panel.detail
    assert detail._title.text() == "orders[3] @ 200,009"
    assert detail.cost.text() == "Read: no group was joined, nothing was committed"
    assert "the producer's (CreateTime)" in facts(bench)


async def test_an_avro_value_is_shown_as_what_it_says_with_its_schema_and_why_not_otherwise(bench: Bench) -> None:
    used = SchemaUsed(Format.AVRO, 7, "orders-value", 3, "Order")
    attempt = Attempt(Format.JSON, make_problem("It is not JSON", "The first byte is 0x00."))
    decoded = make_decoded('{"id": 90071992547409931}', Format.AVRO, schema=used, attempts=[attempt])
    await bench.open_record(body=b"\x00\x00\x00\x00\x07ab", decoded=decoded)
    sides = bench.panel.detail.sides
    assert sides.format.text() == "Avro · orders-value v3 (id 7)"
    assert sides.reasons.text() == "JSON: It is not JSON\nThe first byte is 0x00."
    await until(lambda: sides.tabs.body.is_json)
    assert sides.tabs.body.text == '{"id": 90071992547409931}'
    assert not sides.schema_button.isHidden()


@pytest.mark.parametrize(
    ("headers", "side", "words"),
    [
        ({"value_null": True}, Side.VALUE, "A tombstone"),
        ({"value_null": True, "key": None, "key_null": True}, Side.VALUE, "it is no tombstone"),
        ({}, Side.VALUE, "The value is empty"),
        ({"key": None, "key_null": True}, Side.KEY, "No key"),
        ({"key": ""}, Side.KEY, "The key is empty"),
    ],
)
async def test_every_kind_of_nothing_has_its_own_words(bench: Bench, headers: dict[str, Any], side: Side, words: str) -> None:
    await bench.open_record(make_row(9, size=0, preview=""), b"", **headers)
    sides = bench.panel.detail.sides
    sides.choice.choose(side.value)
    assert words in sides.nothing.text()


async def test_headers_stand_in_their_order_with_nulls_and_bytes(bench: Bench) -> None:
    twice = [{"name": "a", "value": "1"}, {"name": "b", "value": None}, {"name": "a", "base64": "AAE="}, {"name": "c", "value": ""}]
    await bench.open_record(headers=twice)
    rows = bench.panel.detail.sides.headers.small_model.rows()
    assert [(row.name, row.text, row.type) for row in rows] == [
        ("a", "1", "text"),
        ("b", "null", "null"),
        ("a", "AAE=", "bytes"),
        ("c", "(empty)", "text"),
    ]


async def test_a_hundred_thousand_headers_are_a_list_like_any(bench: Bench) -> None:
    await bench.open_record(headers=[{"name": f"h{number}", "value": str(number)} for number in range(100_000)])
    sides = bench.panel.detail.sides
    sides.choice.choose("headers")
    assert sides.choice.text("headers") == "100,000 headers"
    assert sides.headers.small_model.rowCount() == 100_000


async def test_a_side_is_read_otherwise_once_and_for_the_whole_topic_when_asked(bench: Bench) -> None:
    await bench.open_record()
    sides = bench.panel.detail.sides
    bench.api.decoded[9] = make_decoded("6869", Format.HEX)
    sides.choose(Side.VALUE, Reading(Format.HEX))
    await until(lambda: sides.format.text() == "Hex")
    assert bench.api.sent("/decode")[-1] == DecodeRequest(9, None, Reading(Format.HEX))
    sides.keep_requested.emit(Side.VALUE)
    await until(lambda: bool(bench.api.sent("/readings")))
    assert bench.api.sent("/readings") == [TopicReading("orders", Reading(), Reading(Format.HEX))]


async def test_where_nobody_can_decode_the_bytes_are_shown_with_the_reason(bench: Bench) -> None:
    bench.api.failure, bench.api.fails_only = make_problem("The registry does not answer", "Check it."), "/decode"
    await bench.open_record(body=b"plain words")
    sides = bench.panel.detail.sides
    assert sides.note.text() == "The registry does not answer\nCheck it."
    await until(lambda: sides.tabs.body.text == "plain words")


async def test_what_nothing_fits_is_shown_as_hex_with_the_reasons_open(bench: Bench) -> None:
    attempt = Attempt(Format.AVRO, make_problem("The value ends at byte 8 of 20", "It was cut."))
    await bench.open_record(body=b"SK", decoded=make_decoded("53 4b", Format.HEX, attempts=[attempt]))
    sides = bench.panel.detail.sides
    await until(lambda: sides.tabs.tab() is BodyTab.HEX)
    assert sides.why.is_open()
    assert sides.reasons.text() == "Avro: The value ends at byte 8 of 20\nIt was cut."
    await bench.open_record(make_row(10, subject="orders[3]"))
    await until(lambda: sides.tabs.tab() is BodyTab.JSON)
    assert not sides.why.is_open()


async def test_what_can_be_copied(bench: Bench) -> None:
    await bench.open_record()
    detail = bench.panel.detail
    detail.copy_side(Side.VALUE)
    assert QGuiApplication.clipboard().text() == '{"order_id": 9}'
    detail.copy_side(Side.KEY)
    assert QGuiApplication.clipboard().text() == "order-9"
    detail.copy_kcat()
    assert QGuiApplication.clipboard().text().startswith("kcat -C -b 127.0.0.1:9092 -t orders -p 3 -o 200009 -c 1 -e")


async def test_producing_again_asks_for_the_record_byte_for_byte(bench: Bench) -> None:
    await bench.open_record()
    bench.panel.detail.produce_button.click()
    await until(lambda: bench.api.count("/record ") == 1)


async def test_another_record_shows_nothing_of_the_one_before(bench: Bench) -> None:
    await bench.open_record()
    bench.panel.detail.show_row(make_row(10))
    assert bench.panel.detail.seen is None
    assert bench.panel.detail.produce_button.isHidden()


@pytest.mark.parametrize(
    ("size", "preview", "shown"),
    [
        (0, "∅ null", "∅ null"),
        (0, "∅ empty", "(empty)"),
        (0, "", "(null or empty)"),
        (6, "∅ null", "∅ null"),
        (4, "null", "null"),
        (5, "", ""),
    ],
)
def test_a_row_tells_null_from_empty_and_an_old_one_does_not_pretend_to(size: int, preview: str, shown: str) -> None:
    assert value_of(make_row(1, size=size, preview=preview)) == shown
