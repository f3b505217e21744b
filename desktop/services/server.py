"""The window's side of the server's own API: how its parts fare, and restarting one."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from embedded_server.contracts.server import Part, ServerStatus

if TYPE_CHECKING:
    from desktop.services.api import ApiClient


class ServerService:
    """Asks the server about itself. Every method raises what `ApiClient` raises."""

    def __init__(self, api: "ApiClient") -> None:
        self._api = api

    async def status(self) -> ServerStatus:
        """Answer how the server, its parts and its journal fare."""
        return await self._api.get("/server", ServerStatus)

    async def restart_part(self, name: str) -> Part:
        """Stop one part and start it anew; answers once it is up or has failed."""
        return await self._api.post(f"/server/parts/{quote(name, safe='')}/restart", None, Part)
