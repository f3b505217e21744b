"""Ids for producers, never the same twice, whatever became of the process in between."""

import os
import time
from pathlib import Path
from typing import Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault

FILE: Final = "producer-ids"
BLOCK: Final = 1000
"""So many are set aside with one write, as in Kafka."""


class ProducerIds:
    """Hands ids out; what is set aside and not handed out when the process ends is left out."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._next = 0
        self._end = 0

    def above(self, producer_id: int) -> None:
        """Hand out only larger ones: this one was found in use, whatever the file says."""
        if producer_id >= self._next:
            self._next = self._end = producer_id + 1

    def take(self) -> int:
        """A new id. Raises ``LogFault`` where none can be set aside."""
        if self._next >= self._end:
            self._set_aside()
        self._next += 1
        return self._next - 1

    def _set_aside(self) -> None:
        first = max(self._read(), self._next)
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(f"{first + BLOCK}\n", "ascii")
            os.replace(draft, self._path)  # noqa: PTH105 - the one that says it is atomic
        except OSError as exc:
            raise LogFault(ErrorCode.COORDINATOR_NOT_AVAILABLE, f"{self._path} cannot be written: {exc.strerror}") from exc
        self._next, self._end = first, first + BLOCK

    def _read(self) -> int:
        try:
            return max(int(self._path.read_text("ascii")), 0)
        except FileNotFoundError:
            return 0
        except (OSError, ValueError):
            return int(time.time() * 1000)  # far beyond whatever was handed out
