"""A key or a value that a user wrote, as the bytes that go to the topic."""

import asyncio
import base64
import binascii
import re
from typing import Final

from embedded_server.contracts.kafka import Content, ContentForm, Format, Side
from embedded_server.kafka.decoding import wire
from embedded_server.kafka.decoding.codecs import Codec
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.lookups import RegistryCodecs
from embedded_server.kafka.decoding.messagepack import pack
from embedded_server.kafka.decoding.problems import (
    ContentNotBase64,
    ContentNotInteger,
    ContentNotText,
    OtherSchemaKind,
    ReadingInvalid,
    SchemaNotNamed,
)
from embedded_server.kafka.decoding.registry_problems import NoRegistryConfigured

_BY_SCHEMA: Final = {
    ContentForm.AVRO: Format.AVRO,
    ContentForm.JSON_SCHEMA: Format.JSON_SCHEMA,
    ContentForm.PROTOBUF: Format.PROTOBUF,
}
THREAD_CHARS: Final = 64 * 1024
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}")


class Encoder:
    """Writes for one connection."""

    def __init__(self, registry: RegistryCodecs | None, local: LocalSchemas) -> None:
        self._registry = registry
        self._local = local

    async def encode(self, topic: str, side: Side, content: Content) -> bytes:
        """Answer the bytes. Raises what says where the text does not fit."""
        if content.form in _BY_SCHEMA or len(content.text) > THREAD_CHARS:
            return await asyncio.to_thread(self.encode_blocking, topic, side, content)
        return self.encode_blocking(topic, side, content)

    def encode_blocking(self, topic: str, side: Side, content: Content) -> bytes:
        """The same on a thread of the caller's."""
        match content.form:
            case ContentForm.TEXT:
                return _utf8(content.text)
            case ContentForm.BASE64:
                return _unbase64(content.text, side)
            case ContentForm.INTEGER:
                return _integer(content.text)
            case ContentForm.MSGPACK:
                return pack(content.text)
            case ContentForm.UPLOAD:
                raise ValueError("an upload's bytes are where it was uploaded")
        return self._by_schema(_BY_SCHEMA[content.form], topic, content)

    def _by_schema(self, format: Format, topic: str, content: Content) -> bytes:
        if content.schema:
            schema, codec = self._local.codec(content.schema)
            if schema.format is not format:
                raise ReadingInvalid(format=format.value, schema=schema.name, found=schema.format.value)
            return codec.write(content.text, content.message)
        if not content.subject:
            raise SchemaNotNamed(format=format.value)
        if self._registry is None:
            raise NoRegistryConfigured(name=topic)
        id_ = self._registry.newest(content.subject)
        codec = self._codec(id_, format)
        return wire.head(id_) + codec.write(content.text, content.message, framed=True)

    def _codec(self, id: int, format: Format) -> Codec:
        assert self._registry is not None
        codec, used = self._registry.of(id)
        if used.format is not format:
            raise OtherSchemaKind(id=id, found=used.format.value, wanted=format.value)
        return codec


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as exc:
        raise ContentNotText(at=exc.start) from exc


def _unbase64(text: str, side: Side) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ContentNotBase64(side=side.value) from exc


def _integer(text: str) -> bytes:
    digits = text.strip()
    number = int(digits) if _WHOLE.fullmatch(digits) else 2**64
    if not -(2**63) <= number < 2**63:
        raise ContentNotInteger(text=text[:40])
    return number.to_bytes(8, "big", signed=True)
