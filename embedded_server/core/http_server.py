"""uvicorn as Switchroom runs it: HTTP/1.1, HTTP/2 and WebSocket on one port, and nothing of the process taken over."""

import contextlib
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


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Takes a refused handshake for complete; uvicorn 0.54 logs an error for each (github.com/Kludex/uvicorn/pull/3138)."""

    async def send(self, message: "ASGISendEvent") -> None:
        """Send as uvicorn does, and remember that a refusal is an answer."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True


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
        http="zttp" if has_zttp else "auto",
        http2=has_zttp,
        ws=WebSocketProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
    )
    return Server(config, on_started=on_started, before_end=before_end)
