"""The server driven by the curl program and nothing else, as a shell script would."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.helpers.server import CREDENTIALS

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")


class Curl:
    """The command line client, and nothing else."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token = ""
        self.first_start_s = 0.0

    def __call__(self, path: str, *arguments: str, body: object = None, timeout_s: float = 20) -> tuple[int, bytes]:
        command = ["curl", "-sS", "--max-time", str(timeout_s), "-w", "\n%{http_code}", *arguments, self.url + path]
        if self.token:
            command += ["-H", f"Authorization: Bearer {self.token}"]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
        answer = subprocess.run(command, capture_output=True, check=False, timeout=timeout_s + 5)
        content, _, status = answer.stdout.rpartition(b"\n")
        return int(status), content

    def json(self, path: str, *arguments: str, body: object = None) -> Any:
        status, content = self(path, *arguments, body=body)
        assert 200 <= status < 300, (path, status, content)
        return json.loads(content) if content else None

    def sign_in(self) -> None:
        self("/accounts", body=CREDENTIALS)
        self.token = self.json("/sessions", body=CREDENTIALS)["token"]

    def part(self, name: str) -> dict[str, Any]:
        parts: list[dict[str, Any]] = self.json("/server")["parts"]
        return next(part for part in parts if part["name"] == name)


def until(holds: Callable[[], Any], limit_s: float) -> Any:
    """Ask until the answer is true, for processes that tell nobody."""
    deadline = time.monotonic() + limit_s
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"not within {limit_s} s"
        time.sleep(0.05)
    return answer
