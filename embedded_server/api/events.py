"""The journal over HTTP: pages of a filter, one whole event, export, and values for completion."""

import base64
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.events import Event, EventDetail, EventPage, Row
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.journal import ExportFormat, StoredEvent, export

router = APIRouter(prefix="/events", tags=["events"])

MAX_PAGE_ROWS: Final = 1000

Filter = Annotated[str, Query(description="In the filter language; everything where it is empty")]
WithBody = Annotated[bool, Query(description="Leave the body out with false; GET /events/{seq}/body has it as it is")]


class UnknownEvent(UserFacingError):
    """There is no event of this number, or no longer."""

    status = 404
    title = N_("There is no event {seq} in the journal")
    hint = N_("It may have been removed by the journal's retention; the Server panel tells what is kept.")


@router.get("")
async def list_events(
    services: ServicesDep,
    filter: Filter = "",
    after: Annotated[int, Query(ge=0, description="Only events with a higher number")] = 0,
    before: Annotated[int | None, Query(ge=0, description="Only events with a lower number")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_ROWS)] = 100,
    newest: Annotated[bool, Query(description="The newest first instead of the oldest")] = False,
) -> EventPage:
    """List the rows that match a filter, and say how much of the journal was looked at for them."""
    page = await services.journal.query(filter, after=after, before=before, limit=limit, newest=newest)
    return EventPage(page.rows, page.scanned, page.of)


@router.get("/values")
async def list_values(field: str, services: ServicesDep, prefix: str = "") -> list[str]:
    """List the values a field lately had, the most frequent first."""
    return await services.journal.values(field, prefix)


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {}, "text/csv": {}}, "description": "The events, one a line"}},
)
async def export_events(services: ServicesDep, filter: Filter = "", format: ExportFormat = ExportFormat.NDJSON) -> StreamingResponse:
    """Stream every event that matches a filter, oldest first."""
    chunks = export(services.journal, filter, format)  # a wrong filter is told here, before the answer begins
    media_type = "text/csv; charset=utf-8" if format is ExportFormat.CSV else "application/x-ndjson"
    name = f"switchroom-events.{format.value}"
    return StreamingResponse(chunks, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get("/{seq}")
async def read_event(seq: int, services: ServicesDep, body: WithBody = True) -> EventDetail:
    """Answer one whole event: row, headers, body as Base64."""
    stored = await _stored(services, seq)
    event = stored.event
    encoded = base64.b64encode(event.body).decode("ascii") if body else ""
    return EventDetail(_row_of(seq, event), _headers_of(event.headers), encoded, stored.truncated)


@router.get(
    "/{seq}/body",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The body, as it was or as far as it was kept"}},
)
async def read_body(seq: int, services: ServicesDep) -> Response:
    """Answer one event's body, byte for byte. ``X-Truncated`` tells whether it was longer."""
    stored = await _stored(services, seq)
    return Response(stored.event.body, media_type="application/octet-stream", headers={"X-Truncated": str(stored.truncated).lower()})


async def _stored(services: ServicesDep, seq: int) -> StoredEvent:
    stored = await services.journal.read(seq)
    if stored is None:
        raise UnknownEvent(seq=seq)
    return stored


def _row_of(seq: int, event: Event) -> Row:
    return Row(
        seq,
        event.at,
        event.connection,
        event.kind.value,
        event.subject,
        event.key,
        event.trace,
        event.joined.value,
        event.status,
        event.worker,
        event.size,
        event.preview,
    )


def _headers_of(raw: bytes) -> dict[str, Any]:
    try:
        headers = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        headers = {}
    return headers if isinstance(headers, dict) else {}
