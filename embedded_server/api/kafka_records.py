"""Kafka over HTTP: records produced, tailed and read."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from embedded_server.api.dependencies import ConnectionId, ServicesDep
from embedded_server.api.upload import BYTES, kept_upload
from embedded_server.contracts.filling import GeneratedField, TemplateName, Uploaded
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import BulkProduce, PartitionFor, ProduceOutcome, ReadRequest, Record, RecordTemplate
from embedded_server.journal import ExportFormat
from embedded_server.kafka.records.service import Records

router = APIRouter(prefix="/kafka", tags=["kafka"])

BODIES_PATH: Final = "/kafka/bodies"
"""Where files come in: written to disk as they come, and up to what a record may be."""


def _records(services: ServicesDep) -> Records:
    return services.kafka.records


RecordsDep = Annotated[Records, Depends(_records)]


# -- for the produce form; before the routes of a connection, whose id could be any of these words


@router.post("/bodies", status_code=201, summary="Upload a key or a value", openapi_extra=BYTES)
async def upload_record_body(records: RecordsDep, request: Request) -> Uploaded:
    """Keep the bytes sent here for an hour, to be produced by their id."""
    return await kept_upload(records.uploads, request)


@router.get("/generated-fields", summary="List generated fields")
async def list_record_fields(records: RecordsDep) -> list[GeneratedField]:
    """List the fields that a bulk fills, each with an example."""
    return await records.generated_fields()


@router.post("/fill", summary="Fill a record's generated fields once")
async def fill_record(records: RecordsDep, record: Record) -> Record:
    """Answer the record as the first one of a bulk would be."""
    return await records.fill(record)


@router.get("/templates", summary="List record templates")
async def list_record_templates(records: RecordsDep) -> list[RecordTemplate]:
    """List the records kept under names."""
    return await records.templates.all()


@router.put("/templates", summary="Keep a record template")
async def save_record_template(records: RecordsDep, template: RecordTemplate) -> list[RecordTemplate]:
    """Keep a record under a name, instead of an older one of that name, and answer all of them."""
    return await records.templates.save(template)


@router.post("/templates/remove", summary="Remove a record template")
async def remove_record_template(records: RecordsDep, template: TemplateName) -> list[RecordTemplate]:
    """Forget a template, and answer those left."""
    return await records.templates.remove(template.name)


# -- of a connection


@router.post("/{connection}/produce", summary="Produce a record")
async def produce_record(records: RecordsDep, connection: ConnectionId, record: Record) -> ProduceOutcome:
    """Produce a record with acks=all and idempotence, and answer where it is; ``unacknowledged`` where nobody knows."""
    return await records.produce(connection, record)


@router.post("/{connection}/bulk", status_code=202, summary="Produce many records")
async def produce_many(records: RecordsDep, connection: ConnectionId, request: BulkProduce) -> Job:
    """Begin to produce a record many times, each with its generated fields filled anew, or another job's unacknowledged ones again."""
    return await records.bulk(connection, request)


@router.post("/{connection}/partition-for", summary="Tell a key's partition")
async def partition_for_key(records: RecordsDep, connection: ConnectionId, request: PartitionFor) -> int:
    """Answer which partition a key goes to where it is Auto: by its murmur2 hash, as the Java client does it."""
    return await records.partition_for(connection, request)


@router.post("/{connection}/read", status_code=202, summary="Read or tail a topic")
async def read_topic(records: RecordsDep, connection: ConnectionId, request: ReadRequest) -> Job:
    """Begin to read a topic into the journal. No group is joined and no offset committed."""
    return await records.read(connection, request)


@router.get("/{connection}/record", summary="Get a record to produce again")
async def get_record(
    records: RecordsDep, connection: ConnectionId, seq: Annotated[int, Query(description="The number of a record's event.", ge=1)]
) -> Record:
    """Answer a record of the journal as one to produce again, its bytes exact; a large value becomes an upload."""
    return await records.record(connection, seq)


@router.get(
    "/{connection}/export",
    summary="Export records",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}, "text/csv": {}}, "description": "The records, one a line"}},
)
async def export_records(
    services: ServicesDep, connection: ConnectionId, filter: str = "", format: ExportFormat = ExportFormat.NDJSON
) -> StreamingResponse:
    """Stream the journal's records of a connection that match a filter, oldest first, keys and values as their topics are read."""
    chunks = await services.kafka.export.begin(connection, filter, format)  # a wrong filter is told here, before the answer begins
    media_type = "text/csv; charset=utf-8" if format is ExportFormat.CSV else "application/x-ndjson"
    name = f"switchroom-records.{format.value}"
    return StreamingResponse(chunks, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
