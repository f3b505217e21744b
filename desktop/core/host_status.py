"""How the server fares, as seen from the window."""

from dataclasses import dataclass
from enum import StrEnum


class HostPhase(StrEnum):
    """What the server is doing, as seen from here."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    WAITING = "waiting"
    """It ended by itself; started again at ``retry_at``."""
    FAILED = "failed"
    """It does not start; only the user can help."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One state of a host."""

    phase: HostPhase = HostPhase.STOPPED
    url: str = ""
    reason: str = ""
    """What happened, for people; empty when all is well."""
    detail: str = ""
    """The last lines the server wrote before it ended."""
    attempt: int = 0
    """Starts since it last ran well."""
    retry_at: float = 0.0
    """On the clock of `time.monotonic`."""
    pid: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether requests can be made."""
        return self.phase is HostPhase.READY
