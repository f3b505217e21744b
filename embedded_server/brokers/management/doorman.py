"""Stands at the management API's port from the start, and fetches the HTTP server when the first client knocks.

Loading it takes a tenth of a second. A broker whose management API nobody calls never spends that, nor the memory.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from embedded_server.contracts.concurrency import cancel, spawn

if TYPE_CHECKING:
    from starlette.types import ASGIApp

logger = logging.getLogger(__name__)

KEEP_ALIVE_S: Final = 75
STOP_LIMIT_S: Final = 1.0

MakeProtocol = Callable[[], asyncio.Protocol]


class Doorman:
    """Listens on one port and answers by an ASGI app that is made at the first connection."""

    def __init__(self, make_app: "Callable[[], ASGIApp]") -> None:
        self.port = 0
        self._make_app = make_app
        self._server: asyncio.Server | None = None
        self._make_protocol: MakeProtocol | None = None
        self._loading: asyncio.Task[None] | None = None
        self._waiting: list[_Visitor] = []
        self._transports: set[asyncio.Transport] = set()

    async def start(self, listening: socket.socket) -> None:
        """Let clients in."""
        self.port = listening.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(lambda: _Visitor(self), sock=listening)

    async def stop(self) -> None:
        """Let go of the port and of every client; may be called twice."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        await cancel(self._loading)
        for transport in list(self._transports):
            transport.abort()
        self._transports.clear()

    def knocked(self, visitor: "_Visitor") -> None:
        """A client came: hand it on, once the HTTP server is loaded."""
        self._transports = {transport for transport in self._transports if not transport.is_closing()}
        self._transports.add(visitor.transport)
        if self._make_protocol is not None:
            visitor.hand_over(self._make_protocol())
            return
        self._waiting.append(visitor)
        if self._loading is None:
            self._loading = spawn(self._load(), name="management", notify=self._on_fault)

    async def _load(self) -> None:
        make_app = await asyncio.to_thread(_load_blocking, self._make_app)
        self._make_protocol = make_app()
        waiting, self._waiting = self._waiting, []
        for visitor in waiting:
            visitor.hand_over(self._make_protocol())

    def _on_fault(self, exc: BaseException) -> None:
        logger.error("The management API cannot be loaded", exc_info=exc)
        self._loading = None
        for visitor in self._waiting:
            visitor.transport.abort()
        self._waiting.clear()


def _load_blocking(make_app: "Callable[[], ASGIApp]") -> Callable[[], MakeProtocol]:
    """Import what is heavy, away from the broker's loop."""
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.server import ServerState

    app = make_app()

    def on_loop() -> MakeProtocol:
        config = uvicorn.Config(
            app,
            http=H11Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
        )
        config.load()
        state = ServerState()
        return lambda: H11Protocol(config, state, {})

    return on_loop


class _Visitor(asyncio.Protocol):
    """A client that waits at the door; nothing it says is read there."""

    transport: asyncio.Transport

    def __init__(self, doorman: Doorman) -> None:
        self._doorman = doorman

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Let *protocol* speak with the client from here on."""
        if not self.transport.is_closing():
            self.transport.set_protocol(protocol)
            protocol.connection_made(self.transport)
            self.transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.pause_reading()
        self._doorman.knocked(self)
