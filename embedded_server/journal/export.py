"""Whole events as a file: NDJSON for programs, CSV for spreadsheets; a piece at a time, however many there are."""

import base64
import csv
import io
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from embedded_server.journal.event import StoredEvent
from embedded_server.journal.filters import EVENTS, CompiledFilter, compile_filter
from embedded_server.journal.journal import Journal
from embedded_server.journal.queries import STEP_EVENTS
from embedded_server.journal.schema import FULL_SQL, event_of

PIECE_BYTES: Final = 1024**2
"""A piece ends once it is this long, so that large bodies are held one at a time."""
COLUMNS: Final = (
    "seq",
    "time",
    "connection",
    "kind",
    "subject",
    "key",
    "trace",
    "joined",
    "status",
    "worker",
    "size",
    "truncated",
    "headers",
    "body",
)


class ExportFormat(StrEnum):
    """How an export is written."""

    NDJSON = "ndjson"
    CSV = "csv"


def export(journal: Journal, filter: str, format: ExportFormat | str) -> AsyncIterator[bytes]:  # noqa: A002 - the API's words
    """The events that match, oldest first, as they are at the time of asking.

    Raises `FilterError` at once, before anything is written, and ValueError for a format that is none.
    """
    write = _WRITERS[ExportFormat(format)]
    return _pieces(journal, compile_filter(filter, EVENTS), write, header=ExportFormat(format) is ExportFormat.CSV)


Write = Callable[[StoredEvent], bytes]


async def _pieces(journal: Journal, compiled: CompiledFilter, write: Write, *, header: bool) -> AsyncIterator[bytes]:
    if header:
        yield _csv_line(COLUMNS)
    at, end = journal.first_seq, journal.last_seq + 1
    while at < end:
        piece, at = await journal.scan(_piece(compiled, write, at, end))
        if piece:
            yield piece


def _piece(compiled: CompiledFilter, write: Write, at: int, end: int) -> Callable[[sqlite3.Connection], tuple[bytes, int]]:
    """Work for a reader thread: the lines of the next events, and where to go on."""
    sql = f"select {FULL_SQL} from event where seq >= ? and seq < ? and ({compiled.sql}) order by seq"  # noqa: S608 - our own parts
    stop = min(end, at + STEP_EVENTS)

    def work(db: sqlite3.Connection) -> tuple[bytes, int]:
        lines: list[bytes] = []
        length = 0
        rows = db.execute(sql, (at, stop, *compiled.params))
        for row in rows:
            line = write(StoredEvent(row[0], event_of(row)))
            lines.append(line)
            length += len(line)
            if length >= PIECE_BYTES:
                rows.close()
                return b"".join(lines), int(row[0]) + 1
        return b"".join(lines), stop

    return work


def _ndjson(stored: StoredEvent) -> bytes:
    event = stored.event
    whole = {
        "seq": stored.seq,
        "time": iso_time(event.at),
        "at": event.at,
        "connection": event.connection,
        "kind": event.kind.value,
        "subject": event.subject,
        "key": event.key,
        "trace": event.trace,
        "joined": event.joined.value,
        "status": event.status,
        "worker": event.worker,
        "size": event.size,
        "truncated": stored.truncated,
        "headers": _json_of(event.headers) or {},
        **_body(event.body),
    }
    return orjson.dumps(whole) + b"\n"


def _body(body: bytes) -> dict[str, Any]:
    """The body under the name that tells what it is: ``json``, ``text`` or ``base64``."""
    if not body:
        return {}
    parsed = _json_of(body)
    if parsed is not None:
        return {"json": parsed}
    try:
        return {"text": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}


def _json_of(document: bytes) -> orjson.Fragment | None:
    """*document* as it stands, if it is JSON: numbers of any length stay what they are."""
    try:
        orjson.loads(document)
        if b"\n" in document or b"\r" in document:
            document = json.dumps(json.loads(document), separators=(",", ":"), ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return orjson.Fragment(document)


def _csv(stored: StoredEvent) -> bytes:
    event = stored.event
    return _csv_line(
        (
            stored.seq,
            iso_time(event.at),
            event.connection,
            event.kind.value,
            event.subject,
            event.key,
            event.trace,
            event.joined.value,
            event.status,
            event.worker,
            event.size,
            "yes" if stored.truncated else "",
            event.headers.decode("utf-8", "backslashreplace"),
            event.body.decode("utf-8", "backslashreplace"),
        )
    )


def _csv_line(cells: tuple[object, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode("utf-8")


def iso_time(at: int) -> str:
    """Nanoseconds since the epoch as ISO 8601 in UTC, none of them lost."""
    seconds, nanoseconds = divmod(at, 1_000_000_000)
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanoseconds:09d}Z"
    except (ValueError, OverflowError, OSError):
        return str(at)


_WRITERS: Final[dict[ExportFormat, Write]] = {ExportFormat.NDJSON: _ndjson, ExportFormat.CSV: _csv}
