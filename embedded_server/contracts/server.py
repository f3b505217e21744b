"""The server about itself on the wire."""

from dataclasses import dataclass
from enum import StrEnum


class PartState(StrEnum):
    """What a supervised part of the server is doing."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    """Crashed; starts again at ``retry_at``."""
    STOPPED = "stopped"
    FAILED = "failed"
    """Given up, or cannot start here; ``reason`` says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the server: the journal, the embedded brokers, the worker, the task monitor, the hub."""

    name: str
    state: PartState
    reason: str
    pid: int
    """0 where it is no process of its own."""
    address: str
    started_at: int
    restarts: int
    retry_at: int


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """How full the journal is, and what left it."""

    epoch: str
    first_seq: int
    last_seq: int
    bytes: int
    dropped: int
    trimmed: int
    oldest_at: int
    max_events: int
    max_bytes: int
    max_age_s: int
    set_aside: str
    """Path of a damaged journal that was set aside, or nothing."""
    problem: str = ""
    """Why nothing can be written at present, such as a full disk; it keeps trying."""


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """All the Server panel shows."""

    version: str
    pid: int
    url: str
    data_dir: str
    started_at: int
    memory_bytes: int
    parts: list[Part]
    journal: JournalStatus


@dataclass(frozen=True, slots=True)
class Health:
    """Answered without a token, so it tells nothing private."""

    status: str
    version: str
    epoch: str
    needs_account: bool
    """No account exists yet: the first one may be created without a token."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The line ``switchroom serve`` prints once it answers."""

    url: str
    pid: int
