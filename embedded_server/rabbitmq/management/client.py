"""The one client of the management API: RabbitMQ's own and the embedded broker's alike."""

import asyncio
import json
import logging
import ssl
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

import orjson

from embedded_server.contracts.connections import RabbitSettings, Secret
from embedded_server.core.fresh import Fresh
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.problems import CertificateUnreadable
from embedded_server.core.reach.tls import tls_context_blocking
from embedded_server.rabbitmq.management.faults import Faults, kind_of
from embedded_server.rabbitmq.management.problems import (
    ManagementAnswerTooLarge,
    ManagementMissing,
    ManagementNotThere,
    ManagementOff,
    ManagementTimedOut,
    ManagementTlsFailed,
    ManagementUrlInvalid,
)

if TYPE_CHECKING:
    import httpx

CONNECT_LIMIT_S: Final = 5.0
ANSWER_LIMIT_S: Final = 30.0
CHANGE_LIMIT_S: Final = 300.0
"""The import of ten thousand queues takes RabbitMQ half a minute."""
MAX_ANSWER_BYTES: Final = 128 * 1024**2
THREAD_BYTES: Final = 256 * 1024
"""Longer JSON is read off the loop."""
_PORT: Final = 15672
_TLS_PORT: Final = 15671


def management_url(settings: RabbitSettings) -> str:
    """Answer the API's base, without a slash at its end. A URL copied from a browser serves as well. Raises `ManagementUrlInvalid`."""
    text = settings.management_url.strip()
    if not text:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return f"https://{host}:{_TLS_PORT}" if settings.tls else f"http://{host}:{_PORT}"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        parts.port  # noqa: B018 - raises where it is none
    except ValueError as exc:
        raise ManagementUrlInvalid(url=text[:200]) from exc
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ManagementUrlInvalid(url=text[:200])
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{place}{parts.path.rstrip('/').removesuffix('/api')}"


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:  # a whole number beyond 64 bits: the broker says what it thinks of it
        return json.dumps(value).encode()


def path_of(*segments: str) -> str:
    """Answer the path of an object: each name is one segment, whatever is in it."""
    return "/".join(_DOTS.get(segment) or quote(segment, safe="") for segment in segments)


_DOTS: Final = {".": "%2E", "..": "%2E%2E"}


class Management:
    """The management API of one connection. Everything it raises is a `UserFacingError`."""

    def __init__(self, profile: Profile) -> None:
        settings = profile.spec.rabbitmq
        if settings is None or not settings.management:
            raise ManagementOff(name=profile.name)
        self._settings = settings
        self._base = management_url(settings)
        self._address = urlsplit(self._base).netloc
        self.user = settings.management_user or settings.user
        own = profile.secrets.get(Secret.MANAGEMENT_PASSWORD)
        self._password = own if own is not None and settings.management_user else profile.secrets.get(Secret.PASSWORD, "")
        self._faults = Faults(self._address, self.user)
        self.failed = False
        """The last request could not be made: the connection's settings may have changed since."""
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._fresh = Fresh()

    # -- asking

    async def get(self, path: str, **query: str | int) -> Any:
        """Answer what is at *path*, at most a moment old. Raises a `ManagementMissing`, or `NotOnBroker` and its like."""
        return await self._fresh.get((path, tuple(query.items())), lambda: self.get_now(path, **query))

    async def get_now(self, path: str, **query: str | int) -> Any:
        """Answer what is at *path* as it is now."""
        return await self._watched("GET", path, query)

    async def put(self, path: str, value: Any = None) -> Any:
        """Make or replace what is at *path*."""
        return await self._change("PUT", path, value)

    async def post(self, path: str, value: Any = None) -> Any:
        """Post *value*."""
        return await self._change("POST", path, value)

    async def delete(self, path: str, *, headers: Mapping[str, str] | None = None) -> Any:
        """Delete what is at *path*."""
        return await self._change("DELETE", path, None, headers)

    def forget(self) -> None:
        """Ask anew from now on: the broker has been changed."""
        self._fresh.forget()

    async def close(self) -> None:
        """Close the connections. May be called twice."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    # -- one request

    async def _change(self, method: str, path: str, value: Any, headers: Mapping[str, str] | None = None) -> Any:
        try:
            return await self._watched(method, path, {}, value, headers)
        finally:
            self.forget()

    async def _watched(
        self, method: str, path: str, query: Mapping[str, str | int], value: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        try:
            answer = await self._request(method, path, query, value, headers)
        except ManagementMissing:
            self.failed = True
            raise
        self.failed = False
        return answer

    async def _request(
        self, method: str, path: str, query: Mapping[str, str | int], value: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        import httpx

        client = await self._open()
        limit_s = ANSWER_LIMIT_S if method == "GET" else CHANGE_LIMIT_S
        content = None if value is None else _json(value)
        sent = {"Content-Type": "application/json", **(headers or {})}
        try:
            async with (
                asyncio.timeout(limit_s),
                client.stream(
                    method,
                    f"{self._base}/api/{path}",
                    params=dict(query),
                    content=content,
                    headers=sent,
                    timeout=httpx.Timeout(limit_s, connect=CONNECT_LIMIT_S),
                ) as response,
            ):
                body = await self._body(response)
        except (TimeoutError, httpx.TimeoutException) as exc:
            waited_s = CONNECT_LIMIT_S if isinstance(exc, httpx.ConnectTimeout) else limit_s
            raise ManagementTimedOut(address=self._address, seconds=waited_s) from exc
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as exc:
            raise ManagementUrlInvalid(url=self._base) from exc
        except (httpx.HTTPError, OSError) as exc:
            raise self._faults.network(exc) from exc
        return await self._answer(response, body, path)

    async def _body(self, response: "httpx.Response") -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > MAX_ANSWER_BYTES:
                raise ManagementAnswerTooLarge(address=self._address, most_mb=MAX_ANSWER_BYTES // 1024**2)
            pieces.append(piece)
        return b"".join(pieces)

    async def _answer(self, response: "httpx.Response", body: bytes, path: str) -> Any:
        code = response.status_code
        try:
            found = await asyncio.to_thread(orjson.loads, body) if len(body) > THREAD_BYTES else orjson.loads(body) if body else None
        except ValueError:
            found = None
            if code < 300:
                raise ManagementNotThere(address=self._address, answer=kind_of(response)) from None
        if code < 300:
            return found
        reason = str(found.get("reason") or found.get("error") or "") if isinstance(found, dict) else ""
        raise self._faults.refusal(response, reason, path, is_json=isinstance(found, dict))

    # -- the client

    async def _open(self) -> "httpx.AsyncClient":
        async with self._opening:
            if self._client is None:
                self._client = await self._make_client()
            return self._client

    async def _make_client(self) -> "httpx.AsyncClient":
        import httpx

        _silence()
        tls: ssl.SSLContext | bool = False
        if self._base.startswith("https"):
            try:
                tls = await asyncio.to_thread(tls_context_blocking, self._settings)
            except CertificateUnreadable as exc:
                raise ManagementTlsFailed(address=self._address, reason=str(exc)) from exc
        return httpx.AsyncClient(
            auth=httpx.BasicAuth(self.user, self._password),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
            verify=tls,
            follow_redirects=False,
            trust_env=not _is_loopback(urlsplit(self._base).hostname or ""),
        )


@cache
def _silence() -> None:
    """Keep names of users' objects out of the log: httpx writes whole URLs at level INFO, httpcore headers at DEBUG."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _is_loopback(host: str) -> bool:
    """Whether a proxy of the environment has no business on the way."""
    return host == "localhost" or host.startswith("127.") or host == "::1"
