"""The rows of the broker's SQLite file: their tables, and what they are read back as."""

import sqlite3
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from embedded_server.brokers.amqp.dead_letter import encoded
from embedded_server.brokers.amqp.exchange import Binding, Destination, DestinationKind, ExchangeType, make_exchange
from embedded_server.brokers.amqp.message import Message
from embedded_server.brokers.amqp.properties import decoded_table, properties_of
from embedded_server.brokers.amqp.store import Snapshot, StoredBacklog, StoredEntry, StoredQueue

SCHEMA_VERSION: Final = 1
SCHEMA: Final = f"""
CREATE TABLE exchange (
    name TEXT PRIMARY KEY, type TEXT NOT NULL, auto_delete INTEGER NOT NULL, internal INTEGER NOT NULL, arguments BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE queue (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, auto_delete INTEGER NOT NULL, arguments BLOB NOT NULL,
    delivered_up_to INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE binding (
    source TEXT NOT NULL, kind TEXT NOT NULL, destination TEXT NOT NULL, routing_key TEXT NOT NULL, arguments BLOB NOT NULL,
    PRIMARY KEY (source, kind, destination, routing_key, arguments)
) WITHOUT ROWID;
CREATE TABLE message (
    id INTEGER PRIMARY KEY, exchange TEXT NOT NULL, routing_key TEXT NOT NULL, header BLOB NOT NULL, body BLOB NOT NULL
);
CREATE TABLE entry (
    queue INTEGER NOT NULL, message INTEGER NOT NULL, expires_at REAL, PRIMARY KEY (queue, message)
) WITHOUT ROWID;
PRAGMA user_version = {SCHEMA_VERSION}
"""


def read_all(db: sqlite3.Connection) -> tuple[Snapshot, dict[int, int]]:
    """All that the file holds, cleared of what a crash left half done; and the messages in several queues, each with how many."""
    db.execute("DELETE FROM entry WHERE queue NOT IN (SELECT id FROM queue)")
    db.execute("DELETE FROM message WHERE id NOT IN (SELECT message FROM entry)")
    snapshot = Snapshot(
        exchanges=[
            make_exchange(name, ExchangeType(kind), auto_delete=bool(auto_delete), internal=bool(internal), arguments=_unpacked(raw))
            for name, kind, auto_delete, internal, raw in db.execute("SELECT * FROM exchange")
        ],
        queues=[
            StoredQueue(number, name, bool(auto_delete), _unpacked(raw), up_to)
            for number, name, auto_delete, raw, up_to in db.execute("SELECT * FROM queue")
        ],
        bindings=[
            Binding(source, Destination(DestinationKind(kind), name), key, _unpacked(raw))
            for source, kind, name, key, raw in db.execute("SELECT * FROM binding")
        ],
        backlogs=list(_read_backlogs(db)),
    )
    copies = db.execute("SELECT message, count(*) FROM entry GROUP BY message HAVING count(*) > 1") if len(snapshot.backlogs) > 1 else ()
    return snapshot, dict(copies)


def _read_backlogs(db: sqlite3.Connection) -> Iterator[StoredBacklog]:
    """What waits in each queue. A million messages take a second; their bodies are not looked at."""
    rows = db.execute(
        "SELECT entry.queue, entry.message, length(message.body) FROM entry CROSS JOIN message ON message.id = entry.message"
        " ORDER BY entry.queue, entry.message"
    )
    for queue, found in groupby(rows, lambda row: row[0]):
        numbers, sizes = array("Q"), array("Q")
        for _, number, size in found:
            numbers.append(number)
            sizes.append(size)
        yield StoredBacklog(queue, numbers, sizes)


def read_entries(db: sqlite3.Connection, queue: int, numbers: Sequence[int]) -> list[StoredEntry]:
    """Those of *numbers*, which ascend, that the queue has in the file, in order."""
    rows = db.execute(
        "SELECT entry.expires_at, message.* FROM entry CROSS JOIN message ON message.id = entry.message"
        " WHERE entry.queue = ? AND entry.message BETWEEN ? AND ? ORDER BY entry.message",
        (queue, numbers[0], numbers[-1]),
    )
    wanted = frozenset(numbers)
    return [stored_entry(*row) for row in rows if row[1] in wanted]


def stored_entry(expires_at: float | None, number: int, exchange: str, routing_key: str, header: bytes, body: bytes) -> StoredEntry:
    """An entry out of its columns."""
    message = Message(exchange, routing_key, header, body, properties_of(header))
    message.id = number
    return StoredEntry(message, expires_at)


def binding_row(binding: Binding) -> tuple[str, str, str, str, bytes]:
    """A binding's columns."""
    kind, name = binding.destination
    return binding.source, kind.value, name, binding.routing_key, packed_arguments(binding.arguments)


def packed_arguments(arguments: Mapping[str, Any]) -> bytes:
    """Arguments as a field table: it keeps every type, which JSON would not."""
    return encoded(dict(arguments))[1:]


def _unpacked(raw: bytes) -> dict[str, Any]:
    return decoded_table(raw)
