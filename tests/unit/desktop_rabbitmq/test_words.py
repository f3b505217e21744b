"""Queues in words: states, chips, and what is asked when many are listed."""

from typing import Any

import pytest

from desktop.core.pages import MAX_PAGES, PAGE_SIZE, pages_of
from desktop.core.rabbitmq_dead import takers_of_dead_letters
from desktop.core.rabbitmq_pages import QueuePages
from desktop.core.rabbitmq_reads import Read, Start, cost_of_read, offset_of, reads_of, routing_keys_of
from desktop.core.rabbitmq_spots import OVERVIEW, Place, Spot
from desktop.core.rabbitmq_words import millis, queue_chips, queue_state, status_tone, status_word
from embedded_server.contracts.rabbitmq import BindingInfo, GetMode, QueueInfo, QueuePage


def queue(name: str = "q", **changes: Any) -> QueueInfo:
    return QueueInfo(name, "/", **{"ready": 0, "unacked": 0, "consumers": 1, **changes})


@pytest.mark.parametrize(
    ("changes", "dead", "word", "tone"),
    [
        ({}, False, "consumed", "ok"),
        ({"ready": 3, "consumers": 0}, False, "no consumer", "warn"),
        ({"ready": 3, "consumers": 0}, True, "dead letters", "bad"),
        ({"consumers": 0}, True, "idle", "wait"),
        ({"ready": 3, "consumers": 0, "type": "stream"}, False, "idle", "wait"),
        ({"ready": None, "consumers": None}, False, "unknown", "wait"),
        ({"ready": 3, "consumers": None}, False, "idle", "wait"),
        ({"state": "crashed"}, False, "crashed", "bad"),
        ({"state": "flow"}, False, "flow", "warn"),
        ({"state": "running"}, False, "consumed", "ok"),
    ],
)
def test_a_queue_says_how_it_fares_what_asks_for_attention_first(changes: dict[str, Any], dead: bool, word: str, tone: str) -> None:
    state = queue_state(queue(**changes), takes_dead_letters=dead)
    assert (state.word, state.tone) == (word, tone)


def test_features_are_chips_the_known_ones_in_words() -> None:
    arguments = {
        "x-queue-type": "quorum",
        "x-message-ttl": 30_000,
        "x-dead-letter-exchange": "",
        "x-max-length": 1000,
        "x-max-length-bytes": 2_000_000,
        "x-single-active-consumer": True,
        "x-strange": [1],
    }
    chips = [chip.text for chip in queue_chips(queue(type="quorum", auto_delete=True, exclusive=True, arguments=arguments, policy="ha"))]
    assert chips == [
        "quorum",
        "durable",
        "auto-delete",
        "exclusive",
        "TTL 30 s",
        "DLX → (default)",
        "max 1,000",
        "max 2.0 MB",
        "single active",
        "x-strange [1]",
        "policy ha",
    ]


def test_what_is_not_known_of_a_queue_is_no_chip() -> None:
    assert queue_chips(queue(type="")) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 s"), (500, "500 ms"), (30_000, "30 s"), (60_000, "60 s"), (150_000, "2 m 30 s"), ("soon", "soon"), (True, "True")],
)
def test_milliseconds_are_written_as_spans(value: object, text: str) -> None:
    assert millis(value) == text


def test_a_status_from_elsewhere_stands_as_it_is() -> None:
    assert (status_word("tapped"), status_tone("tapped")) == ("tapped", "run")
    assert (status_word("odd"), status_tone("odd")) == ("odd", None)


# -- dead letters


def test_dead_letters_end_where_the_bindings_of_their_exchange_lead() -> None:
    queues = [
        queue("a", arguments={"x-dead-letter-exchange": "dlx"}),
        queue("b", arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "straight"}),
    ]
    bindings = [
        BindingInfo("/", "dlx", "dead", to_queue=True, routing_key=""),
        BindingInfo("/", "dlx", "another exchange", to_queue=False, routing_key=""),
        BindingInfo("/", "orders", "alive", to_queue=True, routing_key=""),
    ]
    assert takers_of_dead_letters(queues, bindings) == {"dead", "straight"}


# -- pages


def page(number: int, total: int) -> QueuePage:
    first = (number - 1) * PAGE_SIZE
    return QueuePage([queue(f"q{n}") for n in range(first, min(first + PAGE_SIZE, total))], number, -(-total // PAGE_SIZE), total, total)


def test_rows_are_found_in_the_pages_heard() -> None:
    pages = QueuePages()
    assert pages.put(page(3, 1000), fresh=True)
    found = pages.at(250)
    assert found is not None
    assert found.name == "q250"
    assert pages.at(50) is None
    assert (pages.row_of("q250"), pages.row_of("q50")) == (250, -1)


def test_the_same_page_again_changes_nothing() -> None:
    pages = QueuePages()
    pages.put(page(1, 150), fresh=True)
    assert not pages.put(page(1, 150), fresh=False)
    assert pages.put(page(1, 149), fresh=False)


def test_pages_that_were_looked_at_longest_ago_are_let_go() -> None:
    pages = QueuePages()
    for number in range(1, MAX_PAGES + 3):
        pages.put(page(number, 100_000), fresh=False)
    assert pages.at(0) is None
    assert len(pages.known()) == MAX_PAGES * PAGE_SIZE


def test_pages_beyond_the_last_row_go_with_their_queues() -> None:
    pages = QueuePages()
    pages.put(page(1, 300), fresh=True)
    pages.put(page(3, 300), fresh=False)
    pages.put(page(1, 120), fresh=False)
    assert pages.at(250) is None


@pytest.mark.parametrize(("first", "last", "numbers"), [(0, 27, [1]), (90, 110, [1, 2]), (100, 199, [2]), (0, -1, []), (-1, -1, [])])
def test_the_pages_of_the_rows_in_sight(first: int, last: int, numbers: list[int]) -> None:
    assert pages_of(first, last) == numbers


# -- reads and their cost


def test_each_place_offers_the_reads_that_work_there() -> None:
    spot = Spot(Place.QUEUE, "/", "q")
    assert reads_of(spot, queue()) == (Read.TAP, Read.GET, Read.CONSUME)
    assert reads_of(spot, queue(type="stream")) == (Read.STREAM, Read.TAP)
    assert reads_of(Spot(Place.EXCHANGE, "/", "x"), None) == (Read.TAP,)
    assert reads_of(Spot(Place.EXCHANGE, "/", ""), None) == ()
    assert reads_of(Spot(Place.VHOST, "/", "/"), None) == (Read.FIREHOSE,)
    assert reads_of(OVERVIEW, None) == ()


def test_a_get_from_a_quorum_queue_says_that_it_counts() -> None:
    assert "delivery limit" in cost_of_read(Read.GET, queue(type="quorum")).sentence
    assert "delivery limit" not in cost_of_read(Read.GET, queue()).sentence
    assert cost_of_read(Read.GET, queue(), GetMode.ACK).tone == "bad"
    assert cost_of_read(Read.TAP, queue()).tone == "ok"


@pytest.mark.parametrize(("text", "keys"), [("", ["#"]), ("a.b, c", ["a.b", "c"]), ("a a\nb", ["a", "b"])])
def test_binding_keys_are_read_as_typed(text: str, keys: list[str]) -> None:
    assert routing_keys_of(text) == keys


@pytest.mark.parametrize(
    ("start", "text", "offset"),
    [
        (Start.FIRST, "ignored", "first"),
        (Start.OFFSET, " 42 ", "42"),
        (Start.OFFSET, "forty", None),
        (Start.AGE, "1h", "1h"),
        (Start.AGE, "1 hour", None),
        (Start.TIME, "2026-11-24T14:30:00Z", "2026-11-24T14:30:00Z"),
        (Start.TIME, "2026-11-24", "2026-11-24"),
        (Start.TIME, "yesterday", None),
    ],
)
def test_where_a_stream_begins_is_checked_before_it_is_sent(start: Start, text: str, offset: str | None) -> None:
    assert offset_of(start, text) == offset
