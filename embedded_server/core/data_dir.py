"""The data directory: for its owner only, and for one server at a time."""

import json
import os
import sys
from pathlib import Path
from typing import Final

from embedded_server.contracts.problems import N_, UserFacingError

_LOCK_NAME: Final = "server.lock"
_LOCKED_BYTE: Final = 1 << 20
"""Far behind the text: Windows locks make the locked bytes unreadable to others."""


class DataDirUnwritable(UserFacingError):
    """Nothing can be kept there."""

    status = 500
    title = N_("The data directory {path} cannot be written")
    hint = N_("Check its owner and its disk, or name another one with --data-dir.")


class DataDirInUse(UserFacingError):
    """Another server has it."""

    status = 409
    title = N_("Another Switchroom server uses {path} already, at {url}")
    hint = N_("Use that one, stop it, or name another directory with --data-dir.")


class DataDir:
    """One server's claim on a directory. The operating system ends it with the process, whatever ends that."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock_file = -1

    def claim(self) -> None:
        """Make the directory (0700) and lock it. Raises `DataDirUnwritable` or `DataDirInUse`. May be called twice."""
        if self._lock_file >= 0:
            return
        lock_path = self.path / _LOCK_NAME
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            if sys.platform != "win32":
                self.path.chmod(0o700)
            descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as exc:
            raise DataDirUnwritable(path=str(self.path), detail=str(exc)) from exc
        try:
            _lock_blocking(descriptor)
        except OSError as exc:
            os.close(descriptor)
            raise DataDirInUse(path=str(self.path), url=_url_in(lock_path)) from exc
        self._lock_file = descriptor
        self.publish("")

    def publish(self, url: str) -> None:
        """Write where this server answers, for the one who finds the directory taken."""
        text = json.dumps({"url": url, "pid": os.getpid()}).encode()
        os.lseek(self._lock_file, 0, os.SEEK_SET)
        os.write(self._lock_file, text)
        os.ftruncate(self._lock_file, len(text))

    def release(self) -> None:
        """Let others have it. May be called twice."""
        if self._lock_file >= 0:
            os.close(self._lock_file)
        self._lock_file = -1


def _lock_blocking(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _url_in(lock_path: Path) -> str:
    try:
        url = json.loads(lock_path.read_bytes())["url"]
    except (OSError, ValueError, KeyError, TypeError):
        url = ""
    return str(url) or "an address it has not told yet"
