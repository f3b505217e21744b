"""Records of the journal as a file, keys and values as their topics are read: JSON lines for programs, CSV for spreadsheets."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import orjson

from embedded_server.contracts.events import Kind
from embedded_server.contracts.kafka import NO_TIMESTAMP, Decoded, split_subject
from embedded_server.core.profiles import Resolve
from embedded_server.journal import ExportFormat, Journal, StoredEvent, export_with, iso_time
from embedded_server.kafka.decoding.service import Decoding

COLUMNS: Final = (
    "topic",
    "partition",
    "offset",
    "timestamp",
    "timestamp_type",
    "key",
    "key_format",
    "value",
    "value_format",
    "headers",
    "status",
    "truncated",
)
NULL: Final = "null"
"""Stands as the format of what is null: in CSV that looks like an empty text."""
_KINDS: Final = frozenset({Kind.RECORD_PRODUCED, Kind.RECORD_READ})
_NS_PER_MS: Final = 1_000_000
_BETWEEN_LINES: Final = re.compile(rb"\s*[\r\n]\s*")
"""JSON has no bare line break in its strings, so all of this is layout."""

Read = Callable[[StoredEvent, dict[str, Any]], tuple[Decoded, Decoded]]


class RecordExport:
    """Writes what a filter finds of one connection's records. Events that are no records, or another connection's, are left out."""

    def __init__(self, journal: Journal, resolve: Resolve, decoding: Decoding) -> None:
        self._journal = journal
        self._resolve = resolve
        self._decoding = decoding

    async def begin(self, connection: str, filter: str, format: ExportFormat | str) -> AsyncIterator[bytes]:
        """Answer the file, a piece at a time, oldest first.

        Raises `FilterError`, ValueError for a format that is none, and what the resolving raises, before anything is written.
        """
        kind = ExportFormat(format)
        profile = await self._resolve(connection)
        read = await self._decoding.reads(connection)
        line = _csv if kind is ExportFormat.CSV else _ndjson

        def write(stored: StoredEvent) -> bytes:
            event = stored.event
            if event.connection != profile.name or event.kind not in _KINDS:
                return b""
            return line(stored, read)

        return export_with(self._journal, filter, write, head=_csv_line(COLUMNS) if kind is ExportFormat.CSV else b"")


def _ndjson(stored: StoredEvent, read: Read) -> bytes:
    headers = _headers_of(stored)
    key, value = read(stored, headers)
    whole = _places(stored, headers) | {
        "key": _as_json(key),
        "key_format": _format(key),
        "value": _as_json(value),
        "value_format": _format(value),
        "headers": headers.get("headers", []),
        "status": stored.event.status,
        "truncated": stored.truncated or value.truncated,
    }
    return orjson.dumps(whole) + b"\n"


def _csv(stored: StoredEvent, read: Read) -> bytes:
    headers = _headers_of(stored)
    key, value = read(stored, headers)
    return _csv_line(
        (
            *_places(stored, headers).values(),
            _whole(key.text),
            _format(key),
            _whole(value.text),
            _format(value),
            json.dumps(headers.get("headers", []), ensure_ascii=False),
            stored.event.status,
            "yes" if stored.truncated or value.truncated else "",
        )
    )


def _places(stored: StoredEvent, headers: dict[str, Any]) -> dict[str, Any]:
    """Where the record is and when; a time of none stays none."""
    topic, partition = split_subject(stored.event.subject)
    timestamp = headers.get("timestamp", NO_TIMESTAMP)
    has_time = isinstance(timestamp, int) and timestamp >= 0
    return {
        "topic": headers.get("topic", topic),
        "partition": headers.get("partition", partition),
        "offset": headers.get("offset", -1),
        "timestamp": iso_time(timestamp * _NS_PER_MS) if has_time else None,
        "timestamp_type": headers.get("timestamp_type", ""),
    }


def _format(side: Decoded) -> str:
    return NULL if side.null else side.format.value


def _as_json(side: Decoded) -> Any:
    """What was read, as JSON where it is: numbers of any length stay what they are."""
    if side.null:
        return None
    text = _whole(side.text)
    if side.is_json and not side.truncated:
        document = text.encode()
        try:
            orjson.loads(document)
        except ValueError:
            return text
        return orjson.Fragment(_BETWEEN_LINES.sub(b"", document))
    return text


def _whole(text: str) -> str:
    """Half a pair of UTF-16 has no place in a file."""
    return text.encode("utf-8", "backslashreplace").decode()


def _headers_of(stored: StoredEvent) -> dict[str, Any]:
    try:
        found = orjson.loads(stored.event.headers) if stored.event.headers else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _csv_line(cells: tuple[object, ...]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
