"""Connections over HTTP: the list, their secrets (in, never out), URLs, files and the test."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.connections import (
    Connection,
    Connections,
    ConnectionsFile,
    SaveConnection,
    Secret,
    TestReport,
    UrlText,
)

router = APIRouter(prefix="/connections", tags=["connections"])

ConnectionId = Annotated[str, Path(description="A connection's id, as the list gives it.")]


@dataclass(frozen=True, slots=True)
class SecretTexts:
    """Secrets to keep; an empty one is forgotten."""

    secrets: dict[Secret, str] = field(repr=False)


@router.get("", summary="List connections")
async def list_connections(services: ServicesDep) -> Connections:
    """List every connection and how it fares, the embedded one first. Secrets are never in it."""
    return await services.connections.all()


@router.post("", status_code=201, summary="Add a connection")
async def add_connection(services: ServicesDep, save: SaveConnection) -> Connection:
    """Add a connection. It is opened when something is asked of it."""
    return await services.connections.add(save)


@router.put("/order", summary="Order connections")
async def order_connections(services: ServicesDep, ids: list[str]) -> Connections:
    """Put the connections in this order; those not named stay behind the others."""
    return await services.connections.order(ids)


@router.post("/parse", summary="Take a URL apart")
async def parse_url(services: ServicesDep, text: UrlText) -> SaveConnection:
    """Answer what could be added as it is: an AMQP URL, a Kafka's, bare addresses, or a Kafka client's properties. Nothing is kept."""
    return services.connections.parse(text.url)


@router.post("/test", summary="Test a connection before it is kept")
async def test_new_connection(services: ServicesDep, save: SaveConnection) -> TestReport:
    """Walk from the host's name to what the user may do there; say at which step it fails and what to try."""
    return await services.connections.test(save=save)


@router.get("/export", summary="Export connections")
async def export_connections(services: ServicesDep) -> ConnectionsFile:
    """Answer every connection but the embedded one, without secrets."""
    return services.connections.export()


@router.post("/import", status_code=201, summary="Import connections")
async def import_connections(services: ServicesDep, content: Annotated[Any, Body(description="What export answered.")]) -> Connections:
    """Add the connections of an exported file, all or none. Names that are taken get a number."""
    return await services.connections.import_(content)


@router.get("/{connection_id}", summary="Read a connection")
async def read_connection(services: ServicesDep, connection_id: ConnectionId) -> Connection:
    """Answer one connection and how it fares."""
    return await services.connections.get(connection_id)


@router.put("/{connection_id}", summary="Change a connection")
async def change_connection(services: ServicesDep, connection_id: ConnectionId, save: SaveConnection) -> Connection:
    """Replace a connection's settings. A secret that is not named stays as it is; an empty one is forgotten."""
    return await services.connections.change(connection_id, save)


@router.delete("/{connection_id}", status_code=204, summary="Remove a connection")
async def remove_connection(services: ServicesDep, connection_id: ConnectionId) -> None:
    """Forget a connection and its secrets. Its events stay in the journal."""
    await services.connections.remove(connection_id)


@router.post("/{connection_id}/duplicate", status_code=201, summary="Duplicate a connection")
async def duplicate_connection(services: ServicesDep, connection_id: ConnectionId) -> Connection:
    """Add a copy under a free name, with the same secrets."""
    return await services.connections.duplicate(connection_id)


@router.put("/{connection_id}/secrets", summary="Give a connection its secrets")
async def set_secrets(services: ServicesDep, connection_id: ConnectionId, texts: SecretTexts) -> Connection:
    """Keep secrets: in the keyring, or where there is none until the server ends."""
    return await services.connections.set_secrets(connection_id, texts.secrets)


@router.post("/{connection_id}/reconnect", summary="Connect again")
async def reconnect(services: ServicesDep, connection_id: ConnectionId) -> Connection:
    """Try at once, also where it was refused before."""
    return await services.connections.reconnect(connection_id)


@router.post("/{connection_id}/disconnect", summary="Disconnect")
async def disconnect(services: ServicesDep, connection_id: ConnectionId) -> Connection:
    """Close what is open; the next act opens it again."""
    return await services.connections.disconnect(connection_id)


@router.post("/{connection_id}/test", summary="Test a connection")
async def test_connection(services: ServicesDep, connection_id: ConnectionId, save: SaveConnection | None = None) -> TestReport:
    """Walk through it as it is kept, or as the body would change it."""
    return await services.connections.test(connection_id, save)
