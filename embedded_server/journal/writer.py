"""The one thread that writes: batches of at most 50 ms, retention between them, and trouble counted rather than hidden."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from embedded_server.contracts.concurrency import Backoff
from embedded_server.contracts.events import Event
from embedded_server.journal.event import Commit
from embedded_server.journal.intake import Intake
from embedded_server.journal.projection import Projection
from embedded_server.journal.repair import is_damage, set_aside
from embedded_server.journal.retention import Retention, clock_interval_ns, first_to_keep, trim, used_bytes
from embedded_server.journal.rows import cleaned, insert_events
from embedded_server.journal.schema import Opened, open_for_writing

log = logging.getLogger(__name__)

BATCH_INTERVAL_S: Final = 0.02
IDLE_S: Final = 1.0
LAST_TRY_S: Final = 2.0
"""How long the closing journal keeps trying on a disk that refuses."""
_REFUSED: Final = (
    OverflowError,
    UnicodeError,
    TypeError,
    AttributeError,
    KeyError,
    ValueError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""What a malformed event makes the binding raise; the disk raises other things."""


class Writer:
    """Owns the writing connection and the thread; everything but `Intake` is touched by that thread alone."""

    def __init__(
        self,
        path: Path,
        opened: Opened,
        *,
        intake: Intake,
        projections: Sequence[Projection],
        retention: Retention,
        body_cap: int,
        release_readers: Callable[[], None],
    ) -> None:
        self.first_seq = opened.first_seq
        self.last_seq = opened.last_seq
        self.epoch = opened.epoch
        self.origin = opened.origin
        self.used = 0
        self.oldest_at = 0
        self.set_aside = ""
        self.problem = ""
        self.damaged = False
        """Set by a reader that met a broken page."""
        self.callbacks: list[Callable[[Commit], None]] = []
        self._path = path
        self._db = opened.db
        self._intake = intake
        self._projections = projections
        self._retention = retention
        self._body_cap = body_cap
        self._release_readers = release_readers
        self._clock_at = 0
        self.now_ns = time.time_ns
        self._logged: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)

    def start(self) -> None:
        """Prepare the projections' tables and begin to write."""
        self._create_projections()
        self._measure()
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread has written what was queued and closed its connection."""
        self._thread.join()

    # -- the thread

    def _run(self) -> None:
        began = 0.0
        more_to_trim = False
        while True:
            self._intake.wait(BATCH_INTERVAL_S if more_to_trim else IDLE_S)
            self._intake.gather(began + BATCH_INTERVAL_S - time.monotonic())
            began = time.monotonic()
            first_seq, events = self._intake.take()
            if events:
                if not self._write_until_kept(first_seq, events):
                    break
            elif self._intake.closed:
                break
            more_to_trim = self._look_after(len(events))
        self._db.close()

    def _write_until_kept(self, first_seq: int, events: list[Event]) -> bool:
        """Write a batch, again and again where the disk refuses; false when the journal closed before it succeeded."""
        backoff = Backoff(first_s=0.05, cap_s=1.0)
        give_up_at = 0.0
        while True:
            try:
                kept = self._write(first_seq, events)
            except sqlite3.Error as exc:
                self._trouble(exc)
            else:
                self._kept(Commit(first_seq, kept))
                return True
            if self._intake.closed:
                give_up_at = give_up_at or time.monotonic() + LAST_TRY_S
                if time.monotonic() >= give_up_at:
                    log.error(f"The journal closes without {len(events)} events that the disk refused: {self.problem}")
                    self._intake.abandon(len(events))
                    return False
            time.sleep(backoff.delay())

    def _write(self, first_seq: int, events: list[Event]) -> list[Event]:
        try:
            self._insert(first_seq, events)
        except _REFUSED:
            events = [cleaned(event) for event in events]
            self._insert(first_seq, events)
        return events

    def _insert(self, first_seq: int, events: Sequence[Event]) -> None:
        db = self._db
        db.execute("begin immediate")
        try:
            insert_events(db, first_seq, events, self._body_cap)
            for projection in self._projections:
                self._apply(projection, first_seq, events)
            clock_at = self._note_time(first_seq)
            db.execute("commit")
        except BaseException:
            if db.in_transaction:
                db.execute("rollback")
            raise
        self._clock_at = clock_at

    def _note_time(self, first_seq: int) -> int:
        """Note now and then when events were written: retention goes by that."""
        now = self.now_ns()
        if 0 <= now - self._clock_at < clock_interval_ns(self._retention):
            return self._clock_at
        self._db.execute("insert or replace into clock values (?,?)", (first_seq, now))
        return now

    def _apply(self, projection: Projection, first_seq: int, events: Sequence[Event]) -> None:
        db = self._db
        db.execute("savepoint projection")
        try:
            projection.apply(db, first_seq, events)
        except Exception as exc:
            if _is_disk(exc):
                raise  # not the projection's fault: the whole batch is tried again
            db.execute("rollback to projection")
            cause = f"{type(projection).__name__}: {type(exc).__name__}"
            if cause not in self._logged:
                self._logged.add(cause)
                log.exception(f"{type(projection).__name__} could not follow events {first_seq} and later")
        db.execute("release projection")

    def _kept(self, commit: Commit) -> None:
        self.last_seq = commit.last_seq
        if not self.oldest_at:
            self.oldest_at = commit.events[0].at
        if self.problem:
            log.warning(f"The journal writes again after: {self.problem}")
            self.problem = ""
        for callback in tuple(self.callbacks):
            try:
                callback(commit)
            except Exception:
                log.exception("A listener of the journal failed")
        self._intake.committed(commit.last_seq)  # last: who waits for a commit finds that every listener has heard of it

    # -- trouble

    def _trouble(self, exc: sqlite3.Error) -> None:
        if str(exc) != self.problem:
            self.problem = str(exc)
            log.error(f"The journal cannot write to {self._path}: {exc}; it keeps trying")
        if is_damage(exc) or self.damaged:
            self._begin_anew()

    def _begin_anew(self) -> None:
        """Set the damaged file aside and go on in a fresh one; numbers continue, the epoch is a new one."""
        self.damaged = False
        self._db.close()
        self._release_readers()
        try:
            aside = set_aside(self._path)
            opened = open_for_writing(self._path, origin=self.last_seq + 1)
        except (OSError, sqlite3.Error) as exc:
            self.damaged = True  # the next attempt begins here again
            self.problem = str(exc)
            return
        self._db = opened.db
        self.epoch, self.origin = opened.epoch, opened.origin
        self.first_seq, self.last_seq = opened.first_seq, opened.last_seq
        self.oldest_at = self._clock_at = 0
        self.set_aside = str(aside)
        self._create_projections()
        log.error(f"The journal was damaged; it is kept as {aside}, and a new one begins at event {opened.origin}")

    def _create_projections(self) -> None:
        self._db.execute("begin immediate")
        for projection in self._projections:
            projection.create(self._db)
        self._db.execute("commit")

    # -- between batches

    def _look_after(self, written: int) -> bool:
        """Repair and trim where it is time to; whether more is left to trim."""
        try:
            if self.damaged:
                self._begin_anew()
            return self._trim(2 * written)
        except sqlite3.Error as exc:
            self._trouble(exc)
        return False

    def _trim(self, at_least: int) -> bool:
        """Let what is over the limits leave, twice as fast as news come; whether more has to."""
        self._measure()
        gone = 0
        while True:
            keep = first_to_keep(self._db, self._retention, self.first_seq, self.last_seq, used=self.used, now=self.now_ns())
            if keep == self.first_seq:
                return False
            trim(self._db, keep)
            gone += keep - self.first_seq
            self.first_seq = keep
            self._measure()
            if gone >= at_least:
                return True

    def _measure(self) -> None:
        self.used = used_bytes(self._db)
        oldest = self._db.execute("select at from event where seq >= ? order by seq limit 1", (self.first_seq,)).fetchone()
        self.oldest_at = 0 if oldest is None else int(oldest[0])


def _is_disk(exc: Exception) -> bool:
    """Whether SQLite speaks of its file rather than of the statement it was given."""
    if not isinstance(exc, sqlite3.DatabaseError):
        return False
    code = getattr(exc, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code not in {
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
    }
