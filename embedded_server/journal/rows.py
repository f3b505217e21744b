"""From events to what is bound to SQL: one tuple each, on the writer thread, 100,000 times a second."""

from collections.abc import Sequence
from typing import Any, Final

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.journal.schema import INLINE_BODY_BYTES, JOIN_CODES, KIND_CODES

_MAX_INT: Final = 2**63 - 1

EventRow = tuple[int, int, int, str, str, str, str, int, str, str, int, str, bytes, bytes | None]
BodyRow = tuple[int, bytes]


def rows_of(first_seq: int, events: Sequence[Event], body_cap: int) -> tuple[list[EventRow], list[BodyRow]]:
    """Number *events* from *first_seq* and give the rows of both tables; bodies over *body_cap* are cut there."""
    rows: list[EventRow] = []
    bodies: list[BodyRow] = []
    add = rows.append
    kinds, joins, inline = KIND_CODES, JOIN_CODES, INLINE_BODY_BYTES
    seq = first_seq
    for at, connection, kind, subject, key, trace, joined, status, worker, size, preview, headers, body in events:
        here: bytes | None = body
        length = len(body)
        if length > inline:
            bodies.append((seq, body[:body_cap]))
            here = None
        # _value_ because an enum's own hash is a Python call
        add(
            (
                seq,
                at,
                kinds[kind._value_],
                connection,
                subject,
                key,
                trace,
                joins[joined._value_],
                status,
                worker,
                size if size > length else length,  # noqa: FURB136 - a call less
                preview,
                headers,
                here,
            )
        )
        seq += 1
    return rows, bodies


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
