"""Accounts and sessions on the wire."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password: to create an account or to sign in."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    name: str
    created_at: int
    """Nanoseconds since the Unix epoch, like every time on the wire."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in token, without the token."""

    id: str
    account: str
    created_at: int
    last_seen_at: int
    idle_expires_at: int
    expires_at: int
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The answer to a sign-in. The only time the token is shown."""

    token: str
    session: Session
