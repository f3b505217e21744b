"""How far signing in has come."""

from dataclasses import dataclass
from enum import StrEnum


class SessionPhase(StrEnum):
    """How far signing in has come."""

    UNKNOWN = "unknown"
    """The server has not been asked yet."""
    NEEDS_ACCOUNT = "needs-account"
    SIGNED_OUT = "signed-out"
    EXPIRED = "expired"
    """Was signed in; the server ended it. Panels are kept as they are."""
    SIGNED_IN = "signed-in"


@dataclass(frozen=True, slots=True)
class SessionState:
    """One state of the session."""

    phase: SessionPhase = SessionPhase.UNKNOWN
    account: str = ""
    kept: bool = False
    """The token is in the keyring."""
