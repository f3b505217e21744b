"""The embedded brokers as a part of the server: a supervised child process that keeps its port, over the server's restarts, too."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from embedded_server.brokers.ports import HOST, KAFKA_PORT_FILE, MANAGEMENT_PORT_FILE, PORT_FILE, is_free, kept_port, new_port
from embedded_server.contracts.server import Part
from embedded_server.core.child import ChildProcess
from embedded_server.core.head_start import HeadStart

PART_NAME: Final = "brokers"


def begin(head_start: HeadStart, data_dir: Path) -> None:
    """Give the brokers of *data_dir* a head start."""
    folder = brokers_folder(data_dir)
    head_start.begin(PART_NAME, command(data_dir, Ports.kept(folder)))


@dataclass(slots=True)
class Ports:
    """Where the brokers answer: the same ports every time, so that programs outside keep their addresses."""

    amqp: int
    management: int
    kafka: int

    @classmethod
    def kept(cls, folder: Path) -> Self:
        """The ports of the last time; where there were none, new ones."""
        return cls(kept_port(folder, PORT_FILE), kept_port(folder, MANAGEMENT_PORT_FILE), kept_port(folder, KAFKA_PORT_FILE))


def kept_url(data_dir: Path) -> str:
    """Answer where the brokers of *data_dir* will be."""
    return _url(kept_port(brokers_folder(data_dir)))


def command(data_dir: Path, ports: Ports) -> list[str]:
    """Answer the command that runs them as a child."""
    return [
        *(sys.executable, "-m", "embedded_server.brokers.command", "--child"),
        *("--amqp-port", str(ports.amqp), "--management-port", str(ports.management), "--kafka-port", str(ports.kafka)),
        *("--data-dir", str(data_dir)),
    ]


def brokers_folder(data_dir: Path) -> Path:
    """Answer where they keep their files."""
    return data_dir / "brokers"


def _url(port: int) -> str:
    return f"amqp://guest:guest@{HOST}:{port}//" if port else ""


def _management_url(port: int) -> str:
    return f"http://guest:guest@{HOST}:{port}" if port else ""


def _address(port: int) -> str:
    return f"{HOST}:{port}" if port else ""


class EmbeddedBrokers:
    """Starts, watches and stops the brokers' process, whose files are in ``brokers`` of the data directory.

    Clients may keep their URLs while it restarts. They change only where another program has taken a port meanwhile.
    """

    def __init__(self, data_dir: Path, log: Callable[[str, str, str], None], head_start: HeadStart | None = None) -> None:
        self._data_dir = data_dir
        self._folder = brokers_folder(data_dir)
        self._ports = Ports.kept(self._folder)
        self._is_tried = False
        self._amqp_url = _url(self._ports.amqp)
        self._management_url = _management_url(self._ports.management)
        self._kafka_address = _address(self._ports.kafka)
        self.child = ChildProcess(PART_NAME, self._command, log=log, ready=self._ready, head_start=head_start)

    @property
    def amqp_url(self) -> str:
        """Where AMQP clients connect, known before the first start."""
        return self._amqp_url

    @property
    def management_url(self) -> str:
        """Where the management API answers, with user and password, known before the first start."""
        return self._management_url

    @property
    def kafka_address(self) -> str:
        """Where Kafka clients connect (host and port), known before the first start."""
        return self._kafka_address

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
        if self._is_tried:  # the last attempt did not get what it waited for
            if not is_free(self._ports.amqp):
                self._ports.amqp = new_port(self._folder)
            if not is_free(self._ports.kafka):
                self._ports.kafka = new_port(self._folder, KAFKA_PORT_FILE)
        self._is_tried = True
        return command(self._data_dir, self._ports)

    def _ready(self, line: str) -> str | None:
        """The AMQP URL, where *line* is the ready line."""
        try:
            told = json.loads(line)
        except ValueError:
            return None
        if not isinstance(told, dict) or not isinstance(told.get("amqp"), str):
            return None
        self._amqp_url = told["amqp"]
        self._management_url = told.get("amqp_management") or self._management_url
        self._kafka_address = told.get("kafka") or self._kafka_address
        self._is_tried = False
        return self._amqp_url
