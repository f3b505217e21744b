"""What the list of connections asks of those who connect: it knows no broker itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from embedded_server.contracts.connections import (
    ConnectionKind,
    Health,
    KafkaSettings,
    LinkState,
    RabbitSettings,
    Secret,
    TestReport,
)
from embedded_server.core.profiles import Profile

_WORSE: Final = (LinkState.IDLE, LinkState.OPEN, LinkState.CONNECTING, LinkState.WAITING, LinkState.FAILED)


@dataclass(frozen=True, slots=True)
class Embedded:
    """Where the embedded brokers are."""

    rabbitmq: RabbitSettings
    kafka: KafkaSettings | None = None
    """None while that broker's address is not known."""
    secrets: Mapping[Secret, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class LinkHooks:
    """What one capability does with its connections, by their ids."""

    health: Callable[[str], Health]
    test: Callable[[Profile], Awaitable[TestReport]]
    reconnect: Callable[[str], Awaitable[None]]
    """Try at once, also after a refusal; returns once it has been begun."""
    disconnect: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the list asks of those who connect. The embedded connection is a RabbitMQ's and a Kafka's at once."""

    embedded: Callable[[], Embedded | None]
    """Where the embedded brokers are; None while they are not."""
    rabbitmq: LinkHooks
    kafka: LinkHooks

    def health(self, id_: str, kind: ConnectionKind) -> Health:
        """Answer how a connection fares; of two sides the worse one."""
        return max((links.health(id_) for links in self._of(kind)), key=lambda health: _WORSE.index(health.state))

    async def test(self, profile: Profile) -> TestReport:
        """Test every side that the connection has, one after the other."""
        reports = [await links.test(profile) for links in self._sides(profile)]
        return TestReport([result for report in reports for result in report.results])

    async def reconnect(self, profile: Profile) -> None:
        """Begin to connect every side that the connection has anew."""
        await asyncio.gather(*(links.reconnect(profile.id) for links in self._sides(profile)))

    async def disconnect(self, id_: str, kind: ConnectionKind) -> None:
        """Close what is open."""
        await asyncio.gather(*(links.disconnect(id_) for links in self._of(kind)))

    def _of(self, kind: ConnectionKind) -> tuple[LinkHooks, ...]:
        return {ConnectionKind.RABBITMQ: (self.rabbitmq,), ConnectionKind.KAFKA: (self.kafka,)}.get(kind, (self.rabbitmq, self.kafka))

    def _sides(self, profile: Profile) -> list[LinkHooks]:
        sides = ((profile.spec.rabbitmq, self.rabbitmq), (profile.spec.kafka, self.kafka))
        return [links for settings, links in sides if settings is not None]
