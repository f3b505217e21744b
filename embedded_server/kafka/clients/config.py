"""From a connection's settings to kafka-python's configuration."""

from typing import Any, Final

from embedded_server.contracts.connections import KafkaSettings, SaslMechanism, Secret
from embedded_server.core.profiles import Profile
from embedded_server.core.reach.tls import tls_context_blocking
from embedded_server.kafka.problems import NoKafkaThere

CLIENT_ID: Final = "switchroom"
DEFAULT_PORT: Final = 9092
REQUEST_LIMIT_S: Final = 20.0
MAX_RESPONSE_BYTES: Final = 1024**3
"""A broker answers with one batch at least, however large it is."""


def kafka_settings(profile: Profile) -> KafkaSettings:
    """Answer the profile's Kafka side. Raises `NoKafkaThere`."""
    settings = profile.spec.kafka
    if settings is None or not settings.bootstrap.strip(", "):
        raise NoKafkaThere(name=profile.name)
    return settings


def client_config_blocking(profile: Profile) -> dict[str, Any]:
    """Answer what every client of the cluster is configured with; reads certificate files. Raises `NoKafkaThere` and what TLS raises."""
    settings = kafka_settings(profile)
    config: dict[str, Any] = {
        "bootstrap_servers": addresses(settings.bootstrap),
        "client_id": CLIENT_ID,
        "security_protocol": _protocol(settings),
        "request_timeout_ms": int(REQUEST_LIMIT_S * 1000),
        "receive_message_max_bytes": MAX_RESPONSE_BYTES,
        "reconnect_backoff_max_ms": 2_000,
    }
    if settings.tls:
        config["ssl_context"] = tls_context_blocking(settings)
        config["ssl_check_hostname"] = settings.verify
    if settings.mechanism is not SaslMechanism.NONE:
        config["sasl_mechanism"] = settings.mechanism.value
        config["sasl_plain_username"] = settings.user
        config["sasl_plain_password"] = profile.secrets.get(Secret.PASSWORD, "")
    return config


def addresses(bootstrap: str) -> list[str]:
    """Answer the addresses that a bootstrap line names, each with its port."""
    return [_with_port(part.strip()) for part in bootstrap.split(",") if part.strip()]


def _with_port(address: str) -> str:
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and (host.endswith("]") or ":" not in host):
        return address
    return f"[{address}]:{DEFAULT_PORT}" if ":" in address and not address.startswith("[") else f"{address}:{DEFAULT_PORT}"


def _protocol(settings: KafkaSettings) -> str:
    if settings.mechanism is SaslMechanism.NONE:
        return "SSL" if settings.tls else "PLAINTEXT"
    return "SASL_SSL" if settings.tls else "SASL_PLAINTEXT"
