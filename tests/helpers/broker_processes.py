"""Brokers for tests: the embedded one as its own process, and a private RabbitMQ node that no other program sees."""

import contextlib
import json
import os
import queue
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

READY_LIMIT_S = 40.0
NEEDS_RABBITMQ = "needs a real RabbitMQ: run `make real-brokers`"


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], bool], limit_s: float, what: str) -> None:
    """Poll *condition* where no signal exists: another process's socket."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} within {limit_s:g} s"
        time.sleep(0.05)


class EmbeddedBroker:
    """``switchroom brokers`` as people start it."""

    def __init__(self, data_dir: Path, *, port: int = 0, arguments: tuple[str, ...] = ()) -> None:
        self._data_dir = data_dir
        self._arguments = arguments
        self.port = port
        self.management_url = ""
        self.kafka = ""
        """Where Kafka clients connect: ``127.0.0.1:N``, kept over restarts."""
        self._process: subprocess.Popen[str] | None = None
        self._stdout: queue.Queue[str] = queue.Queue()
        self._stderr: list[str] = []

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def bootstrap(self) -> str:
        """Its Kafka address, called as `RealKafka` calls it."""
        return self.kafka

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def stderr(self) -> str:
        return "".join(self._stderr)

    def start(self) -> None:
        command = [sys.executable, "-m", "embedded_server.brokers.command", "--data-dir", str(self._data_dir)]
        self._process = subprocess.Popen(
            [*command, "--amqp-port", str(self.port), "--kafka-port", self.kafka.rpartition(":")[2] or "0", *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._read(self._process.stdout, self._stdout.put)
        self._read(self._process.stderr, self._stderr.append)
        try:
            ready = json.loads(self._stdout.get(timeout=READY_LIMIT_S))
        except queue.Empty:
            raise AssertionError(f"the broker was not ready: {self.stderr}") from None
        self.port = urlsplit(ready["amqp"]).port or 0
        self.management_url = ready.get("amqp_management") or ""
        self.kafka = ready.get("kafka") or ""

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def stop(self) -> int:
        """End it politely; its exit status."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    @staticmethod
    def _read(pipe: IO[str], on_line: Callable[[str], object]) -> None:
        def read() -> None:
            with pipe:
                for line in pipe:
                    on_line(line)

        threading.Thread(target=read, daemon=True).start()


def find_rabbitmq_server() -> Path | None:
    """The start script inside the package: the wrapper on PATH would change the user and the folder."""
    for root in (Path("/usr/lib/rabbitmq"), Path("/opt/homebrew/opt/rabbitmq"), Path("/usr/local/opt/rabbitmq")):
        for candidate in (root / "bin" / "rabbitmq-server", *sorted(root.glob("lib/rabbitmq_server-*/sbin/rabbitmq-server"))):
            if candidate.exists():
                return candidate
    return None


class RealRabbitMQ:
    """A private RabbitMQ node on free loopback ports, in a temporary folder of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._management_port = free_port()
        self._epmd_port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="rabbit"))
        self._environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def management_url(self) -> str:
        """Where the management API answers; its figures are a second old."""
        return f"http://guest:guest@127.0.0.1:{self._management_port}"

    def start(self) -> None:
        server = find_rabbitmq_server()
        assert server is not None
        self._environment = self._environment or self._prepare()
        self._process = subprocess.Popen(
            [str(server)],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(self._answers, READY_LIMIT_S, "RabbitMQ answers")

    def kill(self) -> None:
        """End it as ``kill -9`` does; `start` brings it back with what it had on disk."""
        if self._process is not None and sys.platform != "win32":
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)

    def stop(self) -> None:
        self.kill()
        epmd = shutil.which("epmd")
        if epmd is not None:
            environment = {**os.environ, "ERL_EPMD_PORT": str(self._epmd_port)}
            wait_until(lambda: self._end_epmd(epmd, environment), 10, "epmd ends")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end_epmd(self, epmd: str, environment: dict[str, str]) -> bool:
        subprocess.run([epmd, "-port", str(self._epmd_port), "-kill"], env=environment, capture_output=True, check=False)
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._epmd_port)) != 0

    def _prepare(self) -> dict[str, str]:
        folder = self._folder
        (folder / "conf").mkdir()
        (folder / "conf" / "rabbitmq-env.conf").write_text("")
        (folder / "conf" / "enabled_plugins").write_text("[rabbitmq_management].")
        (folder / "conf" / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self._management_port}\ncollect_statistics_interval = 1000\n"
            "log.console = true\nlog.file = false\n"
            "vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 50MB\n"
        )
        cookie = folder / ".erlang.cookie"
        cookie.write_text(secrets.token_hex(10))
        cookie.chmod(0o400)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "RABBITMQ_CONF_ENV_FILE": str(folder / "conf" / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "conf" / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "conf" / "enabled_plugins"),
            "RABBITMQ_NODENAME": f"rmq{secrets.token_hex(4)}@localhost",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "gen"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "RabbitMQ ended"
        return self._says(self.port, b"AMQP\x00\x00\x09\x01", b"\x01") and self._says(
            self._management_port, b"GET / HTTP/1.0\r\n\r\n", b"H"
        )

    @staticmethod
    def _says(port: int, ours: bytes, theirs: bytes) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
                client.sendall(ours)
                return client.recv(1) == theirs
        except OSError:
            return False
