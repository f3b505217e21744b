"""The embedded AMQP broker against a real RabbitMQ, with one client on the same machine; and how much a million messages weigh.

Both brokers run at the same time and are asked in turns; the median of the rounds' ratios counts, so that what else the machine does
falls on both.
"""

import asyncio
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.amqp_clients import Client, get_blocking
from benchmarks.amqp_load import fill
from benchmarks.result import Result
from tests.helpers.broker_processes import NEEDS_RABBITMQ, EmbeddedBroker, RealRabbitMQ, find_rabbitmq_server

ACTS: Final = ("publish", "confirmed", "consume", "get")
NAMES: Final = (
    *(f"amqp.{act}.ratio" for act in ACTS),
    *(f"amqp.{act}.ratio.persistent" for act in ACTS),
    "amqp.million_mb",
    "amqp.million_mb.persistent",
)

ROUNDS: Final = 9
MESSAGES: Final = 6_000
GETS: Final = 1_000
MILLION: Final = 1_000_000


async def _round(port: int, *, persistent: bool) -> dict[str, float]:
    """Rates of every act on one broker."""
    rates: dict[str, float] = {}
    async with Client(port, persistent=persistent) as client:
        await client.declare()
        rates["publish"] = await client.publish(MESSAGES)
        rates["consume"] = await client.consume(MESSAGES)
    async with Client(port, persistent=persistent) as client:
        await client.declare()
        rates["confirmed"] = await client.publish_confirmed(MESSAGES)
        rates["get"] = await asyncio.to_thread(get_blocking, port, GETS)
        await client.declare()
    return rates


def _ratios(ours: int, theirs: int, *, persistent: bool) -> Iterator[Result]:
    asyncio.run(_round(ours, persistent=persistent))
    asyncio.run(_round(theirs, persistent=persistent))
    rounds: list[tuple[dict[str, float], dict[str, float]]] = []
    for number in range(ROUNDS):
        order = (ours, theirs) if number % 2 else (theirs, ours)
        rates = {port: asyncio.run(_round(port, persistent=persistent)) for port in order}
        rounds.append((rates[ours], rates[theirs]))
    kind = "persistent" if persistent else "transient"
    for act in ACTS:
        ratio = statistics.median(mine[act] / other[act] for mine, other in rounds)
        our_rate, their_rate = (statistics.median(pair[side][act] for pair in rounds) for side in (0, 1))
        client = "BlockingConnection" if act == "get" else "AsyncioConnection"
        against = f"RabbitMQ, same pika {client}, 100-byte {kind} messages: {our_rate:,.0f} against {their_rate:,.0f} msg/s"
        yield Result(f"amqp.{act}.ratio{'.persistent' if persistent else ''}", round(ratio, 2), "x", against)


def _million(*, persistent: bool) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder))
        broker.start()
        try:
            before = _resident_mb(broker.pid)
            rate = fill(broker.port, MILLION, persistent=persistent)
            after = _resident_mb(broker.pid)
        finally:
            broker.stop()
    against = f"limit 500: {before:.0f} MB before, {(after - before) * 1e6 / MILLION:.0f} bytes a message; filled at {rate:,.0f} msg/s"
    return Result(f"amqp.million_mb{'.persistent' if persistent else ''}", round(after), "MB", against)


def _resident_mb(pid: int) -> float:
    import psutil

    return float(psutil.Process(pid).memory_info().rss) / 1e6


def _against_rabbitmq() -> Iterator[Result]:
    real = RealRabbitMQ()
    try:
        real.start()
        for persistent in (False, True):
            with tempfile.TemporaryDirectory() as folder:
                ours = EmbeddedBroker(Path(folder))
                ours.start()
                try:
                    yield from _ratios(ours.port, real.port, persistent=persistent)
                finally:
                    ours.stop()
    finally:
        real.stop()


def run() -> Iterator[Result]:
    """Measure both brokers in turns, then the embedded one's memory."""
    if find_rabbitmq_server() is None:
        print(f"amqp.*.ratio: {NEEDS_RABBITMQ}", file=sys.stderr)
    else:
        yield from _against_rabbitmq()
    yield _million(persistent=False)
    yield _million(persistent=True)
