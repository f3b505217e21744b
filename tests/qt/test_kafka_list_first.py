"""The list does not wait for the cluster's totals, and both count the same topics."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.core.kafka_spots import CLUSTER
from desktop.views.kafka.list_rows import _fitting
from tests.qt.kafka_panel_bench import ORDERS, Bench
from tests.qt.kafka_panel_fakes import make_connection
from tests.qt.tasks_fakes import until


@pytest.fixture
async def bench(qtbot: QtBot, tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    qtbot.addWidget(made.panel)
    yield made
    made.panel.deactivate()
    await made.panel.stop()


async def test_the_first_rows_are_there_before_the_totals_of_a_slow_cluster(bench: Bench) -> None:
    bench.api.gate, bench.api.gates_only = asyncio.Event(), "/cluster"
    bench.panel.set_connection(make_connection())
    bench.panel.activate()
    await until(lambda: bench.panel.topics.pages.is_known)
    await until(lambda: not bench.panel.is_message_shown())
    assert bench.panel._cluster is None
    bench.panel.list.choose(ORDERS)
    bench.api.gate.set()
    await until(lambda: bench.panel._cluster is not None)
    assert bench.panel.spot == ORDERS


async def test_the_cluster_counts_the_topics_that_the_list_has_and_says_which_it_leaves_out(bench: Bench) -> None:
    await bench.begin()
    bench.panel.list.choose(CLUSTER)
    await until(lambda: bench.panel._cluster is not None)
    listed = bench.panel.topics.pages.total
    figures = bench.panel.head.figures
    assert figures.texts()["Topics"] == str(listed)
    tips = [cell.toolTip() for cell in figures.findChildren(QWidget)]
    assert any("1 that Kafka keeps for itself" in tip for tip in tips), tips


async def test_records_are_exported_as_they_are_read_on_the_connection_looked_at(bench: Bench) -> None:
    await bench.begin("my cluster")
    assert bench.panel.feed.export_route == "/kafka/my%20cluster/export"
    bench.panel.set_connection(None)
    assert bench.panel.feed.export_route == ""


def test_a_row_leaves_whole_facts_out_where_there_is_no_room(qtbot: QtBot) -> None:
    facts = ["6 partitions", "412 MB", "compact"]
    shown = {_fitting(facts, width) for width in range(1, 400)}
    assert shown == {"6 partitions", "6 partitions · 412 MB", "6 partitions · 412 MB · compact"}
