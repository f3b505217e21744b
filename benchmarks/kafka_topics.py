"""How long the list of a cluster with two thousand topics takes, from a connection chosen in the window to its rows painted.

The server's part alone (the first page of topics with their figures and settings) is told beside it.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient

from benchmarks.processes import Talker, create_account
from benchmarks.result import Result
from embedded_server.kafka.holdings.topics import TopicQuery, TopicSort
from tests.contract.kafka.capability import CONNECTION as C
from tests.contract.kafka.capability import capability_over, profile_of
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka

NAMES: Final = ("kafka.topics_2k_s",)
TOPICS: Final = 2_000
AT_ONCE: Final = 200
PAGE: Final = 100
ROUNDS: Final = 3
LIMIT_S: Final = 60.0

Broker = EmbeddedBroker | RealKafka


def _fill(bootstrap: str) -> None:
    """Create the topics, and wait until the broker tells of all; that is not measured."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        for first in range(0, TOPICS, AT_ONCE):
            names = [f"shop.orders.{number:04}" for number in range(first, first + AT_ONCE)]
            admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1} for name in names}, timeout_ms=60_000)
        until = time.monotonic() + LIMIT_S
        while len(admin.list_topics()) < TOPICS and time.monotonic() < until:
            time.sleep(0.2)
        admin.wait_for_topics([f"shop.orders.{number:04}" for number in range(TOPICS - AT_ONCE, TOPICS)])
    finally:
        admin.close()


async def _settle(bootstrap: str) -> None:
    """Wait until the broker has the figures of every topic: it tells of them before it leads them. Those without come first."""
    until = time.monotonic() + LIMIT_S
    with tempfile.TemporaryDirectory() as folder:
        async with capability_over(Path(folder), lambda: profile_of(bootstrap)) as made:
            while (page := await made.service.holdings.topics.page(C, TopicQuery(sort=TopicSort.MESSAGES, page_size=1))).total < TOPICS or (
                page.topics[0].messages is None
            ):
                assert time.monotonic() < until, page
                await asyncio.sleep(0.2)


async def _server_s(bootstrap: str) -> tuple[float, float]:
    """Answer the medians of the first page by name and of the fullest topics, each from nothing: no connection, nothing known yet."""
    by_name: list[float] = []
    by_messages: list[float] = []
    for _ in range(ROUNDS):
        for sort, times in ((TopicSort.NAME, by_name), (TopicSort.MESSAGES, by_messages)):
            with tempfile.TemporaryDirectory() as folder:
                async with capability_over(Path(folder), lambda: profile_of(bootstrap)) as made:
                    began = time.perf_counter()
                    page = await made.service.holdings.topics.page(C, TopicQuery(sort=sort, page_size=PAGE))
                    times.append(time.perf_counter() - began)
            assert (page.total, len(page.topics)) == (TOPICS, PAGE)
            assert all(topic.messages == 0 and topic.cleanup_policy for topic in page.topics)
    return statistics.median(by_name), statistics.median(by_messages)


def _window(bootstrap: str) -> dict[str, float]:
    """Open the list in a real window over a real server, every time as a connection that was never open; answer the medians."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Talker("benchmarks.flood_server", "--data-dir", f"{folder}/server", "--rate", "1", "--seconds", "1") as server,
    ):
        url = str(server.hear()["url"])
        create_account(url)
        with Talker("benchmarks.window_probe", "--url", url, "--data-dir", f"{folder}/window") as window:
            window.hear()
            told = [window.ask(f"topics {bootstrap}") for _ in range(ROUNDS)]
    assert all(one["topics"] == TOPICS for one in told), told
    return {name: statistics.median(one[name] for one in told) for name in ("list_s", "late_ms")}


def _of(broker: Broker) -> dict[str, float]:
    broker.start()
    try:
        _fill(broker.bootstrap)
        asyncio.run(_settle(broker.bootstrap))
        by_name, by_messages = asyncio.run(_server_s(broker.bootstrap))
        return {"by_name": by_name, "by_messages": by_messages, **_window(broker.bootstrap)}
    finally:
        broker.stop()


def _told(name: str, of: dict[str, float]) -> str:
    parts = f"server's part {of['by_name']:.2f} s, by messages {of['by_messages']:.2f} s, 10 ms timer at most {of['late_ms']:.0f} ms late"
    return f"{name} {of['list_s']:.2f} s ({parts})"


def run() -> Iterator[Result]:
    """Measure both brokers; the slower one counts."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = _of(EmbeddedBroker(Path(folder)))
    real = _of(RealKafka(full_speed=True)) if has_kafka() else None
    told = _told("Apache Kafka", real) if real is not None else NEEDS_KAFKA
    against = f"limit 1.5: {TOPICS:,} topics, from the connection chosen to the rows painted; {_told('embedded broker', embedded)}, {told}"
    yield Result("kafka.topics_2k_s", round(max(embedded["list_s"], real["list_s"] if real else 0.0), 2), "s", against)
