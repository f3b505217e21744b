"""Reading and searching a topic from the panel: what is asked for, what runs, which records are shown."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from desktop.core.kafka_reads import Read
from desktop.core.kafka_spots import CLUSTER
from desktop.core.states import UNKNOWN
from embedded_server.contracts.jobs import JobKind, JobState
from embedded_server.contracts.kafka import From, Isolation, ProduceOutcome, ReadRequest, RecordStatus, SearchRequest, Start
from tests.qt.kafka_panel_bench import ORDERS, Bench
from tests.qt.kafka_panel_fakes import make_job, make_topic
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    await made.begin()
    yield made
    made.panel.deactivate()
    await made.panel.stop()


async def test_a_topic_shows_its_newest_records_once_by_itself(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.chips() == ["Newest 100"])
    (request,) = bench.api.sent("/read")
    assert request == ReadRequest("orders", start=Start(From.NEWEST, 100))
    bench.panel.list.choose(replace(ORDERS, name="orders.retry"))
    await until(lambda: bench.api.count("/read") == 2)
    assert bench.chips() in ([], ["Newest 100"])
    await bench.choose(ORDERS)
    bench.panel.refresh()
    await until(lambda: bench.api.count("/topic name=orders") > 2)
    assert bench.api.count("/read") == 2


async def test_while_a_topic_and_its_records_are_asked_for_it_does_not_say_that_there_are_none(bench: Bench) -> None:
    bench.api.gate, bench.api.gates_only = asyncio.Event(), "/topic name=orders"
    bench.panel.list.choose(ORDERS)
    await until(lambda: bench.api.count("/topic name=orders") > 0)
    assert bench.panel._said is not None
    assert bench.panel._said.title == "Loading"
    assert bench.panel.head.figures.texts() == {"Records": UNKNOWN, "In": UNKNOWN, "Size": UNKNOWN, "Partitions": UNKNOWN}
    height = bench.panel.head.sizeHint().height()
    bench.api.gate.set()
    await until(lambda: bench.chips() == ["Newest 100"])
    assert bench.panel.head.sizeHint().height() == height, "nothing below moves when the figures come"


async def test_a_topic_that_was_left_before_its_records_came_is_read_when_it_is_opened_again(bench: Bench) -> None:
    bench.api.gate, bench.api.gates_only = asyncio.Event(), "/read"
    await bench.choose(ORDERS)
    await until(lambda: bench.api.count("/read") == 1)
    bench.panel.list.choose(replace(ORDERS, name="orders.retry"))
    bench.api.gate.set()
    await bench.choose(ORDERS)
    await until(lambda: [one.topic for one in bench.api.sent("/read")][-1:] == ["orders"])


async def test_an_empty_topic_is_not_read_and_says_that_it_is_empty(bench: Bench) -> None:
    bench.api.cluster.topics.append(make_topic("void", messages=0))
    await bench.choose(replace(ORDERS, name="void"))
    assert bench.api.count("/read") == 0
    assert bench.panel._said is not None
    assert bench.panel._said.title == "The topic is empty"


async def test_a_tail_begins_with_one_press_and_its_button_stops_it(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.api.count("/read") == 1)
    bench.panel.reads.press(Read.TAIL)
    await until(lambda: bench.chips() == ["Live tail"])
    request = bench.api.sent("/read")[-1]
    assert (request.start.at, request.follow) == (From.END, True)
    await until(lambda: bench.panel.reads.buttons[Read.TAIL].running)
    bench.panel.reads.press(Read.TAIL)
    await until(lambda: bench.api.count("/stop") == 1)


async def test_a_job_of_another_topic_is_not_this_ones(bench: Bench) -> None:
    await bench.choose(ORDERS)
    bench.panel.reads.set_jobs([make_job("t", JobKind.TAIL, "payments")])
    assert not bench.panel.reads.buttons[Read.TAIL].running


async def test_the_card_asks_for_what_is_typed_and_keeps_it_for_the_next_time(bench: Bench) -> None:
    await bench.choose(ORDERS)
    card = bench.panel.reads.press(Read.READ)
    assert card is not None
    card.begin.setCurrentIndex(card.begin.findData(From.OFFSET.value))
    card.at.setText("0:1200, 3:90")
    card.isolation.setCurrentIndex(1)
    card.limit.setValue(500)
    card.submit()
    await until(lambda: bench.chips() == ["From 0:1200, 3:90"])
    request = bench.api.sent("/read")[-1]
    assert request == ReadRequest(
        "orders", [0, 3], Start(From.OFFSET, offsets={0: 1200, 3: 90}), limit=500, isolation=Isolation.READ_COMMITTED
    )
    again = bench.panel.reads.press(Read.READ)
    assert again is not None
    assert again.at.text() == "0:1200, 3:90"
    again.close()


@pytest.mark.parametrize(
    ("start", "at", "partitions", "words"),
    [
        (From.OFFSET, "soon", "", "This is no offset"),
        (From.TIME, "yesterday-ish", "", "This is no time"),
        (From.OLDEST, "", "first", "is no list of partitions"),
        (From.OLDEST, "", "6", "There is no partition 6. The last one is 5."),
    ],
)
async def test_what_makes_no_sense_is_told_in_the_card_and_nothing_is_read(
    bench: Bench, start: From, at: str, partitions: str, words: str
) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.api.count("/read") == 1)
    card = bench.panel.reads.press(Read.READ)
    assert card is not None
    card.begin.setCurrentIndex(card.begin.findData(start.value))
    card.at.setText(at)
    card.partitions.setText(partitions)
    card.submit()
    assert words in card.fault.text()
    assert bench.api.count("/read") == 1
    card.close()


async def test_a_search_tells_how_far_it_is_and_what_it_found(bench: Bench) -> None:
    await bench.choose(ORDERS)
    bench.panel.reads.press(Read.SEARCH)
    search = bench.panel.search
    search.line.setText("129.50")
    search.start()
    await until(lambda: bench.chips() == ["Found: 129.50"])
    assert bench.api.sent("/search") == [SearchRequest("orders", "129.50", limit=1_000)]
    running = bench.api.jobs[-1]
    await until(lambda: search.job is not None)
    assert search.words.text() == "Scanned 1,204 of 48,000 · 0 hits"
    assert not search.stop_button.isHidden()
    left = {0: 41_000, 3: 7}
    bench.api.jobs[-1] = replace(running, state=JobState.STOPPED, counts={"hits": 3}, next_offsets=left)
    await until(lambda: search.words.text() == "Scanned 1,204 of 48,000 · 3 hits")
    assert search.stop_button.isHidden()
    search.on.click()
    await until(lambda: len(bench.api.sent("/search")) == 2)
    onward = bench.api.sent("/search")[-1]
    assert (onward.partitions, onward.start.offsets, onward.text) == ([0, 3], left, "129.50")


async def test_where_a_search_found_nothing_the_table_speaks_of_the_search_not_of_the_journal(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.empty_words() == ("This reading has brought no record", ""))
    search = bench.panel.search
    search.open_bar()
    search.line.setText("129.50")
    search.start()
    await until(lambda: bench.empty_words() == ("Nothing found yet", "Scanned 1,204 of 48,000 · 0 hits"))
    running = bench.api.jobs[-1]
    bench.api.jobs[-1] = replace(running, state=JobState.DONE, done=48_000)
    await until(lambda: bench.empty_words() == ("No record of orders holds “129.50”", "Scanned 48,000 of 48,000 · 0 hits"))
    bench.panel.results.show_produced(make_job(kind=JobKind.PRODUCE, target="orders"))
    assert bench.empty_words() == ("No record of this job is listed", "")


async def test_a_search_that_was_stopped_does_not_claim_that_the_topic_holds_nothing(bench: Bench) -> None:
    await bench.choose(ORDERS)
    search = bench.panel.search
    search.open_bar()
    search.line.setText("129.50")
    search.start()
    await until(lambda: bench.chips() == ["Found: 129.50"])
    bench.api.jobs[-1] = replace(bench.api.jobs[-1], state=JobState.STOPPED, next_offsets={0: 41_000})
    await until(lambda: bench.empty_words()[0] == "Nothing found as far as was looked")


async def test_a_search_by_filter_is_sent_as_one(bench: Bench) -> None:
    await bench.choose(ORDERS)
    search = bench.panel.search
    search.open_bar()
    search.way.choose("filter")
    search.line.setText("body.order.id:42")
    search.start()
    await until(lambda: bool(bench.api.sent("/search")))
    assert bench.api.sent("/search")[0].filter == "body.order.id:42"
    assert bench.api.sent("/search")[0].text == ""


async def test_another_topic_has_another_search(bench: Bench) -> None:
    await bench.choose(ORDERS)
    search = bench.panel.search
    search.open_bar()
    search.line.setText("x")
    search.start()
    await until(lambda: search.job is not None)
    await bench.choose(replace(ORDERS, name="orders.retry"))
    assert search.job is None
    await bench.choose(ORDERS)
    assert search.job is not None


async def test_taking_the_chip_away_lists_all_the_journal_has_of_the_topic(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.chips() == ["Newest 100"])
    bench.panel.feed.remove_chip("job")
    assert bench.feed.filter == "connection:embedded kind:record subject:/^orders\\[/"


async def test_a_topic_that_is_looked_at_again_lists_what_it_listed_before(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.chips() == ["Newest 100"])
    bench.panel.list.choose(CLUSTER)
    assert bench.chips() == []
    bench.panel.list.choose(ORDERS)
    assert bench.chips() == ["Newest 100"]


async def test_what_is_produced_here_is_seen_although_a_readings_result_was_listed(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.chips() == ["Newest 100"])
    bench.panel.sheets.produced.emit(ProduceOutcome(RecordStatus.ACKNOWLEDGED, "elsewhere", 0, 1))
    assert bench.chips() == ["Newest 100"]
    bench.panel.sheets.produced.emit(ProduceOutcome(RecordStatus.ACKNOWLEDGED, "orders", 0, 1))
    assert bench.chips() == []


async def test_a_live_tail_stays_listed_when_something_is_produced(bench: Bench) -> None:
    await bench.choose(ORDERS)
    await until(lambda: bench.chips() == ["Newest 100"])
    bench.panel.reads.press(Read.TAIL)
    await until(lambda: bench.chips() == ["Live tail"])
    bench.panel.sheets.produced.emit(ProduceOutcome(RecordStatus.ACKNOWLEDGED, "orders", 0, 1))
    assert bench.chips() == ["Live tail"]


async def test_a_topic_that_was_empty_when_it_was_opened_is_not_read_by_itself_later(bench: Bench) -> None:
    bench.api.cluster.topics.append(make_topic("void", messages=0))
    await bench.choose(replace(ORDERS, name="void"))
    bench.panel.reads.press(Read.TAIL)
    await until(lambda: bench.chips() == ["Live tail"])
    bench.api.cluster.topics[-1] = make_topic("void", messages=12)
    bench.panel.refresh()
    await until(lambda: bench.panel._topic is not None and bench.panel._topic.topic.messages == 12)
    assert bench.chips() == ["Live tail"]
    assert bench.api.count("/read") == 1
