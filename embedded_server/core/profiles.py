"""What a capability is handed of a connection: the profile with its secrets, asked for anew at each connecting."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from embedded_server.contracts.connections import ConnectionSpec, Secret
from embedded_server.contracts.problems import N_, UserFacingError


class ConnectionReadOnly(UserFacingError):
    """The user has said that nothing may be changed there."""

    status = 403
    title = N_("“{name}” is read-only")
    hint = N_("This would change the broker or take a message from it. Turn read-only off in the connection's settings to allow it.")


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


def require_writable(profile: Profile) -> None:
    """Let only a connection that may be changed go on. Raises `ConnectionReadOnly`."""
    if profile.spec.read_only:
        raise ConnectionReadOnly(name=profile.name)
