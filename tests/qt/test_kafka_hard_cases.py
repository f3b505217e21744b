"""What is hard for the Kafka panel: huge records, a connection lost in mid-tail, and connections where nothing may be changed."""

import json
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from desktop.core import feed_body
from desktop.core.kafka_reads import Read
from desktop.models.feed_json_model import MOST_FOUND, SLICE, JsonModel
from desktop.views.kafka.topics.destroy import DestroyTopicSheet
from desktop.views.widgets import detail_body
from desktop.views.widgets.detail_body import PIECE_CHARS, BodyTab
from desktop.views.widgets.small_table import SmallModel
from embedded_server.contracts.connections import Environment
from embedded_server.contracts.jobs import JobKind, JobState
from embedded_server.contracts.kafka import DeleteTopic, Format
from tests.qt.kafka_panel_bench import BILLING, ORDERS, READ_ONLY, Bench
from tests.qt.kafka_panel_fakes import make_decoded, make_problem, make_row
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)
LARGE = 3_000_000


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


# -- huge records


@pytest.mark.parametrize("format", [Format.TEXT, Format.AVRO])
async def test_a_value_of_three_megabytes_is_looked_at_in_a_thread_and_filled_in_a_piece_at_a_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, format: Format
) -> None:
    loop, looked_at, pieces = threading.current_thread(), list[bool](), list[int]()

    def read_body(data: bytes) -> feed_body.Body:
        looked_at.append(threading.current_thread() is loop)
        return feed_body.read_body(data)

    def in_pieces(text: str) -> str:
        pieces.append(len(text))
        return feed_body.in_pieces(text)

    monkeypatch.setattr(detail_body, "read_body", read_body)
    monkeypatch.setattr(detail_body, "in_pieces", in_pieces)
    await bench.begin()
    await bench.choose(ORDERS)
    text = "a line of a log\n" * (LARGE // 16)
    await bench.open_record(make_row(9, subject="orders[3]", size=LARGE), text.encode(), make_decoded(text, format))
    pane = bench.panel.detail.sides.tabs.text
    await until(lambda: pane.shown_chars == feed_body.TEXT_PREVIEW_CHARS)
    assert looked_at
    assert not any(looked_at)
    assert max(pieces) <= PIECE_CHARS
    assert sum(pieces) == feed_body.TEXT_PREVIEW_CHARS, "and none of it twice"
    assert pane._note.text() == "The first 1,000,000 of 3,000,000 characters"
    pane.show_all()
    await until(lambda: pane.shown_chars == LARGE, timeout_s=20)
    assert pane.edit.toPlainText() == text


async def test_of_a_json_value_of_three_megabytes_a_slice_becomes_rows_and_it_is_found_in_a_thread(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, found_by = threading.current_thread(), list[bool]()
    find = JsonModel._find

    def watched(model: JsonModel, node: Any) -> Any:
        found_by.append(threading.current_thread() is loop)
        return find(model, node)

    monkeypatch.setattr(JsonModel, "_find", watched)
    await bench.begin()
    await bench.choose(ORDERS)
    text = json.dumps([{"id": number, "note": "x" * 40} for number in range(45_000)])
    assert len(text) > 2_900_000
    await bench.open_record(make_row(9, subject="orders[3]", size=len(text)), text.encode(), make_decoded(text, is_json=True))
    tabs = bench.panel.detail.sides.tabs
    await until(lambda: tabs.tab() is BodyTab.JSON and tabs.tree.model().rowCount() > 0)
    assert SLICE <= tabs.tree.model().rowCount() <= SLICE + 2 * MOST_FOUND, "of 45,000"
    assert found_by
    assert not any(found_by)


async def test_of_a_hundred_thousand_headers_only_those_in_sight_are_drawn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    asked: set[int] = set()
    data = SmallModel.data

    def counted(model: SmallModel[Any], index: Any, *role: Any) -> Any:
        asked.add(index.row())
        return data(model, index, *role)

    monkeypatch.setattr(SmallModel, "data", counted)
    await bench.open_record(headers=[{"name": f"h{number}", "value": str(number)} for number in range(100_000)])
    sides = bench.panel.detail.sides
    sides.choice.choose("headers")

    def is_last_drawn() -> bool:
        sides.headers.scrollToBottom()
        return 99_999 in asked

    await until(is_last_drawn)
    assert len(asked) < 500


# -- a connection lost


async def test_a_tail_whose_connection_is_lost_says_so_and_why_and_goes_on_when_it_is_back(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.panel.reads.press(Read.TAIL)
    await until(lambda: bench.panel.reads.buttons[Read.TAIL].running)
    reads, tail = bench.panel.reads, bench.api.jobs[-1]
    assert tail.kind is JobKind.TAIL
    lost = replace(tail, state=JobState.WAITING, problem=make_problem("No broker answers at 127.0.0.1:9092"))
    bench.api.jobs[-1] = lost
    bench.panel.refresh()
    await until(lambda: "waiting for the connection" in reads.state.text())
    assert "No broker answers at 127.0.0.1:9092" in reads.state.toolTip()
    assert reads.buttons[Read.TAIL].running, "it can be stopped meanwhile"
    assert bench.chips() == ["Live tail"], "what came stays listed"
    bench.api.jobs[-1] = tail
    bench.panel.refresh()
    await until(lambda: reads.state.text() == "running")
    assert reads.state.toolTip() == ""
    assert bench.api.count("/read") == 2, "the newest once, the tail once: nothing was begun again"


# -- where nothing may be changed


async def test_a_read_only_connection_gives_the_reason_at_every_act(bench: Bench) -> None:
    await bench.begin(read_only=True)
    await bench.choose(ORDERS)
    await bench.open_record()
    detail = bench.panel.detail
    assert (detail.produce_button.isEnabled(), detail.produce_button.toolTip()) == (False, READ_ONLY)
    detail.produce_again()
    assert bench.api.count("/record ") == 0
    await bench.choose(BILLING)
    head = bench.panel.group_page.head
    await until(lambda: not head.reset.isEnabled())
    for button in (head.reset, head.delete):
        assert (button.isEnabled(), button.toolTip()) == (False, READ_ONLY)
    await bench.choose(ORDERS)
    assert bench.panel.reads.buttons[Read.TAIL].isEnabled(), "reading changes nothing for anybody"


async def test_what_destroys_on_a_production_connection_asks_for_the_name_first(bench: Bench) -> None:
    await bench.begin(environment=Environment.PRODUCTION)
    await bench.choose(ORDERS)
    menu = QMenu()
    bench.panel.fill_menu(menu)
    next(action for action in menu.actions() if action.text() == "Delete the chosen topic…").trigger()
    await until(lambda: [one for one in bench.panel.findChildren(DestroyTopicSheet) if one.is_open()])
    (sheet,) = [one for one in bench.panel.findChildren(DestroyTopicSheet) if one.is_open()]
    assert not sheet.typed_name.isHidden()
    for typed, enabled in (("Orders", False), ("orders", True)):
        sheet.typed_name.line.clear()
        QTest.keyClicks(sheet.typed_name.line, typed)
        assert sheet.act.isEnabled() is enabled
    sheet.act.click()
    await until(lambda: bench.api.sent("/delete-topic") == [DeleteTopic("orders", "orders")])
