"""The one WebSocket over which the window gets its feeds: bytes between the socket and `journal.FeedSession`, nothing more."""

import logging
from typing import Final

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from embedded_server.api.dependencies import CurrentSession, Services, ServicesDep
from embedded_server.contracts.concurrency import cancel, spawn

_logger = logging.getLogger(__name__)

router = APIRouter(tags=["feeds"])

CLOSE_SESSION_ENDED: Final = 4401


@router.websocket("/feeds")
async def feeds(websocket: WebSocket, services: ServicesDep, session: CurrentSession) -> None:
    """Serve standing queries until the client goes or its session ends (close code 4401)."""
    await websocket.accept()
    serving = services.feeds.session(websocket.send_bytes)
    watch = spawn(_close_with_session(websocket, services, session.id), name="feeds: watch session", notify=_log_failure)
    try:
        while websocket.client_state is WebSocketState.CONNECTED:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                break
            await serving.receive(message.get("text") or message.get("bytes") or b"")
    except WebSocketDisconnect:
        pass
    finally:
        await cancel(watch)
        await serving.close()


async def _close_with_session(websocket: WebSocket, services: Services, session_id: str) -> None:
    await services.sessions.until_end(session_id)
    if websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(CLOSE_SESSION_ENDED, "session ended")


def _log_failure(exc: BaseException) -> None:
    _logger.error("watching a feed's session failed", exc_info=exc)
