"""The hand-over between a thread that reads records and one that writes them: bounded, so that whoever reads waits."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from embedded_server.kafka.records.prepare import Prepared

HELD_RECORDS: Final = 10_000
HELD_BYTES: Final = 32 * 1024**2
"""Read and not yet sent, at most."""
WAIT_S: Final = 0.05


class Held:
    """What has been read and waits to be sent: whoever reads waits while it is full. Between two threads."""

    def __init__(self) -> None:
        self._records: deque[Prepared] = deque()
        self._bytes = 0
        self._ended = False
        self._changed = threading.Condition()

    def put_blocking(self, records: Sequence[Prepared]) -> bool:
        """Add records, once there is room; False where nothing is taken any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or (len(self._records) < HELD_RECORDS and self._bytes < HELD_BYTES))
            if self._ended:
                return False
            self._records.extend(records)
            self._bytes += sum(record.size for record in records)
            self._changed.notify_all()
            return True

    def take_blocking(self, count: int) -> Sequence[Prepared] | None:
        """Answer the next records; none at the end, None where there are none for the moment."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or bool(self._records), WAIT_S)
            if not self._records:
                return [] if self._ended else None
            taken = [self._records.popleft() for _ in range(min(count, len(self._records)))]
            self._bytes -= sum(record.size for record in taken)
            self._changed.notify_all()
            return taken

    def end(self) -> None:
        """Let nothing more come; what is there is still taken."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
