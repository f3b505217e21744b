"""The broker's store in one SQLite file.

Write-ahead logging with ``synchronous=NORMAL``: what is committed survives the death of the process, ``kill -9`` included. When the
machine itself loses power the last moments may be missing, and the file is still whole; RabbitMQ fsyncs where this does not.
"""

import itertools
import logging
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.amqp.exchange import Binding, Exchange
from embedded_server.brokers.amqp.message import NEVER, Entry
from embedded_server.brokers.amqp.sqlite_rows import (
    SCHEMA,
    SCHEMA_VERSION,
    binding_row,
    packed_arguments,
    read_all,
    read_entries,
    stored_entry,
)
from embedded_server.brokers.amqp.store import Snapshot, StoredEntry, StoreFailed
from embedded_server.brokers.sqlite_file import migrate, open_or_set_aside, write_ahead

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.queue import Queue

logger = logging.getLogger(__name__)

LOST: Final = "The broker's store is damaged (%s); it was set aside as %s and a new one was begun"
MAX_WAITING: Final = 10_000
"""Messages that left their queues and are not yet deleted from the file."""
SPARE_PAGES: Final = 16_384
"""Of 4 kB each, that the file may have free for what comes."""
SHRINK_PAGES: Final = 1_024


class SqliteStore:
    """A durable ``Store``; the changes of a turn are one transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._snapshot = Snapshot()
        self._queue_ids = itertools.count(1)
        self._topology: list[tuple[str, tuple[Any, ...]]] = []
        self._messages: dict[int, tuple[int, str, str, bytes, bytes]] = {}
        self._entries: dict[tuple[int, int], tuple[int, int, float | None]] = {}
        self._gone_entries: list[tuple[int, int]] = []
        self._gone_messages: list[tuple[int]] = []
        self._gone_runs: list[tuple[int, int, int]] = []
        """Queue, first message and the one behind the last, of messages that lie in no other queue."""
        self._delivered: dict[int, int] = {}
        self._copies: dict[int, int] = {}
        """How many queues hold a message, by its number, where they are several."""
        self._fails = False
        """What could not be written last time waits no longer for company."""
        self._is_loose = False
        """The file is much larger than what is in it."""
        self._db, self.set_aside = open_or_set_aside(path, self._prepare, LOST)
        """And where a damaged file was moved to."""

    # -- opening

    def _prepare(self, db: sqlite3.Connection) -> None:
        if not db.execute("PRAGMA page_count").fetchone()[0]:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        write_ahead(db)
        db.execute("BEGIN IMMEDIATE")
        migrate(db, self.path, SCHEMA, SCHEMA_VERSION)
        self._snapshot, self._copies = read_all(db)
        db.execute("COMMIT")
        if _free_pages(db) > SPARE_PAGES and _used_pages(db) < SPARE_PAGES:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # which a file of an earlier version lacks
            db.execute("VACUUM")  # quick, as little is in it
        self._queue_ids = itertools.count(1 + max((queue.id for queue in self._snapshot.queues), default=0))

    # -- Store

    def load(self) -> Snapshot:
        """Everything kept so far; once, to free the memory."""
        snapshot, self._snapshot = self._snapshot, Snapshot()
        return snapshot

    def save_exchange(self, exchange: Exchange) -> None:
        """Keep a durable exchange."""
        row = (exchange.name, exchange.type.value, exchange.auto_delete, exchange.internal, packed_arguments(exchange.arguments))
        self._topology.append(("INSERT OR REPLACE INTO exchange VALUES (?, ?, ?, ?, ?)", row))

    def delete_exchange(self, exchange: Exchange) -> None:
        """Forget an exchange and the bindings from it."""
        self._topology.append(("DELETE FROM exchange WHERE name = ?", (exchange.name,)))
        self._topology.append(("DELETE FROM binding WHERE source = ?", (exchange.name,)))

    def save_queue(self, queue: "Queue") -> None:
        """Keep a durable queue; gives it its ``store_id``."""
        queue.store_id = next(self._queue_ids)
        row = (queue.store_id, queue.name, queue.auto_delete, packed_arguments(queue.arguments.raw))
        self._topology.append(("INSERT INTO queue (id, name, auto_delete, arguments) VALUES (?, ?, ?, ?)", row))

    def delete_queue(self, queue: "Queue") -> None:
        """Forget a queue and its entries."""
        self._topology.append(("DELETE FROM queue WHERE id = ?", (queue.store_id,)))
        self._topology.append(("DELETE FROM entry WHERE queue = ?", (queue.store_id,)))
        self._delivered.pop(queue.store_id, None)

    def save_binding(self, binding: Binding) -> None:
        """Keep a binding between durable ends."""
        self._topology.append(("INSERT OR REPLACE INTO binding VALUES (?, ?, ?, ?, ?)", binding_row(binding)))

    def delete_binding(self, binding: Binding) -> None:
        """Forget a binding."""
        statement = "DELETE FROM binding WHERE source = ? AND kind = ? AND destination = ? AND routing_key = ? AND arguments = ?"
        self._topology.append((statement, binding_row(binding)))

    def add(self, queue: "Queue", entry: Entry) -> None:
        """Keep *entry* and, the first time, its message."""
        message = entry.message
        if message.id in self._messages:
            self._copies[message.id] = self._copies.get(message.id, 1) + 1
        else:
            self._messages[message.id] = (message.id, message.exchange, message.routing_key, message.header, message.body)
        entry.stored = True
        expires_at = None if entry.expires_at == NEVER else entry.expires_at + queue.vhost.clock.wall() - queue.vhost.clock.now()
        self._entries[queue.store_id, message.id] = (queue.store_id, message.id, expires_at)

    def remove(self, queue: "Queue", entry: Entry) -> None:
        """Forget *entry* and, the last time, its message. What came and went within one turn is never written."""
        entry.stored = False
        self._remove(queue.store_id, entry.message.id)

    def forget(self, queue: "Queue", numbers: Iterable[int]) -> None:
        """Forget the entries of these messages, as ``remove`` does."""
        start = end = 0
        for number in numbers:
            if number in self._copies or number in self._messages:
                self._remove(queue.store_id, number)
            elif number == end:
                end += 1
            else:
                self._remove_run(queue.store_id, start, end)
                start, end = number, number + 1
        self._remove_run(queue.store_id, start, end)

    def _remove_run(self, queue_id: int, start: int, end: int) -> None:
        if end > start:
            self._gone_runs.append((queue_id, start, end))

    def _remove(self, queue_id: int, number: int) -> None:
        key = (queue_id, number)
        if self._entries.pop(key, None) is None:
            self._gone_entries.append(key)
        copies = self._copies.get(number)
        if copies is not None:
            if copies == 2:
                del self._copies[number]
            else:
                self._copies[number] = copies - 1
        elif self._messages.pop(number, None) is None:
            self._gone_messages.append((number,))

    def delivered(self, queue: "Queue", entry: Entry) -> None:
        """Remember how far the queue has been delivered: one number a queue and turn, where a mark on each message costs a row."""
        if entry.message.id > self._delivered.get(queue.store_id, 0):
            self._delivered[queue.store_id] = entry.message.id

    def read(self, queue: "Queue", numbers: Sequence[int]) -> list[StoredEntry]:
        """The entries of these messages, numbered in ascending order; raises ``StoreFailed`` where they cannot be read."""
        try:
            found = read_entries(self._db, queue.store_id, numbers)
        except sqlite3.Error as exc:
            raise StoreFailed(str(exc)) from exc
        if len(found) < len(numbers):  # the others came in this very turn, or the disk has been full since they came
            waiting = (self._entries.get((queue.store_id, number)) for number in numbers)
            found += [stored_entry(entry[2], *self._messages[entry[1]]) for entry in waiting if entry is not None]
            found.sort(key=lambda entry: entry.message.id)
        return found

    def commit(self, *, everything: bool = True) -> bool:
        """Write all changes, or only where some may not wait; whether some are left. Raises ``StoreFailed`` where it cannot be."""
        removed = self._gone_entries or self._gone_messages or self._gone_runs
        if not (self._topology or self._entries or self._gone_runs):
            if not (removed or self._delivered):
                return self._is_loose and not (everything and self._shrunk())
            if not (everything or self._fails) and len(self._gone_entries) < MAX_WAITING:
                return True
        try:
            self._write()
        except sqlite3.Error as exc:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            self._fails = True
            raise StoreFailed(str(exc)) from exc
        self._fails = False
        if removed:
            self._is_loose = _free_pages(self._db) > SPARE_PAGES
        gone = (self._gone_entries, self._gone_messages, self._gone_runs)
        for pending in (self._topology, self._messages, self._entries, *gone, self._delivered):
            pending.clear()
        return self._is_loose

    def _shrunk(self) -> bool:
        """Give some of the file's free room back to the disk, while there is nothing else to do; whether that is done."""
        try:
            free = _free_pages(self._db)
            self._db.executescript(f"PRAGMA incremental_vacuum({SHRINK_PAGES})")  # ``execute`` would stop after the first page
            now = _free_pages(self._db)
        except sqlite3.Error as exc:
            logger.warning("The broker's store could not be made smaller: %s", exc)
            self._is_loose = False
        else:
            self._is_loose = SPARE_PAGES < now < free
        return not self._is_loose

    def close(self) -> None:
        """Write what is left and let go of the file."""
        try:
            self.commit()
        except StoreFailed as exc:
            logger.error("The last changes could not be written: %s", exc)  # noqa: TRY400 - the reason is all there is to tell
        self._db.close()

    def _write(self) -> None:
        db = self._db
        db.execute("BEGIN")
        for statement, values in self._topology:
            db.execute(statement, values)
        if self._messages:
            db.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", self._messages.values())
        if self._entries:
            db.executemany("INSERT INTO entry VALUES (?, ?, ?)", self._entries.values())
        if self._gone_entries:
            db.executemany("DELETE FROM entry WHERE queue = ? AND message = ?", self._gone_entries)
        if self._gone_messages:
            db.executemany("DELETE FROM message WHERE id = ?", self._gone_messages)
        if self._gone_runs:
            db.executemany("DELETE FROM entry WHERE queue = ? AND message >= ? AND message < ?", self._gone_runs)
            db.executemany("DELETE FROM message WHERE id >= ? AND id < ?", [run[1:] for run in self._gone_runs])
        if self._delivered:
            marks = [(up_to, queue, up_to) for queue, up_to in self._delivered.items()]
            db.executemany("UPDATE queue SET delivered_up_to = ? WHERE id = ? AND delivered_up_to < ?", marks)
        db.execute("COMMIT")


def _free_pages(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA freelist_count").fetchone()[0])


def _used_pages(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA page_count").fetchone()[0]) - _free_pages(db)
