"""What an answer of the management API that is none means, and what a failure on the way to it."""

import socket
import ssl
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from embedded_server.contracts.problems import UserFacingError
from embedded_server.rabbitmq.management.problems import (
    ManagementBroke,
    ManagementFails,
    ManagementForbidden,
    ManagementHostUnknown,
    ManagementLoginRefused,
    ManagementMissing,
    ManagementNotThere,
    ManagementRedirects,
    ManagementRefused,
    ManagementTagMissing,
    ManagementTlsFailed,
    ManagementUnreachable,
    not_on_broker,
)

if TYPE_CHECKING:
    import httpx

_OVERVIEW: Final = "overview"
"""Where this is not there, the API is not."""


class Faults:
    """Names what goes wrong with the API at one address."""

    def __init__(self, address: str, user: str) -> None:
        self._address = address
        self._user = user

    def refusal(self, response: "httpx.Response", reason: str, path: str, *, is_json: bool) -> UserFacingError:
        """Name an answer that is no success; *reason* is what its JSON says."""
        code, phrase = response.status_code, response.reason_phrase
        if code < 400:
            return ManagementRedirects(address=self._address, location=_place(response.headers.get("location", "")))
        if code == 401:
            return self._unauthorised(reason, is_json=is_json)
        if code == 403:
            return ManagementForbidden(user=self._user, reason=reason or phrase)
        if code == 404 and is_json and path != _OVERVIEW:
            return not_on_broker([unquote(segment) for segment in path.split("/")])
        if code >= 500:
            return ManagementFails(address=self._address, code=code, reason=reason or phrase)
        if code == 404 or not is_json:
            return ManagementNotThere(address=self._address, answer=f"{code} {phrase}")
        return ManagementRefused(reason=reason or f"{code} {phrase}")

    def _unauthorised(self, reason: str, *, is_json: bool) -> UserFacingError:
        words = reason.lower()
        if "not management user" in words:
            return ManagementTagMissing(user=self._user)
        if is_json and words and "login" not in words:
            return ManagementForbidden(user=self._user, reason=reason)
        return ManagementLoginRefused(address=self._address, user=self._user, detail=reason)

    def network(self, exc: BaseException) -> ManagementMissing:
        """Name what kept a request from being answered, by the causes behind *exc*."""
        import httpx

        for cause in _causes(exc):
            if isinstance(cause, ssl.SSLError):
                reason = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else cause.reason
                return ManagementTlsFailed(address=self._address, reason=str(reason or "the handshake failed").lower().replace("_", " "))
            if isinstance(cause, socket.gaierror):
                return ManagementHostUnknown(host=urlsplit(f"//{self._address}").hostname or "")
        if isinstance(exc, httpx.ConnectError):
            return ManagementUnreachable(address=self._address)
        return ManagementBroke(address=self._address, reason=str(exc) or "it closed the connection without an answer")


def kind_of(response: "httpx.Response") -> str:
    """Answer the content type of an answer that was to be JSON."""
    return str(response.headers.get("content-type", "")).partition(";")[0] or "no JSON"


def _causes(exc: BaseException) -> Iterator[BaseException]:
    one: BaseException | None = exc
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__


def _place(location: str) -> str:
    return urlsplit(location)._replace(query="", fragment="").geturl()[:200] or "?"
