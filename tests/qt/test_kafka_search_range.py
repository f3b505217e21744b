"""What a search looks at: chosen in the card under its range, said on the button, and sent with the search."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.views.kafka.search_bar import SearchBar
from embedded_server.contracts.kafka import From, Isolation, SearchRequest, Start
from tests.qt.kafka_panel_bench import ORDERS, Bench
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    await made.begin()
    await made.choose(ORDERS)
    made.panel.search.open_bar()
    yield made
    made.panel.deactivate()
    await made.panel.stop()


async def _searched(bench: Bench, search: SearchBar, text: str) -> SearchRequest:
    search.line.setText(text)
    search.start()
    await until(lambda: bool(bench.api.sent("/search")))
    (request,) = bench.api.sent("/search")
    assert isinstance(request, SearchRequest)
    return request


async def test_all_that_a_search_can_be_told_is_sent_with_it(bench: Bench) -> None:
    search = bench.panel.search
    card = search.open_range()
    card.begin.setCurrentIndex(card.begin.findData(From.OFFSET.value))
    card.at.setText("0:1200, 3:90")
    card.until.setText("0:1300, 3:95")
    card.isolation.setCurrentIndex(1)
    card.limit.setValue(0)
    card.submit()
    search.case.setChecked(True)
    assert await _searched(bench, search, "Ada") == SearchRequest(
        "orders",
        "Ada",
        match_case=True,
        partitions=[0, 3],
        start=Start(From.OFFSET, offsets={0: 1200, 3: 90}),
        until={0: 1300, 3: 95},
        limit=0,
        isolation=Isolation.READ_COMMITTED,
    )


async def test_the_button_says_what_is_looked_at(bench: Bench) -> None:
    search = bench.panel.search
    assert search.range_button.text() == "The whole topic · up to 1,000 hits"
    card = search.open_range()
    card.begin.setCurrentIndex(card.begin.findData(From.NEWEST.value))
    card.newest.setValue(500)
    card.partitions.setText("2")
    card.limit.setValue(1)
    card.submit()
    assert search.range_button.text() == "Newest 500, partition 2 · up to 1 hit"


async def test_a_search_by_filter_keeps_the_range_and_its_end_by_time(bench: Bench) -> None:
    search = bench.panel.search
    card = search.open_range()
    card.until.setText("1795000000000")
    card.submit()
    search.way.choose("filter")
    request = await _searched(bench, search, "size:>10kB")
    assert (request.filter, request.until_time, request.text) == ("size:>10kB", 1_795_000_000_000, "")


@pytest.mark.parametrize(
    ("end", "partitions", "words"),
    [("tomorrow-ish", "", "This is no end"), ("9:1", "", "There is no partition 9"), ("", "7", "There is no partition 7")],
)
async def test_what_makes_no_sense_is_told_in_the_card_and_the_range_stays(bench: Bench, end: str, partitions: str, words: str) -> None:
    search = bench.panel.search
    card = search.open_range()
    card.until.setText(end)
    card.partitions.setText(partitions)
    card.submit()
    assert words in card.fault.text()
    card.close()
    assert search.range_button.text() == "The whole topic · up to 1,000 hits"


async def test_another_topic_is_searched_whole_again(bench: Bench) -> None:
    search = bench.panel.search
    card = search.open_range()
    card.partitions.setText("0")
    card.submit()
    await bench.choose(replace(ORDERS, name="orders.retry"))
    assert search.range_button.text() == "The whole topic · up to 1,000 hits"
