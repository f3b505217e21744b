"""What a capability is handed of a connection: the profile with its secrets, asked for anew at each connecting."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from embedded_server.contracts.connections import ConnectionSpec, Secret


@dataclass(frozen=True, slots=True)
class Profile:
    """A connection's settings with their secrets. It never leaves the server, and its secrets are not in its ``repr``."""

    id: str
    spec: ConnectionSpec
    secrets: Mapping[Secret, str] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The name in the journal."""
        return self.spec.name


Resolve = Callable[[str], Awaitable[Profile]]
"""Answers the profile of a connection's id; raises a `UserFacingError` where there is none, or where a secret is needed first."""
