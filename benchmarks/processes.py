"""Child processes that are told things and answer in lines of JSON."""

import json
import queue
import subprocess
import sys
import threading
import urllib.request
from types import TracebackType
from typing import Any, Final, Self

from benchmarks.window_probe import ACCOUNT

LIMIT_S: Final = 180.0
"""No command takes so long: what does not answer by then hangs."""


class Talker:
    """A Python module of ours as a child; ends with its standard input."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._module = module
        self._said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.pid = self._process.pid
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                self._said.put(line)
        self._said.put("")

    def hear(self) -> dict[str, Any]:
        """Wait for the next line it says. Raises RuntimeError where it ended instead, and TimeoutError where it says nothing."""
        try:
            line = self._said.get(timeout=LIMIT_S)
        except queue.Empty:
            raise TimeoutError(f"{self._module} said nothing for {LIMIT_S:g} s") from None
        if not line:
            raise RuntimeError(f"{self._module} ended with {self._process.wait(LIMIT_S)}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def tell(self, command: str) -> None:
        """Say one line to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()

    def ask(self, command: str) -> dict[str, Any]:
        """Say one line and wait for the answer."""
        self.tell(command)
        return self.hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def create_account(url: str) -> None:
    """Create the account that the benchmarks sign in with, unless an earlier one has."""
    with urllib.request.urlopen(f"{url}/health", timeout=20) as answer:  # noqa: S310 - our own server
        if not json.load(answer)["needs_account"]:
            return
    name, password = ACCOUNT
    body = json.dumps({"name": name, "password": password}).encode()
    request = urllib.request.Request(f"{url}/accounts", body, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    with urllib.request.urlopen(request, timeout=20):  # noqa: S310 - our own server
        pass
