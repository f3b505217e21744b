"""A Schema Registry for tests: Apicurio's, in memory, asked through its Confluent-compatible API."""

import json
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.helpers.broker_processes import free_port, wait_until
from tests.helpers.kafka_processes import QUICK_START
from tests.helpers.maven import hidden_window, jars, java

NEEDS_APICURIO = "needs a real Schema Registry: run `make real-brokers`"
READY_LIMIT_S = 60.0


def has_apicurio() -> bool:
    """Whether its archive and a Java are there."""
    return jars("apicurio") is not None


class Apicurio:
    """One registry, empty when it starts."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="apicurio"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Unpack it, start it, and wait until it answers."""
        archives, program = jars("apicurio"), java()
        assert archives is not None
        assert program is not None
        (archive,) = archives.glob("*.tar.gz")
        with tarfile.open(archive) as packed:
            packed.extractall(self._folder, filter="data")
        (runner,) = self._folder.glob("*-runner.jar")
        address = ("-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}")
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program, *QUICK_START, *address, "-jar", str(runner)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                creationflags=hidden_window(),
            )
        wait_until(self._answers, READY_LIMIT_S, "Apicurio answers")

    def stop(self) -> None:
        """End it and take its folder away."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def register(self, subject: str, text: str, kind: str = "AVRO", references: list[dict[str, Any]] | None = None) -> int:
        """Add a version to a subject; the schema's id."""
        body = {"schema": text, "schemaType": kind, "references": references or []}
        request = urllib.request.Request(
            f"{self.url}/subjects/{subject}/versions",
            json.dumps(body).encode(),
            {"Content-Type": "application/vnd.schemaregistry.v1+json"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(json.load(answer)["id"])

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"Apicurio ended: {(self._folder / 'log').read_text(errors='replace')[-2000:]}"
        try:
            with urllib.request.urlopen(f"{self.url}/subjects", timeout=5) as answer:
                return int(answer.status) == 200
        except (urllib.error.URLError, OSError):
            return False
