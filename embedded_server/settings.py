"""What the server is told at its start; it reads no other configuration."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from embedded_server.journal.retention import Retention

DAY_S: Final = 86_400


def default_data_dir() -> Path:
    """Where everything is kept unless told otherwise."""
    from platformdirs import user_data_path

    return user_data_path("switchroom", appauthor=False)


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


DEFAULT_SESSION_LIMITS: Final = SessionLimits()
DEFAULT_RETENTION: Final = Retention()


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
    """Run the embedded brokers, and with them the tasks."""
    allowed_hosts: tuple[str, ...] = ()
    """Names the ``Host`` header may carry beside loopback's and `host`."""
    allowed_origins: tuple[str, ...] = ()
    """Origins that may call from a browser beside the server's own, such as ``http://localhost:3000``."""
    max_body_bytes: int = 32 * 1024**2
    retention: Retention = DEFAULT_RETENTION
    sessions: SessionLimits = DEFAULT_SESSION_LIMITS

    @property
    def url(self) -> str:
        """Where the server answers once its port is known; from this machine, where it listens on every address."""
        host = "127.0.0.1" if self.host in {"", "0.0.0.0"} else "::1" if self.host == "::" else self.host
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
