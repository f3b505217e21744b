"""The tour's command line: a window of its own, offscreen, on a data directory of its own, from the first launch to signing out."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from desktop.core.i18n import LANGUAGES

SCREEN: Final = {"x": 0, "y": 0, "width": 1920, "height": 1080, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1.0, "name": "tour"}
"""Qt's own offscreen one is smaller than the window: menus would be pushed to the left."""


def main(argv: Sequence[str]) -> int:
    """Run the tour; 0 only if every step held."""
    options = make_parser().parse_args(argv)
    os.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")  # leaves the user's keyring alone
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        sys.stderr.write(f"switchroom tour: the folder {options.out} cannot be made: {exc.strerror}. Choose another with --out.\n")
        return 1
    with tempfile.TemporaryDirectory(prefix="switchroom-tour-", ignore_cleanup_errors=True) as folder:
        os.environ["QT_QPA_PLATFORM"] = _offscreen(Path(folder) / "screen.json")
        return run(Path(folder), options.out, theme=options.theme, language=options.lang)


def _offscreen(file: Path) -> str:
    """Describe a screen in *file*, and answer the platform that has it; a path with a colon cannot be told to Qt."""
    file.write_text(json.dumps({"synchronousWindowSystemEvents": True, "windowFrameMargins": False, "screens": [SCREEN]}))
    return "offscreen" if ":" in str(file) else f"offscreen:configfile={file}"


def make_parser() -> argparse.ArgumentParser:
    """Describe the options."""
    parser = argparse.ArgumentParser(prog="switchroom tour", description="Drive the real window through the main job and save pictures.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the numbered pictures")
    parser.add_argument("--theme", choices=("light", "dark"), default="dark")
    parser.add_argument("--lang", choices=tuple(LANGUAGES), default="en")
    return parser


def run(data_dir: Path, out: Path, *, theme: str, language: str) -> int:
    """Open the window on *data_dir* and take every step."""
    import qasync
    from PySide6.QtWidgets import QApplication

    from desktop.app import Application, Options
    from desktop.tour.driver import Driver, StepError
    from desktop.tour.steps import STEPS

    qapp = QApplication(sys.argv[:1])
    application = Application(Options(data_dir, theme=theme, language=language))
    application.instance.claim()
    application.paint()
    loop = qasync.QEventLoop(qapp)
    asyncio.set_event_loop(loop)

    async def tour() -> int:
        began = time.monotonic()
        await application.start()
        driver = Driver(application, out)
        try:
            for number, step in enumerate(STEPS, start=1):
                await driver.take(number, step)
        except StepError as exc:
            sys.stdout.write(f"failed: {exc}\n")
            return 1
        finally:
            await application.stop()
        sys.stdout.write(f"all {len(STEPS)} steps held in {time.monotonic() - began:.0f} s; {driver.pictures} pictures in {out}\n")
        return 0

    with loop:
        return int(loop.run_until_complete(tour()))
