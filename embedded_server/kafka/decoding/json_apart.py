"""Checks by JSON Schemas in a child process with a time limit, because some take longer than anybody lives.

A pattern such as ``^(a+)+$`` tries every way to split the text, without ever letting another thread of its process run; references
that fan out do the same more politely. Nothing but the end of a process ends such a check.
"""

import atexit
import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from embedded_server.kafka.decoding.problems import SchemaCheckTooLong

LIMIT_S: Final = 2.0
START_S: Final = 20.0
"""As long may a child take until it has imported what it needs, on a machine that is busy."""
COMMAND: Final = (sys.executable, "-m", "embedded_server.kafka.decoding.json_child")


class FaultKind(StrEnum):
    """What is wrong."""

    MISMATCH = "mismatch"
    """The text is not what the schema says; there is a path."""
    UNRESOLVED = "unresolved"
    """The schema refers to what is not there; the reason is the reference."""
    BROKEN = "broken"
    """The schema cannot be applied."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The best of what a check found."""

    kind: FaultKind
    reason: str
    path: str = "$"

    def line(self) -> bytes:
        """Answer it as the child says it."""
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Question:
    """A JSON text and the schema that it is to be checked by."""

    name: str
    schema: str
    imports: Mapping[str, str]
    text: str

    def line(self) -> bytes:
        """Answer it as the child hears it."""
        return json.dumps([self.name, self.schema, dict(self.imports), self.text]).encode() + b"\n"


class ChecksApart:
    """One child, started when it is first needed, kept for the next check, killed when one overruns. For any thread; blocks."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._child: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()

    def fault(self, question: Question) -> Fault | None:
        """Answer what is wrong, None where nothing is. Raises `SchemaCheckTooLong`."""
        line = question.line()
        with self._asking:
            for _ in range(2):  # one that was kept may have been ended meanwhile, whoever did it
                try:
                    return _understood(self._answer(line))
                except OSError as exc:
                    reason = str(exc)
        return Fault(FaultKind.BROKEN, f"the check ended: {reason}")

    def close(self) -> None:
        """End the child, after the check that it is at. May be called twice; who asks afterwards gets another child."""
        with self._asking:
            self._end()

    def _answer(self, line: bytes) -> bytes:
        if self._child is None:
            self._child = _launch()
            self._tell(self._child, b"", START_S)
        return self._tell(self._child, line, self._limit_s)

    def _tell(self, child: "subprocess.Popen[bytes]", line: bytes, limit_s: float) -> bytes:
        """Answer the child's next line. Raises `SchemaCheckTooLong`, and OSError where it ended by itself."""
        assert child.stdin is not None
        assert child.stdout is not None
        overran = threading.Event()

        def overrun() -> None:
            overran.set()
            child.kill()

        timer = threading.Timer(limit_s, overrun)  # a pipe cannot be read with a time limit on Windows
        timer.start()
        answer = b""
        try:
            child.stdin.write(line)
            child.stdin.flush()
            answer = child.stdout.readline()
        finally:
            timer.cancel()
            timer.join()
            if overran.is_set() or not answer:
                self._end()
        if overran.is_set():
            raise SchemaCheckTooLong(limit=f"{limit_s:g}")
        if not answer:
            raise ChildProcessError(f"exit status {child.returncode}")
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            assert pipe is not None
            with contextlib.suppress(OSError):  # what it no longer read
                pipe.close()


def _launch() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [*COMMAND, f"{LIMIT_S}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=sys.platform != "win32",  # Ctrl+C is for the server
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0,
    )


def _understood(answer: bytes) -> Fault | None:
    found = json.loads(answer)
    return None if found is None else Fault(FaultKind(found["kind"]), found["reason"], found["path"])


CHECKS: Final = ChecksApart()
"""The one of this process: checks are few, and a child takes 30 MB."""
atexit.register(CHECKS.close)
