"""The names Switchroom itself has met on each broker: AMQP cannot list any, so without the management API these are what is shown."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from embedded_server.contracts.concurrency import spawn
from embedded_server.core.json_store import JsonStore

MOST_NAMES: Final = 500
"""Of each kind in a virtual host; the ones met longest ago go first."""
BUILT_IN: Final[Mapping[str, str]] = {
    "": "direct",
    "amq.direct": "direct",
    "amq.fanout": "fanout",
    "amq.headers": "headers",
    "amq.match": "headers",
    "amq.rabbitmq.trace": "topic",
    "amq.topic": "topic",
}
"""Exchanges that every virtual host has, and their types."""

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Names:
    queues: dict[str, None] = field(default_factory=dict)
    exchanges: dict[str, str] = field(default_factory=dict)


class KnownNames:
    """Queues and exchanges by connection and virtual host, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._store = JsonStore(path)
        self._names: dict[str, dict[str, _Names]] = {}
        self._saving: asyncio.Task[None] | None = None
        self._changed = False

    async def start(self) -> None:
        """Read the file; what cannot be read is begun anew, for it is only a help."""
        try:
            self._names = await asyncio.to_thread(self._store.load, _read, {})
        except OSError as exc:
            _logger.warning("the names of known queues cannot be read from %s: %s", self._store.path, exc)

    async def stop(self) -> None:
        """Write what is not yet written. May be called twice."""
        while self._saving is not None and not self._saving.done():
            await asyncio.wait([self._saving])

    # -- asking

    def vhosts(self, connection: str) -> list[str]:
        """Answer the virtual hosts in which anything is known."""
        return list(self._names.get(connection, {}))

    def queues(self, connection: str, vhost: str) -> list[str]:
        """Answer names of queues, sorted."""
        return sorted(self._of(connection, vhost).queues)

    def exchanges(self, connection: str, vhost: str) -> dict[str, str]:
        """Answer types of exchanges by their names, those included that every virtual host has."""
        return dict(sorted({**BUILT_IN, **self._of(connection, vhost).exchanges}.items()))

    # -- telling

    def note_queue(self, connection: str, vhost: str, name: str) -> None:
        """Remember a queue: it was declared, bound or used."""
        if name and name not in self._of(connection, vhost).queues:
            queues = self._made(connection, vhost).queues
            queues[name] = None
            _shorten(queues)
            self._save()

    def note_exchange(self, connection: str, vhost: str, name: str, type: str = "") -> None:
        """Remember an exchange, with its type where that is known."""
        known = self._of(connection, vhost).exchanges
        if name in BUILT_IN or (name in known and type in {"", known[name]}):
            return
        exchanges = self._made(connection, vhost).exchanges
        exchanges[name] = type or exchanges.get(name, "")
        _shorten(exchanges)
        self._save()

    def forget_queue(self, connection: str, vhost: str, name: str) -> None:
        """Forget a queue: it is gone."""
        if name in self._of(connection, vhost).queues:
            del self._of(connection, vhost).queues[name]
            self._save()

    def forget_exchange(self, connection: str, vhost: str, name: str) -> None:
        """Forget an exchange: it is gone."""
        if name in self._of(connection, vhost).exchanges:
            del self._of(connection, vhost).exchanges[name]
            self._save()

    def drop(self, connection: str) -> None:
        """Forget all of a connection: it was removed."""
        if self._names.pop(connection, None) is not None:
            self._save()

    # -- inside

    def _of(self, connection: str, vhost: str) -> _Names:
        return self._names.get(connection, {}).get(vhost) or _Names()

    def _made(self, connection: str, vhost: str) -> _Names:
        return self._names.setdefault(connection, {}).setdefault(vhost, _Names())

    def _save(self) -> None:
        self._changed = True
        if self._saving is None or self._saving.done():
            self._saving = spawn(self._write(), name="save known names", notify=_log_failure)

    async def _write(self) -> None:
        while self._changed:
            self._changed = False
            value = {
                connection: {vhost: {"queues": list(names.queues), "exchanges": dict(names.exchanges)} for vhost, names in vhosts.items()}
                for connection, vhosts in self._names.items()
            }
            await asyncio.to_thread(self._store.save, value)


def _read(value: Any) -> dict[str, dict[str, _Names]]:
    return {
        str(connection): {
            str(vhost): _Names(
                {str(name): None for name in names["queues"]}, {str(name): str(type_) for name, type_ in names["exchanges"].items()}
            )
            for vhost, names in vhosts.items()
        }
        for connection, vhosts in value.items()
    }


def _shorten(names: dict[str, Any]) -> None:
    while len(names) > MOST_NAMES:
        del names[next(iter(names))]


def _log_failure(exc: BaseException) -> None:
    _logger.warning("the names of known queues could not be kept: %s", exc)
