"""Celery's events taken in: into the journal and the task projection on disk, against Flower's ``on_event`` into its memory.

Both get the very same events, each in a fresh process, in turns; the median of the rounds counts. The time is the clock's; the
processor time of both stands beside it, because on a busy machine the clock also tells of what else runs.
"""

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from benchmarks.result import Result

NAMES: Final = ("celery_intake.ratio", "celery_memory.ratio")

ROUNDS: Final = 3
OURS_A_ROUND: Final = 2
"""Ours take a second, Flower's five."""
INTAKE_TASKS: Final = 16_000
MEMORY_TASKS: Final = 30_000
WARM_TASKS: Final = {"intake": 2_000, "memory": 20_000}
"""Taken in before anything is measured. For memory enough that buffers and caches are as large as they get: what grows then is tasks."""
IN_FLIGHT: Final = 200
"""Tasks under way at once: so far apart are a task's first and last event."""
MESSAGE_EVENTS: Final = 10
"""A worker sends its task events in groups, one message each."""
LIMIT_S: Final = 300
AGAINST: Final = "Flower 2.2's Events.on_event with its own state, same events, same run"


def events(tasks: int, first: int = 0) -> Iterator[dict[str, Any]]:
    """Yield four events for each of *tasks* tasks, as they overlap on four workers."""
    for number in range(first, first + tasks + IN_FLIGHT):
        for step, type_ in enumerate(("task-sent", "task-received", "task-started", "task-succeeded")):
            index = number - step * IN_FLIGHT // 3
            if first <= index < first + tasks:
                yield _event(type_, index, number)


def _event(type_: str, index: int, clock: int) -> dict[str, Any]:
    task_id = str(UUID(int=(index * 0x9E3779B97F4A7C15F39CC0605CEDC835) % 2**128))
    sender = type_ == "task-sent"
    event: dict[str, Any] = {
        "hostname": "gen7@web" if sender else f"celery@worker-{index % 4}",
        "utcoffset": 0,
        "pid": 4242,
        "clock": clock,
        "timestamp": 1_790_000_000 + clock / 1000,
        "type": type_,
        "uuid": task_id,
        "local_received": 1_790_000_000 + clock / 1000,
    }
    if sender or type_ == "task-received":
        event |= {"name": f"shop.tasks.step{index % 7}", "args": f"({index}, 'customer-{index % 1000}')", "kwargs": "{'retry': True}"}
        event |= {"root_id": task_id, "parent_id": None, "retries": 0, "eta": None, "expires": None}
    if sender:
        event |= {"queue": "celery", "exchange": "", "routing_key": "celery"}
    if type_ == "task-succeeded":
        event |= {"result": f"{{'order': {index}, 'state': 'paid'}}", "runtime": 0.0123}
    return event


class Switchroom:
    """Our intake: convert, append, project, commit. In a process set up as ``switchroom serve`` is."""

    def __init__(self, folder: Path) -> None:
        from embedded_server.core.collector import spare_the_collector
        from embedded_server.core.sqlite_threads import count_no_memory
        from embedded_server.journal import Journal
        from embedded_server.tasks import TaskProjection
        from embedded_server.tasks.ingest import Ingest

        count_no_memory()
        self._journal = Journal(folder / "journal.db")
        self._projection = TaskProjection()
        self._journal.add_projection(self._projection)
        self._journal.open()
        self._ingest = Ingest()
        spare_the_collector()

    async def take(self, messages: Iterator[list[dict[str, Any]]]) -> int:
        """Take all in; answer how many tasks there are once everything is committed."""
        for message in messages:
            self._journal.wait_for_room_blocking()
            self._journal.append_many(self._ingest.convert(message))
        await self._journal.flush()
        assert self._journal.dropped == 0
        return await self._journal.run(lambda db: int(db.execute("SELECT count(*) FROM task WHERE state = 'SUCCESS'").fetchone()[0]))


class Flower:
    """Flower's intake: its events thread calls ``on_event``, its loop keeps the state."""

    def __init__(self) -> None:
        from celery import Celery
        from flower.events import Events
        from tornado.ioloop import IOLoop

        self._loop = IOLoop.current()
        self._events = Events(Celery("bench"), self._loop, enable_events=False, max_tasks_in_memory=1_000_000, max_workers_in_memory=100)

    async def take(self, messages: Iterator[list[dict[str, Any]]]) -> int:
        """Take all in; answer how many tasks its state has."""
        done = asyncio.Event()

        def feed_blocking() -> None:
            for message in messages:
                for event in message:
                    self._events.on_event(event)
            self._loop.add_callback(done.set)

        thread = threading.Thread(target=feed_blocking)
        thread.start()
        await done.wait()
        thread.join()
        return len(self._events.state.tasks)


def _messages(tasks: int, first: int = 0) -> Iterator[list[dict[str, Any]]]:
    message: list[dict[str, Any]] = []
    for event in events(tasks, first):
        message.append(event)
        if len(message) == MESSAGE_EVENTS:
            yield message
            message = []
    yield message


@dataclass(frozen=True, slots=True)
class Measured:
    """Events a second, or resident bytes a task; and for the former the processor time that an event took."""

    figure: float
    cpu_s: float = 0.0


async def _measure(what: str, who: str, folder: Path) -> Measured:
    from embedded_server.core.memory import resident_bytes

    intake = Switchroom(folder) if who == "switchroom" else Flower()
    warm = WARM_TASKS[what]
    assert await intake.take(_messages(warm)) == warm
    tasks = INTAKE_TASKS if what == "intake" else MEMORY_TASKS
    if what == "intake":
        messages = list(_messages(tasks, warm))
        gc.collect()
        gc.freeze()  # the prepared events are no part of either program: its collector shall not walk over them
        began, worked = time.perf_counter(), time.process_time()
        kept = await intake.take(iter(messages))
        measured = Measured(4 * tasks / (time.perf_counter() - began), (time.process_time() - worked) / (4 * tasks))
    else:
        gc.collect()
        before = resident_bytes()
        kept = await intake.take(_messages(tasks, warm))
        gc.collect()
        measured = Measured(max(1, resident_bytes() - before) / tasks)
    assert kept == warm + tasks, kept
    return measured


def _child(what: str, who: str) -> Measured:
    done = subprocess.run([sys.executable, "-m", __name__, what, who], capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{who} {what}: {done.stderr.strip()[-2000:]}")
    return Measured(**json.loads(done.stdout))


def _intake() -> Result:
    flowers: list[Measured] = []
    ours: list[Measured] = []
    for _ in range(ROUNDS):
        flowers.append(_child("intake", "flower"))
        ours += [_child("intake", "switchroom") for _ in range(OURS_A_ROUND)]
    our_rate, flower_rate = (statistics.median(one.figure for one in side) for side in (ours, flowers))
    our_cpu_s, flower_cpu_s = (statistics.median(one.cpu_s for one in side) for side in (ours, flowers))
    rates = f"{our_rate:,.0f} against {flower_rate:,.0f} events/s"
    cpu = f"processor time {our_cpu_s * 1e6:.1f} against {flower_cpu_s * 1e6:.1f} µs an event, {flower_cpu_s / our_cpu_s:.2f} x"
    return Result("celery_intake.ratio", round(our_rate / flower_rate, 2), "x", f"{AGAINST}: {rates}; {cpu}")


def run() -> Iterator[Result]:
    """Measure both; Flower comes from the ``bench`` dependency group."""
    yield _intake()
    flower_bytes, our_bytes = _child("memory", "flower").figure, _child("memory", "switchroom").figure
    sizes = f"{our_bytes:,.0f} against {flower_bytes:,.0f} bytes a task, resident"
    yield Result("celery_memory.ratio", round(our_bytes / flower_bytes, 4), "x", f"{AGAINST}: {sizes}")


def main() -> None:
    """Measure one side in this process."""
    what, who = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asdict(asyncio.run(_measure(what, who, Path(folder))))))


if __name__ == "__main__":
    main()
