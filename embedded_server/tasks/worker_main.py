"""The worker process: Celery's own worker on the demo app, that ends with the server whatever ends the server.

Celery's pool processes outlive a killed parent, waiting for work that never comes; so each of them watches for its parent, too.
"""

import os
import sys
import threading
import time
from typing import Any, Final

from embedded_server.core.parent import watch_parent
from embedded_server.tasks.environment import NODE, READY_LINE

CONCURRENCY: Final = 2
_WATCH_INTERVAL_S: Final = 0.5


def main(*, windows: bool = sys.platform == "win32") -> int:
    """Run the worker until it is told to end, or its parent is gone; answer the exit status.

    It is what ``celery -A embedded_server.tasks.demo worker -E`` runs, without the command line's imports.
    """
    watch_parent()
    import celery.backends.database  # noqa: F401 - before the pool forks: the first task of each process would wait for it
    from celery.signals import worker_process_init, worker_ready
    from celery.utils.nodenames import host_format

    from embedded_server.tasks.demo import app

    parent = os.getpid()

    def on_ready(**_: Any) -> None:
        print(READY_LINE, file=sys.__stdout__, flush=True)

    def on_pool_process(**_: Any) -> None:
        threading.Thread(target=_end_with_parent_blocking, args=(parent,), name="watch-parent", daemon=True).start()

    worker_ready.connect(on_ready, weak=False)
    worker_process_init.connect(on_pool_process, weak=False)
    worker = app.Worker(
        hostname=host_format(f"{NODE}@%h"),
        pool_cls="threads" if windows else "prefork",  # threads cannot be killed, but are all that Windows has
        concurrency=CONCURRENCY,
        task_events=True,
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,  # both ask other workers things this one does not need, and cost a second at the start
    )
    worker.start()
    return int(worker.exitcode or 0)


def _end_with_parent_blocking(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_INTERVAL_S)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
