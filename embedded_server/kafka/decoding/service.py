"""How the bytes of every connection's records are read and written: choices, schemas, previews, and the report on one record."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import orjson

from embedded_server.contracts.kafka import (
    Content,
    Decoded,
    DecodedRecord,
    DecodeRequest,
    LocalSchema,
    SchemaText,
    Side,
    SubjectInfo,
    TopicReading,
)
from embedded_server.core.profiles import Profile, Resolve
from embedded_server.journal import Journal, StoredEvent
from embedded_server.kafka.decoding.choices import Choices
from embedded_server.kafka.decoding.encode import Encoder
from embedded_server.kafka.decoding.json_apart import CHECKS
from embedded_server.kafka.decoding.local import LocalSchemas
from embedded_server.kafka.decoding.lookups import RegistryCodecs
from embedded_server.kafka.decoding.problems import ReadingInvalid, RecordGone
from embedded_server.kafka.decoding.registry import Registry, RegistrySchema, has_registry
from embedded_server.kafka.decoding.registry_problems import NoRegistryConfigured, SubjectUnknown
from embedded_server.kafka.decoding.report import SCHEMAS, Reporter
from embedded_server.kafka.decoding.sides import SideReader

READINGS_FILE: Final = "kafka-readings.json"
SCHEMAS_FILE: Final = "kafka-schemas.json"
MOST_NAMED: Final = 20
"""Where so few subjects are asked for, each schema is read for the messages in it."""


class Decoding:
    """Reads and writes keys and values. A registry is asked only for schemas that records name, or that the user looks for."""

    def __init__(self, journal: Journal, resolve: Resolve, data_dir: Path) -> None:
        self._journal = journal
        self._resolve = resolve
        self.choices = Choices(data_dir / READINGS_FILE)
        self.local = LocalSchemas(data_dir / SCHEMAS_FILE)
        self._registries: dict[str, RegistryCodecs | None] = {}
        self._sides: dict[tuple[str, str, Side], SideReader] = {}
        self._sides_of = (0, 0)

    async def start(self) -> None:
        """Read what is kept. Connects nowhere."""
        await self.choices.load()
        await self.local.load()

    async def stop(self) -> None:
        """Close the registries' connections, and end what checks by JSON Schemas. May be called twice."""
        for connection in list(self._registries):
            self._forget(connection)
        await asyncio.to_thread(CHECKS.close)

    async def drop(self, connection: str, *, removed: bool = False) -> None:
        """Forget a connection's registry: its settings have changed, or it is *removed*, and then its choices as well."""
        self._forget(connection)
        if removed:
            await self.choices.forget(connection)

    def _forget(self, connection: str) -> None:
        registry = self._registries.pop(connection, None)
        self._sides = {key: side for key, side in self._sides.items() if key[0] != connection}
        if registry is not None:
            registry.close()

    # -- as records come

    async def prepare(self, connection: str) -> None:
        """Learn which registry a connection has; before the rest is asked on a thread. Raises what the resolving raises."""
        await self._registry(connection)

    def side(self, connection: str, topic: str, side: Side) -> SideReader:
        """Answer what reads one side of a topic as it is chosen now; from any thread, and only on another than the loop's it may wait."""
        versions = (self.choices.version, self.local.version)
        if versions != self._sides_of:
            self._sides, self._sides_of = {}, versions
        key = (connection, topic, side)
        sides = self._sides  # another thread may put new ones in their place: none that was chosen before may get among those
        reader = sides.get(key)
        if reader is None:
            reading = self.choices.of(connection, topic, side)
            reader = sides[key] = SideReader(reading, self._registries.get(connection), self.local)
        return reader

    def preview(self, connection: str, topic: str, side: Side, data: bytes | None) -> str:
        """Answer one line of a key or a value as its topic is read; from any thread, and nothing is raised."""
        return self.side(connection, topic, side).preview(data)

    def is_plain(self, connection: str, topic: str, side: Side) -> bool:
        """Whether text is shown as it stands: nothing was chosen for the topic that would read it otherwise."""
        return self.side(connection, topic, side).is_verbatim

    # -- one record

    async def decode(self, connection: str, request: DecodeRequest) -> DecodedRecord:
        """Read a record of the journal, with the report. Raises `RecordGone`."""
        stored = await self._journal.read(request.seq)
        if stored is None:
            raise RecordGone(seq=request.seq)
        registry = await self._registry(connection)
        headers = _headers_of(stored)
        topic = str(headers.get("topic", ""))
        key_reading = request.key or self.choices.of(connection, topic, Side.KEY)
        value_reading = request.value or self.choices.of(connection, topic, Side.VALUE)
        value = None if headers.get("value_null") else stored.event.body
        reporter = Reporter(registry, self.local)

        def both() -> tuple[Decoded, Decoded]:
            return reporter.read(key_of(headers), key_reading), reporter.read(value, value_reading, stored.event.size)

        return DecodedRecord(*await asyncio.to_thread(both))

    async def reads(self, connection: str) -> Callable[[StoredEvent, dict[str, Any]], tuple[Decoded, Decoded]]:
        """Answer what reads key and value of the journal's records as their topics are chosen to be; for a thread, as it may wait.

        Raises what the resolving raises.
        """
        reporter = Reporter(await self._registry(connection), self.local, is_checked=False)

        def both(stored: StoredEvent, headers: dict[str, Any]) -> tuple[Decoded, Decoded]:
            topic = str(headers.get("topic", ""))
            value = None if headers.get("value_null") else stored.event.body
            key = reporter.read(key_of(headers), self.choices.of(connection, topic, Side.KEY))
            return key, reporter.read(value, self.choices.of(connection, topic, Side.VALUE), stored.event.size)

        return both

    async def encode(self, connection: str, topic: str, side: Side, content: Content) -> bytes:
        """Answer a key or a value as bytes. Raises what says where the text does not fit; an upload is not for here."""
        return await Encoder(await self._registry(connection), self.local).encode(topic, side, content)

    async def encoder(self, connection: str) -> Encoder:
        """Answer what writes keys and values for a connection on a thread of the caller's. Raises what the resolving raises."""
        return Encoder(await self._registry(connection), self.local)

    # -- choices and local schemas

    async def readings(self, connection: str) -> list[TopicReading]:
        """Answer what is chosen on a connection, by topic."""
        await self._resolve(connection)
        return self.choices.all(connection)

    async def save_reading(self, connection: str, reading: TopicReading) -> list[TopicReading]:
        """Keep how a topic is read. Raises `LocalSchemaNotFound` and `ReadingInvalid`."""
        await self._resolve(connection)
        for one in (reading.key, reading.value):
            if one.schema and one.format in SCHEMAS:
                schema = self.local.get(one.schema)
                if schema.format is not one.format:
                    raise ReadingInvalid(format=one.format.value, schema=schema.name, found=schema.format.value)
        return await self.choices.save(connection, reading)

    async def save_schema(self, schema: LocalSchema) -> list[LocalSchema]:
        """Check a schema and keep it. Raises what says where its text is wrong."""
        return await self.local.save(schema)

    # -- the registry

    async def subjects(self, connection: str, search: str = "") -> list[SubjectInfo]:
        """Answer the registry's subjects with their newest version; of a few also the messages in them."""
        registry = await self._required(connection)

        def ask() -> list[SubjectInfo]:
            found = registry.registry.subjects(search)
            return [_info(registry, one, named=len(found) <= MOST_NAMED) for one in found]

        return await asyncio.to_thread(ask)

    async def schema(self, connection: str, *, id: int | None = None, subject: str = "", version: int | None = None) -> SchemaText:
        """Answer a schema by its id, or by subject and version (its newest where none is given)."""
        registry = (await self._required(connection)).registry
        if id is None and not subject:
            raise SubjectUnknown(address=registry.address, subject=subject)

        def ask() -> SchemaText:
            if id is None:
                found = registry.subject(subject, version)
                return SchemaText(found.id, found.format, found.text, subject, found.version)
            found = registry.schema(id)
            usage = registry.usage(id) or ("", None)
            return SchemaText(id, found.format, found.text, *usage)

        return await asyncio.to_thread(ask)

    async def _required(self, connection: str) -> RegistryCodecs:
        registry = await self._registry(connection)
        if registry is None:
            raise NoRegistryConfigured(name=(await self._resolve(connection)).name)
        return registry

    async def _registry(self, connection: str) -> RegistryCodecs | None:
        if connection not in self._registries:
            profile = await self._resolve(connection)
            if connection not in self._registries:
                self._registries[connection] = _made(profile)
                self._sides = {}
        return self._registries[connection]


def _made(profile: Profile) -> RegistryCodecs | None:
    return RegistryCodecs(Registry(profile)) if has_registry(profile.spec.kafka) else None


def _info(registry: RegistryCodecs, schema: RegistrySchema, *, named: bool) -> SubjectInfo:
    messages = registry.messages_of(schema.id) if named else []
    return SubjectInfo(schema.subject, schema.version or 0, schema.id, schema.format, messages)


def _headers_of(stored: StoredEvent) -> dict[str, Any]:
    try:
        found = orjson.loads(stored.event.headers) if stored.event.headers else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def key_of(headers: dict[str, Any]) -> bytes | None:
    """Answer a record's key of its event's headers."""
    if headers.get("key_null"):
        return None
    if isinstance(headers.get("key_base64"), str):
        return base64.b64decode(headers["key_base64"])
    key = headers.get("key")
    return key.encode("utf-8", "surrogatepass") if isinstance(key, str) else None
