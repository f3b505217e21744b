"""The walk's last step: whether the Schema Registry answers to this user, and which subjects it shows."""

import asyncio
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from embedded_server.contracts.connections import KafkaSettings
from embedded_server.kafka.decoding.registry_http import RegistryHttp
from embedded_server.kafka.decoding.registry_problems import RegistryNotThere

SHOWN: Final = 3


async def look(settings: KafkaSettings, password: str) -> str:
    """Answer its address and some of its subjects. Raises a `UserFacingError` that says what is missing."""
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
    return f"{address} · {some_of(sorted(map(str, found)))}" if found else address


def some_of(names: Sequence[str]) -> str:
    """Write the first of *names*, and before them how many there are where that is not all."""
    if len(names) <= SHOWN:
        return " · ".join(names)
    return f"{len(names):,}: {' · '.join(names[:SHOWN])} · …"
