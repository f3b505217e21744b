"""The walk's TLS step: the handshake, what the certificate says, and which of the many ways to fail it was."""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Final

from embedded_server.contracts.connections import RabbitSettings
from embedded_server.rabbitmq.amqp.tls import tls_context_blocking, tls_problem
from embedded_server.rabbitmq.problems import CertificateRefused, LinkProblem, PortSpeaksPlain
from embedded_server.rabbitmq.walk.handshake import PROTOCOL_HEADER
from embedded_server.rabbitmq.walk.peer import LOOK_LIMIT_S, HungUp, Peer, answer_to, is_http
from embedded_server.rabbitmq.walk.problems import (
    CertificateEarly,
    CertificateExpired,
    CertificateForOther,
    CertificateUnchecked,
    CertificateUnknownAuthority,
    PortSpeaksHttp,
)

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


async def handshake(peer: Peer, settings: RabbitSettings, at: tuple[str, int], address: str) -> Secured:
    """Go over to TLS. Raises a `LinkProblem` that says why that failed."""
    context = await asyncio.to_thread(tls_context_blocking, settings)
    try:
        await peer.start_tls(context, settings.host)
    except ssl.SSLCertVerificationError as exc:
        raise await _untrusted(exc, context, settings, at, address) from exc
    except ssl.SSLError as exc:
        problem = problem_of(exc, address)
        if isinstance(problem, PortSpeaksPlain) and is_http(await answer_to(at, b"GET / HTTP/1.0\r\n\r\n")):
            problem = PortSpeaksHttp(address=address)
        raise problem from exc
    except (ConnectionError, EOFError) as exc:
        if (await answer_to(at, PROTOCOL_HEADER))[:1] == b"\x01":
            raise PortSpeaksPlain(address=address) from exc
        raise CertificateRefused(address=address, reason="the connection was closed") from exc
    return Secured(_described(peer.tls), None if settings.verify else CertificateUnchecked())


def problem_of(exc: ssl.SSLError, address: str) -> LinkProblem:
    """Answer what a failed handshake means."""
    return tls_problem(exc, address)


async def complaint(settings: RabbitSettings, at: tuple[str, int], address: str) -> LinkProblem | None:
    """Answer what the other side says against our certificate: TLS 1.3 tells only after the handshake, to who listens in silence."""
    context = await asyncio.to_thread(tls_context_blocking, settings)
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            peer = await Peer.connect(at)
            try:
                await peer.start_tls(context, settings.host)
                await peer.read()
            finally:
                await peer.close()
    except ssl.SSLError as exc:
        return tls_problem(exc, address)
    except (OSError, TimeoutError, HungUp):
        pass
    return None


async def _untrusted(
    exc: ssl.SSLCertVerificationError, context: ssl.SSLContext, settings: RabbitSettings, at: tuple[str, int], address: str
) -> LinkProblem:
    if exc.verify_code == _EXPIRED:
        return CertificateExpired(address=address)
    if exc.verify_code == _EARLY:
        return CertificateEarly(address=address)
    if exc.verify_code in _OTHER_HOST:
        return CertificateForOther(address=address, names=await _names_in(context, settings, at) or "none that is known")
    if exc.verify_code in _UNKNOWN_AUTHORITY:
        return CertificateUnknownAuthority(address=address, reason=exc.verify_message)
    return tls_problem(exc, address)


async def _names_in(context: ssl.SSLContext, settings: RabbitSettings, at: tuple[str, int]) -> str:
    """Answer the names in a trusted certificate, on a connection of its own that does not compare them."""
    context.check_hostname = False
    try:
        async with asyncio.timeout(LOOK_LIMIT_S):
            peer = await Peer.connect(at)
            try:
                await peer.start_tls(context, settings.host)
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
