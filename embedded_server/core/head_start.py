"""A head start for child processes: they load while the server itself still does."""

import contextlib
import subprocess
from collections.abc import Mapping, Sequence

from embedded_server.core.process import launch


class HeadStart:
    """Children begun before those who supervise them exist. Each is taken over by its `ChildProcess`, or abandoned with the rest."""

    def __init__(self) -> None:
        self._begun: dict[str, subprocess.Popen[bytes]] = {}

    def begin(self, name: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        """Start one. Where that fails, its supervisor will try, and tell."""
        with contextlib.suppress(OSError):
            self._begun[name] = launch(command, env)

    def take(self, name: str) -> "subprocess.Popen[bytes] | None":
        """Hand one over, once. A line on its standard input tells it to go on, where it waits for that with `core.parent.wait_for_word`."""
        begun = self._begun.pop(name, None)
        if begun is not None:
            assert begun.stdin is not None
            with contextlib.suppress(OSError):  # it has ended; its supervisor will see
                begun.stdin.write(b"go\n")
                begun.stdin.flush()
        return begun

    def abandon_blocking(self) -> None:
        """End those that nobody took. May be called twice."""
        while self._begun:
            _, left = self._begun.popitem()
            left.kill()
            left.communicate()
