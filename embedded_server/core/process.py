"""One life of a child process: started, its output read line by line, ended politely and then not.

Threads read the pipes and wait for the end, not the loop: it works alike on every loop (qasync's too) and a flood of output never
holds the loop up.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Final, TypeVar

from embedded_server.core.log_lines import LineLevels

T = TypeVar("T")
Log = Callable[[str, str, str], None]
"""Gets the part's name, a level name and a line, on any thread."""

MAX_LINE_BYTES: Final = 64 * 1024
_TAIL_LINES: Final = 20
_POSIX = sys.platform != "win32"


def launch(command: Sequence[str], env: Mapping[str, str] | None) -> "subprocess.Popen[bytes]":
    """Start a child with *env* added to ours. Its standard input is a pipe that ends with this process, whatever ends that."""
    return subprocess.Popen(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **env} if env else None,
        start_new_session=_POSIX,  # its own group: what it leaves behind can be found and ended
    )


class RunningProcess:
    """One launched child. Made on the loop's thread; its futures are resolved there."""

    def __init__(self, name: str, launched: "subprocess.Popen[bytes]", *, log: Log, ready: Callable[[str], str | None] | None) -> None:
        self._name = name
        self._log = log
        self._find_ready = ready
        self._loop = asyncio.get_running_loop()
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self.ready: asyncio.Future[str] = self._loop.create_future()
        """The address from the ready line; without a *ready* function an empty one, at once."""
        self.ended: asyncio.Future[int] = self._loop.create_future()
        """The exit status as `subprocess` gives it: minus the signal's number where one killed it."""
        if ready is None:
            self.ready.set_result("")
        self._popen = launched
        self.pid = self._popen.pid
        assert self._popen.stdout is not None
        assert self._popen.stderr is not None
        readers = [
            self._thread("stdout", self._read_blocking, self._popen.stdout, self._on_stdout),
            self._thread("stderr", self._read_blocking, self._popen.stderr, self._on_stderr),
        ]
        self._thread("wait", self._wait_blocking, readers)

    def reason(self, status: int) -> str:
        """Say for people how it ended, with the last thing it said."""
        last = next((line.strip() for line in reversed(self._tail) if line.strip()), "")
        return f"{describe_exit(status)}: {last}" if last and status > 0 else describe_exit(status)

    async def stop(self, grace_s: float) -> None:
        """Ask it to end, wait *grace_s* at most, then kill it and what it started."""
        try:
            self._signal_blocking(kill=False)
            await asyncio.wait([self.ended], timeout=grace_s)
        finally:  # also where nobody waits any longer
            if not self.ended.done():
                self._signal_blocking(kill=True)
        await asyncio.wait([self.ended])

    def _thread(self, what: str, target: Callable[..., None], *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, name=f"{self._name}-{what}", daemon=True)
        thread.start()
        return thread

    def _signal_blocking(self, *, kill: bool) -> None:
        if self._popen.poll() is not None:
            return
        if kill:
            self._kill_group_blocking()
            self._popen.kill()
        else:
            self._popen.terminate()

    def _kill_group_blocking(self) -> None:
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.pid)], capture_output=True, check=False)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nothing left of the group
            os.killpg(self.pid, signal.SIGKILL)

    # -- on the threads

    def _read_blocking(self, pipe: IO[bytes], on_line: Callable[[str], None]) -> None:
        levels = LineLevels()
        with pipe:
            while raw := pipe.readline(MAX_LINE_BYTES):
                line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
                on_line(line)
                self._log(self._name, levels.level_of(line), line)

    def _on_stdout(self, line: str) -> None:
        if self._find_ready is None or self.ready.done():
            return
        address = self._find_ready(line)
        if address is not None:
            self._resolve(self.ready, address)

    def _on_stderr(self, line: str) -> None:
        self._tail.append(line)

    def _wait_blocking(self, readers: Sequence[threading.Thread]) -> None:
        status = self._popen.wait()
        if _POSIX:
            self._kill_group_blocking()  # grandchildren would hold the pipes open and work on unsupervised
        for reader in readers:
            reader.join(1.0)
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        self._resolve(self.ended, status)

    def _resolve(self, future: asyncio.Future[T], value: T) -> None:
        def resolve() -> None:
            if not future.done():
                future.set_result(value)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(resolve)


def describe_exit(status: int) -> str:
    """Say for people what an exit status of `subprocess` means."""
    if status >= 0:
        return f"Ended with exit status {status}"
    try:
        return f"Killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"Killed by signal {-status}"
