"""Says in a user's words why a connection could not be made or ended: the one place that knows the libraries' exceptions."""

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

from embedded_server.contracts.problems import N_
from embedded_server.streams.problems import (
    AnsweredWithStatus,
    ClosedWithCode,
    ConnectionBroke,
    CredentialsRefused,
    HostUnknown,
    RequestRefused,
    StreamFinished,
    StreamProblem,
    StreamUnreachable,
    TlsFailed,
)
from embedded_server.streams.spec import Target

_CREDENTIALS: Final = frozenset({401, 403, 407})
_WORTH_ANOTHER_TRY: Final = frozenset({408, 421, 425, 429})
_CLOSE_MEANINGS: Final = {
    1000: "finished",
    1001: "going away",
    1002: "protocol error",
    1003: "kind of data not accepted",
    1005: "no code given",
    1006: "no farewell",
    1007: "invalid data, such as text that is no UTF-8",
    1008: "against its policy",
    1009: "message too large",
    1010: "an extension is missing",
    1011: "internal error",
    1012: "restarting",
    1013: "overloaded, try again later",
    1014: "bad gateway",
    1015: "TLS failed",
    4401: "not signed in",
}
_FINAL_CODES: Final = frozenset({1000, 1003, 1008, 1010, 4401, 4403})
"""After these coming back changes nothing."""


class ClosedForGood(ClosedWithCode):
    """A close frame that says not to come back as things are."""

    final = True
    hint = N_("The other side ended the connection and does not expect it back. Open it again if you know better.")


def connect_problem(exc: BaseException, target: Target) -> StreamProblem:
    """Name what kept *target* from being reached, by the causes behind *exc*."""
    for cause in _causes(exc):
        if isinstance(cause, ssl.SSLError):
            reason = cause.verify_message if isinstance(cause, ssl.SSLCertVerificationError) else getattr(cause, "reason", "")
            return TlsFailed(address=target.address, reason=str(reason or "handshake failed").lower().replace("_", " "))
        if isinstance(cause, socket.gaierror):
            return HostUnknown(host=target.host)
    text = str(exc)
    if "WRONG_VERSION_NUMBER" in text or "CERTIFICATE_VERIFY_FAILED" in text:
        return TlsFailed(address=target.address, reason=text.partition("]")[2].strip() or text)
    return StreamUnreachable(address=target.address)


def status_problem(code: int, detail: str = "") -> StreamProblem:
    """Name an HTTP answer that is no stream."""
    if code == HTTPStatus.NO_CONTENT:
        return StreamFinished()
    kind: type[AnsweredWithStatus] = AnsweredWithStatus
    if code in _CREDENTIALS:
        kind = CredentialsRefused
    elif code < 500 and code not in _WORTH_ANOTHER_TRY:
        kind = RequestRefused
    return kind(code=code, phrase=_phrase(code), detail=detail)


def close_problem(code: int, reason: str) -> StreamProblem:
    """Name a WebSocket's end."""
    kind = ClosedForGood if code in _FINAL_CODES else ClosedWithCode
    return kind(code=code, reason=reason or _CLOSE_MEANINGS.get(code, "no reason given"))


def broken_problem(exc: BaseException) -> StreamProblem:
    """Name what cut an open connection."""
    for cause in _causes(exc):
        if isinstance(cause, OSError) and cause.errno:
            return ConnectionBroke(reason=_os_text(cause.errno))
    return ConnectionBroke(reason=str(exc) or "it ended in the middle")


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting = [exc]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [cause for cause in (one.__cause__, one.__context__) if cause is not None]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


def _os_text(number: int) -> str:
    return "connection reset by the other side" if number == errno.ECONNRESET else os.strerror(number).lower()


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return ""
