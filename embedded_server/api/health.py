"""Whether the server answers. Asked without a token, so it tells nothing private."""

from fastapi import APIRouter

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.server import Health
from embedded_server.core.version import VERSION

router = APIRouter(tags=["health"])


@router.get("/health")
async def health(services: ServicesDep) -> Health:
    """Answer that the server is up, and whether the first account is still to be created."""
    return Health("ok", VERSION, services.journal.epoch, await services.sessions.needs_account())
