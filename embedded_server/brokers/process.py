"""The embedded brokers as a part of the server: a supervised child process that keeps its port over restarts."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from embedded_server.contracts.server import Part
from embedded_server.core.child import ChildProcess

PART_NAME: Final = "brokers"


class EmbeddedBrokers:
    """Starts, watches and stops the brokers' process. Clients may keep their URL while it restarts."""

    def __init__(self, data_dir: Path, log: Callable[[str, str, str], None]) -> None:
        self._data_dir = data_dir
        self._amqp_url = ""
        self.child = ChildProcess(PART_NAME, self._command, log=log, ready=self._ready)

    @property
    def amqp_url(self) -> str:
        """Where AMQP clients connect; empty before the first start."""
        return self._amqp_url

    async def start(self) -> None:
        """Start the process; returns once clients can connect, or the first attempt has failed."""
        await self.child.start()

    async def stop(self) -> None:
        """Stop the process; may be called twice."""
        await self.child.stop()

    async def restart(self) -> None:
        """Stop the process and start it on the same port."""
        await self.child.restart()

    def status(self) -> Part:
        """What it is doing."""
        return self.child.status()

    @property
    def on_change(self) -> list[Callable[[Part], None]]:
        """Called with every change of ``status``."""
        return self.child.on_change

    def _command(self) -> list[str]:
        port = urlsplit(self._amqp_url).port or 0
        return [
            *(sys.executable, "-m", "embedded_server.brokers.command", "--child"),
            *("--amqp-port", str(port), "--data-dir", str(self._data_dir)),
        ]

    def _ready(self, line: str) -> str | None:
        """The AMQP URL, where *line* is the ready line."""
        try:
            told = json.loads(line)
        except ValueError:
            return None
        if not isinstance(told, dict) or not isinstance(told.get("amqp"), str):
            return None
        self._amqp_url = told["amqp"]
        return self._amqp_url
