"""The window's side of the streams API: one typed method per route."""

from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

from desktop.core.streams_draft import Draft
from embedded_server.contracts.streams import SendRequest, Stream, StreamSpec

if TYPE_CHECKING:
    from desktop.services.api import ApiClient


class StreamService:
    """Asks the server about streams, and tells it what to do with them. Every method raises what `ApiClient` raises."""

    def __init__(self, api: "ApiClient") -> None:
        self._api = api
        self.draft = Draft()
        """What was typed into the form and not saved: it survives the form, a sign-out and a change of language."""
        self.messages: dict[str, str] = {}
        """What stands in the send box of each stream."""
        self._draft_of = ""

    def keep_draft_of(self, account: str) -> None:
        """Whoever signs in finds what they typed themselves, and never what somebody else did."""
        if self._draft_of not in {"", account}:
            self.draft = Draft()
            self.messages.clear()
        self._draft_of = account

    async def all(self) -> list[Stream]:
        """Answer every stream with its figures."""
        return await self._api.get("/streams", list[Stream])

    async def add(self, spec: StreamSpec) -> Stream:
        """Add a stream; it is not opened."""
        return await self._api.post("/streams", spec, Stream)

    async def change(self, stream_id: str, spec: StreamSpec) -> Stream:
        """Replace a stream's settings."""
        return await self._api.put(f"/streams/{stream_id}", spec, Stream)

    async def remove(self, stream_id: str) -> None:
        """Forget a stream; its events stay."""
        await self._api.delete(f"/streams/{stream_id}")
        self.messages.pop(stream_id, None)

    async def open(self, stream_id: str) -> Stream:
        """Connect, or try at once where it waits."""
        return await self._api.post(f"/streams/{stream_id}/open", None, Stream)

    async def close(self, stream_id: str) -> Stream:
        """Disconnect."""
        return await self._api.post(f"/streams/{stream_id}/close", None, Stream)

    async def drop(self, stream_id: str) -> Stream:
        """Cut the connection, so that it has to resume."""
        return await self._api.post(f"/streams/{stream_id}/drop", None, Stream)

    async def send(self, stream_id: str, message: SendRequest) -> Stream:
        """Send one WebSocket message."""
        return await self._api.post(f"/streams/{stream_id}/send", message, Stream)


_services: Final["WeakKeyDictionary[ApiClient, StreamService]"] = WeakKeyDictionary()


def stream_service(api: "ApiClient") -> StreamService:
    """Answer the one service that speaks through *api*, so that its drafts outlive every rebuilding of the window."""
    return _services.setdefault(api, StreamService(api))
