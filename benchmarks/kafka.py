"""The kafka capability against bare kafka-python on the same broker, and the window while records flood in.

Producing with ``acks=all`` and idempotence, and tailing 100-byte values: ours with every record an event in the journal on disk,
kafka-python's producer and consumer with loops that do nothing else. Each measured in a fresh process, in turns; the median of the
rounds counts. The broker is an Apache Kafka where there is one, else the embedded one.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.kafka_peers import BARE, OURS, create_topic
from benchmarks.processes import Talker, create_account
from benchmarks.result import Result

NAMES: Final = ("kafka.produce.ratio", "kafka.tail.ratio", "kafka.tail.lost", "kafka.late_p99_ms")
ROUNDS: Final = 3
RECORDS: Final = 100_000
LIMIT_S: Final = 120
AGAINST: Final = {
    "produce": "at least 0.8 of KafkaProducer with the same settings (acks all, idempotence, linger 20 ms, batches of 256 kB), same run",
    "tail": "at least 0.5 of KafkaConsumer polling as fast as it can, checksums checked, same run",
}


def measure(who: str, bootstrap: str, number: int) -> dict[str, float]:
    """Produce and read `RECORDS` records in a process of its own; answer records a second of both, and how many were lost."""
    topic = f"bench-{who}-{number}"
    create_topic(bootstrap, topic)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.kafka_peers", who, bootstrap, topic, str(RECORDS), folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{who}: {done.stderr.strip()[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _ratios(bootstrap: str, product: str) -> Iterator[Result]:
    measured: dict[str, list[dict[str, float]]] = {BARE: [], OURS: []}
    for number in range(ROUNDS):
        for who, rounds in measured.items():
            rounds.append(measure(who, bootstrap, number))
    for what, against in AGAINST.items():
        ours, bare = (statistics.median(one[what] for one in measured[who]) for who in (OURS, BARE))
        told = f"{against}, on {product}: {ours:,.0f} against {bare:,.0f} records/s"
        yield Result(f"kafka.{what}.ratio", round(ours / bare, 2), "x", told)
    lost = sum(one["lost"] for one in measured[OURS])
    told = f"must be 0: of {ROUNDS * RECORDS:,} tailed into the journal, told apart by partition and offset"
    yield Result("kafka.tail.lost", lost, "records", told)


def _window(bootstrap: str, product: str) -> Result:
    """Measure the window's timer while the server produces to a topic and tails it, and its Kafka panel shows the records."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("--data-dir", str(Path(folder) / "server"), "--bootstrap", bootstrap)
        with Talker("benchmarks.kafka_server", *arguments) as server:
            url = str(server.hear()["url"])
            create_account(url)
            with Talker("benchmarks.window_probe", "--url", url, "--data-dir", str(Path(folder) / "window")) as window:
                window.hear()
                made = server.ask("prepare")
                window.ask(f"kafka {made['connection']} {made['topic']}")
                idle = window.ask("idle 3")
                window.ask("begin")
                server.tell("flood")
                flood: dict[str, Any] = server.hear()
                late = window.ask("measure")
    if not late["rows"]:
        raise RuntimeError("the window showed none of the records")
    lost = int(flood["produced"]) - int(flood["read"]) + int(flood["dropped"])
    asked = f"{flood['read']:,} records were produced and tailed in {flood['took_s']} s on {product}"
    told = f"at most 12: a 10 ms timer in the window, its Kafka panel in front, while {asked}"
    return Result("kafka.late_p99_ms", round(late["p99"], 2), "ms", f"{told}, {lost} lost; idle p99 {idle['p99']:.2f} ms in the same run")


def run() -> Iterator[Result]:
    """Measure on a private broker."""
    from tests.helpers.broker_processes import EmbeddedBroker
    from tests.helpers.kafka_processes import RealKafka, has_kafka

    with tempfile.TemporaryDirectory() as folder:
        broker = RealKafka(full_speed=True) if has_kafka() else EmbeddedBroker(Path(folder))
        product = "Apache Kafka" if has_kafka() else "the embedded broker"
        broker.start()
        try:
            yield from _ratios(broker.bootstrap, product)
            yield _window(broker.bootstrap, product)
        finally:
            broker.stop()
