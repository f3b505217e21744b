"""The embedded Kafka broker against a real Apache Kafka, with the same clients on the same machine; and how soon it is ready.

Both brokers run at the same time and are asked in turns; the median of the rounds' ratios counts, so that what else the machine does
falls on both. Of the clients the worse ratio is the figure; the details have each.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import uuid4

from kafka import KafkaAdminClient

from benchmarks.kafka_broker_clients import CLIENTS, Client
from benchmarks.result import Result
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka

NAMES: Final = (
    "kafka_broker.produce.ratio",
    "kafka_broker.consume.ratio",
    "kafka_broker.latency_p95.ratio",
    "kafka_broker.ready_s",
)
ROUNDS: Final = 3
LATENCIES: Final = 80
STARTS: Final = 3

Pair = tuple[float, float]
"""Ours and theirs."""


def _topic(address: str) -> str:
    name = f"bench-{uuid4()}"
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}})
    admin.wait_for_topics([name])
    admin.close()
    return name


def _rates(client: Client, address: str) -> Pair:
    """Messages a second, produced and consumed."""
    topic = _topic(address)
    return client.produce(address, topic), client.consume(address, topic)


def _p95_ms(client: Client, address: str) -> float:
    found = sorted(client.latencies(address, _topic(address), LATENCIES))
    return found[int(len(found) * 0.95)] * 1000


class Rounds:
    """What was measured, by client."""

    def __init__(self) -> None:
        self.produce: dict[str, list[Pair]] = {}
        self.consume: dict[str, list[Pair]] = {}
        self.latency: dict[str, list[Pair]] = {}

    def measure(self, client: Client, ours: str, theirs: str) -> None:
        """Run all rounds of one client."""
        for address in (theirs, ours):
            _rates(client, address)
        for number in range(ROUNDS):
            order = (ours, theirs) if number % 2 else (theirs, ours)
            rates = {address: _rates(client, address) for address in order}
            self.produce.setdefault(client.name, []).append((rates[ours][0], rates[theirs][0]))
            self.consume.setdefault(client.name, []).append((rates[ours][1], rates[theirs][1]))
            p95 = {address: _p95_ms(client, address) for address in order}
            self.latency.setdefault(client.name, []).append((p95[ours], p95[theirs]))


def _ratio(pairs: list[Pair]) -> float:
    return statistics.median(ours / theirs for ours, theirs in pairs)


def _told(measured: dict[str, list[Pair]], unit: str) -> str:
    parts = []
    for name, pairs in measured.items():
        ours, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
        parts.append(f"{name} {_ratio(pairs):.2f} ({ours:,.1f} against {theirs:,.1f} {unit})")
    return "; ".join(parts)


def _against_kafka() -> Iterator[Result]:
    rounds = Rounds()
    theirs = RealKafka(full_speed=True)
    with tempfile.TemporaryDirectory() as folder:
        ours = EmbeddedBroker(Path(folder))
        try:
            theirs.start()
            ours.start()
            for client in CLIENTS:
                rounds.measure(client, ours.kafka, theirs.bootstrap)
        finally:
            ours.stop()
            theirs.stop()
    against = "Apache Kafka, acks=all, 100-byte values, one partition"
    for name, measured in (("produce", rounds.produce), ("consume", rounds.consume)):
        worst = min(_ratio(pairs) for pairs in measured.values())
        yield Result(f"kafka_broker.{name}.ratio", round(worst, 2), "x", f"at least 0.7 of {against}: {_told(measured, 'msg/s')}")
    worst = max(_ratio(pairs) for pairs in rounds.latency.values())
    yield Result("kafka_broker.latency_p95.ratio", round(worst, 2), "x", f"at most 2 of {against}: {_told(rounds.latency, 'ms')}")


def _ready() -> Result:
    times = []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            broker = EmbeddedBroker(Path(folder))
            begin = time.perf_counter()
            broker.start()
            times.append(time.perf_counter() - begin)
            broker.stop()
    against = f"at most 1 s from the start of the process to its ready line, AMQP included; median of {STARTS}, at worst {max(times):.2f} s"
    return Result("kafka_broker.ready_s", round(statistics.median(times), 2), "s", against)


def run() -> Iterator[Result]:
    """Measure both brokers in turns, then how soon the embedded one is ready."""
    if has_kafka():
        yield from _against_kafka()
    else:
        print(f"kafka_broker.*.ratio: {NEEDS_KAFKA}", file=sys.stderr)
    yield _ready()
