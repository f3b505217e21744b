"""The detail beside the table: a body of any size and content, its tree, its bytes, and what went wrong."""

import json
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from pytestqt.qtbot import QtBot

from desktop.core.feed_body import TEXT_PREVIEW_CHARS
from desktop.core.json_text import root_of
from desktop.core.problems import ApiError
from desktop.models.feed_json_model import SLICE, JsonModel
from desktop.views.widgets.detail import EventDetail
from desktop.views.widgets.detail_body import PIECE_CHARS, BodyTab, BodyTabs
from desktop.views.widgets.hex_view import HexView
from desktop.views.widgets.json_tree import JsonTree
from embedded_server.contracts.events import EventDetail as WholeEvent
from embedded_server.contracts.events import Row
from embedded_server.contracts.problems import ProblemDetails
from tests.qt.feed_fakes import FakeApi, event_row, fake_services, until

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)

ROOT = QModelIndex()


def fail(exc: BaseException) -> None:
    raise exc


def tree_of(model: JsonModel, parent: QModelIndex = ROOT) -> Any:
    """The model's content, opened wholly."""
    while model.canFetchMore(parent):
        model.fetchMore(parent)
    found: dict[str, Any] = {}
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        value = index.siblingAtColumn(1).data()
        found[str(index.data())] = tree_of(model, index) if model.hasChildren(index) else value
    return found


# -- the tree


def test_the_tree_shows_what_the_text_holds(qtbot: QtBot) -> None:
    model = JsonModel(notify=fail)
    text = '{"id": 9223372036854775807, "price": 129.50, "items": [{"sku": "A"}, []], "none": null, "é": "陳"}'
    model.set_text(text, root_of(text))
    # After the reset: the tester fetches more while it hears of one, and then complains of that itself.
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    assert tester is not None
    assert tree_of(model) == {
        "id": "9223372036854775807",
        "price": "129.50",
        "items": {"0": {"sku": "A"}, "1": "[0]"},
        "none": "null",
        "é": "陳",
    }


def test_a_single_value_is_a_tree_of_one_line(qtbot: QtBot) -> None:
    model = JsonModel(notify=fail)
    model.set_text("42", root_of("42"))
    assert model.rowCount() == 1
    assert model.index(0, 1).data() == "42"


def test_a_path_is_written_as_the_filter_language_has_it(qtbot: QtBot) -> None:
    text = '{"order": {"items": [{"sku": "A"}]}}'
    model = JsonModel(notify=fail)
    model.set_text(text, root_of(text))
    index = ROOT
    for _ in range(4):
        model.fetchMore(index)
        index = model.index(0, 0, index)
    assert model.path(index) == "order.items[0].sku"
    assert model.raw(index) == '"A"'


async def test_a_large_array_is_found_a_slice_at_a_time_off_the_loop(qtbot: QtBot) -> None:
    text = json.dumps([{"n": n, "text": "x" * 40} for n in range(5000)])
    model = JsonModel(notify=fail)
    model.set_text(text, root_of(text))
    await until(lambda: model.rowCount() == SLICE)
    assert model.canFetchMore(ROOT)
    model.find_more(ROOT)
    await until(lambda: model.rowCount() == 2 * SLICE)


async def test_of_a_large_array_no_more_is_found_than_is_scrolled_to(qtbot: QtBot) -> None:
    tree = JsonTree(notify=fail)
    qtbot.addWidget(tree)
    tree.resize(300, 400)
    tree.show()
    model = tree.json_model
    tree.set_json(json.dumps({"rows": [{"n": n, "text": "x" * 40} for n in range(5000)], "end": 1}))
    await until(lambda: model.rowCount() == 2)
    rows = model.index(0, 0)
    tree.expand(rows)
    await until(lambda: model.rowCount(rows) == SLICE)
    for _ in range(3):
        tree.doItemsLayout()
        assert model.canFetchMore(rows), "another slice is on its way"
    assert model.rowCount(rows) == SLICE
    tree.verticalScrollBar().setValue(tree.verticalScrollBar().maximum())
    await until(lambda: model.rowCount(rows) == 2 * SLICE)


def test_a_small_value_is_shown_open_and_copied(qtbot: QtBot) -> None:
    tree = JsonTree(notify=fail)
    qtbot.addWidget(tree)
    assert tree.set_json('{"a": {"b": "text"}}')
    a = tree.json_model.index(0, 0)
    assert tree.isExpanded(a)
    tree.setCurrentIndex(tree.json_model.index(0, 0, a))
    tree.copy_value()
    assert QGuiApplication.clipboard().text() == "text"
    tree.copy_path()
    assert QGuiApplication.clipboard().text() == "a.b"


def test_what_is_no_json_is_told(qtbot: QtBot) -> None:
    tree = JsonTree(notify=fail)
    qtbot.addWidget(tree)
    assert not tree.set_json("{oops")
    assert tree.json_model.rowCount() == 0


# -- the bytes


def test_the_dump_writes_only_the_lines_in_sight(qtbot: QtBot) -> None:
    view = HexView()
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    view.set_data(bytes(range(256)) * 80_000)
    assert view.line_count() == 1_280_000
    assert len(view.visible_lines()) < 40
    view.verticalScrollBar().setValue(view.verticalScrollBar().maximum())
    assert view.visible_lines()[-1][1].endswith("ff")


def test_selected_lines_are_copied(qtbot: QtBot) -> None:
    view = HexView()
    qtbot.addWidget(view)
    view.resize(700, 400)
    view.show()
    view.set_data(b"0123456789abcdef" * 4)
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert len(QGuiApplication.clipboard().text().splitlines()) == 4


# -- the body in its tabs


@pytest.fixture
async def tabs(qtbot: QtBot) -> AsyncIterator[BodyTabs]:
    tabs = BodyTabs(notify=fail)
    qtbot.addWidget(tabs)
    tabs.resize(400, 500)
    tabs.show()
    yield tabs
    await tabs.stop()


async def shown(tabs: BodyTabs, data: bytes) -> None:
    told: list[bool] = []
    tabs.shown.connect(lambda: told.append(True))
    tabs.set_body(data)
    await until(lambda: told)


async def test_json_opens_as_a_tree(tabs: BodyTabs) -> None:
    await shown(tabs, b'{"a": 1}')
    assert tabs.tab() is BodyTab.JSON


async def test_text_opens_as_text(tabs: BodyTabs) -> None:
    await shown(tabs, b"just words")
    assert tabs.tab() is BodyTab.TEXT
    assert not tabs.is_offered(BodyTab.JSON)


async def test_bytes_open_as_hex_with_the_reason(tabs: BodyTabs) -> None:
    await shown(tabs, b"\x80\x04pickle")
    assert tabs.tab() is BodyTab.HEX
    assert not tabs.is_offered(BodyTab.TEXT)
    assert "0x80" in tabs._reason.text()


async def test_of_a_long_text_the_beginning_is_shown_and_the_rest_on_demand(tabs: BodyTabs) -> None:
    await shown(tabs, b"x" * (TEXT_PREVIEW_CHARS + 250_000))
    assert tabs.text.shown_chars <= 2 * PIECE_CHARS, "the window would stand still meanwhile"
    await until(lambda: tabs.text.shown_chars == TEXT_PREVIEW_CHARS)
    assert len(tabs.text.edit.toPlainText().replace("\n", "")) == TEXT_PREVIEW_CHARS
    assert "1,000,000 of 1,250,000" in tabs.text._note.text()
    tabs.text.show_all()
    await until(lambda: tabs.text.shown_chars == TEXT_PREVIEW_CHARS + 250_000)


async def test_twenty_megabytes_are_shown_in_all_tabs(tabs: BodyTabs) -> None:
    body = json.dumps({"rows": [{"id": n, "name": f"order {n}", "rate": n / 7} for n in range(350_000)]}).encode()
    assert len(body) > 18_000_000
    await shown(tabs, body)
    assert tabs.tab() is BodyTab.JSON
    model = tabs.tree.json_model
    await until(lambda: model.rowCount() == 1, 20)
    rows = model.index(0, 0)
    began = time.perf_counter()
    model.fetchMore(rows)
    assert time.perf_counter() - began < 1.0  # it is looked for in a thread
    await until(lambda: model.rowCount(rows) == SLICE, 20)


async def test_only_the_last_of_several_bodies_is_shown(tabs: BodyTabs) -> None:
    for n in range(5):
        tabs.set_body(json.dumps({"n": n}).encode())
    await until(lambda: tabs.body.data == b'{"n": 4}')


# -- the detail


class Shown:
    def __init__(self, qtbot: QtBot, data_dir: Path) -> None:
        self.api = FakeApi()
        self.services = fake_services(data_dir, self.api)
        self.detail = EventDetail(self.services)
        qtbot.addWidget(self.detail)
        self.detail.resize(380, 600)
        self.detail.show()

    def answer(self, seq: int, body: bytes = b'{"a": 1}', **changes: Any) -> Row:
        row = Row(*event_row(seq, size=len(body)))
        self.api.answers[f"/events/{seq}"] = WholeEvent(row, **({"headers": {"x": "y"}} | changes))
        self.api.answers[f"/events/{seq}/body"] = body
        return row

    def paths(self) -> list[str]:
        return [path for path, _ in self.api.asked]


@pytest.fixture
async def beside(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Shown]:
    beside = Shown(qtbot, tmp_path)
    yield beside
    await beside.detail.tabs.stop()


async def test_a_row_is_shown_at_once_and_the_rest_is_fetched(beside: Shown) -> None:
    beside.detail.show_row(beside.answer(7))
    assert beside.detail._title.text() == "orders.charge.0"
    await until(lambda: beside.detail.tabs.body.is_json)
    assert beside.paths() == ["/events/7", "/events/7/body"]
    assert beside.api.asked[0][1] == {"body": "false"}
    assert beside.detail.tabs.choice.text(BodyTab.HEADERS) == "Headers (1)"


async def test_running_through_rows_fetches_only_where_it_rests(beside: Shown) -> None:
    rows = [beside.answer(seq) for seq in range(20)]
    for row in rows:
        beside.detail.show_row(row)
    await until(lambda: beside.detail.tabs.body.is_json)
    assert beside.paths() == ["/events/19", "/events/19/body"]


async def test_nothing_is_fetched_for_a_detail_nobody_sees(beside: Shown) -> None:
    beside.detail.hide()
    beside.detail.show_row(beside.answer(7))
    assert not beside.detail._clock.isActive()
    beside.detail.show()
    await until(lambda: beside.detail.tabs.body.is_json)


async def test_what_was_kept_only_in_part_says_so(beside: Shown) -> None:
    row = beside.answer(7, b"x" * 100, truncated=True)._replace(size=5_000)
    beside.detail.show_row(row)
    await until(beside.detail._note.isVisible)
    assert "100 B of 5.0 kB" in beside.detail._note.text()


async def test_an_event_that_is_gone_says_so_where_it_would_have_stood(beside: Shown) -> None:
    row = beside.answer(7)
    gone = ProblemDetails("urn:x", "There is no event 7 in the journal", 404, hint="It may have been removed.")
    beside.api.answers["/events/7"] = ApiError(gone)
    beside.detail.show_row(row)
    await until(beside.detail._note.isVisible)
    assert "no event 7" in beside.detail._note.text()
    assert not beside.services.notices.standing()


async def test_an_unexpected_fault_becomes_a_notice(beside: Shown, caplog: pytest.LogCaptureFixture) -> None:
    row = beside.answer(7)
    beside.api.answers["/events/7"] = RuntimeError("bug")
    with caplog.at_level(logging.ERROR, logger="desktop.services.notices"):
        beside.detail.show_row(row)
        await until(beside.services.notices.standing)


async def test_a_body_is_saved_byte_for_byte(beside: Shown, tmp_path: Path) -> None:
    beside.detail.show_row(beside.answer(7, b"\x00\xff"))
    beside.detail.save(tmp_path / "body.bin")
    await until(lambda: (tmp_path / "body.bin").exists() and beside.services.notices.standing())
    assert (tmp_path / "body.bin").read_bytes() == b"\x00\xff"


async def test_a_folder_that_cannot_be_written_is_named(beside: Shown, tmp_path: Path) -> None:
    beside.detail.show_row(beside.answer(7))
    beside.detail.save(tmp_path / "nowhere" / "body.bin")
    await until(beside.services.notices.standing)
    assert "body.bin" in beside.services.notices.standing()[0].title


async def test_the_whole_event_is_copied(beside: Shown) -> None:
    beside.detail.show_row(beside.answer(7))
    beside.detail.copy()
    await until(lambda: '"subject": "orders.charge.0"' in QGuiApplication.clipboard().text())


async def test_the_trace_is_a_click_away(beside: Shown) -> None:
    asked: list[str] = []
    beside.detail.trace_requested.connect(asked.append)
    beside.detail.show_row(beside.answer(7))
    beside.detail.trace_button.click()
    assert asked == ["trace-2"]
