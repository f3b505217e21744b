"""Requests to a Schema Registry, and what an answer that is none means. It blocks: call it off the loop."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import orjson

from embedded_server.contracts.connections import KafkaSettings
from embedded_server.core.reach.problems import CertificateUnreadable
from embedded_server.core.reach.tls import tls_context_blocking
from embedded_server.kafka.decoding.registry_problems import (
    RegistryAnswerTooLarge,
    RegistryFails,
    RegistryForbidden,
    RegistryHostUnknown,
    RegistryLoginRefused,
    RegistryNotThere,
    RegistryProblem,
    RegistryRedirects,
    RegistryTimedOut,
    RegistryTlsFailed,
    RegistryUnreachable,
    RegistryUrlInvalid,
)

if TYPE_CHECKING:
    import httpx

CONNECT_LIMIT_S: Final = 3.0
ANSWER_LIMIT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 32 * 1024**2


def registry_url(text: str) -> str:
    """Answer the base without a slash at its end. Raises `RegistryUrlInvalid`."""
    given = text.strip()
    try:
        parts = urlsplit(given if "://" in given else f"http://{given}")
        parts.port  # noqa: B018 - raises where it is none
    except ValueError as exc:
        raise RegistryUrlInvalid(url=given[:200]) from exc
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RegistryUrlInvalid(url=given[:200])
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"


class RegistryHttp:
    """Requests to one registry. Everything it raises is a `RegistryProblem`."""

    def __init__(self, settings: KafkaSettings, password: str) -> None:
        self._settings = settings
        self._password = password
        self._base = registry_url(settings.registry_url)
        self.address = urlsplit(self._base).netloc
        self._client: httpx.Client | None = None
        self._opening = threading.Lock()

    def get(self, path: str, *, what: str, missing: RegistryProblem) -> Any:
        """Answer the JSON at *path*; *missing* is raised where the registry says that *what* is not there."""
        import httpx

        try:
            with self._open().stream("GET", self._base + path) as response:
                body = self._body(response)
        except httpx.TimeoutException as exc:
            limit_s = CONNECT_LIMIT_S if isinstance(exc, httpx.ConnectTimeout) else ANSWER_LIMIT_S
            raise RegistryTimedOut(address=self.address, seconds=limit_s) from exc
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError) as exc:
            raise RegistryUrlInvalid(url=self._base) from exc
        except (httpx.HTTPError, OSError, RuntimeError) as exc:  # RuntimeError: closed while it was used
            raise self._network(exc) from exc
        return self._answer(response, body, what, missing)

    def _body(self, response: "httpx.Response") -> bytes:
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > MAX_ANSWER_BYTES:
                raise RegistryAnswerTooLarge(address=self.address, most_mb=MAX_ANSWER_BYTES // 1024**2)
        return bytes(body)

    def _answer(self, response: "httpx.Response", body: bytes, what: str, missing: RegistryProblem) -> Any:
        code, reason = response.status_code, response.reason_phrase
        try:
            found = orjson.loads(body)
        except ValueError:
            found = None
        if code < 300 and isinstance(found, dict | list):
            return found
        words = str(found.get("message") or "")[:300] if isinstance(found, dict) else ""
        if 300 <= code < 400:
            location = urlsplit(response.headers.get("location", ""))._replace(query="", fragment="").geturl()
            raise RegistryRedirects(address=self.address, location=location[:200] or "?")
        if code == 401:
            raise RegistryLoginRefused(address=self.address, user=self._settings.registry_user, detail=words)
        if code == 403:
            raise RegistryForbidden(address=self.address, user=self._settings.registry_user, what=what, detail=words)
        if code >= 500:
            raise RegistryFails(address=self.address, code=code, reason=words or reason)
        if code in {404, 422} and isinstance(found, dict) and _is_registrys_own(found.get("error_code")):
            missing.detail = words
            raise missing
        kind = str(response.headers.get("content-type", "")).partition(";")[0] or "no JSON"
        raise RegistryNotThere(address=self.address, answer=kind if code < 300 else f"{code} {reason}", detail=words)

    def _network(self, exc: BaseException) -> RegistryProblem:
        for cause in _causes(exc):
            if isinstance(cause, ssl.SSLError):
                reason = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else cause.reason
                return RegistryTlsFailed(address=self.address, reason=str(reason or "the handshake failed").lower().replace("_", " "))
            if isinstance(cause, socket.gaierror):
                return RegistryHostUnknown(host=urlsplit(self._base).hostname or "")
        refused = any(isinstance(cause, ConnectionRefusedError) for cause in _causes(exc))
        return RegistryUnreachable(address=self.address, reason="connection refused" if refused else str(exc) or type(exc).__name__)

    def _open(self) -> "httpx.Client":
        with self._opening:
            if self._client is None:
                self._client = self._make_client()
            return self._client

    def _make_client(self) -> "httpx.Client":
        import httpx

        _silence()
        tls: ssl.SSLContext | bool = False
        if self._base.startswith("https"):
            try:
                tls = tls_context_blocking(self._settings)
            except CertificateUnreadable as exc:
                raise RegistryTlsFailed(address=self.address, reason=str(exc)) from exc
        user = self._settings.registry_user
        host = urlsplit(self._base).hostname or ""
        return httpx.Client(
            auth=httpx.BasicAuth(user, self._password) if user else None,
            headers={"Accept": "application/vnd.schemaregistry.v1+json, application/json"},
            timeout=httpx.Timeout(ANSWER_LIMIT_S, connect=CONNECT_LIMIT_S),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=4),
            verify=tls,
            follow_redirects=False,
            trust_env=not (host == "localhost" or host.startswith("127.") or host == "::1"),
        )

    def close(self) -> None:
        """Close the connections. May be called twice."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()


@cache
def _silence() -> None:
    """Keep names of users' objects out of the log: httpx writes whole URLs at level INFO, httpcore headers at DEBUG."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _is_registrys_own(code: Any) -> bool:
    """Whether an error is one of Confluent's API, 40403 for instance, and not another server's."""
    return isinstance(code, int) and code > 40_000


def _causes(exc: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = exc
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__
