"""Holds one WebSocket, from the handshake to its close frame."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import orjson

from embedded_server.contracts.events import Kind
from embedded_server.contracts.streams import FrameType
from embedded_server.streams.faults import broken_problem, close_problem, connect_problem, status_problem
from embedded_server.streams.masking import display_url, has_secrets
from embedded_server.streams.problems import (
    HandshakeFailed,
    MessageTooLarge,
    RedirectRefused,
    StreamProblem,
    StreamTimedOut,
    SubprotocolRefused,
    TextNotUtf8,
    TooManyRedirects,
)
from embedded_server.streams.recorder import Recorder
from embedded_server.streams.spec import Target

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.exceptions import ConnectionClosed

OPEN_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 2.0
PING_INTERVAL_S: Final = 20.0
MAX_MESSAGE_BYTES: Final = 64 * 1024**2
_NOT_UTF8: Final = 1007
_TOO_LARGE: Final = 1009
_NO_FAREWELL: Final = 1006

_logger = logging.getLogger(f"{__name__}.protocol")
_logger.setLevel(logging.INFO)  # at DEBUG the library writes every header, credentials included


class WsClient:
    """One connection to a WebSocket. Make another one to connect again."""

    def __init__(self, target: Target, recorder: Recorder, *, last_event_id: str = "", on_open: Callable[[], None]) -> None:
        self.last_event_id = last_event_id
        """What to resume this server's own hub from; other WebSockets have no such thing."""
        self._resumed = bool(last_event_id)
        self._target = target
        self._recorder = recorder
        self._on_open = on_open
        self._socket: ClientConnection | None = None
        self.subprotocol = ""
        self.close_code = 0

    @property
    def latency_ms(self) -> float:
        """Round trip of the last ping."""
        return 0.0 if self._socket is None else round(self._socket.latency * 1000, 3)

    async def run(self) -> None:
        """Receive until it ends: always raises the `StreamProblem` that says how. Cancelled, it says goodbye first."""
        from websockets.exceptions import ConnectionClosed

        socket = await self._connect()
        try:
            self._socket = socket
            self.subprotocol = socket.subprotocol or ""
            assert socket.response is not None
            self._recorder.opened(
                Kind.WS_OPENED, str(socket.response.status_code), dict(socket.response.headers.raw_items()), resumed=self._resumed
            )
            self._on_open()
            with suppress(ConnectionClosed):  # what came before the end is still read below
                await socket.ping()  # measures the round trip at once, rather than after the first interval
            while True:
                message = await socket.recv()
                id_, is_event = _hub_id(message) if self._target.ours else ("", False)
                self.last_event_id = id_ or self.last_event_id
                await self._recorder.frame(message, id_ if is_event else "")
        except ConnectionClosed as exc:
            raise self._ended(exc) from exc
        finally:
            self._socket = None
            await socket.close()

    def cut(self) -> None:
        """End the connection as a failing network would: without a farewell."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def send(self, message: str | bytes, type_: FrameType) -> bool:
        """Send one message; False where the connection is not, or no longer, open."""
        from websockets.exceptions import ConnectionClosed

        if self._socket is None:
            return False
        try:
            await self._socket.send(message)
        except ConnectionClosed:
            return False
        self._recorder.frame_sent(message.encode() if isinstance(message, str) else message, type_)
        return True

    async def _connect(self) -> "ClientConnection":
        from websockets import exceptions

        try:
            socket: ClientConnection = await self._connector()
            return socket  # noqa: TRY300 - one expression with its failures
        except TimeoutError as exc:
            raise StreamTimedOut(address=self._target.address, seconds=OPEN_LIMIT_S) from exc
        except exceptions.InvalidStatus as exc:
            code = exc.response.status_code
            if code < 300:  # an ordinary page
                raise HandshakeFailed(address=self._target.address, reason=f"it answered {code} instead of 101") from exc
            raise status_problem(code, (exc.response.body or b"")[:2048].decode(errors="replace").strip()) from exc
        except exceptions.NegotiationError as exc:
            raise SubprotocolRefused(offered=", ".join(self._target.subprotocols) or "none", detail=str(exc)) from exc
        except exceptions.SecurityError as exc:
            raise TooManyRedirects(address=self._target.address, most=10, detail=str(exc)) from exc
        except exceptions.InvalidProxyStatus as exc:
            raise status_problem(exc.response.status_code, "the proxy's answer") from exc
        except (exceptions.InvalidHandshake, exceptions.InvalidURI) as exc:
            raise HandshakeFailed(address=self._target.address, reason=_words(exc)) from exc
        except (OSError, exceptions.ProxyError) as exc:
            raise connect_problem(exc, self._target) from exc

    def _connector(self) -> Any:
        from websockets import Subprotocol
        from websockets.asyncio.client import connect

        secret = has_secrets(self._target.headers)

        class Connector(connect):
            """Takes headers that may be secret to no other host; the library itself drops only the best known ones."""

            def process_redirect(self, exc: Exception) -> Exception | str:
                """Answer where to go on, or why not."""
                old = urlsplit(self.uri)
                answer = super().process_redirect(exc)
                if isinstance(answer, str) and secret and urlsplit(answer).netloc != old.netloc:
                    return RedirectRefused(address=display_url(answer))
                return answer

        resume = f"&last_event_id={quote(self.last_event_id)}" if self._target.ours and self.last_event_id else ""
        return Connector(
            self._target.url + resume,
            additional_headers=self._target.headers,
            subprotocols=[Subprotocol(name) for name in self._target.subprotocols] or None,
            user_agent_header=None if any(name.lower() == "user-agent" for name in self._target.headers) else "Switchroom",
            max_size=MAX_MESSAGE_BYTES,
            open_timeout=OPEN_LIMIT_S,
            close_timeout=CLOSE_LIMIT_S,
            ping_interval=PING_INTERVAL_S,
            proxy=None if self._target.ours else True,
            logger=_logger,
        )

    def _ended(self, exc: "ConnectionClosed") -> StreamProblem:
        ours = exc.sent is not None and not exc.rcvd_then_sent
        close = exc.sent if ours else exc.rcvd
        self.close_code = _NO_FAREWELL if close is None else close.code
        if close is None:
            return broken_problem(exc.__cause__) if exc.__cause__ is not None else close_problem(_NO_FAREWELL, "")
        if ours and close.code == _TOO_LARGE:
            return MessageTooLarge(most_mb=MAX_MESSAGE_BYTES // 1024**2)
        if ours and close.code == _NOT_UTF8:
            return TextNotUtf8(reason=close.reason)
        return close_problem(close.code, close.reason)


def _hub_id(message: str | bytes) -> tuple[str, bool]:
    """Answer the id of a message of the hub, and whether it is an event's; the greeting has the id that was resumed from."""
    try:
        value = orjson.loads(message)
    except orjson.JSONDecodeError:
        return "", False
    if not isinstance(value, dict) or not isinstance(value.get("id"), str):
        return "", False
    return value["id"], bool(value.get("topic"))


def _words(exc: Exception) -> str:
    """The library's sentence without its causes; never its classes' names."""
    return str(exc).partition("\n")[0].rstrip(".") or "the handshake was wrong"
