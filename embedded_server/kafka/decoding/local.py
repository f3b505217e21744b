"""The user's own schemas: checked when they are saved, kept in one private file, compiled when first read with."""

import asyncio
import secrets
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.kafka import Format, LocalSchema
from embedded_server.core.json_store import JsonStore
from embedded_server.kafka.decoding.codecs import Codec, codec_blocking
from embedded_server.kafka.decoding.problems import (
    KeptUnwritable,
    LocalSchemaNotFound,
    SchemaNameInvalid,
    SchemaTooLarge,
    TooManySchemas,
)
from embedded_server.kafka.decoding.proto_compile import MOST_BYTES, checked_path

MOST_SCHEMAS: Final = 500
MOST_NAME_CHARS: Final = 120
VERSION: Final = 1


class LocalSchemas:
    """The list, in the order of names. Any thread may ask for a codec; all else is for the loop."""

    def __init__(self, path: Path) -> None:
        self._file = JsonStore(path)
        self._schemas: dict[str, LocalSchema] = {}
        self._codecs: dict[str, Codec] = {}
        self._compiling = threading.Lock()
        self._changing = asyncio.Lock()
        self.version = 0
        """Another one after each change."""

    @property
    def set_aside(self) -> str:
        """Where a file that could not be read was put, or nothing."""
        return self._file.set_aside

    async def load(self) -> None:
        """Read what is kept. Raises `KeptUnwritable` where the file cannot be read."""
        try:
            self._schemas = await asyncio.to_thread(self._file.load, _read, dict[str, LocalSchema]())
        except OSError as exc:
            raise KeptUnwritable(path=str(self._file.path), detail=str(exc)) from exc

    def all(self) -> list[LocalSchema]:
        """Answer every schema."""
        return sorted(self._schemas.values(), key=lambda schema: (schema.name.casefold(), schema.id))

    def get(self, id: str) -> LocalSchema:
        """Answer one. Raises `LocalSchemaNotFound`."""
        found = self._schemas.get(id)
        if found is None:
            raise LocalSchemaNotFound(id=id[:40])
        return found

    async def save(self, schema: LocalSchema) -> list[LocalSchema]:
        """Check a schema and keep it, instead of the one of its id. Raises what says where its text is wrong."""
        name = schema.name.strip()
        if not 0 < len(name) <= MOST_NAME_CHARS or not name.isprintable():
            raise SchemaNameInvalid(name=schema.name[:MOST_NAME_CHARS])
        if len(schema.text) + sum(len(text) for text in schema.imports.values()) > MOST_BYTES:
            raise SchemaTooLarge(most=MOST_BYTES // 1024)
        for path in schema.imports:
            checked_path(path)
        if schema.id:
            self.get(schema.id)
        codec = await asyncio.to_thread(codec_blocking, schema.format, schema.text, name, schema.imports)
        async with self._changing:
            id_ = schema.id or secrets.token_hex(6)
            schemas = {**self._schemas, id_: replace(schema, id=id_, name=name, messages=list(codec.messages))}
            if len(schemas) > MOST_SCHEMAS:
                raise TooManySchemas(most=MOST_SCHEMAS)
            await self._keep(schemas)
            self._codecs[id_] = codec
            return self.all()

    async def remove(self, id: str) -> list[LocalSchema]:
        """Forget a schema. Raises `LocalSchemaNotFound`."""
        async with self._changing:
            self.get(id)
            await self._keep({key: one for key, one in self._schemas.items() if key != id})
            self._codecs.pop(id, None)
            return self.all()

    def is_ready(self, id: str) -> bool:
        """Whether `codec` answers without compiling first."""
        return id in self._codecs

    def codec(self, id: str) -> tuple[LocalSchema, Codec]:
        """Answer a schema ready to read with; blocks the first time. Raises `LocalSchemaNotFound`, and what compiling raises."""
        schema = self.get(id)
        codec = self._codecs.get(id)
        if codec is None:
            with self._compiling:
                codec = self._codecs.get(id) or codec_blocking(schema.format, schema.text, schema.name, schema.imports)
                self._codecs[id] = codec
        return schema, codec

    async def _keep(self, schemas: dict[str, LocalSchema]) -> None:
        value = {"version": VERSION, "schemas": [asdict(schema) for schema in schemas.values()]}
        try:
            await asyncio.to_thread(self._file.save, value)
        except (OSError, TypeError) as exc:
            raise KeptUnwritable(path=str(self._file.path), detail=str(exc)) from exc
        self._schemas = schemas
        self.version += 1


def _read(value: dict[str, Any]) -> dict[str, LocalSchema]:
    made = [
        LocalSchema(
            id=str(one["id"]),
            name=str(one["name"]),
            format=Format(one["format"]),
            text=str(one["text"]),
            messages=[str(name) for name in one.get("messages", [])],
            imports={str(path): str(text) for path, text in one.get("imports", {}).items()},
        )
        for one in value["schemas"]
    ]
    return {schema.id: schema for schema in made}
