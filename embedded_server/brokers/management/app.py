"""The management API as an ASGI app: who calls, which route, what goes back, and RabbitMQ's words for all that cannot be."""

import logging
from typing import Final
from urllib.parse import parse_qsl

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from embedded_server.brokers.amqp.server import AmqpServer
from embedded_server.brokers.management import access, table
from embedded_server.brokers.management.call import Answer, Call
from embedded_server.brokers.management.errors import ApiError, LoginFailed, not_found
from embedded_server.brokers.management.node import Node
from embedded_server.brokers.management.router import Found, Route, Router

logger = logging.getLogger(__name__)

MAX_BODY_BYTES: Final = 20 * 1024**2
"""RabbitMQ's own limit for what its management API takes at once."""
_HEADERS: Final = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
_JSON: Final = "application/json"


def management_app(server: AmqpServer, port: int) -> ASGIApp:
    """Make the app for the broker of *server*; *port* is where the app answers."""
    return ManagementApp(Node(server, port))


class ManagementApp:
    """Answers HTTP."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._router = Router(table.routes())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        try:
            response = await self._response(scope, headers, receive)
        except ApiError as exc:
            response = _refusal(exc, headers)
        except _Gone:
            return
        except Exception:
            logger.exception("%s %s could not be answered", scope["method"], scope["path"])
            response = _respond(Answer(500, {"error": "internal_error", "reason": "The broker's log has the cause"}))
        await response(scope, receive, send)

    async def _response(self, scope: Scope, headers: Headers, receive: Receive) -> Response:
        access.refuse_foreign(headers)
        found = self._router.find(scope["raw_path"])
        if found is None:
            raise not_found()
        method = scope["method"]
        if method == "OPTIONS":
            return _respond(Answer(200), allow=found.allowed)
        route = found.by_method.get("GET" if method == "HEAD" else method)
        if route is None:
            return _respond(Answer(405), allow=found.allowed)
        user, password = access.login(headers, self._node.broker.users)
        route.needs.check(user)
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        content = await _content(headers, receive)
        call = Call(self._node, user, password, query, content, headers.get("x-reason", ""))
        return _respond(await self._answer(found, route, call))

    async def _answer(self, found: Found, route: Route, call: Call) -> Answer:
        self._node.asked()
        if route.method == "GET":
            return await found.answer(route, call)
        try:
            return await found.answer(route, call)
        finally:
            self._node.changed()


class _Gone(Exception):
    """The client went before it had said all."""


async def _content(headers: Headers, receive: Receive) -> bytes:
    """The whole body; raises ``ApiError`` for one that is too large."""
    announced = headers.get("content-length", "")
    content = bytearray()
    size = int(announced) if announced.isdigit() else 0
    while size <= MAX_BODY_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        content += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(content)
        size = len(content)
    raise ApiError(413, "payload_too_large", f"At most {MAX_BODY_BYTES} bytes are taken at once")


def _respond(answer: Answer, *, allow: str = "") -> Response:
    headers = dict(_HEADERS)
    if allow:
        headers["allow"] = allow
    if answer.location:
        headers["location"] = answer.location
    if answer.pieces is not None:
        return StreamingResponse(answer.pieces, answer.status, headers, _JSON)
    if answer.body is None:
        return Response(None, answer.status, headers)
    body = orjson.dumps(answer.body, default=str, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, answer.status, headers, _JSON)


def _refusal(exc: ApiError, headers: Headers) -> Response:
    if isinstance(exc, LoginFailed) and "authorization" not in headers:
        response = _respond(Answer(401))  # as RabbitMQ answers a client that has yet to log in
    else:
        response = _respond(Answer(exc.status, {"error": exc.error, "reason": exc.reason}))
    if isinstance(exc, LoginFailed):
        response.headers["www-authenticate"] = access.REALM
    return response
