"""The supervised worker: one Celery worker on the demo app, started with the server and restarted when it is lost."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from embedded_server.core.child import ChildProcess
from embedded_server.core.process import Log
from embedded_server.tasks.environment import BROKER_URL, READY_LINE, RESULT_URL

PART: Final = "worker"
RESULTS_FILE: Final = "results.db"


def worker_process(*, amqp_url: Callable[[], str], data_dir: Path, log: Log) -> ChildProcess:
    """Make the part that runs the worker; the broker's address is asked anew at every start."""

    def environment() -> dict[str, str]:
        return {BROKER_URL: amqp_url(), RESULT_URL: result_url(data_dir), "PYTHONUNBUFFERED": "1"}

    return ChildProcess(
        PART,
        lambda: [sys.executable, "-m", "embedded_server.tasks.worker_main"],
        log=log,
        ready=lambda line: "" if line.strip() == READY_LINE else None,
        env=environment,
        ready_timeout_s=30.0,
        stop_grace_s=2.5,
    )


def result_url(data_dir: Path) -> str:
    """Answer the result back end's address: an SQLite file beside the journal."""
    return f"db+sqlite:///{(data_dir / RESULTS_FILE).as_posix()}"
