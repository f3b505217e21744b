"""What a capability is handed of a connection: the profile with its secrets, asked for anew at each connecting."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from embedded_server.contracts.connections import ConnectionSpec, Environment, Secret
from embedded_server.contracts.problems import N_, UserFacingError


class ConnectionReadOnly(UserFacingError):
    """The user has said that nothing may be changed there."""

    status = 403
    title = N_("“{name}” is read-only")
    hint = N_("This would change the broker or take a message from it. Turn read-only off in the connection's settings to allow it.")


class NameNotTyped(UserFacingError):
    """On production a destructive act names what it destroys."""

    status = 409
    title = N_("“{name}” has to be typed first: “{connection}” is a production connection")
    hint = N_("Type the name {name} exactly, with its upper and lower case.")


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


def require_typed(profile: Profile, name: str, typed: str) -> None:
    """Let a destructive act go on where the name was typed, or where it need not be. Raises `NameNotTyped`."""
    if profile.spec.environment is Environment.PRODUCTION and typed != name:
        raise NameNotTyped(name=name, connection=profile.name)
