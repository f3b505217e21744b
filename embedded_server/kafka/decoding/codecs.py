"""A schema ready to read and write with, whichever of the three formats it is."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from embedded_server.contracts.kafka import Format
from embedded_server.kafka.decoding import wire
from embedded_server.kafka.decoding.avro_read import AvroReader
from embedded_server.kafka.decoding.avro_schema import compile_avro
from embedded_server.kafka.decoding.avro_write import write_avro
from embedded_server.kafka.decoding.json_exact import checked, dumps, loads
from embedded_server.kafka.decoding.json_schema import JsonSchema
from embedded_server.kafka.decoding.problems import SchemaFormatInvalid
from embedded_server.kafka.decoding.proto_compile import compile_proto_blocking
from embedded_server.kafka.decoding.proto_read import ProtoReader
from embedded_server.kafka.decoding.proto_schema import MessagePlan, ProtoSchema
from embedded_server.kafka.decoding.proto_write import write_proto


class Codec(Protocol):
    """Reads and writes by one schema; everything it raises is a `UserFacingError`."""

    format: Format
    messages: list[str]
    """The full names of what it defines."""

    def read(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> tuple[str, str]:
        """Answer JSON and the name of what was read. *framed* bytes have a registry's head before *at*."""

    def preview(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:
        """Answer the beginning of the JSON, quickly."""

    def text(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:
        """Answer all of the JSON, quickly: what does not fit is told by `read`."""

    def write(self, text: str, message: str = "", *, framed: bool = False) -> bytes:
        """Answer a JSON text as bytes; *framed* ones begin with what stands between a registry's id and the value."""


class AvroCodec:
    """Avro."""

    format = Format.AVRO

    def __init__(self, text: str, name: str, imports: Mapping[str, str]) -> None:
        self._schema = compile_avro(text, name=name, imports=imports)
        self.messages = self._schema.names
        self._name = self._schema.root.said if self._schema.root.name else name
        self._reader = AvroReader(self._schema, self._name)

    def read(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> tuple[str, str]:  # noqa: ARG002 - Avro has one
        """As `Codec.read`."""
        return dumps(self._reader.read(data, at)), self._name

    def preview(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:  # noqa: ARG002 - the same
        """As `Codec.preview`."""
        return dumps(self._reader.beginning(data, at), floats=self._reader.floats)

    def text(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:  # noqa: ARG002 - the same
        """As `Codec.text`."""
        return dumps(self._reader.whole(data, at), floats=self._reader.floats)

    def write(self, text: str, message: str = "", *, framed: bool = False) -> bytes:  # noqa: ARG002 - the same
        """As `Codec.write`."""
        return write_avro(self._schema, loads(text), self._name)


class JsonCodec:
    """JSON Schema: the bytes are JSON, and the schema says what may be in it."""

    format = Format.JSON_SCHEMA

    def __init__(self, text: str, name: str, imports: Mapping[str, str]) -> None:
        self.schema = JsonSchema(text, name=name, imports=imports)
        self._name = self.schema.title or name
        self.messages = [self.schema.title] if self.schema.title else []

    def read(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> tuple[str, str]:  # noqa: ARG002 - JSON has one
        """As `Codec.read`; whether it is what the schema says is asked with ``schema.check``."""
        return checked(data[at:]), self._name

    def preview(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:  # noqa: ARG002 - the same
        """As `Codec.preview`."""
        return data[at : at + 4_096].decode("utf-8", "backslashreplace")

    def text(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:  # noqa: ARG002 - the same
        """As `Codec.text`."""
        return checked(data[at:])

    def write(self, text: str, message: str = "", *, framed: bool = False) -> bytes:  # noqa: ARG002 - the same
        """As `Codec.write`; the text stays as it is written."""
        self.schema.require(loads(text))
        return text.encode("utf-8", "surrogatepass")


class ProtoCodec:
    """Protobuf."""

    format = Format.PROTOBUF

    def __init__(self, text: str, name: str, imports: Mapping[str, str]) -> None:
        """Compile it; blocks."""
        found, main = compile_proto_blocking(text, name=name, imports=imports)
        self._schema = ProtoSchema(found, main)
        self.messages = [one for one in self._schema.names if not self._schema.is_map_entry(one)]
        self._readers: dict[str, ProtoReader] = {}

    def read(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> tuple[str, str]:
        """As `Codec.read`."""
        reader, at = self._reader(data, at, message, framed)
        return dumps(reader.read(data, at)), reader.plan.name

    def preview(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:
        """As `Codec.preview`."""
        reader, at = self._reader(data, at, message, framed)
        return dumps(reader.read(data, at, preview=True))

    def text(self, data: bytes, at: int, message: str = "", *, framed: bool = False) -> str:
        """As `Codec.text`."""
        return self.read(data, at, message, framed=framed)[0]

    def write(self, text: str, message: str = "", *, framed: bool = False) -> bytes:
        """As `Codec.write`."""
        plan = self._schema.message(message)
        head = wire.indexes_head(self._schema.indexes_of(plan.name)) if framed else b""
        return head + write_proto(self._schema, plan, loads(text))

    def _reader(self, data: bytes, at: int, message: str, framed: bool) -> tuple[ProtoReader, int]:
        if framed:
            indexes, at = wire.indexes(data, at)
            if not message:
                return self._kept(f"{indexes}", lambda: self._schema.by_indexes(indexes)), at
        return self._kept(message, lambda: self._schema.message(message)), at

    def _kept(self, key: str, plan: Callable[[], MessagePlan]) -> ProtoReader:
        reader = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = ProtoReader(self._schema, plan())
        return reader


_CODECS: Final[dict[Format, Callable[[str, str, Mapping[str, str]], Codec]]] = {
    Format.AVRO: AvroCodec,
    Format.JSON_SCHEMA: JsonCodec,
    Format.PROTOBUF: ProtoCodec,
}


def codec_blocking(format: Format, text: str, name: str, imports: Mapping[str, str]) -> Codec:
    """Make the codec of a schema's text. Raises what says where the text is wrong, and `SchemaFormatInvalid`."""
    make = _CODECS.get(format)
    if make is None:
        raise SchemaFormatInvalid(format=format.value)
    return make(text, name, imports)
