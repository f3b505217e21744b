"""The journal as the rest of the server knows it: append from any thread, read and query from the loop."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from embedded_server.contracts.events import Event
from embedded_server.contracts.server import JournalStatus
from embedded_server.journal import queries
from embedded_server.journal.event import Commit, StoredEvent
from embedded_server.journal.filters import EVENTS, compile_filter, install_functions
from embedded_server.journal.intake import Intake
from embedded_server.journal.problems import JournalClosed, JournalUnwritable
from embedded_server.journal.projection import Projection
from embedded_server.journal.queries import Page
from embedded_server.journal.readers import Readers
from embedded_server.journal.repair import open_or_set_aside
from embedded_server.journal.retention import Retention
from embedded_server.journal.writer import Writer

T = TypeVar("T")

BODY_CAP_BYTES: Final = 32 * 1024**2
FULL_WAIT_S: Final = 0.05
SCAN_THREADS: Final = 2
WINDOW_THREADS: Final = 2


class Journal:
    """An append-only journal of events in one SQLite file."""

    def __init__(self, path: Path, *, retention: Retention | None = None, body_cap: int = BODY_CAP_BYTES) -> None:
        self.path = path
        self.retention = retention or Retention()
        self.body_cap = body_cap
        self._projections: list[Projection] = []
        self._intake = Intake(1)
        self._writer: Writer | None = None
        self._set_aside = ""
        self._closed = False
        self._windows = Readers(path, threads=WINDOW_THREADS, name="journal-read", prepare=install_functions, on_damage=self._on_damage)
        self._scans = Readers(path, threads=SCAN_THREADS, name="journal-scan", prepare=install_functions, on_damage=self._on_damage)

    def add_projection(self, projection: Projection) -> None:
        """Keep *projection* up to date with every event; before `open`."""
        self._projections.append(projection)

    def open(self) -> None:
        """Create or open the file and start the writer. A damaged file is set aside and named in `set_aside`.

        Raises `JournalUnwritable` and `JournalTooNew`.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, 0o600))
            opened, self._set_aside = open_or_set_aside(self.path)
        except (OSError, sqlite3.OperationalError) as exc:
            raise JournalUnwritable(path=str(self.path), detail=str(exc)) from exc
        self._intake = Intake(opened.last_seq + 1)
        self._writer = Writer(
            self.path,
            opened,
            intake=self._intake,
            projections=self._projections,
            retention=self.retention,
            body_cap=self.body_cap,
            release_readers=self._release_readers,
        )
        self._writer.start()

    def close(self) -> None:
        """Write what is queued and close the file. May be called twice."""
        if self._closed or self._writer is None:
            return
        self._closed = True
        self._intake.close()
        self._windows.close()
        self._scans.close()
        self._writer.join()

    # -- what it holds

    @property
    def epoch(self) -> str:
        """Random name of this journal's file, for ids such as ``epoch:seq``."""
        return self._open_writer().epoch

    @property
    def first_seq(self) -> int:
        """Number of the oldest event kept; one past `last_seq` while there is none."""
        return self._open_writer().first_seq

    @property
    def last_seq(self) -> int:
        """Number of the newest event that is durable."""
        return self._open_writer().last_seq

    @property
    def dropped(self) -> int:
        """Events that could not be kept since the server started."""
        return self._intake.dropped

    @property
    def trimmed(self) -> int:
        """Events that retention has removed since the journal began."""
        writer = self._open_writer()
        return writer.first_seq - writer.origin

    @property
    def bytes(self) -> int:
        """Bytes the journal takes; space that retention has freed is not counted."""
        return self._open_writer().used

    @property
    def set_aside(self) -> str:
        """Path of a damaged journal that was set aside, or nothing."""
        return self._open_writer().set_aside or self._set_aside

    def status(self) -> JournalStatus:
        """How full the journal is, and what left it."""
        writer = self._open_writer()
        return JournalStatus(
            epoch=writer.epoch,
            first_seq=writer.first_seq,
            last_seq=writer.last_seq,
            bytes=writer.used,
            dropped=self.dropped,
            trimmed=self.trimmed,
            oldest_at=writer.oldest_at,
            max_events=self.retention.max_events,
            max_bytes=self.retention.max_bytes,
            max_age_s=self.retention.max_age_s,
            set_aside=self.set_aside,
            problem=writer.problem,
        )

    # -- writing

    def append(self, event: Event) -> None:
        """Hand over an event from any thread; never blocks. Events of one thread keep their order."""
        self._intake.put(event)

    def append_many(self, events: Sequence[Event]) -> None:
        """The same for several, cheaper."""
        self._intake.put_many(events)

    async def room(self) -> None:
        """Wait until the queue is below its high-water mark: sources that can be slowed await this before they append."""
        await self._intake.room()

    def wait_for_room_blocking(self) -> None:
        """The same for a thread."""
        self._intake.wait_for_room_blocking()

    async def append_durably(self, event: Event) -> int:
        """Append and answer the event's number once it is committed. Raises `JournalClosed`."""
        await self.room()
        seq = self._intake.put(event)
        if seq == 0:
            raise JournalClosed
        return await self._intake.durable(seq)

    async def append_many_durably(self, events: Sequence[Event]) -> int:
        """Append several and answer the last one's number once all are committed. Raises `JournalClosed` where they cannot be."""
        await self.room()
        seq = self._intake.put_many(events, again=True)
        while seq == 0 and events:
            if self._intake.closed:
                raise JournalClosed
            await asyncio.sleep(FULL_WAIT_S)  # sources that never wait have filled it in the meantime
            await self.room()
            seq = self._intake.put_many(events, again=True)
        return await self._intake.durable(seq)

    async def flush(self) -> int:
        """Wait until everything appended before is committed; the last number."""
        return await self._intake.durable()

    def on_commit(self, callback: Callable[[Commit], None]) -> Callable[[], None]:
        """Call *callback* after each commit, on the writer thread: it must be quick. The answer unsubscribes."""
        callbacks = self._open_writer().callbacks
        callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in callbacks:
                callbacks.remove(callback)

        return unsubscribe

    # -- reading

    async def read(self, seq: int) -> StoredEvent | None:
        """The whole event with headers and body, or None where it was never kept or has left."""
        if not 0 < seq < 2**63:
            return None
        return await self._windows.run(lambda db: queries.event(db, seq))

    async def query(self, filter: str, *, after: int = 0, before: int | None = None, limit: int = 100, newest: bool = False) -> Page:
        """Rows with ``after < seq < before`` that match, oldest first, or *newest* first; raises `FilterError`."""
        compiled = compile_filter(filter, EVENTS)
        low = max(after + 1, self.first_seq)
        high = self.last_seq + 1 if before is None else min(before, self.last_seq + 1)
        page = queries.Search(compiled, low, max(low, high), limit=limit, newest=newest)
        while not page.done:
            await (self._windows if compiled.matches_all else self._scans).run(page.step)
        return page.page()

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do *work* with a read-only connection on a reader thread; keep it under some milliseconds, or use `scan`."""
        return await self._windows.run(work)

    async def scan(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The same for longer work, on the threads that no window waits for."""
        return await self._scans.run(work)

    async def values(self, field: str, prefix: str = "", *, limit: int = 50) -> list[str]:
        """Distinct values that *field* lately had and that begin with *prefix*, most frequent first, for completion."""
        return await self._windows.run(lambda db: queries.values(db, EVENTS, field, prefix, limit=limit, last_seq=self.last_seq))

    # -- inside

    def _open_writer(self) -> Writer:
        if self._writer is None:
            raise JournalClosed
        return self._writer

    def _on_damage(self) -> None:
        if self._writer is not None:
            self._writer.damaged = True
            self._intake.wake()

    def _release_readers(self) -> None:
        self._windows.release()
        self._scans.release()
