"""Ten million events behind the window's table: how much more memory the desktop takes than over an empty journal."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.journal_data import EVENTS, ten_million
from benchmarks.processes import Talker, create_account
from benchmarks.result import Result

NAMES: Final = ("memory.desktop_growth_mb",)
PLACES: Final = 60


def run() -> Iterator[Result]:
    """Let the real window scroll all over both journals, and compare what it takes."""
    with tempfile.TemporaryDirectory() as folder:
        empty, _ = _resident_bytes(Path(folder) / "empty", Path(folder) / "window-0")
        full, rows = _resident_bytes(ten_million(), Path(folder) / "window-1")
    if rows < EVENTS:
        raise RuntimeError(f"the window shows {rows:,} rows of {EVENTS:,}")
    mebibyte = 1024**2
    told = f"{full / mebibyte:.0f} MB with {rows:,} rows, scrolled to {PLACES} places; empty: {empty / mebibyte:.0f} MB"
    yield Result("memory.desktop_growth_mb", round((full - empty) / mebibyte, 1), "MB", told)


def _resident_bytes(data_dir: Path, window_dir: Path) -> tuple[int, int]:
    """Answer the window's resident memory after it has scrolled, and its rows."""
    with Talker("embedded_server", "serve", "--port", "0", "--data-dir", str(data_dir), "--no-worker", "--child") as server:
        url = str(server.hear()["url"])
        create_account(url)
        with Talker("benchmarks.window_probe", "--url", url, "--data-dir", str(window_dir)) as window:
            window.hear()
            window.ask("idle 2")
            window.ask(f"scroll {PLACES}")
            answer = window.ask("memory")
            return int(answer["rss"]), int(answer["rows"])
