"""The connection to the embedded brokers, from the addresses they answer at."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from embedded_server.connections.hooks import Embedded
from embedded_server.connections.urls import parse
from embedded_server.contracts.connections import KafkaSettings, Secret


def embedded_settings(amqp_url: str, management_url: str, kafka_address: str = "") -> Embedded | None:
    """Answer settings and secrets of the embedded brokers; None while their address is not known."""
    if not amqp_url:
        return None
    settings, secrets = parse(amqp_url)
    kafka = KafkaSettings(kafka_address) if kafka_address else None
    if not management_url:
        return Embedded(replace(settings, management=False), kafka, secrets)
    parts = urlsplit(management_url)
    if parts.password:
        secrets = {**secrets, Secret.MANAGEMENT_PASSWORD: unquote(parts.password)}
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    rabbit = replace(settings, management_url=address, management_user=unquote(parts.username or ""))
    return Embedded(rabbit, kafka, secrets)
