"""Bodies that come as files: kept in a private folder for an hour, or until newer ones need the room."""

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from embedded_server.contracts.filling import Uploaded
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.filling_problems import UploadGone, UploadsFull, UploadUnwritable

MAX_BYTES_IN_ALL: Final = 1024**3
KEPT_S: Final = 3600.0


class Uploads:
    """The folder of uploaded bodies."""

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int,
        too_large: type[UserFacingError],
        max_bytes_in_all: int = MAX_BYTES_IN_ALL,
        kept_s: float = KEPT_S,
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._too_large = too_large
        self._max_bytes_in_all = max_bytes_in_all
        self._kept_s = kept_s
        self._sizes: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    async def start(self) -> None:
        """Forget what an earlier run left."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def stop(self) -> None:
        """Forget everything. May be called twice."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._sizes.clear()
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def keep(self, chunks: AsyncIterator[bytes], announced: int = 0) -> Uploaded:
        """Write what comes to a file; *announced* is how much is said to come.

        Raises *too_large* with its ``limit`` in MiB, `UploadsFull` and `UploadUnwritable`, and then nothing is kept.
        """
        if announced > self._max_bytes:
            raise self._too_large(limit=self._max_bytes // 1024**2)
        id_ = secrets.token_hex(8)
        self._sizes[id_] = 0
        path = self._folder / id_
        try:
            await asyncio.to_thread(self._create_blocking, path)
            async for chunk in chunks:
                await self._make_room(id_, len(chunk))
                await asyncio.to_thread(_append_blocking, path, chunk)
        except OSError as exc:
            await self.forget(id_)
            raise UploadUnwritable(path=str(self._folder), detail=str(exc)) from exc
        except BaseException:
            await self.forget(id_)
            raise
        self._timers[id_] = asyncio.get_running_loop().call_later(self._kept_s, self._expire, id_)
        return Uploaded(id_, self._sizes[id_])

    async def read(self, id_: str) -> bytes:
        """Answer one whole. Raises `UploadGone`."""
        if id_ not in self._timers:
            raise UploadGone
        try:
            return await asyncio.to_thread((self._folder / id_).read_bytes)
        except OSError as exc:
            raise UploadGone(detail=str(exc)) from exc

    async def forget(self, id_: str) -> None:
        """Remove one, where it is there."""
        if self._sizes.pop(id_, None) is None:
            return
        timer = self._timers.pop(id_, None)
        if timer is not None:
            timer.cancel()
        await asyncio.to_thread(_remove_blocking, self._folder / id_)

    def _expire(self, id_: str) -> None:
        self._timers.pop(id_, None)
        self._sizes.pop(id_, None)
        _remove_blocking(self._folder / id_)  # one unlink: quick enough for the loop

    async def _make_room(self, id_: str, more: int) -> None:
        """Take *more* bytes in, and let the oldest files go for them."""
        self._sizes[id_] += more
        if self._sizes[id_] > self._max_bytes:
            raise self._too_large(limit=self._max_bytes // 1024**2)
        while sum(self._sizes.values()) > self._max_bytes_in_all:
            oldest = next((kept for kept in self._timers), "")
            if not oldest:
                raise UploadsFull(limit=self._max_bytes_in_all // 1024**2)
            await self.forget(oldest)

    @staticmethod
    def _create_blocking(path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)


def _append_blocking(path: Path, chunk: bytes) -> None:
    with path.open("ab") as file:
        file.write(chunk)


def _remove_blocking(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
