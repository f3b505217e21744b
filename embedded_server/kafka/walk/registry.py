"""The walk's last step: whether the Schema Registry answers to this user, and how many subjects it shows."""

import asyncio
from urllib.parse import urlsplit

from embedded_server.contracts.connections import KafkaSettings
from embedded_server.kafka.decoding.registry_http import RegistryHttp
from embedded_server.kafka.decoding.registry_problems import RegistryNotThere


async def look(settings: KafkaSettings, password: str) -> str:
    """Answer its address and how many subjects it has. Raises a `UserFacingError` that says what is missing."""
    return await asyncio.to_thread(_look_blocking, settings, password)


def _look_blocking(settings: KafkaSettings, password: str) -> str:
    client = RegistryHttp(settings, password)
    address = urlsplit(settings.registry_url).netloc
    try:
        found = client.get("/subjects", what="subjects", missing=RegistryNotThere(address=address, answer="404"))
    finally:
        client.close()
    if not isinstance(found, list):
        raise RegistryNotThere(address=address, answer="JSON")
    return f"{address} · {len(found)}"
