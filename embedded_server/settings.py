"""What the server is told at its start; it reads no other configuration."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

DAY_S: Final = 86_400


def default_data_dir() -> Path:
    """Where everything is kept unless told otherwise."""
    from platformdirs import user_data_path

    return user_data_path("switchroom", appauthor=False)


@dataclass(frozen=True, slots=True)
class RetentionLimits:
    """What the journal keeps; the oldest go first."""

    max_age_s: int = 14 * DAY_S
    max_events: int = 20_000_000
    max_bytes: int = 8 * 1024**3


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lives and how many there may be. Documented in docs/decisions/0004-sessions.md."""

    idle_s: int = 7 * DAY_S
    absolute_s: int = 30 * DAY_S
    per_account: int = 10
    """The session used longest ago is ended when one more begins."""
    sign_in_attempts: int = 5
    """Failures per account and address ..."""
    sign_in_window_s: int = 60
    """... within this time, before the next attempt has to wait."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything `create_app` needs to know."""

    data_dir: Path = field(default_factory=default_data_dir)
    host: str = "127.0.0.1"
    port: int = 0
    """0 means a free one."""
    worker: bool = True
    """Run the embedded brokers' own Celery worker."""
    brokers: bool = True
    """Run the embedded brokers."""
    allowed_hosts: tuple[str, ...] = ()
    """Names the ``Host`` header may carry beside loopback's and `host`."""
    allowed_origins: tuple[str, ...] = ()
    """Origins that may call from a browser beside the server's own, such as ``http://localhost:3000``."""
    max_body_bytes: int = 32 * 1024**2
    retention: RetentionLimits = RetentionLimits()
    sessions: SessionLimits = SessionLimits()
