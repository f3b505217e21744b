"""The supervised worker: one Celery worker on the demo app, started with the server and restarted when it is lost."""

import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from embedded_server.core.child import ChildProcess
from embedded_server.core.head_start import HeadStart
from embedded_server.core.process import Log
from embedded_server.tasks import results
from embedded_server.tasks.environment import BROKER_URL, HEAD_START, READY_LINE, RESULT_URL

PART: Final = "worker"
RESULTS_FILE: Final = "results.db"
COMMAND: Final = [sys.executable, "-m", "embedded_server.tasks.worker_main"]


def begin(head_start: HeadStart, amqp_url: str, data_dir: Path) -> None:
    """Give the worker a head start, unless its results are to be looked at first."""
    try:
        results.create_blocking(data_dir / RESULTS_FILE)
    except (OSError, sqlite3.Error):
        return  # the tasks' part tells of it, sets the file aside and starts the worker
    head_start.begin(PART, COMMAND, {**_environment(amqp_url, data_dir), HEAD_START: "1"})


def worker_process(*, amqp_url: Callable[[], str], data_dir: Path, log: Log, head_start: HeadStart | None = None) -> ChildProcess:
    """Make the part that runs the worker; the broker's address is asked anew at every start."""
    return ChildProcess(
        PART,
        lambda: COMMAND,
        log=log,
        ready=lambda line: "" if line.strip() == READY_LINE else None,
        env=lambda: _environment(amqp_url(), data_dir),
        ready_timeout_s=30.0,
        stop_grace_s=2.5,
        head_start=head_start,
    )


def _environment(amqp_url: str, data_dir: Path) -> dict[str, str]:
    return {BROKER_URL: amqp_url, RESULT_URL: result_url(data_dir), "PYTHONUNBUFFERED": "1"}


def result_url(data_dir: Path) -> str:
    """Answer the result back end's address: an SQLite file beside the journal."""
    return f"db+sqlite:///{(data_dir / RESULTS_FILE).as_posix()}"
