"""How soon the window is painted, beside a bare PySide6 window in the same run, and how soon its sign-in can be used."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.result import Result

NAMES = ("first_paint.ratio", "sign_in_usable.s")

ROUNDS: Final = 7
LIMIT_S: Final = 60
BARE: Final = """
import sys
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget


class Window(QWidget):
    def __init__(self):
        super().__init__()
        QVBoxLayout(self).addWidget(QLabel("Hello World", alignment=Qt.AlignmentFlag.AlignCenter))

    def paintEvent(self, event):
        QTimer.singleShot(0, lambda: print('{"probe": "first_paint"}', flush=True))


app = QApplication(sys.argv)
window = Window()
window.resize(1280, 800)
window.show()
app.exec()
"""
"""The first window of PySide6's own quick start, in our window's size."""


def run() -> Iterator[Result]:
    """Measure both from the start of the process."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environ = _environment(Path(folder))
        bare = [sys.executable, "-c", BARE]
        ours = [sys.executable, "-m", "desktop", "--data-dir"]
        _seconds_until("sign_in_usable", [*ours, f"{folder}/warm"], environ)  # the bytecode of all that is imported is kept from here on
        _seconds_until("first_paint", bare, environ)
        paints: dict[str, list[float]] = {"bare": [], "ours": []}
        for index in range(ROUNDS):
            paints["bare"].append(_seconds_until("first_paint", bare, environ))
            paints["ours"].append(_seconds_until("first_paint", [*ours, f"{folder}/paint{index}"], environ))
        usable = [_seconds_until("sign_in_usable", [*ours, f"{folder}/usable{index}"], environ) for index in range(3)]
    own, other = statistics.median(paints["ours"]), statistics.median(paints["bare"])
    told = f"a bare PySide6 window: {other:.3f} s, ours {own:.3f} s (medians of {ROUNDS}, alternated)"
    yield Result("first_paint.ratio", round(own / other, 2), "x", told)
    yield Result(
        "sign_in_usable.s",
        round(statistics.median(usable), 2),
        "s",
        "at most 2.5 s from the start of the process, real server, new data directory",
    )


def _environment(folder: Path) -> dict[str, str]:
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "SWITCHROOM_PROBE": "1", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as on a user's machine, where the second launch finds the first one's bytecode
    return environ


def _seconds_until(probe: str, command: Sequence[str], environ: dict[str, str]) -> float:
    begun = time.perf_counter()
    with _process(command, environ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            taken = time.perf_counter() - begun
            if json.loads(line)["probe"] == probe:
                return taken
    raise RuntimeError(f"{command[:3]} ended before {probe}")


@contextmanager
def _process(command: Sequence[str], environ: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
