"""A record of the journal as one to produce again, its bytes exact: text where it is text, else Base64; a large one as an upload."""

import base64
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson

from embedded_server.contracts.events import Kind
from embedded_server.contracts.kafka import Compression, Content, ContentForm, Record, RecordHeader, split_subject
from embedded_server.core.uploads import Uploads
from embedded_server.journal import Journal
from embedded_server.kafka.records.events import as_text
from embedded_server.kafka.records.problems import NotARecord, RecordCut

UPLOAD_FROM_BYTES: Final = 256 * 1024
_KINDS: Final = frozenset({Kind.RECORD_PRODUCED.value, Kind.RECORD_READ.value})


async def record_of(journal: Journal, uploads: Uploads, seq: int) -> Record:
    """Answer the record of event *seq*. Raises `NotARecord`, and `RecordCut` where the journal has not all of it."""
    stored = await journal.read(seq)
    if stored is None or str(stored.event.kind) not in _KINDS:
        raise NotARecord(seq=seq)
    event = stored.event
    if len(event.body) < event.size:
        raise RecordCut(kept=len(event.body), size=event.size)
    headers: dict[str, Any] = orjson.loads(event.headers) if event.headers else {}
    topic, partition = split_subject(event.subject)
    return Record(
        topic=str(headers.get("topic", topic)),
        partition=partition if partition >= 0 else None,
        key=None if headers.get("key_null") else _key(headers),
        value=None if headers.get("value_null") else await _content(event.body, uploads),
        headers=[_header(one) for one in headers.get("headers", [])],
        timestamp=None,
        compression=Compression(headers.get("compression", Compression.NONE)),
    )


def _key(headers: dict[str, Any]) -> Content:
    if "key_base64" in headers:
        return Content(str(headers["key_base64"]), ContentForm.BASE64)
    return Content(str(headers.get("key") or ""))


async def _content(body: bytes, uploads: Uploads) -> Content:
    if len(body) >= UPLOAD_FROM_BYTES:
        uploaded = await uploads.keep(_whole(body), len(body))
        return Content(uploaded.id, ContentForm.UPLOAD)
    text = as_text(body)
    return Content(text) if text is not None else Content(base64.b64encode(body).decode(), ContentForm.BASE64)


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _header(value: dict[str, Any]) -> RecordHeader:
    if "base64" in value:
        return RecordHeader(str(value["name"]), str(value["base64"]), base64=True)
    return RecordHeader(str(value["name"]), value.get("value"))
