"""One partition on disk: opened and mended, rolled, trimmed, checkpointed, closed. What clients ask of it is in ``partition.py``."""

import logging
import time
from collections.abc import Callable
from typing import Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log import loading, snapshot
from embedded_server.brokers.kafka.log.answers import Summary
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.files import Files
from embedded_server.brokers.kafka.log.producers import Producers
from embedded_server.brokers.kafka.log.segment import Segment
from embedded_server.brokers.kafka.log.segments import Segments
from embedded_server.brokers.kafka.log.settings import LogSettings
from embedded_server.brokers.kafka.log.state import State

logger = logging.getLogger(__name__)

CHECKPOINT_BYTES: Final = 8 << 20
"""So much is read again, at most, after the process was killed."""
PRODUCER_EXPIRY_MS: Final = 24 * 60 * 60 * 1000
"""``producer.id.expiration.ms`` of Kafka."""


class StoredLog:
    """The log of one partition, in *folder*; its files are opened when it is first used."""

    def __init__(self, files: Files, folder: str, name: str, settings: LogSettings, *, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.name = name
        self.settings = settings
        self.files = files
        self.say = say
        self.segments: Segments
        """This, the producers it knows and its state are there once it is open: ten thousand logs are made at a start, and few are used."""
        self.known: Producers
        self.state: State
        self._saved = (-1, -1)
        """Of the last snapshot: its offset, and the changes of the producers up to it."""
        self._since_checkpoint = 0
        self.is_open = False
        self.is_gone = False
        """Its topic was deleted."""
        self.summary: Summary | None = None
        self.rests_until_ms = 0
        """Nothing of its own accord before then."""

    def open(self) -> None:
        """Read what is in the folder and mend what a crash has left; done by itself before anything else. Raises ``LogFault``."""
        if self.is_open:
            return
        try:
            loaded = loading.load(self.files, self.folder, self.name, self.say)
        except OSError as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be opened: {exc.strerror}") from exc
        self.segments, self.known, self.state = loaded.segments, loaded.producers, loaded.state
        self._saved = (loaded.snapshot_offset, self.known.changes)
        active = self.segments.active
        active.first_at_ms = min(active.begun(), now()) if active.begun() >= 0 else now()
        self.is_open = True
        self.summary = None

    @property
    def start(self) -> int:
        """The first offset that can be read."""
        if self.summary is not None:
            return self.summary.start
        self.open()
        return self.state.start

    @property
    def end(self) -> int:
        """The offset the next record will get."""
        if self.summary is not None:
            return self.summary.end
        self.open()
        return self.segments.end

    @property
    def stable(self) -> int:
        """The last stable offset: everything before it belongs to no open transaction."""
        if self.summary is not None:
            return self.summary.stable
        self.open()
        unstable = self.known.first_unstable
        return self.segments.end if unstable is None else max(unstable, self.state.start)

    @property
    def bytes(self) -> int:
        """Bytes of all segments."""
        if self.summary is not None:
            return self.summary.bytes
        self.open()
        return self.segments.size

    def roll(self, now_ms: int) -> Segment:
        """Close the active segment and begin another. Raises ``OSError``."""
        self.segments.active.seal()
        self.checkpoint()
        fresh = self.segments.new(self.segments.end)
        self.files.get(fresh.path)
        fresh.first_at_ms = now_ms
        self.save_state()
        return fresh

    def drop_before_start(self) -> None:
        """Delete the segments that lie wholly before the start, and write the start down."""
        segments = list(self.segments)
        gone = [one for number, one in enumerate(segments[:-1]) if self.segments.limit_of(number) <= self.state.start]
        self.drop(gone)

    def drop(self, gone: list[Segment]) -> None:
        """Delete the segments *gone*, which are the oldest, and write down what is left."""
        kept = self.segments.bases[len(gone) :]
        self.state.start = max(self.state.start, kept[0])
        self.state.segments = kept
        try:
            self.state.save(self.folder)
            self.segments.drop(gone)
        except OSError as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"{self.name} cannot be trimmed: {exc.strerror}") from exc

    @property
    def is_dirty(self) -> bool:
        """Whether a restart now would have to read some of it again."""
        return self.is_open and self.segments.end > 0 and self._saved != (self.segments.end, self.known.changes)

    def checkpoint(self) -> None:
        """Write the indexes and the producers, so that a restart need not read what is here. Raises ``OSError``."""
        self._since_checkpoint = 0
        if not self.is_dirty:
            return
        self.segments.active.flush()
        if len(self.known):
            self.segments.active.aborted.make()
        before, end = self._saved[0], self.segments.end
        snapshot.save(self.folder, end, self.known.all())
        self._saved = (end, self.known.changes)
        if before not in (-1, end):
            self.files.remove(snapshot.path_of(self.folder, before))

    def checkpoint_or_say(self) -> None:
        """Checkpoint; where that fails it is tried again later, and nothing is lost meanwhile."""
        try:
            self.checkpoint()
        except OSError as exc:
            logger.warning("%s: its index cannot be written (%s); a restart would read more", self.name, exc.strerror)

    def expire_producers(self, now_ms: int) -> None:
        """Forget the producers that have written nothing for long."""
        self.known.forget(now_ms - PRODUCER_EXPIRY_MS)

    def save_state(self) -> None:
        """Write down where it starts and which segments it has. Raises ``OSError``."""
        self.state.segments = self.segments.bases
        self.state.save(self.folder)

    def abandon(self) -> None:
        """Let go of the files, which are about to go: nothing is written any more."""
        self.files.forget_folder(self.folder)
        self.is_gone = True

    def close(self) -> None:
        """Write what is only in memory, and remember what there is to tell of it."""
        if self.is_open and not self.is_gone:
            self.checkpoint_or_say()
            self.summary = Summary(self.start, self.end, self.stable, self.bytes)
            self.files.forget_folder(self.folder)
            self.is_open = False


def now() -> int:
    """Calendar time in ms."""
    return time.time_ns() // 1_000_000
