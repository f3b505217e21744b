"""The server about itself: its parts, its journal, its memory."""

import os

from fastapi import APIRouter

from embedded_server.api.dependencies import ServicesDep
from embedded_server.contracts.server import Part, ServerStatus
from embedded_server.core.memory import resident_bytes
from embedded_server.core.version import VERSION

router = APIRouter(prefix="/server", tags=["server"])


@router.get("")
async def server_status(services: ServicesDep) -> ServerStatus:
    """Tell how the server and each of its parts fare."""
    return ServerStatus(
        version=VERSION,
        pid=os.getpid(),
        url=services.settings.url,
        data_dir=str(services.settings.data_dir),
        started_at=services.started_at,
        memory_bytes=resident_bytes(),
        parts=services.supervisor.status(),
        journal=services.journal.status(),
    )


@router.post("/parts/{name}/restart")
async def restart_part(name: str, services: ServicesDep) -> Part:
    """Stop one part and start it anew; answers once it is up or has failed."""
    return await services.supervisor.restart(name)
