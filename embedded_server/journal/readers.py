"""Threads that read: one read-only connection each, windows apart from scans so that neither waits for the other."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from embedded_server.journal.problems import JournalClosed, JournalDamaged
from embedded_server.journal.repair import is_damage
from embedded_server.journal.schema import open_for_reading

T = TypeVar("T")
Prepare = Callable[[sqlite3.Connection], None]


class _Slot:
    """One thread's connection; the lock keeps it from being closed under a running statement."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.db: sqlite3.Connection | None = None

    def close(self) -> None:
        with self.lock:
            if self.db is not None:
                self.db.close()
                self.db = None


class Readers:
    """A small pool of reader threads over one journal file."""

    def __init__(self, path: Path, *, threads: int, name: str, prepare: Prepare, on_damage: Callable[[], None]) -> None:
        self._path = path
        self._prepare = prepare
        self._on_damage = on_damage
        self._slots: list[_Slot] = []
        self._local = threading.local()
        self._closed = False
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do *work* with a connection on one of the threads. Raises `JournalDamaged` and `JournalClosed`."""
        if self._closed:
            raise JournalClosed
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], T]) -> T:
        slot = self._slot()
        with slot.lock:
            try:
                if self._closed:
                    raise JournalClosed
                if slot.db is None:
                    slot.db = open_for_reading(self._path)
                    self._prepare(slot.db)
                return work(slot.db)
            except sqlite3.DatabaseError as exc:
                if not is_damage(exc):
                    raise
                self._on_damage()
                raise JournalDamaged from exc

    def _slot(self) -> _Slot:
        slot: _Slot | None = getattr(self._local, "slot", None)
        if slot is None:
            slot = self._local.slot = _Slot()
            self._slots.append(slot)
        return slot

    def release(self) -> None:
        """Close every connection once its work is done; the next work opens a new one."""
        for slot in tuple(self._slots):
            slot.close()

    def close(self) -> None:
        """Drop what waits, let what runs end, close the connections."""
        self._closed = True
        with contextlib.suppress(RuntimeError):
            self._pool.shutdown(wait=True, cancel_futures=True)
        self.release()
