"""Bytes that come in as a request's body: how the description says it, and how they are kept."""

from typing import Any, Final

from fastapi import Request

from embedded_server.contracts.filling import Uploaded
from embedded_server.core.uploads import Uploads

BYTES: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}
"""For ``openapi_extra``."""


async def kept_upload(uploads: Uploads, request: Request) -> Uploaded:
    """Keep what *request* sends. Raises what `Uploads.keep` raises, at once where the request says itself that it is too large."""
    announced = request.headers.get("content-length", "")
    return await uploads.keep(request.stream(), int(announced) if announced.isdigit() else 0)
