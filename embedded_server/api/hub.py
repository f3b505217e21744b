"""The hub over HTTP: list topics, post to them, and follow them by Server-Sent Events or WebSocket."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Query, Response, WebSocket
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from embedded_server.api.dependencies import CurrentSession, Services, ServicesDep
from embedded_server.contracts.concurrency import cancel, spawn
from embedded_server.contracts.sessions import Session
from embedded_server.contracts.streams import Published, PublishRequest, Topic
from embedded_server.core.http_server import ABORT
from embedded_server.streams import Conversation, Subscription, write_events

SESSION_ENDED: Final = 4401
"""The WebSocket close code that says 401."""
_HANG_UP_LIMIT_S: Final = 2.0

_logger = logging.getLogger(__name__)
router = APIRouter(prefix="/hub", tags=["hub"])

Topics = Annotated[list[str], Query(alias="topic", description="Topic to follow; repeat it, or separate several with commas.")]
LastId = Annotated[str, Query(alias="last_event_id", description="Go on after this id, for clients that cannot send the header.")]


@router.get("/topics", summary="List topics")
async def list_topics(services: ServicesDep) -> list[Topic]:
    """List the topics the server feeds, and the custom ones that have events or followers."""
    return await services.hub.topics()


@router.post("/topics/{topic}", status_code=201, summary="Post an event")
async def publish(
    services: ServicesDep,
    topic: Annotated[str, Path(description="A name of your own: letters, digits, dots, hyphens, underscores.")],
    request: PublishRequest,
) -> Published:
    """Post one event to a custom topic; answered once it is durable."""
    return await services.hub.publish(topic, request)


class EventStreamResponse(Response):
    """A subscription as an answer that does not end by itself."""

    media_type = "text/event-stream"

    def __init__(self, services: Services, session: Session, subscription: Subscription, *, enveloped: bool) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._services = services
        self._session = session
        self._subscription = subscription
        self._enveloped = enveloped

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write events until the client, the session or the hub ends."""
        subscription = self._subscription
        watchers = [
            spawn(_close_when_gone(receive, subscription), name="hub client leaves", notify=_log_failure),
            spawn(_close_when_ended(self._services, self._session, subscription), name="hub session ends", notify=_log_failure),
        ]

        async def write(chunk: bytes) -> None:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await write_events(subscription, write, enveloped=self._enveloped)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            _logger.warning("a client of the hub at %s took nothing and is let go", (scope.get("client") or ["?"])[0])
            await _cut(scope, watchers[0])
        finally:
            self._services.hub.unsubscribe(subscription)
            for watcher in watchers:
                await cancel(watcher)


@router.get(
    "/sse",
    summary="Follow topics by Server-Sent Events",
    status_code=200,
    response_class=EventStreamResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events, until one side ends"}},
)
async def follow_sse(
    services: ServicesDep,
    session: CurrentSession,
    topic: Topics,
    last_event_id: LastId = "",
    last_event_id_header: Annotated[str, Header(alias="Last-Event-ID", description="Go on after this id; wins over the query.")] = "",
    envelope: Annotated[bool, Query(description="Wrap each event's data as {id, event, topic, data}.")] = False,
) -> Response:
    """Follow topics. Ids are ``epoch:seq``; events ``gap`` and ``reset`` tell what could not be sent."""
    subscription = services.hub.subscribe(topic, last_event_id=last_event_id_header or last_event_id)
    return EventStreamResponse(services, session, subscription, enveloped=envelope)


@router.websocket("/ws")
async def follow_ws(
    websocket: WebSocket,
    services: ServicesDep,
    session: CurrentSession,
    topic: Topics = [],  # noqa: B006 - FastAPI copies it
    last_event_id: LastId = "",
) -> None:
    """Follow topics: those of the query, then whatever the client subscribes to by message. Ends with 4401 when the session does."""

    async def hang_up(code: int) -> None:
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):  # it may be frozen, closing or gone
            async with asyncio.timeout(_HANG_UP_LIMIT_S):
                await websocket.close(code)

    if topic:
        services.hub.check(topic)
    await websocket.accept()
    conversation = Conversation(services.hub, websocket.send_text, hang_up)
    watcher = spawn(_hang_up_when_ended(services, session, hang_up), name="hub session ends", notify=_log_failure)
    try:
        if topic:
            conversation.subscribe(topic, last_event_id)
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            await conversation.receive(message.get("text") or message.get("bytes") or b"")
    except (TimeoutError, WebSocketDisconnect):
        pass
    finally:
        await cancel(watcher)
        await conversation.close()


async def _cut(scope: Scope, leaving: asyncio.Task[None]) -> None:
    """Cut the connection of a client that does not read: ended politely, it would wait for that client for ever."""
    abort = scope.get("state", {}).get(ABORT)
    if abort is not None:
        abort()
        await asyncio.wait([leaving])  # returning with the answer unfinished before would count as a fault of ours


async def _close_when_gone(receive: Receive, subscription: Subscription) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscription.close()


async def _close_when_ended(services: Services, session: Session, subscription: Subscription) -> None:
    await services.sessions.until_end(session.id)
    subscription.close()


async def _hang_up_when_ended(services: Services, session: Session, hang_up: Callable[[int], Awaitable[None]]) -> None:
    await services.sessions.until_end(session.id)
    await hang_up(SESSION_ENDED)


def _log_failure(exc: BaseException) -> None:
    _logger.error("watching a client of the hub failed", exc_info=exc)
