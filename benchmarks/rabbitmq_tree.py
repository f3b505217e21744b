"""How long the tree of a broker with ten thousand queues takes, from a connection chosen in the window to its rows painted.

The server's part alone (overview, virtual hosts, exchanges and the first page with its depths) is told beside it, and the picture.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.processes import Talker, create_account
from benchmarks.result import Result
from embedded_server.rabbitmq.holdings.queues import PageQuery
from tests.helpers.broker_processes import NEEDS_RABBITMQ, EmbeddedBroker, RealRabbitMQ, find_rabbitmq_server
from tests.helpers.capability import C, Side, capability, profile_for
from tests.helpers.server import until

NAMES: Final = ("rabbitmq.tree_10k_s",)
QUEUES: Final = 10_000
AT_ONCE: Final = 200
FILLED_EACH: Final = 10
PAGE: Final = 100
ROUNDS: Final = 5
LIMIT_S: Final = 60.0
DEPTHS: Final = [int(number % FILLED_EACH == 0) for number in range(PAGE)]

Broker = EmbeddedBroker | RealRabbitMQ


async def _fill(side: Side) -> None:
    async with await side.channel(confirms=True) as channel:
        for first in range(0, QUEUES, AT_ONCE):
            await asyncio.gather(*(channel.declare_queue(_name(n), durable=False) for n in range(first, first + AT_ONCE)))
        for number in range(0, QUEUES - FILLED_EACH, FILLED_EACH):
            channel.publish("", _name(number), b"x" * 100)
        await channel.publish_confirmed("", _name(QUEUES - FILLED_EACH), b"x" * 100)


async def _settle(side: Side) -> None:
    """Wait until the broker's own statistics have caught up with what was published."""

    async def caught_up() -> bool:
        overview = await side.holdings.inventory.overview(C)
        page = await side.holdings.queues.page(C, PageQuery("/", page_size=PAGE))
        return overview.queues == QUEUES and [queue.ready for queue in page.queues] == DEPTHS

    await until(caught_up, LIMIT_S)


def _name(number: int) -> str:
    return f"shop.orders.{number:05}"


async def _open_tree(side: Side) -> float:
    """Answer the seconds from nothing, no connection yet, to all that the tree shows first."""
    inventory = side.holdings.inventory
    began = time.perf_counter()
    overview, page, exchanges = await asyncio.gather(
        inventory.overview(C), side.holdings.queues.page(C, PageQuery("/", page_size=PAGE)), inventory.exchanges(C, "/")
    )
    took = time.perf_counter() - began
    assert overview.management, overview.missing
    assert (page.total, len(page.queues)) == (QUEUES, PAGE)
    assert [queue.ready for queue in page.queues] == DEPTHS
    assert len(exchanges) >= 7
    return took


def _window(broker: Broker) -> dict[str, float]:
    """Open the tree in a real window over a real server, every time as a connection that was never open; answer the medians."""
    place = urlsplit(broker.management_url)
    management_url = f"{place.scheme}://{place.hostname}:{place.port}"
    with (
        tempfile.TemporaryDirectory() as folder,
        Talker("benchmarks.flood_server", "--data-dir", f"{folder}/server", "--rate", "1", "--seconds", "1") as server,
    ):
        url = str(server.hear()["url"])
        create_account(url)
        with Talker("benchmarks.window_probe", "--url", url, "--data-dir", f"{folder}/window") as window:
            window.hear()
            told = [window.ask(f"tree {broker.port} {management_url}") for _ in range(ROUNDS)]
    assert all(one["queues"] == QUEUES and one["boxes"] for one in told), told
    return {name: statistics.median(one[name] for one in told) for name in ("tree_s", "picture_s", "late_ms")}


async def _measure(broker: Broker) -> float:
    with tempfile.TemporaryDirectory() as folder:
        async with capability(profile_for(broker), Path(folder)) as side:
            await _fill(side)
            await _settle(side)
    times: list[float] = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            async with capability(profile_for(broker), Path(folder)) as side:
                times.append(await _open_tree(side))
    return statistics.median(times)


def _of(broker: Broker) -> dict[str, float]:
    broker.start()
    try:
        server_s = asyncio.run(_measure(broker))
        return {"server_s": server_s, **_window(broker)}
    finally:
        broker.stop()


def _told(name: str, of: dict[str, float]) -> str:
    parts = f"server's part {of['server_s']:.2f} s, picture {of['picture_s']:.2f} s, 10 ms timer at most {of['late_ms']:.0f} ms late"
    return f"{name} {of['tree_s']:.2f} s ({parts})"


def run() -> Iterator[Result]:
    """Measure both brokers; the slower one counts."""
    with tempfile.TemporaryDirectory() as folder:
        embedded = _of(EmbeddedBroker(Path(folder)))
    real = _of(RealRabbitMQ()) if find_rabbitmq_server() is not None else None
    told = _told("RabbitMQ", real) if real is not None else NEEDS_RABBITMQ
    against = f"limit 1.5: {QUEUES:,} queues, from the connection chosen to the tree painted; {_told('embedded broker', embedded)}, {told}"
    yield Result("rabbitmq.tree_10k_s", round(max(embedded["tree_s"], real["tree_s"] if real else 0.0), 2), "s", against)
