"""Messages whose end nobody knows, because the connection broke before the broker had answered: kept on disk to be sent again."""

import asyncio
import contextlib
import shutil
import struct
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Final

from embedded_server.rabbitmq.messages.prepare import Prepared
from embedded_server.rabbitmq.messages.problems import NothingToResend

MAX_MESSAGES: Final = 100_000
MAX_BYTES: Final = 256 * 1024**2
"""For each job; what is beyond is counted, not kept."""
_SIZES: Final = struct.Struct(">BHHII")


class Unconfirmed:
    """A folder with a file for each job that has some."""

    def __init__(self, folder: Path, *, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._counts: dict[str, int] = {}

    async def start(self) -> None:
        """Forget what an earlier run left: its jobs are forgotten too."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def count(self, job: str) -> int:
        """Answer how many a job has."""
        return self._counts.get(job, 0)

    async def keep(self, job: str, messages: Sequence[Prepared]) -> int:
        """Add to a job's; answer how many there was room for. A disk that refuses keeps none."""
        room = self._max_messages - self.count(job)
        kept = await asyncio.to_thread(self._append_blocking, self._folder / job, messages[: max(0, room)])
        if kept:
            self._counts[job] = self.count(job) + kept
        return kept

    def batches(self, job: str) -> "Batches":
        """Answer a job's messages, to be read in pieces. Raises `NothingToResend`."""
        if not self.count(job):
            raise NothingToResend(job=job[:40])
        return Batches(self._folder / job)

    async def forget(self, job: str) -> None:
        """Remove a job's."""
        if self._counts.pop(job, 0):
            await asyncio.to_thread(_remove_blocking, self._folder / job)

    def _append_blocking(self, path: Path, messages: Sequence[Prepared]) -> int:
        kept = 0
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            size = path.stat().st_size
            with path.open("ab") as file:
                for message in messages:
                    size += len(message.body) + len(message.content)
                    if size > self._max_bytes:
                        break
                    _write(file, message)
                    kept += 1
        return kept


class Batches:
    """Reads one file a piece at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._messages: Iterator[Prepared] | None = None

    async def take(self, count: int) -> list[Prepared]:
        """Answer the next messages, at most *count*; none at the end."""
        return await asyncio.to_thread(self._take_blocking, count)

    def _take_blocking(self, count: int) -> list[Prepared]:
        if self._messages is None:
            self._messages = _read(self._path)
        return list(islice(self._messages, count))


def _write(file: IO[bytes], message: Prepared) -> None:
    exchange, routing_key = (text.encode("utf-8", "surrogateescape") for text in (message.exchange, message.routing_key))
    file.write(_SIZES.pack(message.mandatory, len(exchange), len(routing_key), len(message.content), len(message.body)))
    file.writelines((exchange, routing_key, message.content, message.body))


def _read(path: Path) -> Iterator[Prepared]:
    with path.open("rb") as file:
        while len(head := file.read(_SIZES.size)) == _SIZES.size:
            mandatory, *sizes = _SIZES.unpack(head)
            exchange, routing_key, content, body = (file.read(size) for size in sizes)
            if len(body) < sizes[-1]:
                return
            yield Prepared(
                exchange.decode("utf-8", "surrogateescape"),
                routing_key.decode("utf-8", "surrogateescape"),
                bool(mandatory),
                content,
                body,
            )


def _remove_blocking(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
