"""Whole events or a projection's rows as a file: NDJSON for programs, CSV for spreadsheets; a piece at a time, however many."""

import base64
import csv
import io
import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

import orjson

from embedded_server.journal.event import StoredEvent
from embedded_server.journal.feeds.source import FeedSource
from embedded_server.journal.filters import EVENTS, CompiledFilter, compile_filter
from embedded_server.journal.journal import Journal
from embedded_server.journal.queries import STEP_EVENTS
from embedded_server.journal.schema import FULL_SQL, event_of

PIECE_BYTES: Final = 1024**2
"""A piece ends once it is this long, so that large bodies are held one at a time."""
STEP_ROWS: Final = 4096
"""Rows of a projection are short; so many are a piece."""
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


def export(journal: Journal, filter: str, format: ExportFormat | str) -> AsyncIterator[bytes]:
    """The events that match, oldest first, as they are at the time of asking.

    Raises `FilterError` at once, before anything is written, and ValueError for a format that is none.
    """
    kind = ExportFormat(format)
    return export_with(journal, filter, _WRITERS[kind], head=_csv_line(COLUMNS) if kind is ExportFormat.CSV else b"")


def export_with(journal: Journal, filter: str, write: "Write", *, head: bytes = b"") -> AsyncIterator[bytes]:
    """The events that match, each as *write* puts it, which runs on a thread of the journal's; nothing leaves an event out.

    *head* goes before all. Raises `FilterError` at once.
    """
    return _pieces(journal, compile_filter(filter, EVENTS), write, head=head)


def export_rows(
    journal: Journal,
    source: FeedSource,
    columns: Sequence[str],
    filter: str,
    format: ExportFormat | str,
) -> AsyncIterator[bytes]:
    """The rows of *source* that match, in the order of their numbers: those there are now, each as it is when its turn comes.

    *columns* are of the source's table, the row's number first; those that end in ``_at`` are moments. Raises what `export` raises.
    """
    kind = ExportFormat(format)
    return _row_pieces(journal, source, tuple(columns), compile_filter(filter, source.vocabulary), _ROW_WRITERS[kind], kind)


Write = Callable[[StoredEvent], bytes]
WriteRow = Callable[[Sequence[str], Sequence[Any]], bytes]


async def _row_pieces(
    journal: Journal, source: FeedSource, columns: tuple[str, ...], compiled: CompiledFilter, write: WriteRow, kind: ExportFormat
) -> AsyncIterator[bytes]:
    if kind is ExportFormat.CSV:
        yield _csv_line(columns)
    number, table = source.id_column, source.table
    first, last = await journal.run(lambda db: db.execute(f"select min({number}), max({number}) from {table}").fetchone())  # noqa: S608 - our own names
    at, end = (first, last + 1) if first is not None else (0, 0)
    names = ", ".join(f"{table}.{column}" for column in columns)
    sql = f"select {names} from {table} where {number} >= ? and {number} < ? and ({compiled.sql}) order by {number}"  # noqa: S608 - our own names
    while at < end:
        stop = min(end, at + STEP_ROWS)
        piece = await journal.scan(_row_piece(sql, (at, stop, *compiled.params), partial(write, columns)))
        at = stop
        if piece:
            yield piece


def _row_piece(sql: str, params: Sequence[Any], write: Callable[[Sequence[Any]], bytes]) -> Callable[[sqlite3.Connection], bytes]:
    """Work for a reader thread: the lines of the next rows."""
    return lambda db: b"".join(map(write, db.execute(sql, params)))


def _row_ndjson(columns: Sequence[str], row: Sequence[Any]) -> bytes:
    return orjson.dumps(dict(zip(columns, row, strict=True))) + b"\n"


def _row_csv(columns: Sequence[str], row: Sequence[Any]) -> bytes:
    return _csv_line(tuple(_csv_cell(column, value) for column, value in zip(columns, row, strict=True)))


def _csv_cell(column: str, value: Any) -> Any:
    if column.endswith("_at"):
        return iso_time(value) if value else ""
    return value


async def _pieces(journal: Journal, compiled: CompiledFilter, write: Write, *, head: bytes) -> AsyncIterator[bytes]:
    if head:
        yield head
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


def _csv_line(cells: Sequence[object]) -> bytes:
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
_ROW_WRITERS: Final[dict[ExportFormat, WriteRow]] = {ExportFormat.NDJSON: _row_ndjson, ExportFormat.CSV: _row_csv}
