"""Learns from the result back end how tasks ended whose last event was lost: Celery's events are kept by nobody while a broker is away.

What is learned goes into the journal as an ordinary event, and from there everywhere. A task that is over nowhere stays as it is: its
message is delivered anew, and that brings new events.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final, Protocol

import orjson

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.journal import Journal, JournalClosed, JournalDamaged
from embedded_server.journal.preview import preview_of
from embedded_server.tasks import queries
from embedded_server.tasks.ingest import EMBEDDED
from embedded_server.tasks.outcomes import Outcome
from embedded_server.tasks.queries import Unfinished
from embedded_server.tasks.states import FINISHED, PROGRESS_SKEW_NS, STATE_OF_KIND

_logger = logging.getLogger(__name__)

POLL_S: Final = 1.0
AFTER_CONNECT_S: Final = 6.0
SELDOM_S: Final = 30.0
SOON_FOR_S: Final = 60.0
"""So long after a connection was made it looks again soon, where something was too new to be taken."""
SETTLED_NS: Final = 5_000_000_000
"""A result this much older than the last event heard is one whose own event will not come."""
MAX_PAGES: Final = 20
MAX_REMEMBERED: Final = 10_000
SOURCE: Final = "result back end"
_TYPES: Final[Mapping[Kind, str]] = {
    Kind.TASK_SUCCEEDED: "task-succeeded",
    Kind.TASK_FAILED: "task-failed",
    Kind.TASK_REVOKED: "task-revoked",
}


class Listener(Protocol):
    """What is asked of the monitor."""

    @property
    def connections(self) -> int:
        """How often it has begun to listen."""

    @property
    def heard_until(self) -> int:
        """All events up to this time, in ns, have been heard that will be; 0 while it does not listen."""


class Reconciler:
    """Compares the unfinished tasks of the projection with the result back end: soon after each connection, then seldom."""

    def __init__(
        self,
        journal: Journal,
        listener: Listener,
        read_outcomes_blocking: Callable[[Sequence[str]], Mapping[str, Outcome]],
        is_idle: Callable[[str, int], bool],
    ) -> None:
        self._journal = journal
        self._listener = listener
        self._read_outcomes_blocking = read_outcomes_blocking
        self._is_idle = is_idle
        """Whether a worker has told after a time (ns) that it does nothing."""
        self._told: dict[str, int] = {}

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        connections, connected_at, due = 0, 0.0, float("inf")
        while True:
            now = time.monotonic()
            if connections != self._listener.connections:
                connections, connected_at, due = self._listener.connections, now, now + AFTER_CONNECT_S
            elif now >= due:
                again_soon = await self._look_unless_hindered() and now - connected_at < SOON_FOR_S
                due = now + (AFTER_CONNECT_S if again_soon else SELDOM_S)
            await asyncio.sleep(POLL_S)

    async def _look_unless_hindered(self) -> bool:
        try:
            return await self.look()
        except (sqlite3.Error, JournalClosed, JournalDamaged) as exc:
            _logger.debug("the unfinished tasks cannot be read: %s", exc)
            return False

    async def look(self) -> bool:
        """Tell the journal of every task that is over and not known to be; answer whether there are some that it is too early for."""
        if not self._listener.heard_until:
            return False
        counts = await self._journal.run(queries.counts)
        left = sum(n for state, n in counts.items() if state not in FINISHED)
        early = False
        before: int | None = None
        for _ in range(MAX_PAGES):
            if left <= 0:
                break
            tasks, before = await self._journal.scan(partial(queries.unfinished_page, before=before))
            left -= len(tasks)
            early |= await self._compare(tasks)
            if not before:
                break
        return early

    async def _compare(self, tasks: Sequence[Unfinished]) -> bool:
        found = await asyncio.to_thread(self._read_outcomes_blocking, [task.id for task in tasks]) if tasks else {}
        if not found:
            return False
        await self._journal.flush()  # an event may have come meanwhile
        rows = [task.row for task in tasks if task.id in found]
        tasks = await self._journal.run(lambda db: queries.still_unfinished(db, rows))
        over = [(task, found[task.id]) for task in tasks if self._is_over(task, found[task.id])]
        events = [learned(task, outcome) for task, outcome in over]
        events = [event for event in events if self._told.get(event.key) != event.at]
        if events:
            _logger.info("%d tasks are over whose last event was lost: the result back end tells", len(events))
            await self._journal.room()
            self._journal.append_many(events)
            await self._journal.flush()
            self._remember(events)
        return len(over) < len(tasks)

    def _is_over(self, task: Unfinished, outcome: Outcome) -> bool:
        """Whether the outcome is the task's last word, and its event will not come.

        A task that was delivered anew after its result was stored may be running again: unless its worker does nothing.
        """
        if max(outcome.at, task.state_at) > self._listener.heard_until - SETTLED_NS:
            return False
        return outcome.at >= task.state_at - PROGRESS_SKEW_NS or self._is_idle(task.worker, task.state_at + SETTLED_NS)

    def _remember(self, events: Sequence[Event]) -> None:
        self._told |= {event.key: event.at for event in events}
        while len(self._told) > MAX_REMEMBERED:
            del self._told[next(iter(self._told))]


def learned(task: Unfinished, outcome: Outcome) -> Event:
    """Make the event of a task's end. It counts from the newest event on: the start is told by the worker, after a short task's end."""
    at = max(outcome.at, task.state_at)
    type_, worker = _TYPES[outcome.kind], task.worker or outcome.worker
    fields: dict[str, str | float] = {"type": type_, "uuid": task.id, "hostname": worker, "timestamp": at / 1e9, "learned_from": SOURCE}
    if outcome.kind is Kind.TASK_SUCCEEDED:
        fields["result"] = outcome.told
    elif outcome.kind is Kind.TASK_FAILED:
        fields |= {"exception": outcome.told, "traceback": outcome.traceback}
    body = orjson.dumps(fields)
    return Event(
        at=at,
        connection=EMBEDDED,
        kind=outcome.kind,
        subject=task.name,
        key=task.id,
        trace=task.root,
        joined=Join.CELERY_ROOT if task.root else Join.NONE,
        status=STATE_OF_KIND[outcome.kind].value,
        worker=worker,
        size=len(body),
        preview=preview_of(outcome.told.encode("utf-8", "backslashreplace")),
        body=body,
    )
