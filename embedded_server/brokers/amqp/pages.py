"""Where packed messages lie: in memory up to a limit that all queues share, and in files beyond it.

The files hold nothing that must survive: they go with the broker, and what one left behind when it was killed goes at the next start.
A file is removed once all in it was taken; queues are first in, first out, so the files go in the order they came.
"""

import logging
import shutil
from pathlib import Path
from typing import IO, Final

logger = logging.getLogger(__name__)

MEMORY_BYTES: Final = 192 * 1024**2
FILE_BYTES: Final = 64 * 1024**2
MIN_FREE_BYTES: Final = 50_000_000
"""RabbitMQ's own limit."""


class PageFile:
    """One file of pages, written at its end and read anywhere."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] = path.open("w+b", buffering=0)
        self.size = 0
        self.live_bytes = 0

    def append(self, data: bytes) -> int:
        """Write *data* at the end; where it begins. Raises ``OSError``, and then nothing was added."""
        start = self.size
        self._file.seek(start)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(data)
        self.live_bytes += len(data)
        return start

    def read(self, start: int, size: int) -> bytes:
        """The page at *start*. Raises ``OSError``."""
        self._file.seek(start)
        parts: list[bytes] = []
        while size and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        if size:
            raise OSError(f"{self._path} ends too early")
        return b"".join(parts)

    def remove(self) -> None:
        """Close and delete it."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Page:
    """Bytes put away. They are taken back, or dropped, once."""

    __slots__ = ("_data", "_file", "_pages", "_start", "size")

    def __init__(self, pages: "Pages", size: int, data: bytes | None, file: PageFile | None = None, start: int = 0) -> None:
        self._pages = pages
        self._data = data
        self._file = file
        self._start = start
        self.size = size

    def read(self) -> bytes:
        """The bytes, which stay where they are. Raises ``OSError`` where their file cannot be read."""
        if self._file is not None:
            return self._file.read(self._start, self.size)
        assert self._data is not None
        return self._data

    def drop(self) -> None:
        """Let go of the bytes."""
        if self._file is not None:
            self._pages.left(self._file, self.size)
            self._file = None
        elif self._data is not None:
            self._pages.memory_bytes -= self.size
            self._data = None


class Pages:
    """The room for packed messages of one broker. Without a folder everything stays in memory."""

    def __init__(self, folder: Path | None = None, *, memory_limit: int = MEMORY_BYTES, file_bytes: int = FILE_BYTES) -> None:
        self._folder = folder
        self._memory_limit = memory_limit
        self._file_bytes = file_bytes
        self._files: set[PageFile] = set()
        self._current: PageFile | None = None
        """Where pages are being added."""
        self._count = 0
        self._fails = False
        self.memory_bytes = 0

    def sweep(self) -> None:
        """Delete what a broker that was killed left behind; called once it is certain that no other runs on this folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def has_room(self, size: int) -> bool:
        """Whether *size* more bytes may stay in memory."""
        return self.memory_bytes + size <= self._memory_limit

    def put(self, data: bytes) -> Page:
        """Put *data* away: in memory while there is room, else in a file; in memory after all where it cannot be written."""
        size = len(data)
        if self._folder is not None and not self.has_room(size):
            try:
                file = self._file_for(size, self._folder)
                start = file.append(data)
            except OSError as exc:
                self._failed(exc)
            else:
                self._fails = False
                return Page(self, size, None, file, start)
        self.memory_bytes += size
        return Page(self, size, data)

    def is_overfull(self) -> bool:
        """Whether files cannot be written and memory holds twice what it should."""
        return self._fails and self.memory_bytes > 2 * self._memory_limit

    def is_disk_low(self) -> bool:
        """Whether the folder's disk is nearly full."""
        if self._folder is None:
            return False
        try:
            return shutil.disk_usage(self._folder.parent).free < MIN_FREE_BYTES
        except OSError:
            return False

    def left(self, file: PageFile, size: int) -> None:
        """A page of *file* was let go of."""
        file.live_bytes -= size
        if file is not self._current:
            self._remove_if_empty(file)

    def close(self) -> None:
        """Delete the files; what is in them is lost."""
        for file in self._files:
            file.remove()
        self._files.clear()
        self._current = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _remove_if_empty(self, file: PageFile) -> None:
        if not file.live_bytes:
            self._files.discard(file)
            file.remove()

    def _file_for(self, size: int, folder: Path) -> PageFile:
        current = self._current
        if current is not None and current.size and current.size + size > self._file_bytes:
            self._current = None
            self._remove_if_empty(current)
        if self._current is None:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._count += 1
            self._current = PageFile(folder / f"{self._count:06}.pages")
            self._files.add(self._current)
        return self._current

    def _failed(self, exc: OSError) -> None:
        if not self._fails:
            self._fails = True
            logger.error("Cannot move waiting messages to the disk, they stay in memory: %s", exc)
