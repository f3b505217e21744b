"""From a record as the wire's JSON describes it to the bytes that are produced."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from embedded_server.contracts.kafka import Content, ContentForm, Record, RecordHeader, Side
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.clients.producer import MAX_RECORD_BYTES
from embedded_server.kafka.decoding.problems import ContentNotBase64, ContentNotText
from embedded_server.kafka.problems import RecordBeyondClient
from embedded_server.kafka.records.problems import TimestampInvalid

OVERHEAD_BYTES: Final = 100
Headers = Sequence[tuple[str, bytes | None]]


class Prepared(NamedTuple):
    """A record ready to be produced."""

    topic: str
    partition: int | None
    timestamp: int | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    size: int
    """Bytes it takes on the wire, about."""


class BlockingEncoder(Protocol):
    """Writes keys and values for one connection, on a thread of the caller's."""

    def encode_blocking(self, topic: str, side: Side, content: Content) -> bytes:
        """Answer the bytes. Raises what says where the text does not fit."""


class Preparer:
    """Prepares records of one connection; *uploads* has the bytes of each upload that they name."""

    def __init__(self, encoder: BlockingEncoder, uploads: Mapping[str, bytes]) -> None:
        self._encoder = encoder
        self._uploads = uploads

    def prepare_blocking(self, record: Record) -> Prepared:
        """Answer *record* ready to be produced. Raises what says which part of it cannot be sent."""
        if record.timestamp is not None and not 0 <= record.timestamp < 2**63:
            raise TimestampInvalid(timestamp=record.timestamp)
        key = self._bytes(record.topic, Side.KEY, record.key)
        value = self._bytes(record.topic, Side.VALUE, record.value)
        headers = [(header_name(one.name), header_bytes(one)) for one in record.headers]
        size = OVERHEAD_BYTES + len(key or b"") + len(value or b"") + sum(len(name) + len(one or b"") for name, one in headers)
        if size > MAX_RECORD_BYTES:
            raise RecordBeyondClient(size=size, limit=MAX_RECORD_BYTES)
        return Prepared(record.topic, record.partition, record.timestamp, key, value, headers, size)

    def key_blocking(self, topic: str, content: Content | None) -> bytes | None:
        """Answer the bytes of a key alone."""
        return self._bytes(topic, Side.KEY, content)

    def _bytes(self, topic: str, side: Side, content: Content | None) -> bytes | None:
        if content is None:
            return None
        if content.form is ContentForm.UPLOAD:
            return self._uploads[content.text]
        if content.form is ContentForm.TEXT and content.text.isascii():
            return content.text.encode()
        try:
            return self._encoder.encode_blocking(topic, side, content)
        except UserFacingError as exc:
            exc.params.setdefault("side", side.value)  # whoever typed it looks for the fault there
            raise


def header_name(name: str) -> str:
    """Answer *name* where UTF-8 can write it."""
    _utf8(name)
    return name


def header_bytes(header: RecordHeader) -> bytes | None:
    """Answer a header's value. Raises `ContentNotBase64` and `ContentNotText`."""
    if header.value is None:
        return None
    if not header.base64:
        return _utf8(header.value)
    try:
        return base64.b64decode(header.value, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ContentNotBase64(side=f"header {header.name[:40]}") from exc


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise ContentNotText(at=exc.start + 1) from exc


class _Name(str):
    """A header's name that is no UTF-8: it goes out as the bytes that came in."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:  # noqa: ARG002 - how the batch's builder asks
        """Answer the bytes."""
        return str.encode(self, "utf-8", "surrogateescape")


def as_they_came(headers: Headers) -> Headers:
    """Answer headers that were read, to be written again byte for byte; in their names what is no UTF-8 is escaped as surrogates."""
    if all(name.isascii() for name, _ in headers):
        return headers
    return [(_Name(name), value) for name, value in headers]
