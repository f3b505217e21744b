"""TLS towards a cluster: the context that a connection's settings ask for."""

import ssl

from embedded_server.contracts.connections import KafkaSettings
from embedded_server.contracts.problems import N_
from embedded_server.kafka.problems import LinkProblem


class KafkaCertificateUnreadable(LinkProblem):
    """A file of certificates or keys cannot be used."""

    status = 422
    final = True
    title = N_("The certificate file {path} for Kafka cannot be used: {reason}")
    hint = N_("It has to be a PEM file on the machine that Switchroom's server runs on, and readable by it.")


def tls_context_blocking(settings: KafkaSettings) -> ssl.SSLContext:
    """Answer the context to connect with; reads files. Raises `KafkaCertificateUnreadable`."""
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


def _unreadable(path: str, exc: Exception) -> KafkaCertificateUnreadable:
    reason = tls_words(exc) if isinstance(exc, ssl.SSLError) else exc.strerror if isinstance(exc, OSError) else str(exc)
    return KafkaCertificateUnreadable(path=path, reason=reason or type(exc).__name__, detail=str(exc))


def tls_words(exc: ssl.SSLError) -> str:
    """Answer OpenSSL's reason in words."""
    return (exc.reason or str(exc)).replace("_", " ").lower()


def _no_password() -> str:
    raise ValueError("its key is protected by a password")
