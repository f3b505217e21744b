"""100,000 events a second for 20 s while the Timeline is visible at its tail: what is lost, and how late the window is."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.processes import Talker, create_account
from benchmarks.result import Result

NAMES: Final = ("flood.lost", "flood.late_p99_ms", "flood.idle_late_p99_ms")
RATE: Final = 100_000
SECONDS: Final = 20


def run() -> Iterator[Result]:
    """Flood the real server and the real window, each in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("--data-dir", str(Path(folder) / "server"), "--rate", str(RATE), "--seconds", str(SECONDS))
        with Talker("benchmarks.flood_server", *arguments) as server:
            url = str(server.hear()["url"])
            create_account(url)
            with Talker("benchmarks.window_probe", "--url", url, "--data-dir", str(Path(folder) / "window")) as window:
                window.hear()
                idle = window.ask("idle 5")
                before = int(window.ask("measure")["rows"])
                window.ask("begin")
                server.tell("flood")
                flood = server.hear()
                made = int(flood["made"])
                seen = window.ask(f"until {before + made}")
    lost = made - (int(seen["rows"]) - before) + int(flood["dropped"])
    yield Result("flood.lost", max(lost, 0), "events", f"{made:,} made in {flood['took_s']} s, counted in the window's table")
    yield Result(
        "flood.late_p99_ms", round(seen["p99"], 2), "ms", f"a 10 ms timer in the window, idle p99 {idle['p99']:.2f} ms in the same run"
    )
    yield Result("flood.idle_late_p99_ms", round(idle["p99"], 2), "ms", "the same timer in the same window before the flood")
