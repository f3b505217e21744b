"""The worker process: Celery's own worker on the demo app, that ends with the server whatever ends the server.

Celery's pool processes outlive a killed parent, waiting for work that never comes; so each of them watches for its parent, too.
"""

import os
import sys
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from embedded_server.core.parent import watch_parent

READY_LINE: Final = "switchroom worker ready"
NODE: Final = "switchroom"
CONCURRENCY: Final = 2
_WATCH_INTERVAL_S: Final = 0.5


def arguments(*, windows: bool = sys.platform == "win32") -> list[str]:
    """Answer the arguments of Celery's worker: a pool that can kill its tasks where the system has one."""
    return [
        "worker",
        "--hostname",
        f"{NODE}@%h",
        "--events",
        "--loglevel",
        "INFO",
        "--pool",
        "threads" if windows else "prefork",
        "--concurrency",
        str(CONCURRENCY),
        "--without-gossip",
        "--without-mingle",  # both ask other workers things this one does not need, and cost a second at the start
    ]


def main(argv: Sequence[str] | None = None) -> None:
    """Run the worker until it is told to end, or its parent is gone."""
    watch_parent()
    from celery.signals import worker_process_init, worker_ready

    from embedded_server.tasks.demo import app

    parent = os.getpid()

    def on_ready(**_: Any) -> None:
        print(READY_LINE, file=sys.__stdout__, flush=True)

    def on_pool_process(**_: Any) -> None:
        threading.Thread(target=_end_with_parent_blocking, args=(parent,), name="watch-parent", daemon=True).start()

    worker_ready.connect(on_ready, weak=False)
    worker_process_init.connect(on_pool_process, weak=False)
    app.worker_main(list(argv) if argv else arguments())


def _end_with_parent_blocking(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_INTERVAL_S)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
