"""A list of connections over fakes: no broker, and a keyring in a dictionary."""

from collections.abc import Mapping
from pathlib import Path

from embedded_server.connections import ConnectionService, Embedded, Hooks, LinkHooks
from embedded_server.contracts import connections as wire
from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, KafkaSettings, RabbitSettings, SaveConnection, Secret
from embedded_server.contracts.keyring import Backend, Keyring
from embedded_server.core.profiles import Profile

PASSWORD = {Secret.PASSWORD: "Wg7-secret"}
"""Looked for in everything that comes out."""


class MemoryKeyring:
    """A keyring that keeps secrets in a dictionary, and refuses where told."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.locked = False

    def get_password(self, _service: str, username: str) -> str | None:
        self._refuse()
        return self.kept.get(username)

    def set_password(self, _service: str, username: str, password: str) -> None:
        self._refuse()
        self.kept[username] = password

    def delete_password(self, _service: str, username: str) -> None:
        self._refuse()
        del self.kept[username]

    def _refuse(self) -> None:
        if self.locked:
            raise OSError("locked")


class World:
    """What the list is composed with."""

    def __init__(self, folder: Path, backend: Backend | None = None) -> None:
        self.embedded: Embedded | None = Embedded(
            RabbitSettings("127.0.0.1", 41234), KafkaSettings("127.0.0.1:41235"), {Secret.PASSWORD: "guest"}
        )
        self.health: dict[str, wire.Health] = {}
        """Of the RabbitMQ side."""
        self.kafka_health: dict[str, wire.Health] = {}
        self.tested: list[Profile] = []
        self.acts: list[str] = []
        self.changed: list[str] = []
        self.folder = folder
        self.service = ConnectionService(
            folder,
            Hooks(
                embedded=lambda: self.embedded,
                rabbitmq=self._links("", self.health),
                kafka=self._links("kafka: ", self.kafka_health),
            ),
            Keyring(lambda: backend),
        )
        self.service.on_change.append(self.changed.append)

    @property
    def file(self) -> str:
        return (self.folder / "connections.json").read_text()

    @property
    def set_aside(self) -> str:
        return next(self.folder.glob("connections.damaged-*")).read_text()

    def _links(self, side: str, health: dict[str, wire.Health]) -> LinkHooks:
        return LinkHooks(
            health=lambda id_: health.get(id_, wire.Health()),
            test=self._test,
            reconnect=lambda id_: self._act(f"{side}reconnect {id_}"),
            disconnect=lambda id_: self._act(f"{side}disconnect {id_}"),
        )

    async def _test(self, profile: Profile) -> wire.TestReport:
        self.tested.append(profile)
        return wire.TestReport([])

    async def _act(self, act: str) -> None:
        self.acts.append(act)


def save_of(
    name: str = "orders", secrets: Mapping[Secret, str] | None = None, settings: RabbitSettings | None = None, *, read_only: bool = False
) -> SaveConnection:
    """Describe a RabbitMQ."""
    rabbit = settings or RabbitSettings("rabbit.example", user="ada")
    return SaveConnection(ConnectionSpec(name, ConnectionKind.RABBITMQ, read_only=read_only, rabbitmq=rabbit), dict(secrets or {}))
