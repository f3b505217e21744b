"""Kafka over HTTP: how records are read, the user's own schemas, the Schema Registry's, and searching and copying by what is read."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from embedded_server.api.dependencies import ConnectionId, ServicesDep
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import (
    CopyRequest,
    DecodedRecord,
    DecodeRequest,
    LocalSchema,
    SchemaText,
    SearchRequest,
    SubjectInfo,
    TopicReading,
)
from embedded_server.kafka.decoding.service import Decoding

router = APIRouter(prefix="/kafka", tags=["kafka"])


def _decoding(services: ServicesDep) -> Decoding:
    return services.kafka.decoding


DecodingDep = Annotated[Decoding, Depends(_decoding)]


@dataclass(frozen=True, slots=True)
class SchemaId:
    """Which local schema is meant."""

    id: str


# -- local schemas; before the routes of a connection, whose id could be any of these words


@router.get("/schemas", summary="List local schemas")
async def list_local_schemas(decoding: DecodingDep) -> list[LocalSchema]:
    """List the user's own Avro, JSON and Protobuf schemas."""
    return decoding.local.all()


@router.put("/schemas", summary="Keep a local schema")
async def save_local_schema(decoding: DecodingDep, schema: LocalSchema) -> list[LocalSchema]:
    """Check a schema and keep it, instead of the one of its id; answers all of them. A mistake is named with line and column."""
    return await decoding.save_schema(schema)


@router.post("/schemas/remove", summary="Remove a local schema")
async def remove_local_schema(decoding: DecodingDep, schema: SchemaId) -> list[LocalSchema]:
    """Forget a schema; answers those that are left."""
    return await decoding.local.remove(schema.id)


# -- reading records


@router.post("/{connection}/decode", summary="Read a record's key and value")
async def decode_record(decoding: DecodingDep, connection: ConnectionId, request: DecodeRequest) -> DecodedRecord:
    """Read a record of the journal as its topic is read, or as the request says; tells of each side why it was not read otherwise."""
    return await decoding.decode(connection, request)


@router.get("/{connection}/readings", summary="List how topics are read")
async def list_readings(decoding: DecodingDep, connection: ConnectionId) -> list[TopicReading]:
    """List what was chosen by topic. One that is not listed is read automatically."""
    return await decoding.readings(connection)


@router.put("/{connection}/readings", summary="Choose how a topic is read")
async def save_reading(decoding: DecodingDep, connection: ConnectionId, reading: TopicReading) -> list[TopicReading]:
    """Keep how a topic's keys and values are read; answers all choices of the connection."""
    return await decoding.save_reading(connection, reading)


@router.post("/{connection}/search", status_code=202, summary="Search a topic")
async def search_topic(services: ServicesDep, connection: ConnectionId, request: SearchRequest) -> Job:
    """Begin to look for a text or by a filter. Hits become events at once; the job tells how much has been looked at."""
    return await services.kafka.search.search(connection, request)


@router.post("/{connection}/copy", status_code=202, summary="Copy records to a topic")
async def copy_records(services: ServicesDep, connection: ConnectionId, request: CopyRequest) -> Job:
    """Begin to copy a topic's records, here or to another connection; with ``dry_run`` only to count them."""
    return await services.kafka.copies.copy(connection, request)


# -- the Schema Registry


@router.get("/{connection}/subjects", summary="List the Schema Registry's subjects")
async def list_subjects(
    decoding: DecodingDep, connection: ConnectionId, search: Annotated[str, Query(description="A part of the subject's name.")] = ""
) -> list[SubjectInfo]:
    """List subjects with their newest version; where twenty or fewer match, with the messages in them."""
    return await decoding.subjects(connection, search)


@router.get("/{connection}/schema", summary="Get a schema of the Schema Registry")
async def get_schema(
    decoding: DecodingDep,
    connection: ConnectionId,
    id: Annotated[int | None, Query(description="The schema's id, as it stands in records.", ge=0, le=2**31 - 1)] = None,
    subject: Annotated[str, Query(description="Instead of the id: the subject.")] = "",
    version: Annotated[int | None, Query(description="Of the subject; without it the newest.", ge=1)] = None,
) -> SchemaText:
    """Answer a schema's text by its id, or by subject and version."""
    return await decoding.schema(connection, id=id, subject=subject, version=version)
