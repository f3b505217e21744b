"""What stands before every route: who may call at all (``Host``, ``Origin``), how much at once, and what every answer tells a browser.

A server on loopback is reachable by every web page the user opens: a foreign name that was made to point at 127.0.0.1 shows in
``Host``, a foreign page in ``Origin`` or ``Sec-Fetch-Site``.
"""

import ipaddress
import socket
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from embedded_server.api.errors import problem_response, send_problem
from embedded_server.contracts.problems import N_, UserFacingError
from embedded_server.settings import Settings

_LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class ForeignHost(UserFacingError):
    """The request was sent to a name that is not this server's."""

    status = 421
    title = N_("This server is not “{host}”")
    hint = N_("Use its address, or start it with --allowed-host {host}.")


class ForeignOrigin(UserFacingError):
    """A web page of another origin tries to call."""

    status = 403
    title = N_("Pages from “{origin}” may not call this server")
    hint = N_("Start it with --allowed-origin {origin} to let them.")


class BodyTooLarge(UserFacingError):
    """The request's body exceeds the limit."""

    status = 413
    title = N_("The request's body is too large")
    hint = N_("At most {limit} MiB are taken at once.")


def bearer_token(authorization: str) -> str:
    """Answer the token of an ``Authorization`` header, or nothing."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Gate:
    """Lets in what was meant for this server by somebody who may call it. Pure ASGI, for HTTP and WebSocket."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = _LOOPBACK_NAMES | {settings.host.lower()} | {host.lower() for host in settings.allowed_hosts}
        self._origins = {origin.lower().rstrip("/") for origin in settings.allowed_origins}
        if is_wildcard(settings.host):
            self._hosts |= {socket.gethostname().lower()}
        self._any_address = is_wildcard(settings.host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 or 403, or run the app."""
        if scope["type"] in {"http", "websocket"}:
            headers = Headers(scope=scope)
            refusal = self._refusal(headers)
            if refusal is not None:
                await send_problem(scope, receive, send, problem_response(refusal))
                return
        await self._app(scope, receive, send)

    def _refusal(self, headers: Headers) -> UserFacingError | None:
        host = headers.get("host", "")
        if not self._is_ours(_name_of(host)):
            return ForeignHost(host=_name_of(host) or "?")
        origin = headers.get("origin", "").lower()
        if origin:
            return None if origin in self._origins or urlsplit(origin).netloc == host.lower() else ForeignOrigin(origin=origin)
        if headers.get("sec-fetch-site", "") == "cross-site" and headers.get("sec-fetch-mode", "") != "navigate":
            return ForeignOrigin(origin="another site")
        return None

    def _is_ours(self, name: str) -> bool:
        return name in self._hosts or (self._any_address and _is_address(name))


class BodyLimit:
    """Refuses bodies beyond the limit, announced or not; the routes in *own_limit* see to theirs themselves."""

    def __init__(self, app: ASGIApp, max_bytes: int, own_limit: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._own_limit = own_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, or run the app with a counting ``receive``."""
        if scope["type"] != "http" or scope["path"] in self._own_limit:
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            refusal = BodyTooLarge(limit=self._max_bytes // 1024**2)
            await send_problem(scope, receive, send, problem_response(refusal))
            return
        received = 0

        async def counted_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                # FastAPI turns everything else that reading a body raises into a 400.
                raise HTTPException(413, f"At most {self._max_bytes // 1024**2} MiB are taken at once")
            return message

        await self._app(scope, counted_receive, send)


class AnswerHeaders:
    """Puts on every answer what keeps a browser from using it otherwise than meant; a route's own header wins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the app with a ``send`` that adds them."""

        async def adding_send(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, adding_send)


def is_wildcard(host: str) -> bool:
    """Tell whether *host* means every address of the machine."""
    return host in {"", "0.0.0.0", "::"}


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
