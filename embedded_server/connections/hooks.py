"""What the list of connections asks of those who connect: it knows no broker itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from embedded_server.contracts.connections import Health, RabbitSettings, Secret, TestReport
from embedded_server.core.profiles import Profile


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the list asks of those who connect."""

    embedded: Callable[[], tuple[RabbitSettings, Mapping[Secret, str]] | None]
    """Where the embedded brokers are; None while they are not."""
    health: Callable[[str], Health]
    test: Callable[[Profile], Awaitable[TestReport]]
    reconnect: Callable[[str], Awaitable[None]]
    """Try at once, also after a refusal; returns once it has been begun."""
    disconnect: Callable[[str], Awaitable[None]]
