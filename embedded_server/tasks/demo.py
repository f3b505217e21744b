"""The Celery app that comes with Switchroom: small tasks, one for each thing a task can do, to see every state on first launch.

The worker that the server supervises runs it. It reads ``SWITCHROOM_BROKER_URL`` and ``SWITCHROOM_RESULT_URL`` from its environment.

Messages are acknowledged late, and again offered to another process when the one that ran them is lost: a task whose message the broker
has confirmed still runs after ``kill -9`` of the worker. So a task may run twice, and every task here bears that.
"""

import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from celery import Celery, chain, chord, group
from celery.exceptions import Reject

from embedded_server.tasks.environment import BROKER_URL, QUEUE, RESULT_URL, task_queue

EXAMPLE_ARGS: Final[Mapping[str, str]] = {
    "demo.add": "[2, 3]",
    "demo.multiply": "[6, 7]",
    "demo.total": "[[1, 2, 3]]",
    "demo.progress": "[20, 10]",
    "demo.fail": '["the card was declined"]',
    "demo.retry": "[2, 1]",
    "demo.chain": "[2]",
    "demo.group": "[5]",
    "demo.chord": "[5]",
    "demo.large_result": "[1024]",
    "demo.sleep": "[60]",
    "demo.reject": "[]",
    "demo.mixed": "[20, 0.05]",
}
"""What the enqueue form begins with."""


def _write_quickly(engine: Any) -> None:
    """Leave flushing to the operating system: with write-ahead logging a result survives any end of the process, and costs a tenth."""
    from sqlalchemy import event

    def prepare(connection: Any, _: Any) -> None:
        if engine.dialect.name == "sqlite":
            connection.execute("PRAGMA synchronous=NORMAL")

    event.listen(engine, "connect", prepare)


app = Celery("switchroom")
app.conf.update(
    broker_url=os.environ.get(BROKER_URL, "amqp://guest:guest@127.0.0.1:5672//"),
    result_backend=os.environ.get(RESULT_URL) or None,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=2,
    broker_heartbeat=10,
    broker_transport_options={"confirm_publish": True},
    task_queues=[task_queue()],
    task_default_queue=QUEUE,
    task_serializer="json",
    result_serializer="json",
    event_serializer="json",
    accept_content=["json"],
    result_accept_content=["json"],
    result_extended=True,
    result_expires=None,  # the server removes them with its journal
    database_engine_options={"connect_args": {"timeout": 30}},
    database_engine_callback=_write_quickly,
    task_send_sent_event=True,
    worker_send_task_events=True,
    task_track_started=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_cancel_long_running_tasks_on_connection_loss=True,  # they are delivered again: running on would run them twice
    worker_prefetch_multiplier=4,
    worker_hijack_root_logger=True,
    worker_log_format="%(levelname)s %(name)s: %(message)s",
    worker_task_log_format="%(levelname)s %(name)s: %(task_name)s[%(task_id)s]: %(message)s",
    enable_utc=True,
    timezone="UTC",
)
task: Callable[..., Callable[[Callable[..., Any]], Any]] = app.task
"""Celery's decorator, with a type."""


@task(name="demo.add")
def add(x: float, y: float = 0) -> float:
    """Add two numbers."""
    return x + y


@task(name="demo.multiply")
def multiply(x: float, y: float = 2) -> float:
    """Multiply two numbers."""
    return x * y


@task(name="demo.total")
def total(numbers: list[float]) -> float:
    """Sum a list of numbers; the chord ends with it."""
    return sum(numbers)


@task(name="demo.progress", bind=True)
def progress(self: Any, steps: int = 20, seconds: float = 10.0) -> dict[str, float]:
    """Work through some steps and tell how far it has come."""
    for step in range(1, steps + 1):
        time.sleep(seconds / steps)
        told = {"current": step, "total": steps, "note": f"step {step} of {steps}"}
        self.update_state(state="PROGRESS", meta=told)
        self.send_event("task-progress", **told)
    return {"steps": steps, "seconds": seconds}


def _wallet() -> dict[str, str]:
    return {}


class PaymentRefusedError(Exception):
    """What `fail` raises: an error with another one as its cause."""


@task(name="demo.fail")
def fail(message: str = "the card was declined") -> None:
    """Raise an error that another one caused."""
    try:
        _wallet()["card"]
    except KeyError as exc:
        raise PaymentRefusedError(message) from exc


@task(name="demo.retry", bind=True, max_retries=10)
def retry(self: Any, fail_times: int = 2, delay: float = 1.0) -> str:
    """Fail a few times, try again after a delay, then succeed."""
    attempt = self.request.retries
    if attempt < fail_times:
        raise self.retry(exc=ConnectionError(f"attempt {attempt + 1} found nobody at home"), countdown=delay)
    return f"succeeded at attempt {attempt + 1}"


@task(name="demo.chain")
def run_chain(x: float = 2) -> str:
    """Send a chain of three tasks, each fed with the one before."""
    return str(chain(add.s(x, 1), multiply.s(10), add.s(5))().id)


@task(name="demo.group")
def run_group(size: int = 5) -> list[str]:
    """Send a group of tasks that run side by side."""
    return [result.id for result in group(add.s(number, number) for number in range(size))()]


@task(name="demo.chord")
def run_chord(size: int = 5) -> str:
    """Send a group of tasks, and one that sums their results once all are done."""
    return str(chord((add.s(number, number) for number in range(size)), total.s())().id)


@task(name="demo.large_result")
def large_result(kilobytes: int = 1024) -> list[dict[str, Any]]:
    """Return a large JSON document."""
    rows = max(1, kilobytes * 1024 // 128)
    return [{"row": row, "name": f"customer {row:08d}", "balance": row * 7919 % 100_000, "note": "x" * 48} for row in range(rows)]


@task(name="demo.sleep")
def sleep(seconds: float = 60.0) -> float:
    """Sleep: time enough to terminate it."""
    time.sleep(seconds)
    return seconds


@task(name="demo.reject")
def reject(reason: str = "not for this worker") -> None:
    """Refuse its message, which the broker then drops or dead-letters."""
    raise Reject(reason, requeue=False)


@task(name="demo.mixed")
def mixed(failing_percent: int = 20, seconds: float = 0.05) -> str:
    """Take a moment, and now and then fail: enqueue many to see the tiles move."""
    time.sleep(random.uniform(0, 2 * seconds))  # noqa: S311 - chance, not a secret - only to look lively
    if random.uniform(0, 100) < failing_percent:  # noqa: S311 - chance, not a secret
        raise TimeoutError("the upstream took too long")
    return "done"
