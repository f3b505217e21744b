"""From events to what is bound to SQL, on the writer thread, 100,000 times a second."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.journal.schema import EVENT_COLUMNS, INLINE_BODY_BYTES, INSERT_BODY, JOIN_CODES, KIND_CODES, insert_event

ROWS_A_STATEMENT: Final = 64
"""Many rows in one statement take half the time of as many statements; 64 keep within the 999 values that old builds of SQLite take."""
_MAX_INT: Final = 2**63 - 1
_INSERT_MANY: Final = insert_event(ROWS_A_STATEMENT)
_INSERT_ONE: Final = insert_event(1)
_NO_HEADERS: Final = bytearray()

BodyRow = tuple[int, bytes]


def insert_events(db: sqlite3.Connection, first_seq: int, events: Sequence[Event], body_cap: int) -> None:
    """Number *events* from *first_seq* and write them; bodies over *body_cap* are cut there."""
    values, bodies = _values_of(first_seq, events, body_cap)
    step = ROWS_A_STATEMENT * EVENT_COLUMNS
    whole = len(values) - len(values) % step
    for first in range(0, whole, step):
        db.execute(_INSERT_MANY, values[first : first + step])
    for first in range(whole, len(values), EVENT_COLUMNS):
        db.execute(_INSERT_ONE, values[first : first + EVENT_COLUMNS])
    if bodies:
        db.executemany(INSERT_BODY, bodies)


def _values_of(first_seq: int, events: Sequence[Event], body_cap: int) -> tuple[list[Any], list[BodyRow]]:
    """Answer the rows of the event table, end to end, and those of the body table.

    Blobs are bound as `bytearray`: for every `bytes` the sqlite3 module first asks whether it should become something else, which
    takes longer than the copy.
    """
    values: list[Any] = []
    bodies: list[BodyRow] = []
    kinds, joins, inline = KIND_CODES, JOIN_CODES, INLINE_BODY_BYTES
    seq = first_seq
    for event in events:
        # only its own fields: a capability's event may bring one along that is for its projection
        at, connection, kind, subject, key, trace, joined, status, worker, size, preview, headers, body = event[:13]
        here: bytearray | None = None
        length = len(body)
        if length > inline:
            bodies.append((seq, body[:body_cap]))
        else:
            here = bytearray(body)
        values += (
            seq,
            at,
            kinds[kind._value_],  # because an enum's own hash is a Python call
            connection,
            subject,
            key,
            trace,
            joins[joined._value_],
            status,
            worker,
            size if size > length else length,  # noqa: FURB136 - a call less
            preview,
            bytearray(headers) if headers else _NO_HEADERS,
            here,
        )
        seq += 1
    return values, bodies


def cleaned(event: Event) -> Event:
    """Make an event that SQLite is bound to take of one it refused: lone surrogates, numbers beyond 64 bits, wrong types."""
    return Event(
        _int(event.at),
        _text(event.connection),
        _kind(event.kind),
        _text(event.subject),
        _text(event.key),
        _text(event.trace),
        _join(event.joined),
        _text(event.status),
        _text(event.worker),
        _int(event.size),
        _text(event.preview),
        _bytes(event.headers),
        _bytes(event.body),
    )


def _kind(value: Any) -> Kind:
    return value if isinstance(value, Kind) else Kind.CUSTOM


def _join(value: Any) -> Join:
    return value if isinstance(value, Join) else Join.NONE


def _int(value: Any) -> int:
    return max(-_MAX_INT, min(int(value), _MAX_INT)) if isinstance(value, int | float) else 0


def _text(value: Any) -> str:
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else _text(value).encode()
