"""Streams over HTTP: the list, and what is done with each."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.streams import SendRequest, Stream, StreamSpec
from embedded_server.streams import HubAccess

router = APIRouter(prefix="/streams", tags=["streams"])

StreamId = Annotated[str, Path(description="A stream's id, as the list gives it.")]


def _hub_access(request: Request) -> HubAccess | None:
    """Let a ``hub:`` stream use the session of this very request, over the address this request really came in at."""
    server = request.scope.get("server")
    authorization = request.headers.get("authorization", "")
    if not server or not server[1]:
        return None
    return HubAccess(str(server[0]), int(server[1]), authorization, secure=request.scope.get("scheme") == "https")


@router.get("", summary="List streams")
async def list_streams(services: ServicesDep) -> list[Stream]:
    """List every stream with its state and figures. Secrets are masked."""
    return services.streams.all()


@router.post("", status_code=201, summary="Add a stream")
async def add_stream(services: ServicesDep, spec: StreamSpec) -> Stream:
    """Add a stream. It is not opened."""
    return await services.streams.add(spec)


@router.get("/{stream_id}", summary="Read a stream")
async def read_stream(services: ServicesDep, stream_id: StreamId) -> Stream:
    """Answer one stream with its state and figures. Secrets are masked."""
    return services.streams.get(stream_id)


@router.put("/{stream_id}", summary="Change a stream")
async def change_stream(services: ServicesDep, request: Request, stream_id: StreamId, spec: StreamSpec) -> Stream:
    """Replace a stream's settings; an open one reconnects with them. A masked secret sent back unchanged stays as stored."""
    return await services.streams.change(stream_id, spec, _hub_access(request))


@router.delete("/{stream_id}", status_code=204, summary="Delete a stream")
async def delete_stream(services: ServicesDep, stream_id: StreamId) -> None:
    """Close and forget a stream. Its events stay in the journal."""
    await services.streams.remove(stream_id)


@router.post("/{stream_id}/open", summary="Open a stream")
async def open_stream(services: ServicesDep, request: Request, stream_id: StreamId) -> Stream:
    """Connect and stay connected; while it waits for its next attempt, try at once."""
    return await services.streams.open(stream_id, _hub_access(request))


@router.post("/{stream_id}/close", summary="Close a stream")
async def close_stream(services: ServicesDep, stream_id: StreamId) -> Stream:
    """Disconnect."""
    return await services.streams.close(stream_id)


@router.post("/{stream_id}/drop", summary="Cut a stream's connection")
async def drop_stream(services: ServicesDep, stream_id: StreamId) -> Stream:
    """Cut the connection as a failing network would: an event stream resumes after its last id, and says whether anything came twice."""
    return await services.streams.drop(stream_id)


@router.post("/{stream_id}/send", summary="Send a WebSocket message")
async def send_message(services: ServicesDep, stream_id: StreamId, message: SendRequest) -> Stream:
    """Send one message: text, JSON (checked, then sent as typed) or binary as Base64."""
    return await services.streams.send(stream_id, message)
