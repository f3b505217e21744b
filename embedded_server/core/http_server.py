"""uvicorn as Switchroom runs it: HTTP/1.1, HTTP/2 and WebSocket on one port, and nothing of the process taken over."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

KEEP_ALIVE_S: Final = 120
"""Longer than clients keep idle connections: the server never closes one that a request is about to use."""
GRACE_S: Final = 1
"""Answers under way have so long to end."""
PING_S: Final = 15
"""A WebSocket whose other side is gone without a word is noticed after twice this."""
ABORT: Final = "abort"
"""Under this name ``scope["state"]`` has a function that cuts the connection; not with HTTP/2, where it serves other requests, too."""
_NO_HTTP: Final = "This is not a request that HTTP allows"
_NO_HTTP_HINT: Final = "Check the request line and the headers: they may be broken, or longer than 64 KiB."


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Takes a refused handshake for complete; uvicorn 0.54 logs an error for each (github.com/Kludex/uvicorn/pull/3138)."""

    async def send(self, message: "ASGISendEvent") -> None:
        """Send as uvicorn does, and remember that a refusal is an answer."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True


def connection_protocol() -> type[asyncio.Protocol]:
    """Answer uvicorn's protocol for both versions of HTTP, made to tell even of a request that is none as a problem."""
    from uvicorn.protocols.http.auto_zttp_impl import AutoZttpProtocol
    from uvicorn.protocols.http.zttp_impl import ZttpProtocol

    class Http1Protocol(ZttpProtocol):
        def send_400_response(self, msg: str) -> None:
            """Refuse what cannot be read."""
            body = json.dumps(_not_http(msg)).encode()
            headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
            self.conn.send_response(400, headers)
            self.conn.send_data(body)
            self.conn.end_message()
            self.transport.write(self.conn.data_to_send())
            self.transport.close()

    class ConnectionProtocol(AutoZttpProtocol):
        def _switch(self, http2: bool, initial_data: bytes = b"") -> None:
            if http2:
                super()._switch(http2, initial_data)
                return
            state = {**self.app_state, ABORT: self.transport.abort}
            protocol = Http1Protocol(config=self.config, server_state=self.server_state, app_state=state, _loop=self.loop)
            self.transport.set_protocol(protocol)
            protocol.connection_made(self.transport)
            if initial_data:
                protocol.data_received(initial_data)

    return ConnectionProtocol


def _not_http(detail: str) -> dict[str, object]:
    templates = {"title_template": _NO_HTTP, "hint_template": _NO_HTTP_HINT, "params": {}}
    return {
        "type": "urn:switchroom:problem:not-http",
        "title": _NO_HTTP,
        "status": 400,
        "detail": detail,
        "hint": _NO_HTTP_HINT,
        **templates,
    }


class Server(uvicorn.Server):
    """Leaves signals to whoever runs it, says when it answers, and is told what to end before it waits for answers to end."""

    def __init__(self, config: uvicorn.Config, *, on_started: Callable[[], None], before_end: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._before_end = before_end

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]  # uvicorn's is a generator's
        """Capture none: on the window's loop they are the window's."""
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what would not end by itself, then everything."""
        await self._before_end()
        await super().shutdown(sockets)


def make_server(app: Any, *, on_started: Callable[[], None], before_end: Callable[[], Awaitable[None]]) -> Server:
    """Make a server for an ASGI *app* whose lifespan its owner runs: a failure there is the owner's to tell, not uvicorn's to log."""
    has_zttp = find_spec("zttp") is not None  # compiled, and not built for every platform
    config = uvicorn.Config(
        app,
        http=connection_protocol() if has_zttp else "auto",
        ws=WebSocketProtocol,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PING_S,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, on_started=on_started, before_end=before_end)
