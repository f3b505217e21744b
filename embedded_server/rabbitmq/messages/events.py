"""Messages as journal events: what was published, returned, delivered or consumed, with its key, its trace and its typed headers."""

import json
import time
import zlib
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson
import zstandard

from embedded_server.contracts.events import Event, Join, Kind
from embedded_server.contracts.rabbitmq import MessageStatus, subject_of
from embedded_server.core.trace import trace_id
from embedded_server.journal import preview_of
from embedded_server.rabbitmq.amqp.content import NO_CONTENT, Content, decode_content
from embedded_server.rabbitmq.amqp.fields import FieldFault, Table
from embedded_server.rabbitmq.amqp.headers import plain_json

PREVIEW_BYTES: Final = 1024
"""Decompressed for a preview."""
REMEMBERED: Final = 512
"""Content headers and addresses whose part of an event is kept: a flood of messages has few that differ."""
TAP_PREFIX: Final = "tap "

_new_event: Final = tuple.__new__
"""`Event` without its Python-level constructor: this is the hot path of consuming."""


@dataclass(frozen=True, slots=True)
class _Described:
    """What a content header gives an event."""

    key: str
    trace: str
    joined: Join
    json: bytes
    """The end of the headers' JSON, from ``"properties"`` on."""
    content_type: str
    encoding: str


class EventMaker:
    """Makes the events of one connection; *job* is the job they belong to."""

    def __init__(self, connection: str, job: str = "") -> None:
        self._connection = connection
        self._job = job
        self._described: dict[bytes, _Described] = {}
        self._places: dict[tuple[str, str, str, bool], tuple[str, bytes]] = {}

    def make(
        self,
        kind: Kind,
        status: MessageStatus,
        *,
        exchange: str,
        routing_key: str,
        content: bytes = NO_CONTENT,
        body: bytes = b"",
        queue: str = "",
        redelivered: bool = False,
        reply_code: int = 0,
        reply_text: str = "",
        at: int = 0,
    ) -> Event:
        """Make the event of one message; *content* is its content header as it is on the wire."""
        described = self._described.get(content) or self._describe(content)
        place = (exchange, routing_key, queue, redelivered)
        subject, head = self._places.get(place) or self._place(place)
        if reply_code:
            head += b'"reply_code":%d,"reply_text":%b,' % (reply_code, _dumps(reply_text))
        return _new_event(
            Event,
            (
                at or time.time_ns(),
                self._connection,
                kind,
                subject,
                described.key,
                described.trace,
                described.joined,
                status.value,
                queue,
                len(body),
                _preview(body, described),
                head + described.json,
                body,
            ),
        )

    def _place(self, place: tuple[str, str, str, bool]) -> tuple[str, bytes]:
        exchange, routing_key, queue, redelivered = place
        fields = {"exchange": exchange, "routing_key": routing_key, "queue": queue, "redelivered": redelivered, "job": self._job}
        if len(self._places) >= REMEMBERED:
            self._places.clear()
        made = self._places[place] = (subject_of(exchange, routing_key), _dumps(fields)[:-1] + b",")
        return made

    def _describe(self, content: bytes) -> _Described:
        if len(self._described) >= REMEMBERED:
            self._described.clear()
        made = self._described[content] = _described(content)
        return made


def message_event(
    kind: Kind,
    status: MessageStatus,
    connection: str,
    *,
    job: str = "",
    **message: Any,
) -> Event:
    """Make one message's event; for many of one connection use an `EventMaker`. Takes what `EventMaker.make` takes."""
    return EventMaker(connection, job).make(kind, status, **message)


def _described(raw: bytes) -> _Described:
    try:
        content = decode_content(raw)
    except FieldFault as exc:
        fault = {"properties": {}, "headers": {}, "types": {}, "undecodable": str(exc)}
        return _Described("", "", Join.NONE, _dumps(fault)[1:], "", "")
    table = content.headers or {}
    headers, types = plain_json(table)
    properties = {name: value for name, value in asdict(content.properties).items() if value is not None}
    trace, joined = _trace(content, table)
    return _Described(
        key=_key(content, table),
        trace=trace,
        joined=joined,
        json=_dumps({"properties": properties, "headers": headers, "types": types})[1:],
        content_type=content.properties.content_type or "",
        encoding=(content.properties.content_encoding or "").lower(),
    )


def _key(content: Content, headers: Table) -> str:
    task_id = headers.get("id") if "task" in headers else ""
    return content.properties.message_id or (task_id if isinstance(task_id, str) else "") or content.properties.correlation_id or ""


def _trace(content: Content, headers: Table) -> tuple[str, Join]:
    found = trace_id(headers.get("traceparent"))
    if found:
        return found, Join.TRACEPARENT
    root = headers.get("root_id")
    if isinstance(root, str) and root:
        return root, Join.CELERY_ROOT
    correlation = content.properties.correlation_id or ""
    return correlation, Join.CORRELATION_ID if correlation else Join.NONE


def _preview(body: bytes, described: _Described) -> str:
    encoding = described.encoding
    if encoding and body:
        unpacked = _unpacked(body, encoding)
        if unpacked is not None:
            return preview_of(unpacked, described.content_type)
    return preview_of(body, described.content_type)


def _unpacked(body: bytes, encoding: str) -> bytes | None:
    """Answer the beginning of a compressed body; None where it is not compressed as it says."""
    try:
        if encoding in {"gzip", "x-gzip"}:
            return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body[: 64 * 1024], PREVIEW_BYTES)
        if encoding in {"deflate", "zlib", "application/x-gzip"}:
            return zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body[: 64 * 1024], PREVIEW_BYTES)
        if encoding == "zstd":
            return zstandard.ZstdDecompressor().stream_reader(body).read(PREVIEW_BYTES)
    except (zlib.error, zstandard.ZstdError):
        return None
    return None


def _dumps(value: Any) -> bytes:
    try:
        return b"%b" % orjson.dumps(value)  # a copy, as short as it is: orjson's own takes 8 kB for as long as it lives
    except (TypeError, ValueError, RecursionError):
        return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
