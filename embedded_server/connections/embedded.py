"""The connection to the embedded brokers, from the addresses they answer at."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from embedded_server.connections.urls import parse
from embedded_server.contracts.connections import RabbitSettings, Secret


def embedded_settings(amqp_url: str, management_url: str) -> tuple[RabbitSettings, Mapping[Secret, str]] | None:
    """Answer settings and secrets of the embedded broker; None while its address is not known."""
    if not amqp_url:
        return None
    settings, secrets = parse(amqp_url)
    if not management_url:
        return replace(settings, management=False), secrets
    parts = urlsplit(management_url)
    if parts.password:
        secrets = {**secrets, Secret.MANAGEMENT_PASSWORD: unquote(parts.password)}
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return replace(settings, management_url=address, management_user=unquote(parts.username or "")), secrets
