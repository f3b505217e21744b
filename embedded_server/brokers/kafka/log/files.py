"""Open files, a bounded number of them: two thousand topics must not use up what the system lets one process open."""

import contextlib
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

MAX_OPEN: Final = 256
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_READ_FLAGS: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)

if sys.platform == "win32":

    def read_at(fd: int, size: int, position: int) -> bytes:
        """Read *size* bytes from *position* on; fewer only at the file's end."""
        os.lseek(fd, position, os.SEEK_SET)
        return os.read(fd, size)

    def _write(fd: int, parts: Sequence[bytes | memoryview]) -> int:
        return os.write(fd, b"".join(parts))

else:
    # pread and not mmap: mapped pages of ten gigabytes would count as this process's own memory
    def read_at(fd: int, size: int, position: int) -> bytes:
        """Read *size* bytes from *position* on; fewer only at the file's end."""
        return os.pread(fd, size, position)

    def _write(fd: int, parts: Sequence[bytes | memoryview]) -> int:
        return os.writev(fd, parts)


class Files:
    """Opens files when they are needed and closes those unused for longest."""

    def __init__(self, limit: int = MAX_OPEN) -> None:
        self._limit = limit
        self._open: OrderedDict[str, int] = OrderedDict()

    def get(self, path: str) -> int:
        """The descriptor of *path*, which is made where it is not there: to read anywhere, and to append."""
        fd = self._open.get(path)
        if fd is not None:
            self._open.move_to_end(path)
            return fd
        while len(self._open) >= self._limit:
            _, oldest = self._open.popitem(last=False)
            os.close(oldest)
        fd = os.open(path, _FLAGS, 0o600)
        self._open[path] = fd
        return fd

    def append(self, path: str, parts: Sequence[bytes | memoryview], size: int) -> None:
        """Append *parts* to *path*, which is *size* bytes long; where not all can be written it keeps that size. Raises ``OSError``."""
        fd = self.get(path)
        try:
            missing = sum(map(len, parts)) - _write(fd, parts)
            if missing:
                _write_rest(fd, parts, missing)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(fd, size)
            raise

    def cut(self, path: str, size: int) -> None:
        """Make *path* *size* bytes long."""
        os.ftruncate(self.get(path), size)

    def forget(self, path: str) -> None:
        """Close *path*, so that it can be renamed or removed."""
        fd = self._open.pop(path, None)
        if fd is not None:
            os.close(fd)

    def remove(self, path: str) -> None:
        """Close and remove *path*, where it is there."""
        self.forget(path)
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)  # noqa: PTH107 - paths are plain strings here: there are tens of thousands

    def forget_folder(self, folder: str) -> None:
        """Close all that lies in *folder*."""
        prefix = os.path.join(folder, "")  # noqa: PTH118 - plain strings, see above
        for path in [one for one in self._open if one.startswith(prefix)]:
            self.forget(path)

    def close(self) -> None:
        """Close everything."""
        while self._open:
            os.close(self._open.popitem()[1])


def _write_rest(fd: int, parts: Sequence[bytes | memoryview], missing: int) -> None:
    """Write what a first attempt left: a second one gets through, or tells why not."""
    rest = memoryview(b"".join(parts))[-missing:]
    while rest:
        rest = rest[os.write(fd, rest) :]


def size_of(path: str) -> int | None:
    """Bytes of *path*, or nothing where there is no such file."""
    try:
        return os.stat(path).st_size  # noqa: PTH116 - plain strings, see above
    except FileNotFoundError:
        return None


def write_whole(path: str, content: bytes) -> None:
    """Put *content* in place of *path* at once: a reader sees the old or the new."""
    fresh = path + ".tmp"
    fd = os.open(fresh, _FLAGS | os.O_TRUNC, 0o600)
    try:
        _write_rest(fd, [content], len(content))
    finally:
        os.close(fd)
    os.replace(fresh, path)  # noqa: PTH105 - plain strings, see above


def read_whole(path: str) -> bytes | None:
    """The content of *path*, or nothing where there is no such file."""
    try:
        fd = os.open(path, _READ_FLAGS)
    except FileNotFoundError:
        return None
    with open(fd, "rb") as file:  # noqa: PTH123 - from a descriptor
        return file.read()
