"""The window's HTTP client: typed answers, one way of failing. httpx and pydantic are imported at the first request, not at start-up."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from PySide6.QtCore import QObject, Signal

from desktop.core.problems import ApiError, NotSignedIn, ServerUnreachable
from desktop.services.heavy_imports import heavy_imports
from embedded_server.contracts.problems import N_, ProblemDetails

if TYPE_CHECKING:
    import httpx
    from pydantic import TypeAdapter

__all__ = ["ApiClient", "ApiError", "NotSignedIn", "ServerUnreachable"]

T = TypeVar("T")

TIMEOUT_S: Final = 15.0
BIG_ANSWER_BYTES: Final = 256 * 1024
"""From here on an answer is decoded in a thread: it must not hold the window."""
Progress = Callable[[int], None]
"""Told how many bytes have arrived so far."""


@lru_cache(maxsize=128)
def _adapter(type_: Any) -> "TypeAdapter[Any]":
    from pydantic import TypeAdapter

    return TypeAdapter(type_)


class ApiClient(QObject):
    """Speaks to the server at ``url`` as whoever ``token`` says. Both may change under it: the next request uses the new ones."""

    signed_out = Signal()
    """The server does not know the token (any longer)."""
    endpoint_changed = Signal()

    def __init__(self, url: str = "", token: str = "", transport: "httpx.AsyncBaseTransport | None" = None) -> None:
        super().__init__()
        self._url = url.rstrip("/")
        self._token = token
        self._transport = transport
        self._client: httpx.AsyncClient | None = None

    @property
    def url(self) -> str:
        """Where the server is, such as ``http://127.0.0.1:41873``; empty while unknown."""
        return self._url

    @property
    def token(self) -> str:
        """The session's secret; empty while signed out."""
        return self._token

    def set_url(self, url: str) -> None:
        """Speak to the server at *url* from now on."""
        if url.rstrip("/") != self._url:
            self._url = url.rstrip("/")
            self.endpoint_changed.emit()

    def set_token(self, token: str) -> None:
        """Speak as the owner of *token* from now on."""
        if token != self._token:
            self._token = token
            self.endpoint_changed.emit()

    async def get(self, path: str, type_: type[T], **query: str | float | None) -> T:
        """Read *path* as a *type_*."""
        return await self._decoded("GET", path, type_, query=query)

    async def get_bytes(self, path: str, **query: str | float | None) -> bytes:
        """Read *path* as it is."""
        return (await self._request("GET", path, query=query)).content

    async def post(
        self, path: str, body: Any = None, type_: type[T] | None = None, *, timeout_s: float = TIMEOUT_S, **query: str | float | None
    ) -> T:
        """Send *body* (a dataclass of the contracts, plain JSON, or bytes as they are) and read the answer as a *type_*."""
        return await self._decoded("POST", path, type_, body=body, query=query, timeout_s=timeout_s)

    async def put(self, path: str, body: Any = None, type_: type[T] | None = None, **query: str | float | None) -> T:
        """Replace what is at *path*."""
        return await self._decoded("PUT", path, type_, body=body, query=query)

    async def delete(self, path: str) -> None:
        """Remove what is at *path*."""
        await self._request("DELETE", path)

    async def stream_to_file(self, path: str, query: dict[str, str | float | None], file: Path, progress: Progress | None = None) -> int:
        """Write the answer to *file* as it arrives; the number of bytes. After a failure the partial file is the caller's."""
        await heavy_imports()
        import httpx

        client = self._open_client()
        params = {key: value for key, value in query.items() if value is not None}
        written = 0
        try:
            async with client.stream(
                "GET", self._url + path, params=params, headers=self._headers(), timeout=httpx.Timeout(TIMEOUT_S, read=None)
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                    self._raise_problem(answer)
                with await asyncio.to_thread(file.open, "wb") as out:
                    async for chunk in answer.aiter_bytes(1 << 20):
                        await asyncio.to_thread(out.write, chunk)
                        written += len(chunk)
                        if progress is not None:
                            progress(written)
        except httpx.TransportError as exc:
            raise ServerUnreachable(self._url, str(exc)) from exc
        return written

    async def send_file(self, path: str, file: Path, type_: type[T], progress: Progress | None = None) -> T:
        """Send *file* as it is, piece by piece, and read the answer as a *type_*. Raises OSError where it cannot be read."""
        await heavy_imports()
        import httpx

        async def pieces() -> AsyncIterator[bytes]:
            sent = 0
            with await asyncio.to_thread(file.open, "rb") as source:
                while piece := await asyncio.to_thread(source.read, 1 << 20):
                    yield piece
                    sent += len(piece)
                    if progress is not None:
                        progress(sent)

        length = (await asyncio.to_thread(file.stat)).st_size
        headers = {**self._headers(), "Content-Type": "application/octet-stream", "Content-Length": str(length)}
        timeout = httpx.Timeout(TIMEOUT_S, read=None)
        try:
            answer = await self._open_client().post(self._url + path, content=pieces(), headers=headers, timeout=timeout)
        except httpx.TransportError as exc:
            raise ServerUnreachable(self._url, str(exc)) from exc
        if answer.is_error:
            self._raise_problem(answer)
        decode = cast(Callable[[bytes], T], _adapter(cast(Hashable, type_)).validate_json)
        return decode(answer.content)

    async def close(self) -> None:
        """Close what is open; a later request opens anew."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _decoded(
        self,
        method: str,
        path: str,
        type_: type[T] | None,
        *,
        body: Any = None,
        query: dict[str, Any] | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> T:
        answer = await self._request(method, path, body=body, query=query, timeout_s=timeout_s)
        if type_ is None:
            return cast(T, None)
        decode = cast(Callable[[bytes], T], _adapter(cast(Hashable, type_)).validate_json)
        if len(answer.content) > BIG_ANSWER_BYTES:
            return await asyncio.to_thread(decode, answer.content)
        return decode(answer.content)

    async def _request(
        self, method: str, path: str, *, body: Any = None, query: dict[str, Any] | None = None, timeout_s: float = TIMEOUT_S
    ) -> "httpx.Response":
        await heavy_imports()
        import httpx

        if not self._url:
            raise ServerUnreachable("…")
        headers = self._headers()
        content: bytes | None = None
        if isinstance(body, bytes):
            content = body
            headers["Content-Type"] = "application/octet-stream"
        elif body is not None:
            # The standard library's json: whole numbers beyond 64 bits go through unharmed.
            plain = asdict(body) if hasattr(body, "__dataclass_fields__") else body
            content = json.dumps(plain, ensure_ascii=False).encode()
            headers["Content-Type"] = "application/json"
        params = {key: value for key, value in (query or {}).items() if value is not None}
        try:
            answer = await self._open_client().request(
                method, self._url + path, params=params or None, content=content, headers=headers, timeout=timeout_s
            )
        except httpx.TransportError as exc:
            raise ServerUnreachable(self._url, str(exc)) from exc
        if answer.is_error:
            self._raise_problem(answer)
        return answer

    def _open_client(self) -> "httpx.AsyncClient":
        import httpx

        if self._client is None:
            # trust_env off: a proxy of the environment has no business between the window and its own server.
            self._client = httpx.AsyncClient(timeout=TIMEOUT_S, transport=self._transport, trust_env=False)
        return self._client

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def _raise_problem(self, answer: "httpx.Response") -> None:
        problem = _problem_in(answer)
        if answer.status_code == 401 and answer.request.headers.get("Authorization") == f"Bearer {self._token}":
            self.signed_out.emit()
            raise NotSignedIn(problem)
        raise ApiError(problem)


def _problem_in(answer: "httpx.Response") -> ProblemDetails:
    """Read a problem+json body; anything else that came with an error status is told by its number."""
    try:
        problem: ProblemDetails = _adapter(ProblemDetails).validate_json(answer.content)
    except ValueError:
        return ProblemDetails(
            type="about:blank",
            title=f"The server answered {answer.status_code} {answer.reason_phrase}",
            status=answer.status_code,
            detail=answer.text[:2000],
            title_template=N_("The server answered {code} {reason}"),
            hint_template=N_("Look into the server's log for the cause."),
            params={"code": answer.status_code, "reason": answer.reason_phrase},
        )
    return problem
