"""One side of a record read whole: as its topic's reading says, or as whatever fits, with the reasons why nothing else did."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from embedded_server.contracts.kafka import Attempt, Decoded, Format, Reading, SchemaUsed
from embedded_server.contracts.problems import UserFacingError
from embedded_server.kafka.decoding import plain, wire
from embedded_server.kafka.decoding.codecs import Codec, JsonCodec
from embedded_server.kafka.decoding.json_exact import checked, dumps
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.lookups import RegistryCodecs
from embedded_server.kafka.decoding.messagepack import is_convincing, unpack
from embedded_server.kafka.decoding.problems import (
    NoRegistry,
    NotKept,
    NotMessagePack,
    NotText,
    OtherSchemaKind,
    TooLargeToDecode,
    WireTooShort,
)

MOST_BYTES: Final = 8 * 1024**2
"""Decoded whole; of more only text, hex and Base64 are shown."""
MOST_TEXT_CHARS: Final = 4 * 1024**2
SCHEMAS: Final = frozenset({Format.AVRO, Format.JSON_SCHEMA, Format.PROTOBUF})
_BYTES_SHOWN: Final = {Format.HEX: MOST_TEXT_CHARS // 3, Format.BASE64: MOST_TEXT_CHARS // 4 * 3, Format.TEXT: MOST_TEXT_CHARS}
_JSON_MARKS: Final = frozenset(b'{["-0123456789tfn \t\r\n')

_PLAIN: Final[dict[Format, Callable[[bytes], str]]] = {
    Format.HEX: plain.hex_of,
    Format.BASE64: plain.base64_of,
    Format.INTEGER: plain.integer_of,
    Format.FLOAT: plain.float_of,
    Format.UUID: plain.uuid_of,
    Format.TEXT: plain.text_of,
}


class Reporter:
    """Reads sides of records on one connection; blocks. Raises nothing, whatever the bytes are.

    Where *is_checked* is off, the report does not tell what a JSON Schema says of what was read: for those who want the text alone.
    """

    def __init__(self, registry: RegistryCodecs | None, local: LocalSchemas, *, is_checked: bool = True) -> None:
        self._registry = registry
        self._local = local
        self._is_checked = is_checked

    def read(self, data: bytes | None, reading: Reading, size: int = -1) -> Decoded:
        """Read *data*, of which *size* bytes there were, and tell why it was not read otherwise."""
        if data is None:
            return Decoded(Format.TEXT, "", null=True)
        whole = max(size, len(data))
        if not data:
            return Decoded(Format.TEXT, "", size=whole, truncated=whole > 0)
        attempts: list[Attempt] = []
        for one in _order(reading.format, data, has_registry=self._registry is not None):
            try:
                made = self._as(one, data, reading, whole)
            except UserFacingError as exc:
                attempts.append(Attempt(self._tried(one, data), exc.problem()))
            except RecursionError:  # nothing here nests so deep; a schema or a library might
                attempts.append(Attempt(one, NotMessagePack(reason="nested too deeply", at=0).problem()))
            else:
                return replace(made, attempts=attempts + made.attempts, size=whole, truncated=made.truncated or whole > len(data))
        text, cut = _cut(data, Format.HEX)
        return Decoded(Format.HEX, plain.hex_of(text), size=whole, attempts=attempts, truncated=cut or whole > len(data))

    def _tried(self, format: Format, data: bytes) -> Format:
        """Answer which schema's format it was, where the registry told."""
        known = self._registry.peek(data) if self._registry is not None and format is Format.AVRO else None
        return known.used.format if known is not None else format

    def _as(self, format: Format, data: bytes, reading: Reading, size: int) -> Decoded:
        if format in _BYTES_SHOWN:
            return _shown(format, data, asked=reading.format is format)
        if size > len(data):
            raise NotKept(kept=len(data), size=size)
        if len(data) > MOST_BYTES:
            raise TooLargeToDecode(size=len(data), most=MOST_BYTES // 1024**2)
        if format in SCHEMAS:
            return self._by_schema(format, data, reading)
        if format is Format.JSON:
            return _limited(format, checked(data), is_json=True)
        if format is Format.MSGPACK:
            if reading.format is not format and not is_convincing(data):
                raise NotMessagePack(reason=f"0x{data[0]:02x} begins no list and no map", at=0)
            return _limited(format, dumps(unpack(data)), is_json=True)
        return _limited(format, _PLAIN[format](data))

    def _by_schema(self, format: Format, data: bytes, reading: Reading) -> Decoded:
        if reading.format in SCHEMAS and reading.schema:
            return self._by_local(data, reading)
        id_ = wire.schema_id(data)
        if self._registry is None:
            raise NoRegistry(id=id_)
        if len(data) == wire.HEAD_BYTES:
            raise WireTooShort(size=len(data))
        codec, used = self._registry.of(id_)
        if reading.format in SCHEMAS and used.format is not reading.format:
            raise OtherSchemaKind(id=id_, found=used.format.value, wanted=format.value)
        return self._decoded(codec, data, wire.HEAD_BYTES, reading.message if reading.format in SCHEMAS else "", used, framed=True)

    def _by_local(self, data: bytes, reading: Reading) -> Decoded:
        schema, codec = self._local.codec(reading.schema)
        used = SchemaUsed(schema.format, name=schema.name)
        try:
            return self._decoded(codec, data, 0, reading.message, used, framed=False)
        except UserFacingError:
            if data[0] != wire.MAGIC or len(data) <= wire.HEAD_BYTES:
                raise
            try:  # written by a registry's serializer, and read with a schema of one's own
                return self._decoded(codec, data, wire.HEAD_BYTES, reading.message, used, framed=True)
            except UserFacingError:
                pass
            raise

    def _decoded(self, codec: Codec, data: bytes, at: int, message: str, used: SchemaUsed, *, framed: bool) -> Decoded:
        text, name = codec.read(data, at, message, framed=framed)
        attempts: list[Attempt] = []
        if self._is_checked and isinstance(codec, JsonCodec):
            try:
                codec.schema.check(text)
            except UserFacingError as exc:
                attempts = [Attempt(Format.JSON_SCHEMA, exc.problem())]
        made = _limited(codec.format, text, is_json=True)
        if used.id is None and name != used.name:
            name = f"{used.name}: {name}"
        return replace(made, schema=replace(used, name=name), attempts=attempts)


def _order(chosen: Format, data: bytes, *, has_registry: bool) -> list[Format]:
    """Answer what is tried, in turn. Where a schema is chosen and does not fit, the rest is tried without one."""
    rest = [Format.JSON] if data[0] in _JSON_MARKS else []
    rest += [Format.TEXT, Format.MSGPACK]
    if chosen is Format.AUTO:
        looks_framed = data[0] == wire.MAGIC and len(data) > wire.HEAD_BYTES
        return [Format.AVRO, *rest] if looks_framed or has_registry else rest
    return [chosen, *(one for one in rest if one is not chosen)]


def _shown(format: Format, data: bytes, *, asked: bool) -> Decoded:
    """Answer bytes as text, hex or Base64; text that was asked for is shown even where it is none."""
    part, cut = _cut(data, format)
    try:
        return Decoded(format, _PLAIN[format](part), truncated=cut)
    except NotText as exc:
        if not asked:
            raise
        return Decoded(format, plain.lossy_text_of(part), attempts=[Attempt(format, exc.problem())], truncated=cut)


def _cut(data: bytes, format: Format) -> tuple[bytes, bool]:
    most = _BYTES_SHOWN[format]
    if len(data) <= most:
        return data, False
    while most and format is Format.TEXT and data[most] & 0xC0 == 0x80:  # not within a character
        most -= 1
    return data[:most], True


def _limited(format: Format, text: str, *, is_json: bool = False) -> Decoded:
    if len(text) <= MOST_TEXT_CHARS:
        return Decoded(format, text, is_json=is_json)
    return Decoded(format, text[:MOST_TEXT_CHARS], truncated=True)
