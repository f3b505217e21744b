"""The worker process: Celery's own worker on the demo app, that ends with the server whatever ends the server.

Celery's pool processes outlive a killed parent, waiting for work that never comes; so each of them watches for its parent, too.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

from embedded_server.core.parent import wait_for_word, watch_parent
from embedded_server.tasks.environment import HEAD_START, NODE, READY_LINE

CONCURRENCY: Final = 2
_WATCH_INTERVAL_S: Final = 0.5
RETRY: Final = {"interval_start": 0.1, "interval_step": 0.1, "interval_max": 2.0}
"""Seconds between attempts to reach the broker."""


def main(*, windows: bool = sys.platform == "win32") -> int:
    """Run the worker until it is told to end, or its parent is gone; answer the exit status.

    It is what ``celery -A embedded_server.tasks.demo worker -E`` runs, without the command line's imports.
    """
    from celery.signals import worker_process_init, worker_ready
    from celery.utils.nodenames import host_format

    from embedded_server.tasks.demo import app

    # Made before the pool forks: it then knows that it was forked, and each process keeps one engine instead of making one for each
    # result (a third of the time a task takes); and the first task of each process need not wait for the import.
    _ = app.backend

    if os.environ.get(HEAD_START) and not wait_for_word():
        return 0
    watch_parent()
    parent = os.getpid()

    def on_ready(**_: Any) -> None:
        print(READY_LINE, file=sys.__stdout__, flush=True)

    def on_pool_process(**_: Any) -> None:
        threading.Thread(target=_end_with_parent_blocking, args=(parent,), name="watch-parent", daemon=True).start()

    worker_ready.connect(on_ready, weak=False)
    worker_process_init.connect(on_pool_process, weak=False)
    worker: Any = app.Worker(
        hostname=host_format(f"{NODE}@%h"),
        pool_cls="threads"
        if windows
        else prompt_pool(lambda: int(worker.exitcode or 0)),  # threads cannot be killed, but are all that Windows has
        consumer_cls=prompt_consumer(),
        concurrency=CONCURRENCY,
        task_events=True,
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,  # both ask other workers things this one does not need, and cost a second at the start
    )
    worker.start()
    return int(worker.exitcode or 0)


def prompt_pool(exit_status: Callable[[], int]) -> Any:
    """Answer Celery's prefork pool, but ending at once where no task runs; its own waits two seconds for idle processes to leave."""
    from celery.concurrency.prefork import TaskPool
    from celery.worker.state import active_requests

    base: Any = TaskPool

    class PromptPool(base):  # type: ignore[misc]  # Celery is untyped
        __module__ = base.__module__  # workers tell their pool by it

        def on_stop(self) -> None:
            """Stop; the consumer has said goodbye already, and the broker has back what was not begun."""
            if active_requests:
                super().on_stop()
            else:
                sys.stdout.flush()
                os._exit(exit_status())  # the idle processes of the pool see that they have no parent

    return PromptPool


def prompt_consumer() -> Any:
    """Answer Celery's consumer, but quicker in two things, and harder to bring down.

    It tries a lost broker again soon: Celery waits two seconds first, and the embedded one is back in half of one. And it sends events
    without waiting for a confirm of each: three round trips a task, and worth nothing, since nobody keeps events for who is away.
    And a message that is no task, though it is JSON, is refused like one that is not: Celery's would end of it, get it again, and so on.
    """
    from celery.worker.consumer import Consumer

    base: Any = Consumer

    class PromptConsumer(base):  # type: ignore[misc]  # Celery is untyped
        def ensure_connected(self, conn: Any) -> Any:
            """Connect, however often it takes."""
            conn.ensure_connection = partial(conn.ensure_connection, **RETRY)
            return super().ensure_connected(conn)

        def connection_for_write(self, url: str | None = None, heartbeat: float | None = None) -> Any:
            """Answer the connection that events go over."""
            conn = self.app.connection_for_write(url=url, heartbeat=heartbeat)
            conn.transport_options = {**conn.transport_options, "confirm_publish": False}
            return self.ensure_connected(conn)

        def loop_args(self) -> Any:
            """Answer what the loop runs on, which a signal wakes from now on: Celery's looks for one at its next timer, up to 2 s late."""
            if self.hub is not None:  # there is none on Windows
                signals = signal_pipe()
                self.hub.add_reader(signals, lambda: os.read(signals, 4096))
            return super().loop_args()

        def create_task_handler(self, *arguments: Any, **options: Any) -> Any:
            """Answer what takes messages."""
            handle = super().create_task_handler(*arguments, **options)

            def take(message: Any) -> None:
                try:
                    handle(message)
                except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as exc:
                    self.on_decode_error(message, exc)

            return take

    return PromptConsumer


@cache
def signal_pipe() -> int:
    """Answer a file descriptor that can be read once a signal came."""
    signals, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    return signals


def _end_with_parent_blocking(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_INTERVAL_S)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
