"""Records as journal events: made a batch at a time, with what a batch has in common written once."""

import base64
import re
import time
from collections.abc import Sequence
from typing import Any, Final, Protocol

import orjson

from embedded_server.contracts.events import MAX_PREVIEW_CHARS, Event, Join, Kind
from embedded_server.contracts.kafka import EMPTY_PREVIEW, NULL_PREVIEW, Compression, RecordStatus, Side, subject_of
from embedded_server.core.trace import trace_id
from embedded_server.journal import preview_of
from embedded_server.kafka.records.batches import Batch, RawHeader, RawRecord

TRACE_HEADERS: Final = ("traceparent", "correlation_id", "correlation-id", "root_id")
_QUOTED: Final = re.compile(rb"[ !#-\[\]-~]*")
"""Bytes that stand in JSON as they are."""
_new_event: Final = tuple.__new__
"""`Event` without its Python-level constructor: this is the hot path of reading."""


class Previews(Protocol):
    """How keys and values are read for a table: one line of at most ``MAX_PREVIEW_CHARS`` characters."""

    async def prepare(self, connection: str) -> None:
        """Learn what the connection's previews need; before the rest is asked on a thread."""

    def preview(self, connection: str, topic: str, side: Side, data: bytes) -> str:
        """Read *data* as the topic's reading says. Called on readers' threads."""

    def is_plain(self, connection: str, topic: str, side: Side) -> bool:
        """Whether text is shown as it stands: nothing was chosen for the topic that would read it otherwise."""


class PlainPreviews:
    """Reads everything as text; for a script that has no decoding."""

    async def prepare(self, connection: str) -> None:
        """Nothing is needed."""

    def preview(self, connection: str, topic: str, side: Side, data: bytes) -> str:  # noqa: ARG002 - the protocol's
        """Answer *data* as one line."""
        return preview_of(data)

    def is_plain(self, connection: str, topic: str, side: Side) -> bool:  # noqa: ARG002 - the protocol's
        """Text is text here."""
        return True


class RecordEvents:
    """Makes the events of one topic on one connection; *job* is the job they belong to."""

    def __init__(self, connection: str, name: str, topic: str, previews: Previews, *, job: str = "") -> None:
        self._connection = connection
        self._name = name
        self._topic = topic
        self._previews = previews
        self._job = job
        self._heads: dict[tuple[int, int, bool, Compression], str] = {}
        self._last: tuple[bytes | None, bytes | None, Sequence[RawHeader], tuple[str, str, Join, str, str]] | None = None
        self._is_plain = {Side.KEY: False, Side.VALUE: False}

    def read(self, partition: int, batch: Batch, status: RecordStatus) -> list[Event]:
        """Make the events of the records of one batch that were read."""
        head = self._head(partition, batch)
        self.look()
        kind, state, subject = Kind.RECORD_READ, status.value, subject_of(self._topic, partition)
        return [self._event(record, head, kind, state, subject) for record in batch.records]

    def produced(self, partition: int, records: Sequence[RawRecord], status: RecordStatus, compression: Compression) -> list[Event]:
        """Make the events of records that were produced; their offset is -1 where nobody knows it."""
        self.look()
        head = self._head(partition, Batch([], 0, compression=compression))
        kind, state, subject = Kind.RECORD_PRODUCED, status.value, subject_of(self._topic, partition)
        return [self._event(record, head, kind, state, subject) for record in records]

    def look(self) -> None:
        """Look how the topic is read now: the user may choose another reading while a job goes on."""
        self._last = None
        for side in Side:
            self._is_plain[side] = self._previews.is_plain(self._connection, self._topic, side)

    def _head(self, partition: int, batch: Batch) -> str:
        place = (partition, batch.leader_epoch, batch.append_time, batch.compression)
        head = self._heads.get(place)
        if head is None:
            fields = {
                "topic": self._topic,
                "partition": partition,
                "job": self._job,
                "leader_epoch": batch.leader_epoch,
                "timestamp_type": "append" if batch.append_time else "create",
                "compression": batch.compression.value,
            }
            head = self._heads[place] = orjson.dumps(fields).decode()[:-1] + ',"offset":'
        return head

    def _event(self, record: RawRecord, head: str, kind: Kind, status: str, subject: str) -> Event:
        offset, timestamp, key, value, headers = record
        text, trace, joined, preview, rest = self._described(key, value, headers)
        return _new_event(
            Event,
            (
                timestamp * 1_000_000 if timestamp >= 0 else time.time_ns(),
                self._name,
                kind,
                subject,
                text,
                trace,
                joined,
                status,
                str(offset),
                0 if value is None else len(value),
                preview,
                f'{head}{offset},"timestamp":{timestamp},{rest}'.encode(),
                b"" if value is None else value,
            ),
        )

    def _described(self, key: bytes | None, value: bytes | None, headers: Sequence[RawHeader]) -> tuple[str, str, Join, str, str]:
        """Answer key, trace, how it was joined, preview, and the end of the headers' JSON."""
        last = self._last
        if last is not None and last[0] is key and last[1] is value and last[2] is headers:
            return last[3]  # a bulk of one record over and over
        if key is None:
            text, key_json = "", '"key":null,"key_null":true'
        elif self._is_plain[Side.KEY] and len(key) <= MAX_PREVIEW_CHARS and _QUOTED.fullmatch(key):
            text = key.decode("ascii")
            key_json = f'"key":"{text}","key_null":false'
        else:
            text, key_json = self._key(key)
        if value is None:
            preview, value_json = NULL_PREVIEW, "true"
        else:
            value_json = "false"
            preview = self._preview(value) if value else EMPTY_PREVIEW
        if headers:
            trace, joined = _trace(headers)
            tail = orjson.dumps([header_json(*header) for header in headers]).decode()
        else:
            trace, joined, tail = "", Join.NONE, "[]"
        made = (text, trace, joined, preview, f'{key_json},"value_null":{value_json},"headers":{tail}}}')
        self._last = (key, value, headers, made)
        return made

    def _preview(self, value: bytes) -> str:
        if len(value) <= MAX_PREVIEW_CHARS and self._is_plain[Side.VALUE] and value.isascii():
            text = value.decode("ascii")
            if text.isprintable() and "  " not in text and text == text.strip():
                return text
        return self._previews.preview(self._connection, self._topic, Side.VALUE, value)

    def _key(self, key: bytes) -> tuple[str, str]:
        text = self._previews.preview(self._connection, self._topic, Side.KEY, key)[:MAX_PREVIEW_CHARS]
        plain = as_text(key)
        exact = {"key": plain} if plain is not None else {"key_base64": base64.b64encode(key).decode()}
        return text, orjson.dumps({**exact, "key_null": False}).decode()[1:-1]


def header_json(name: str, value: bytes | None) -> dict[str, Any]:
    """Answer a record's header as the journal keeps it: text where it is text, else Base64."""
    shown = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if value is None:
        return {"name": shown, "value": None}
    text = as_text(value)
    return {"name": shown, "value": text} if text is not None else {"name": shown, "base64": base64.b64encode(value).decode()}


def as_text(data: bytes) -> str | None:
    """Answer UTF-8 text without control characters, or None where it is none."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() or not _CONTROL.search(text) else None


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def _trace(headers: Sequence[RawHeader]) -> tuple[str, Join]:
    found = {name: value for name, value in headers if name in TRACE_HEADERS and value}
    if not found:
        return "", Join.NONE
    trace = trace_id(_ascii(found.get("traceparent")))
    if trace:
        return trace, Join.TRACEPARENT
    correlation = _ascii(found.get("correlation_id")) or _ascii(found.get("correlation-id"))
    if correlation:
        return correlation, Join.CORRELATION_ID
    root = _ascii(found.get("root_id"))
    return root, Join.CELERY_ROOT if root else Join.NONE


def _ascii(value: bytes | None) -> str:
    text = as_text(value) if value else None
    return text if text is not None and len(text) <= MAX_PREVIEW_CHARS else ""
