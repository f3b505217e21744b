"""TLS towards a broker: the context that a connection's settings ask for, and what a failed handshake means."""

import ssl
from typing import Protocol

from embedded_server.core.reach.problems import (
    CertificateNotTrusted,
    CertificateRefused,
    CertificateUnreadable,
    LinkProblem,
    PortSpeaksPlain,
)


class TlsSettings(Protocol):
    """What a connection of any kind says about TLS."""

    @property
    def verify(self) -> bool:
        """Whether certificates and the hosts' names in them are checked."""

    @property
    def ca_file(self) -> str:
        """A file of trusted certificates; empty trusts what the system trusts."""

    @property
    def cert_file(self) -> str:
        """Our own certificate's file; empty is none."""

    @property
    def key_file(self) -> str:
        """Its key's file; empty is in the certificate's."""


def tls_context_blocking(settings: TlsSettings) -> ssl.SSLContext:
    """Answer the context to connect with; reads files. Raises `CertificateUnreadable`."""
    context = ssl.create_default_context()
    if not settings.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.ca_file:
        try:
            context.load_verify_locations(settings.ca_file)
        except (OSError, ValueError) as exc:
            raise _unreadable(settings.ca_file, exc) from exc
    if settings.cert_file:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file or None, password=_no_password)
        except (OSError, ValueError) as exc:
            raise _unreadable(settings.cert_file, exc) from exc
    return context


def tls_problem(exc: ssl.SSLError, address: str) -> LinkProblem:
    """Answer what a failed handshake with *address* means."""
    if isinstance(exc, ssl.SSLCertVerificationError):
        return CertificateNotTrusted(address=address, reason=exc.verify_message or _words(exc))
    if exc.reason in {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}:
        return PortSpeaksPlain(address=address, detail=str(exc))
    return CertificateRefused(address=address, reason=_words(exc), detail=str(exc))


def _unreadable(path: str, exc: Exception) -> CertificateUnreadable:
    reason = _words(exc) if isinstance(exc, ssl.SSLError) else exc.strerror if isinstance(exc, OSError) else str(exc)
    return CertificateUnreadable(path=path, reason=reason or type(exc).__name__, detail=str(exc))


def _words(exc: ssl.SSLError) -> str:
    return (exc.reason or str(exc)).replace("_", " ").lower()


def _no_password() -> str:
    raise ValueError("its key is protected by a password")
