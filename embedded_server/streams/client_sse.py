"""Follows one event stream, from the request to its end."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Final

from embedded_server.contracts.events import Kind
from embedded_server.streams.faults import broken_problem, connect_problem, status_problem
from embedded_server.streams.masking import display_url, has_secrets
from embedded_server.streams.problems import (
    ConnectionBroke,
    NotAnEventStream,
    RedirectRefused,
    StreamEnded,
    StreamTimedOut,
    TooManyRedirects,
)
from embedded_server.streams.recorder import Recorder
from embedded_server.streams.spec import Target
from embedded_server.streams.sse_parser import SseParser

if TYPE_CHECKING:
    import httpx

CONNECT_LIMIT_S: Final = 5.0
ANSWER_LIMIT_S: Final = 60.0
"""Some servers answer only with their first event."""
MAX_REDIRECTS: Final = 5
MAX_RETRY_S: Final = 3600.0
_DETAIL_BYTES: Final = 2048
_DETAIL_LIMIT_S: Final = 2.0


class SseClient:
    """One connection to an event stream. Make another one to connect again."""

    def __init__(self, target: Target, recorder: Recorder, *, last_event_id: str = "", on_open: Callable[[], None]) -> None:
        self._target = target
        self._recorder = recorder
        self._on_open = on_open
        self._resumed = bool(last_event_id)
        self._parser = SseParser(last_event_id=last_event_id)
        self.retry_after_s: float | None = None
        """How long the server asks to wait before the next attempt."""

    @property
    def last_event_id(self) -> str:
        """What to resume from."""
        return self._parser.last_event_id

    async def run(self) -> None:
        """Follow until it ends: always raises the `StreamProblem` that says how."""
        import httpx

        async with await _make_client(self._target) as client:
            try:
                async with self._answer(client) as response:
                    await self._check(response)
                    self._recorder.opened(Kind.SSE_OPENED, str(response.status_code), response.headers, resumed=self._resumed)
                    self._on_open()
                    await self._read(response)
            except httpx.TransportError as exc:
                raise broken_problem(exc) from exc

    async def _read(self, response: "httpx.Response") -> None:
        import httpx

        try:
            async for chunk in response.aiter_bytes():
                await self._recorder.sse(self._parser.feed(chunk))
                if self._parser.retry_ms is not None:
                    self.retry_after_s = min(self._parser.retry_ms / 1000, MAX_RETRY_S)
        except httpx.DecodingError as exc:
            raise ConnectionBroke(reason="its compression is broken", detail=str(exc)) from exc
        unfinished = self._parser.end()
        raise StreamEnded(detail=f"{unfinished} bytes of an unfinished event were dropped" if unfinished else "")

    @asynccontextmanager
    async def _answer(self, client: "httpx.AsyncClient") -> AsyncIterator["httpx.Response"]:
        """Request, and follow redirects as far as the headers may go."""
        import httpx

        request: httpx.Request | None = client.build_request(
            self._target.method, self._target.url, headers=self._headers(), content=self._target.body or None
        )
        for _ in range(MAX_REDIRECTS + 1):
            assert request is not None
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    response = await client.send(request, stream=True)
            except httpx.ConnectTimeout as exc:
                raise StreamTimedOut(address=self._target.address, seconds=CONNECT_LIMIT_S) from exc
            except TimeoutError as exc:
                raise StreamTimedOut(address=self._target.address, seconds=ANSWER_LIMIT_S) from exc
            except (httpx.ConnectError, httpx.ProxyError) as exc:
                raise connect_problem(exc, self._target) from exc
            try:
                if not response.has_redirect_location:
                    yield response
                    return
                request = self._redirected(response)
            finally:
                await response.aclose()
        raise TooManyRedirects(address=self._target.address, most=MAX_REDIRECTS)

    def _redirected(self, response: "httpx.Response") -> "httpx.Request | None":
        """Answer the next request. To another host no header that may be secret goes along."""
        request = response.next_request
        assert request is not None
        old, new = response.request.url, request.url
        if (old.scheme, old.host, old.port) != (new.scheme, new.host, new.port) and has_secrets(self._target.headers):
            raise RedirectRefused(address=display_url(str(new)))
        return request

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = {"accept": "text/event-stream", "accept-encoding": "identity", "cache-control": "no-store", "user-agent": "Switchroom"}
        headers |= {name.lower(): value for name, value in self._target.headers.items()}
        if self._parser.last_event_id:
            headers["last-event-id"] = self._parser.last_event_id
        return [(name.encode("ascii"), value.encode(_encoding_of(name))) for name, value in headers.items()]

    async def _check(self, response: "httpx.Response") -> None:
        """Raise unless the answer is an event stream (WHATWG HTML, section 9.2.3)."""
        if response.status_code != 200:
            self._note_retry_after(response)
            raise status_problem(response.status_code, await _detail(response))
        content_type = response.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "text/event-stream":
            raise NotAnEventStream(content_type=content_type or "no content type", detail=await _detail(response))

    def _note_retry_after(self, response: "httpx.Response") -> None:
        value = response.headers.get("retry-after", "")
        if value.isdigit():
            self.retry_after_s = min(float(value), MAX_RETRY_S)


def _encoding_of(name: str) -> str:
    """A ``Last-Event-ID`` is UTF-8 (WHATWG HTML, section 9.2.3), everything else Latin-1."""
    return "utf-8" if name == "last-event-id" else "latin-1"


async def _detail(response: "httpx.Response") -> str:
    """The beginning of an answer's body, which often says what is wrong."""
    import httpx

    body = b""
    try:
        async with asyncio.timeout(_DETAIL_LIMIT_S):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) >= _DETAIL_BYTES:
                    break
    except (TimeoutError, httpx.HTTPError):
        pass
    return body[:_DETAIL_BYTES].decode(errors="replace").strip()


@cache
def _silence() -> None:
    """Keep credentials out of the log: httpx writes whole URLs at level INFO, httpcore headers at DEBUG."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


@cache
def _tls() -> ssl.SSLContext:
    """Reading the system's certificates takes tens of milliseconds: once."""
    return ssl.create_default_context()


async def _make_client(target: Target) -> "httpx.AsyncClient":
    import httpx

    _silence()
    tls = await asyncio.to_thread(_tls)
    keep_alive = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]  # notices a peer that vanished while the stream is quiet
    return httpx.AsyncClient(
        timeout=httpx.Timeout(CONNECT_LIMIT_S, read=None),
        transport=httpx.AsyncHTTPTransport(verify=tls, socket_options=keep_alive) if target.ours else None,
        verify=tls,
        follow_redirects=False,
        trust_env=not target.ours,
    )
