"""The clients of every Kafka connection in use: admin calls, consumers, producers, and how each connection fares."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer

from embedded_server.contracts.connections import Health
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Profile, Resolve
from embedded_server.kafka.clients.config import client_config_blocking
from embedded_server.kafka.clients.faults import About, problem_of_blocking
from embedded_server.kafka.clients.manager import OpenFailed, open_client_blocking
from embedded_server.kafka.clients.slot import Slot
from embedded_server.kafka.problems import KafkaDisconnected

T = TypeVar("T")

ADMIN_LIMIT_S: Final = 30.0


class Clients:
    """All clients of the server. A refused login is not tried again until the user acts."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._slots: dict[str, Slot] = {}
        self._disconnected: dict[str, str] = {}

    async def admin(
        self,
        connection: str,
        call: Callable[[KafkaAdminClient], T],
        *,
        timeout_s: float = ADMIN_LIMIT_S,
        topic: str = "",
        partition: int = -1,
    ) -> T:
        """Answer what *call* answers; it runs on a thread, with the connection's one admin client, which several calls may share.

        Raises a `UserFacingError` for whatever goes wrong; *topic* and *partition* are for its words.
        """
        return await self._slot(connection).call(call, timeout_s, About(topic, partition))

    async def problem(self, connection: str, exc: BaseException) -> UserFacingError:
        """Answer what an exception means that a call kept beside what it could find out."""
        return await self._slot(connection).problem(exc)

    async def reachable(self, connection: str) -> None:
        """Return once the cluster answers. Raises a `UserFacingError` that says what stands against it."""
        await self._slot(connection).get()

    async def profile(self, connection: str) -> Profile:
        """Answer the connection's profile; raises `KafkaDisconnected` where the user has disconnected it, and what the resolving raises."""
        self.require_connected(connection)
        return await self._resolve(connection)

    def require_connected(self, connection: str) -> None:
        """Raise `KafkaDisconnected` where the user has disconnected it."""
        name = self._disconnected.get(connection)
        if name is not None:
            raise KafkaDisconnected(name=name)

    @staticmethod
    def consumer(profile: Profile, **overrides: Any) -> KafkaConsumer:
        """Connect a consumer for a thread of one's own, to be used with ``assign``: it is in no group and commits nothing.

        Blocks. Raises a `UserFacingError` that says what stands against it.
        """
        return open_consumer_blocking(profile, **overrides)

    # -- how connections fare

    def health(self, connection: str) -> Health:
        """Answer how a connection fares."""
        slot = self._slots.get(connection)
        return slot.health() if slot is not None else Health()

    async def begin(self, connection: str) -> None:
        """Begin to connect, unless that was begun already; `health` tells how it goes. Raises what the resolving raises."""
        if connection in self._slots:
            return
        await self._resolve(connection)
        if connection not in self._slots:
            self._slot(connection).begin()

    async def reconnect(self, connection: str) -> None:
        """Begin to connect anew, also after a refusal; `health` tells how that goes."""
        await self.drop(connection)
        await self.begin(connection)

    async def drop(self, connection: str) -> None:
        """Close a connection's clients and forget how they fared: its settings have changed, or it is gone."""
        self._disconnected.pop(connection, None)
        slot = self._slots.pop(connection, None)
        if slot is not None:
            await slot.close()

    async def disconnect(self, connection: str, name: str) -> None:
        """Close a connection's clients, and open none until `reconnect`."""
        await self.drop(connection)
        self._disconnected[connection] = name

    async def close(self) -> None:
        """Close every client. May be called twice."""
        slots, self._slots = list(self._slots.values()), {}
        await asyncio.gather(*(slot.close() for slot in slots))

    def _slot(self, connection: str) -> Slot:
        self.require_connected(connection)
        slot = self._slots.get(connection)
        if slot is None:
            slot = self._slots[connection] = Slot(self._resolve, connection)
        return slot


def open_consumer_blocking(profile: Profile, **overrides: Any) -> KafkaConsumer:
    """Connect a consumer that is in no group and commits nothing. Raises a `UserFacingError` that says what stands against it."""
    config = {
        **client_config_blocking(profile),
        "group_id": None,
        "enable_auto_commit": False,
        "auto_offset_reset": "none",
        "metrics_enabled": False,
        **overrides,
    }
    try:
        return open_client_blocking(KafkaConsumer, config)[0]
    except OpenFailed as exc:
        raise problem_of_blocking(exc.why, profile, exc.manager) from exc.why
