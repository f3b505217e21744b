"""A test's TLS step: the handshake, what the certificate says, and which of the many ways to fail it was."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from embedded_server.core.reach.peer import LOOK_LIMIT_S, HungUp, Peer
from embedded_server.core.reach.problems import (
    CertificateEarly,
    CertificateExpired,
    CertificateForOther,
    CertificateRefused,
    CertificateUnchecked,
    CertificateUnknownAuthority,
    LinkProblem,
    PortSpeaksPlain,
)
from embedded_server.core.reach.tls import TlsSettings, tls_context_blocking, tls_problem

_EARLY: Final = 9
_EXPIRED: Final = 10
_OTHER_HOST: Final = frozenset({62, 64})
_UNKNOWN_AUTHORITY: Final = frozenset({2, 18, 19, 20, 21, 27})
"""OpenSSL's X509_V_ERR codes."""


@dataclass(frozen=True, slots=True)
class Secured:
    """What the handshake showed."""

    text: str
    problem: LinkProblem | None


@dataclass(frozen=True, slots=True)
class Door:
    """Where TLS is spoken, and as whom."""

    settings: TlsSettings
    host: str
    """The name that has to stand in the certificate."""
    at: tuple[str, int]
    """The address that was connected to."""
    address: str
    """``host:port``, for the words."""


async def handshake(peer: Peer, door: Door, plain: Callable[[Door], Awaitable[LinkProblem | None]]) -> Secured:
    """Go over to TLS. Raises a `LinkProblem` that says why that failed.

    *plain* is asked what speaks there without TLS, once TLS has failed: it answers None where nothing that it knows does.
    """
    address = door.address
    context = await asyncio.to_thread(tls_context_blocking, door.settings)
    try:
        await peer.start_tls(context, door.host)
    except ssl.SSLCertVerificationError as exc:
        raise await _untrusted(exc, context, door) from exc
    except ssl.SSLError as exc:
        problem = tls_problem(exc, address)
        if isinstance(problem, PortSpeaksPlain):
            problem = await plain(door) or problem
        raise problem from exc
    except (ConnectionError, EOFError) as exc:
        raise (await plain(door) or CertificateRefused(address=address, reason="the connection was closed")) from exc
    return Secured(_described(peer.tls), None if door.settings.verify else CertificateUnchecked())


async def complaint(door: Door) -> LinkProblem | None:
    """Answer what the other side says against our certificate: TLS 1.3 tells only after the handshake, to who listens in silence."""
    context = await asyncio.to_thread(tls_context_blocking, door.settings)
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            peer = await Peer.connect(door.at)
            try:
                await peer.start_tls(context, door.host)
                await peer.read()
            finally:
                await peer.close()
    except ssl.SSLError as exc:
        return tls_problem(exc, door.address)
    except (OSError, TimeoutError, HungUp):
        pass
    return None


async def _untrusted(exc: ssl.SSLCertVerificationError, context: ssl.SSLContext, door: Door) -> LinkProblem:
    address = door.address
    if exc.verify_code == _EXPIRED:
        return CertificateExpired(address=address)
    if exc.verify_code == _EARLY:
        return CertificateEarly(address=address)
    if exc.verify_code in _OTHER_HOST:
        return CertificateForOther(address=address, names=await _names_in(context, door) or "none that is known")
    if exc.verify_code in _UNKNOWN_AUTHORITY:
        return CertificateUnknownAuthority(address=address, reason=exc.verify_message)
    return tls_problem(exc, address)


async def _names_in(context: ssl.SSLContext, door: Door) -> str:
    """Answer the names in a trusted certificate, on a connection of its own that does not compare them."""
    context.check_hostname = False
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            peer = await Peer.connect(door.at)
            try:
                await peer.start_tls(context, door.host)
                return ", ".join(_names(peer.tls.getpeercert() or {})[:6])
            finally:
                await peer.close()
    except (OSError, TimeoutError):
        return ""


def _names(certificate: dict[str, Any]) -> list[str]:
    names = [str(value) for _, value in certificate.get("subjectAltName", ())]
    return names or [value for value in [_common_name(certificate.get("subject", ()))] if value]


def _common_name(subject: tuple[tuple[tuple[str, str], ...], ...]) -> str:
    return next((value for part in subject for key, value in part if key == "commonName"), "")


def _described(session: ssl.SSLObject) -> str:
    certificate: dict[str, Any] = session.getpeercert() or {}
    until = str(certificate.get("notAfter", ""))
    if until:
        import time

        until = time.strftime("%Y-%m-%d", time.gmtime(ssl.cert_time_to_seconds(until)))
    names = ", ".join(_names(certificate)[:3])
    return " · ".join(part for part in (session.version() or "", names, until and f"→ {until}") if part)
