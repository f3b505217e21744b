"""The rabbitmq capability against bare pika on the same RabbitMQ, and the window while messages flood in.

Confirmed publishing and consuming with acknowledgements, of 100-byte bodies: ours with every message an event in the journal on disk,
pika's AsyncioConnection with callbacks that do nothing else. Each measured in a fresh process, in turns; the median of the rounds counts.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.processes import Talker, create_account
from benchmarks.rabbitmq_peers import BARE, OURS
from benchmarks.result import Result

NAMES: Final = ("rabbitmq.publish.ratio", "rabbitmq.consume.ratio", "rabbitmq.late_p99_ms")
ROUNDS: Final = 5
MESSAGES: Final = 60_000
LIMIT_S: Final = 120
AGAINST: Final = "pika's AsyncioConnection with pipelined confirms and manual acks, same RabbitMQ, same run"


def measure(who: str, port: int) -> dict[str, float]:
    """Publish and consume `MESSAGES` messages in a process of its own; answer messages a second of both."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.rabbitmq_peers", who, str(port), str(MESSAGES), folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{who}: {done.stderr.strip()[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _ratios(port: int) -> Iterator[Result]:
    measured: dict[str, list[dict[str, float]]] = {BARE: [], OURS: []}
    for _ in range(ROUNDS):
        for who, rounds in measured.items():
            rounds.append(measure(who, port))
    for what in ("publish", "consume"):
        ours, bare = (statistics.median(one[what] for one in measured[who]) for who in (OURS, BARE))
        yield Result(f"rabbitmq.{what}.ratio", round(ours / bare, 2), "x", f"{AGAINST}: {ours:,.0f} against {bare:,.0f} messages/s")


def _window(port: int) -> Result:
    """Measure the window's timer while the server consumes a queue into the journal that its Timeline shows."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("--data-dir", str(Path(folder) / "server"), "--port", str(port))
        with Talker("benchmarks.rabbitmq_server", *arguments) as server:
            url = str(server.hear()["url"])
            create_account(url)
            with Talker("benchmarks.window_probe", "--url", url, "--data-dir", str(Path(folder) / "window")) as window:
                window.hear()
                idle = window.ask("idle 3")
                window.ask("begin")
                server.tell("flood")
                flood: dict[str, Any] = server.hear()
                late = window.ask("measure")
    told = f"a 10 ms timer in the window while {flood['consumed']:,} messages were published and consumed in {flood['took_s']} s"
    lost = int(flood["published"]) - int(flood["consumed"])
    return Result(
        "rabbitmq.late_p99_ms", round(late["p99"], 2), "ms", f"{told}, {lost} lost; idle p99 {idle['p99']:.2f} ms in the same run"
    )


def run() -> Iterator[Result]:
    """Measure on a private RabbitMQ node; without one there is nothing to compare with."""
    from tests.helpers.broker_processes import NEEDS_RABBITMQ, RealRabbitMQ, find_rabbitmq_server

    if find_rabbitmq_server() is None:
        raise RuntimeError(NEEDS_RABBITMQ)
    broker = RealRabbitMQ()
    broker.start()
    try:
        yield from _ratios(broker.port)
        yield _window(broker.port)
    finally:
        broker.stop()
