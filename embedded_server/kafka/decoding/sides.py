"""One side of one topic, read as fast as records come: the preview of a row, and the whole text that a search looks into."""

import asyncio
from collections.abc import Callable
from typing import Final

import orjson

from embedded_server.contracts.events import MAX_PREVIEW_CHARS
from embedded_server.contracts.kafka import Format, Reading
from embedded_server.contracts.problems import UserFacingError
from embedded_server.journal import preview_of
from embedded_server.kafka.decoding import plain, wire
from embedded_server.kafka.decoding.json_exact import dumps
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.lookups import RegistryCodecs
from embedded_server.kafka.decoding.messagepack import is_convincing, unpack
from embedded_server.kafka.decoding.report import MOST_BYTES, MOST_TEXT_CHARS, SCHEMAS, Reporter

_HEAD_BYTES: Final = MAX_PREVIEW_CHARS * 4
_PREVIEW: Final[dict[Format, Callable[[bytes], str]]] = {
    Format.TEXT: preview_of,
    Format.JSON: preview_of,
    Format.HEX: lambda data: short(plain.hex_of(data[:_HEAD_BYTES])),
    Format.BASE64: lambda data: short(plain.base64_of(data[:_HEAD_BYTES])),
    Format.INTEGER: plain.integer_of,
    Format.FLOAT: plain.float_of,
    Format.UUID: plain.uuid_of,
    Format.MSGPACK: lambda data: short(dumps(unpack(data, preview=True))),
}


def short(text: str) -> str:
    """Answer one line of at most as many characters as a row shows."""
    if len(text) <= MAX_PREVIEW_CHARS and text.isprintable():
        return text
    return preview_of(text[:_HEAD_BYTES].encode("utf-8", "replace"))


class SideReader:
    """Reads one side of a topic by one choice. For any thread; raises nothing, whatever the bytes are."""

    def __init__(self, reading: Reading, registry: RegistryCodecs | None, local: LocalSchemas) -> None:
        self._reading = reading
        self._registry = registry
        self._local = local
        self._by_local = reading.format in SCHEMAS and bool(reading.schema)
        self._by_schema = registry is not None and not self._by_local and (reading.format is Format.AUTO or reading.format in SCHEMAS)
        self._read = _PREVIEW.get(reading.format)

    def preview(self, data: bytes | None) -> str:
        """Answer one line of at most 256 characters; null and empty are both nothing."""
        if not data:
            return ""
        try:
            if self._by_schema and data[0] == wire.MAGIC and len(data) > wire.HEAD_BYTES:
                return self._with_registry(data)
            if self._by_local:
                return self._with_local(data)
            if self._read is not None:
                return self._read(data)
        except (UserFacingError, RecursionError):
            pass
        return _automatic(data)

    def text(self, data: bytes) -> str:
        """Answer the whole text, as the detail shows it; behind a zero without JSON's escapes, so that either can be found."""
        text = self._quick_text(data)
        if text is None:
            text = Reporter(self._registry, self._local, is_checked=False).read(data, self._reading).text
        if "\\" not in text:
            return text
        return f"{text}\0{unescaped(text.encode('utf-8', 'surrogatepass')).decode()}"

    def _quick_text(self, data: bytes) -> str | None:
        """Answer what a registry's schema makes of *data*, without the report; None where that is not so simple."""
        if not (self._by_schema and data[0] == wire.MAGIC and wire.HEAD_BYTES < len(data) <= MOST_BYTES):
            return None
        assert self._registry is not None
        try:
            codec, used = self._registry.of(int.from_bytes(data[1 : wire.HEAD_BYTES], "big"), in_passing=True)
            if self._reading.format not in {Format.AUTO, used.format}:
                return None
            text = codec.text(data, wire.HEAD_BYTES, "" if self._reading.format is Format.AUTO else self._reading.message, framed=True)
        except (UserFacingError, RecursionError):
            return None
        return text[:MOST_TEXT_CHARS]

    @property
    def is_verbatim(self) -> bool:
        """Whether bytes that are UTF-8 text and do not begin with a zero are read as that very text."""
        return self._reading.format in {Format.AUTO, Format.JSON, Format.TEXT} or (self._reading.format in SCHEMAS and not self._by_local)

    def _with_registry(self, data: bytes) -> str:
        assert self._registry is not None
        known = self._registry.peek(data)
        if known is None:
            id_ = int.from_bytes(data[1 : wire.HEAD_BYTES], "big")
            if _is_on_loop():
                self._registry.begin(id_)
                return _automatic(data)
            known = self._registry.of(id_, in_passing=True)
        codec, used = known
        if self._reading.format not in {Format.AUTO, used.format}:
            return _automatic(data)
        message = "" if self._reading.format is Format.AUTO else self._reading.message
        return short(codec.preview(data, wire.HEAD_BYTES, message, framed=True))

    def _with_local(self, data: bytes) -> str:
        if _is_on_loop() and not self._local.is_ready(self._reading.schema):
            return _automatic(data)
        _, codec = self._local.codec(self._reading.schema)
        try:
            return short(codec.preview(data, 0, self._reading.message))
        except UserFacingError:
            if data[0] != wire.MAGIC or len(data) <= wire.HEAD_BYTES:
                raise
            return short(codec.preview(data, wire.HEAD_BYTES, self._reading.message, framed=True))


def _is_on_loop() -> bool:
    """Whether this thread must not wait for anything."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def unescaped(data: bytes) -> bytes:
    """Answer a JSON text as it is read in a tree, without its escapes; nothing where it is no JSON."""
    try:
        text = orjson.dumps(orjson.loads(data))
    except (ValueError, TypeError):
        return b""
    if b"\\" in text:
        for escape, meant in _ESCAPES:
            text = text.replace(escape, meant)
    return text


_ESCAPES: Final = (
    *((rb"\\", b"\0"), (rb"\"", b'"'), (rb"\n", b"\n"), (rb"\t", b"\t"), (rb"\r", b"\r")),
    (b"\0", b"\\"),  # the first, which must not be taken for the beginning of another
)


def _automatic(data: bytes) -> str:
    """Answer text, MessagePack or hex, whichever it is."""
    if len(data) <= MAX_PREVIEW_CHARS:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return _binary(data)
        if text.isprintable():
            return text
    head = data[:_HEAD_BYTES]
    try:
        text = plain.text_of(head)
    except UserFacingError:
        cut = len(data) > _HEAD_BYTES and len(head.decode("utf-8", "ignore").encode()) >= _HEAD_BYTES - 3
        if not cut or not _is_text(head[:-3]):
            return _binary(data)
    return preview_of(data)


def _is_text(data: bytes) -> bool:
    try:
        plain.text_of(data[: len(data.decode("utf-8", "ignore").encode())])
    except UserFacingError:
        return False
    return True


def _binary(data: bytes) -> str:
    if is_convincing(data):
        try:
            return short(dumps(unpack(data, preview=True)))
        except UserFacingError:
            pass
    return short(plain.hex_of(data[:_HEAD_BYTES]))
