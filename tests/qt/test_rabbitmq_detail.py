"""One message beside the table: what it carries, what reading it cost, and what can be done with it."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from desktop.core.rabbitmq_message import Row as Line
from desktop.views.rabbitmq.message_detail import MessageDetail
from desktop.views.widgets.detail_body import BodyTab
from embedded_server.contracts.events import EventDetail
from tests.qt.rabbitmq_panel_bench import Bench
from tests.qt.rabbitmq_panel_fakes import AT, make_row
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)

DEATH = {
    "queue": "orders.receipts",
    "reason": "rejected",
    "count": 3,
    "time": AT // 1_000_000_000,
    "exchange": "orders",
    "routing-keys": ["k"],
}
TASK = {"task": "shop.charge", "id": "0b3c1d50", "retries": 2, "root_id": "r", "parent_id": "p"}


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    await made.begin()
    made.panel.feed.open_detail()
    yield made
    made.panel.deactivate()
    await made.panel.detail.tabs.stop()
    await made.panel.stop()


async def show(bench: Bench, body: bytes = b'{"a": 1}', *, truncated: bool = False, **event: Any) -> MessageDetail:
    """Show a message, whole."""
    detail = bench.panel.detail
    seq = len(bench.api.events) + 1
    size = event.pop("size", len(body))
    row = make_row(seq, status=event.pop("status", "tapped"), size=size)
    whole = {"exchange": "orders", "routing_key": "order.paid", "queue": "orders.dead", **event}
    bench.api.events[seq] = (EventDetail(row, whole, truncated=truncated), body)
    detail.show_row(row)
    await until(lambda: detail.seen is not None)
    if body:
        await until(lambda: not detail.tabs._task or detail.tabs._task.done())
    return detail


def note(detail: MessageDetail) -> str:
    return "" if detail._note.isHidden() else detail._note.text()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("tapped", "Read by tap: a copy, nothing was taken"),
        ("got", "Read with get and put back: marked as redelivered"),
        ("consumed", "Consumed: it is no longer in the queue"),
        ("returned", "Published, and returned: no queue was bound for it"),
    ],
)
async def test_it_says_what_reading_it_cost(bench: Bench, status: str, words: str) -> None:
    detail = await show(bench, status=status)
    assert detail.cost.text() == words


async def test_properties_and_typed_headers_are_listed_and_nothing_that_is_not_there(bench: Bench) -> None:
    detail = await show(
        bench, properties={"content_type": "application/json", "priority": 4}, headers={"n": 3, "at": 5}, types={"at": "timestamp"}
    )
    sections = detail.sections
    assert sections.property_lines.small_model.rows() == [Line("content-type", "application/json", ""), Line("priority", "4", "")]
    assert [line.type for line in sections.header_lines.small_model.rows()] == ["integer", "timestamp"]
    assert sections.headers.heading.text() == "2 headers"
    assert sections.deaths.isHidden()
    assert sections.celery.isHidden()


async def test_another_message_shows_nothing_of_the_one_before(bench: Bench) -> None:
    detail = await show(bench, headers={"x-death": [DEATH]})
    assert not detail.sections.deaths.isHidden()
    detail.show_row(make_row(99))
    assert detail.sections.deaths.isHidden()
    assert detail.seen is None


async def test_a_dead_lettered_message_tells_its_deaths_and_offers_to_be_redriven(bench: Bench) -> None:
    detail = await show(bench, status="got", headers={"x-death": [DEATH]}, redelivered=True)
    assert detail.sections.deaths.heading.text() == "Died 3 times"
    assert [one.queue for one in detail.sections.death_lines.small_model.rows()] == ["orders.receipts"]
    assert note(detail) == "It was delivered before, and came back"
    assert not detail.redrive_button.isHidden()
    detail.redrive_button.click()
    assert bench.panel.tree.choice is not None
    assert bench.panel.tree.choice.name == "orders.dead"


@pytest.mark.parametrize("status", ["tapped", "consumed"])
async def test_what_is_not_in_the_queue_any_longer_is_not_offered_to_be_redriven(bench: Bench, status: str) -> None:
    detail = await show(bench, status=status, headers={"x-death": [DEATH]})
    assert detail.redrive_button.isHidden()


async def test_a_celery_task_is_decoded_also_when_it_is_compressed(bench: Bench) -> None:
    body = zlib.compress(json.dumps([[2, 3], {}, {}]).encode())
    headers = TASK | {"compression": "application/x-gzip"}
    detail = await show(bench, body, properties={"content_type": "application/json", "content_encoding": "utf-8"}, headers=headers)
    assert detail.sections.celery.heading.text() == "Celery task shop.charge"
    assert Line("Arguments", "[2, 3]", "") in detail.sections.celery_lines.small_model.rows()
    assert note(detail).startswith("Unpacked from zlib")
    assert detail.tabs.body.text == "[[2, 3], {}, {}]"


async def test_a_compressed_body_is_shown_unpacked_and_sent_again_as_it_was(bench: Bench) -> None:
    body = gzip.compress(b'{"a": 1}')
    detail = await show(bench, body, properties={"content_encoding": "gzip"})
    assert detail.tabs.tab() is BodyTab.JSON
    published: list[bytes] = []
    detail.publish_requested.connect(lambda _seen, raw: published.append(raw))
    detail.publish_button.click()
    assert published == [body]


async def test_publish_again_opens_the_form_with_the_message_in_it(bench: Bench) -> None:
    detail = await show(bench, properties={"message_id": "m1"}, headers={"n": 3})
    detail.publish_button.click()
    sheets = bench.panel.sheets._made
    await until(lambda: any(sheet.is_open() for sheet in sheets.values()))
    draft = next(iter(sheets.values())).draft()  # type: ignore[attr-defined]  # it is the publish form
    assert (draft.exchange, draft.routing_key, draft.text) == ("orders", "order.paid", '{"a": 1}')
    assert draft.properties["message_id"] == "m1"
    assert [entry.name for entry in draft.headers] == ["n"]


async def test_a_body_that_was_cut_cannot_be_published_again_and_says_why(bench: Bench) -> None:
    detail = await show(bench, b"abc", truncated=True, size=1000)
    assert not detail.publish_button.isEnabled()
    assert "only the beginning" in detail.publish_button.toolTip()
    assert note(detail) == "Truncated: 3 B of 1.0 kB were kept"


async def test_a_returned_message_says_the_brokers_words(bench: Bench) -> None:
    detail = await show(bench, status="returned", reply_code=312, reply_text="NO_ROUTE")
    assert note(detail) == "Returned: 312 NO_ROUTE"


async def test_a_message_without_a_body_still_tells_its_headers(bench: Bench) -> None:
    detail = await show(bench, b"", headers={"n": 1})
    assert not detail.sections.headers.isHidden()
    assert detail._stack.currentIndex() == 0


async def test_a_line_is_copied_whole_and_as_it_is_on_the_wire(bench: Bench) -> None:
    detail = await show(bench, headers={"at": 1_795_000_000}, types={"at": "timestamp"})
    lines = detail.sections.header_lines
    assert str(lines.small_model.index(0, 1).data()) == "2026-11-18 11:06:40Z"
    lines.selectRow(0)
    QTest.keyClick(lines, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "1795000000"


async def test_on_a_read_only_connection_nothing_is_published_again(bench: Bench) -> None:
    detail = await show(bench)
    detail.set_why_not("This connection is read-only")
    assert not detail.publish_button.isEnabled()
    assert detail.publish_button.toolTip() == "This connection is read-only"
