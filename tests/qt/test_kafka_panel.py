"""The Kafka panel over fakes: what it lists, shows, offers, asks and keeps."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from pytestqt.qtbot import QtBot

from desktop.core.feeds import Link
from desktop.core.feeds import LinkState as FeedLinkState
from desktop.core.kafka_spots import CLUSTER, Place, Spot, base_filter
from desktop.views.broker_view import NOTHING
from desktop.views.kafka.head import Tab
from desktop.views.kafka.list_source import Segment
from embedded_server.contracts.connections import Health, LinkState
from embedded_server.contracts.jobs import JobKind
from embedded_server.contracts.kafka import From, ReadRequest, Start
from tests.qt.kafka_panel_bench import BILLING, ORDERS, READ_ONLY, Bench
from tests.qt.kafka_panel_fakes import make_connection, make_job, make_problem, make_topic
from tests.qt.tasks_fakes import until

pytestmark = pytest.mark.qt_log_ignore("does not support propagateSizeHints", extend=True)


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


# -- connections and states


async def test_without_a_connection_it_lists_nothing_and_says_what_to_do(bench: Bench) -> None:
    bench.panel.set_connection(make_connection())
    bench.panel.set_connection(None)
    bench.panel.activate()
    assert bench.page_text() == "No connection"
    assert bench.feed.filter == NOTHING
    assert not bench.panel._produce.isEnabled()


async def test_it_begins_with_the_cluster_at_a_glance_and_chooses_no_topic_by_itself(bench: Bench) -> None:
    await bench.begin()
    assert bench.panel.spot == CLUSTER
    assert "Apache Kafka 4.3" in bench.panel.head.facts.text()
    assert bench.panel.head.state.text() == "offline partitions"
    assert bench.panel.head.figures.texts()["Brokers"] == "2"
    await until(lambda: len(bench.panel.pages.brokers.rows()) == 2)
    assert bench.api.count("/read") == 0


async def test_a_cluster_that_does_not_answer_is_told_with_its_hint_and_asked_again(bench: Bench) -> None:
    bench.api.failure = make_problem()
    bench.panel.set_connection(make_connection())
    bench.panel.activate()
    await until(lambda: bench.page_text().startswith("No broker answers"))
    bench.api.failure = None
    bench.panel.refresh()
    await until(lambda: not bench.panel.is_message_shown())


async def test_what_fails_later_stands_under_the_list_and_what_is_known_stays(bench: Bench) -> None:
    await bench.begin()
    bench.api.failure = make_problem("Timed out")
    bench.panel.refresh()
    await until(lambda: "Timed out" in bench.panel.list.note.text())
    assert bench.panel.topics.rowCount() == 6
    assert bench.panel.list.rows.dimmed, "no state colour claims that it still holds"
    bench.api.failure = None
    bench.panel.refresh()
    await until(lambda: not bench.panel.list.rows.dimmed)


async def test_another_connection_is_listed_anew_and_each_keeps_its_place(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    await bench.begin("other")
    assert bench.panel.spot == CLUSTER
    bench.panel.set_connection(make_connection())
    await until(lambda: bench.panel.spot == ORDERS)


async def test_a_connection_that_opens_again_is_asked_at_once(bench: Bench) -> None:
    await bench.begin()
    lost = make_connection()
    bench.panel.set_connection(type(lost)(lost.id, lost.spec, lost.url, lost.secret, Health(LinkState.FAILED)))
    before = bench.api.count("/cluster")
    bench.panel.set_connection(type(lost)(lost.id, lost.spec, lost.url, lost.secret, Health(LinkState.OPEN)))
    await until(lambda: bench.api.count("/cluster") > before)


async def test_while_the_server_is_away_no_state_colour_claims_that_it_holds(bench: Bench) -> None:
    await bench.begin()
    bench.feeds.state_changed.emit(Link(FeedLinkState.WAITING))
    assert bench.panel.list.rows.dimmed
    assert bench.panel.head.state.tone() == "wait"


# -- the list


async def test_kafkas_own_topics_are_left_out_until_they_are_wanted(bench: Bench) -> None:
    await bench.begin()
    assert not bench.panel.topics.index_of("__consumer_offsets").isValid()
    bench.panel.list.top.set_internal(shown=True)
    await until(lambda: bench.panel.topics.index_of("__consumer_offsets").isValid())


async def test_of_two_thousand_topics_only_those_in_sight_are_asked_for(bench: Bench) -> None:
    bench.api.cluster.topics = [make_topic(f"topic-{number:04}") for number in range(2_000)]
    await bench.begin()
    assert bench.panel.topics.rowCount() == 2_000
    assert bench.api.count("/topics ") == 1
    view = bench.panel.list.view
    view.scrollTo(bench.panel.topics.index(1_500))
    await until(lambda: bench.panel.topics.pages.at(1_500) is not None)
    assert len(bench.panel.topics.pages.known()) <= 300
    assert bench.panel.list.choice.text(Segment.TOPICS.value) == "Topics 2,000"


async def test_a_topic_chosen_by_name_is_scrolled_to_though_its_page_was_never_heard(bench: Bench) -> None:
    bench.api.cluster.topics = [make_topic(f"topic-{number:04}") for number in range(2_000)]
    await bench.begin()
    bench.panel.list.choose(Spot(Place.TOPIC, "topic-1234"))
    view = bench.panel.list.view
    await until(lambda: view.currentIndex().row() == 1_234)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))
    view.scrollToTop()
    bench.api.cluster.topics.insert(0, make_topic("a-new-one"))
    bench.panel.source.refresh(whole=True)
    await until(lambda: bench.panel.topics.rowCount() == 2_001)
    assert view.verticalScrollBar().value() == 0, "who scrolls away is left there"


async def test_a_topic_that_was_just_created_is_scrolled_to(bench: Bench) -> None:
    bench.api.cluster.topics = [make_topic(f"topic-{number:04}") for number in range(2_000)]
    await bench.begin()
    bench.api.cluster.topics.append(make_topic("topic-1500-b"))
    bench.panel.sheets.created.emit(Spot(Place.TOPIC, "topic-1500-b"))
    view = bench.panel.list.view
    await until(lambda: view.currentIndex().row() == 1_501)
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()))


async def test_a_topic_that_the_search_leaves_out_moves_nothing(bench: Bench) -> None:
    bench.api.cluster.topics = [make_topic(f"topic-{number:04}") for number in range(2_000)]
    await bench.begin()
    bench.panel.list.top.search.setText("topic-1")
    await until(lambda: bench.panel.topics.rowCount() == 1_000)
    bench.panel.list.choose(Spot(Place.TOPIC, "topic-0007"))
    await until(lambda: bench.api.count("around=topic-0007") == 1)
    await until(lambda: bench.panel.spot == Spot(Place.TOPIC, "topic-0007"))
    assert (bench.panel.list.view.currentIndex().isValid(), bench.panel.list.view.verticalScrollBar().value()) == (False, 0)


async def test_a_hidden_panel_asks_for_nothing(bench: Bench) -> None:
    await bench.begin()
    bench.panel.deactivate()
    before = len(bench.api.requests)
    bench.panel.source.refresh(whole=True)
    bench.panel.source.look()
    assert len(bench.api.requests) == before


async def test_searching_lists_what_matches_and_escape_brings_back_all(bench: Bench) -> None:
    await bench.begin()
    bench.panel.list.top.focus_search()
    QTest.keyClicks(bench.panel.list.top.search, "orders")
    await until(lambda: bench.panel.topics.rowCount() == 2)
    bench.panel.list.top.search.setText("nowhere")
    await until(lambda: bench.panel.topics.rowCount() == 0)
    assert "nowhere" in bench.panel.list.message._title.text()
    assert bench.panel.go_back()
    await until(lambda: bench.panel.topics.rowCount() == 6)


async def test_the_order_is_asked_of_the_server(bench: Bench) -> None:
    await bench.begin()
    bench.panel.list.top.set_sort("messages", descending=True)
    await until(lambda: bench.api.count("sort=messages,descending=true") == 1)
    await until(lambda: bench.panel.topics.index(0).data() in {"orders", "search.index.updates"})


async def test_the_choice_is_a_topic_and_not_a_row(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.api.cluster.topics.insert(0, make_topic("aaa"))
    bench.panel.refresh()
    await until(lambda: bench.panel.topics.rowCount() == 7)
    assert bench.panel.spot == ORDERS
    assert bench.panel.list.view.currentIndex().data() == "orders"


async def test_the_arrow_keys_walk_the_topics(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.panel.list.focus_list()
    QTest.keyClick(bench.panel.list.view, Qt.Key.Key_Down)
    assert bench.panel.spot == Spot(Place.TOPIC, "orders.retry")


# -- a topic


async def test_a_topics_head_tells_its_state_figures_and_features(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(Spot(Place.TOPIC, "payments.settled.v2"))
    head = bench.panel.head
    assert head.state.text() == "under-replicated"
    assert head.figures.texts() == {"Records": "402 k", "In": "61 / s", "Size": "412 MB", "Partitions": "6"}
    assert [chip.text for chip in head.chips.chips()] == ["replication 1", "cleanup delete", "keeps 1 d", "2 settings of its own"]


async def test_partitions_configs_and_groups_of_a_topic(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.panel.head.choose_tab(Tab.PARTITIONS)
    await until(lambda: len(bench.panel.pages.partitions.rows()) == 6)
    bench.panel.head.choose_tab(Tab.CONFIGS)
    await until(lambda: len(bench.panel.pages.configs.rows()) == 5)
    assert [row.name for row in bench.panel.pages.configs.rows()][:2] == ["retention.ms", "segment.bytes"]
    bench.panel.head.choose_tab(Tab.GROUPS)
    await until(lambda: len(bench.panel.pages.groups.rows()) == 2)
    assert bench.panel.pages.groups.rows()[0].lag == 303


async def test_a_topics_group_leads_to_its_page(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.panel.pages.group_opened.emit("billing")
    assert bench.panel.spot == BILLING
    assert bench.panel.shows_group()
    assert bench.panel.list.segment is Segment.GROUPS
    await until(lambda: bench.panel.group_page.detail is not None)


async def test_a_topic_that_is_gone_is_said_to_be_gone(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.api.cluster.topics = [one for one in bench.api.cluster.topics if one.name != "orders"]
    bench.panel.refresh()
    await until(lambda: "no topic" in bench.panel.head.facts.text())
    assert all(button.isHidden() for button in bench.panel.reads.buttons.values())


async def test_records_are_those_of_the_topic_and_of_no_other_whose_name_begins_alike(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    assert base_filter("embedded", ORDERS) == "connection:embedded kind:record subject:/^orders\\[/"
    assert base_filter("embedded", ORDERS) in bench.feed.filter


# -- acts


async def test_a_read_only_connection_refuses_changes_with_the_reason_and_still_reads(bench: Bench) -> None:
    await bench.begin(read_only=True)
    await bench.choose(ORDERS)
    panel = bench.panel
    assert not panel._produce.isEnabled()
    assert panel._produce.toolTip() == READ_ONLY
    assert not panel.list.top.new_button.isEnabled()
    assert not panel.pages.alter.isEnabled()
    assert bench.menu() == [
        "Read the chosen topic…",
        "Start or stop the live tail",
        "Search the chosen topic…",
        "Copy records of the chosen topic…",
        "Copy the name of what is chosen",
        "Ask the cluster again",
    ]


async def test_the_menu_offers_what_fits_the_place(bench: Bench) -> None:
    await bench.begin()
    assert "Create a topic…" in bench.menu()
    assert "Purge the chosen topic…" not in bench.menu()
    await bench.choose(ORDERS)
    assert {"Purge the chosen topic…", "Delete the chosen topic…", "Change the chosen topic…"} <= set(bench.menu())
    await bench.choose(BILLING)
    assert "Set the chosen group's offsets…" in bench.menu()


async def test_producing_opens_the_form_for_the_chosen_topic_and_escape_closes_it(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    action = bench.panel.primary_action()
    assert action is not None
    action.trigger()
    assert bench.panel.go_back()
    assert not bench.panel.sheets.close_one()


async def test_every_act_has_a_word_and_no_shortcut_comes_twice(bench: Bench) -> None:
    keys = [action.shortcut().toString() for action in bench.panel.actions() if not action.shortcut().isEmpty()]
    assert len(keys) == len(set(keys))
    assert not [key for key in keys if re.fullmatch(r"Alt\+\d", key)], "those are the window's: they lead to the panels"
    assert all(action.text() for action in bench.panel.actions())


async def test_a_job_of_the_strip_leads_to_its_records(bench: Bench) -> None:
    await bench.begin()
    await bench.choose(ORDERS)
    bench.panel.head.choose_tab(Tab.CONFIGS)
    bench.api.jobs = [make_job("p1", JobKind.PRODUCE, "", target="orders")]
    bench.panel.strip.refresh()
    await until(lambda: bool(bench.panel.strip.cards()))
    bench.panel.strip.cards()[0].show_messages.click()
    assert bench.panel.head.tab() is Tab.MESSAGES
    assert "headers.job:p1" in bench.feed.filter


async def test_a_trace_is_asked_for(bench: Bench) -> None:
    spy = QSignalSpy(bench.panel.trace_requested)
    bench.panel.detail.trace_requested.emit("4bf9")
    assert spy.count() == 1


async def test_what_a_group_reads_next_in_a_partition_is_one_press_away(bench: Bench) -> None:
    await bench.begin()
    bench.panel.list.choose(BILLING)
    page = bench.panel.group_page
    await until(lambda: page.detail is not None)
    assert not page.read.isEnabled()
    page.offsets.selectRow(1)
    page.read.click()
    assert bench.panel.spot == ORDERS
    await until(lambda: bench.chips() == ["From offset 200,000, partition 1"])
    bench.panel.refresh()
    await until(lambda: bench.api.count("/topic name=orders") > 1)
    assert bench.api.sent("/read") == [ReadRequest("orders", [1], Start(From.OFFSET, offset=200_000), limit=100)]


async def test_a_cluster_without_groups_says_so(bench: Bench) -> None:
    bench.api.cluster.groups = []
    await bench.begin()
    bench.panel.list.show_segment(Segment.GROUPS)
    await until(lambda: bench.panel.list.message._title.text() == "No consumer group")
