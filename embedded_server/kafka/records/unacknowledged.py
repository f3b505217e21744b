"""Records that may be there or not, because the connection broke before the broker had answered: kept on disk to be sent again."""

import asyncio
import contextlib
import shutil
from collections.abc import Generator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import msgpack

from embedded_server.kafka.records.prepare import Prepared, as_they_came
from embedded_server.kafka.records.problems import NothingUnacknowledged

MAX_RECORDS: Final = 100_000
MAX_BYTES: Final = 256 * 1024**2
"""For each job; what is beyond is counted, not kept."""
_ESCAPED: Final = "surrogateescape"
"""Names of headers that are no UTF-8 come back byte for byte."""


class Unacknowledged:
    """A folder with a file for each job that has some."""

    def __init__(self, folder: Path, *, max_records: int = MAX_RECORDS, max_bytes: int = MAX_BYTES) -> None:
        self._folder = folder
        self._max_records = max_records
        self._max_bytes = max_bytes
        self._counts: dict[str, int] = {}

    async def forget_all(self) -> None:
        """Forget what an earlier run left: its jobs are forgotten too."""
        self._counts.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def count(self, job: str) -> int:
        """Answer how many a job has."""
        return self._counts.get(job, 0)

    def keep_blocking(self, job: str, records: Sequence[Prepared]) -> int:
        """Add to a job's; answer how many there was room for. A disk that refuses keeps none."""
        kept = 0
        with contextlib.suppress(OSError):
            kept = self._append_blocking(job, records)
        if kept:
            self._counts[job] = self.count(job) + kept
        return kept

    def _append_blocking(self, job: str, records: Sequence[Prepared]) -> int:
        """Answer how many there was room for, once they are in the file."""
        room = self._max_records - self.count(job)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / job
        path.touch(mode=0o600)
        size = path.stat().st_size
        kept: list[bytes] = []
        for record in records[: max(0, room)]:
            kept.append(msgpack.packb(tuple(record), use_bin_type=True, unicode_errors=_ESCAPED))
            size += len(kept[-1])
            if size > self._max_bytes:
                kept.pop()
                break
        with path.open("ab") as file:
            file.writelines(kept)
        return len(kept)

    def records(self, job: str) -> "KeptRecords":
        """Answer a job's records, to be read in pieces. Raises `NothingUnacknowledged`."""
        if not self.count(job):
            raise NothingUnacknowledged(job=job[:40])
        return KeptRecords(self._folder / job, self.count(job))

    async def forget(self, job: str) -> None:
        """Remove a job's."""
        if self._counts.pop(job, 0):
            await asyncio.to_thread((self._folder / job).unlink, missing_ok=True)


class KeptRecords:
    """Reads one file a piece at a time, on the thread that produces; with the last record it lets the file go."""

    def __init__(self, path: Path, count: int) -> None:
        self._path = path
        self.count = count
        self._left = count
        self._records: Generator[Prepared, None, None] | None = None

    def take_blocking(self, count: int) -> list[Prepared]:
        """Answer the next records, at most *count*; none at the end."""
        if self._records is None:
            self._records = _read(self._path)
        taken = list(islice(self._records, min(count, self._left)))
        self._left -= len(taken)
        if not self._left:
            self._records.close()
        return taken


def _read(path: Path) -> Generator[Prepared, None, None]:
    with path.open("rb") as file:
        unpacker = msgpack.Unpacker(file, raw=False, max_buffer_size=0, unicode_errors=_ESCAPED)
        for topic, partition, timestamp, key, value, headers, size in unpacker:
            yield Prepared(topic, partition, timestamp, key, value, as_they_came([(name, one) for name, one in headers]), size)
