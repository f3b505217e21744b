"""All topics of the broker, in one folder: created, grown, configured, deleted, and looked after in small steps."""

import logging
import os
import re
import sqlite3
import sys
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.care import cared_for
from embedded_server.brokers.kafka.log.catalogue import Catalogue
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.files import Files
from embedded_server.brokers.kafka.log.partition import PartitionLog
from embedded_server.brokers.kafka.log.settings import LogSettings
from embedded_server.brokers.kafka.names import fault_of
from embedded_server.brokers.sqlite_errors import StoreUnusable

logger = logging.getLogger(__name__)

INTERNAL: Final = frozenset({"__consumer_offsets", "__transaction_state"})
STEP_S: Final = 0.01
"""So long may one step of ``tidy`` hold the loop, batches that take longer by themselves aside."""
ROUND_MS: Final = 2_000
"""How often every log is looked at for what retention and compaction ask; Kafka waits five minutes and fifteen seconds."""
DOOMED: Final = "-delete"
_FOLDER: Final = re.compile(r"(.+)-(\d{1,4})")
"""A topic and one of its partitions; more digits are a date or the like, behind the name of somebody's own copy."""
_FOLDS_CASE: Final = sys.platform in {"win32", "darwin"}


@dataclass(slots=True)
class Topic:
    """A topic and its partitions."""

    name: str
    id: UUID
    configs: dict[str, str]
    partitions: list[PartitionLog] = field(default_factory=list)

    @property
    def internal(self) -> bool:
        """Whether the broker itself keeps something in it."""
        return self.name in INTERNAL


class Logs:
    """The folder of all topics; one process has it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.topics: dict[str, Topic] = {}
        self.repairs: list[str] = []
        """What was not right and has been mended, in words; logs are looked at as they are first used, within seconds of the start."""
        self._files = Files()
        self._catalogue: Catalogue | None = None
        self._doomed: list[str] = []
        self._round: Generator[None, None, None] | None = None
        self._next_round_ms = 0

    # -- opening and closing

    def open(self) -> None:
        """Know all topics; their logs are opened when they are first used. Raises ``UserFacingError`` where the folder is not to be had."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise StoreUnusable(folder=str(self.folder), detail=exc.strerror or "") from exc
        self._catalogue = catalogue = Catalogue(self.folder)
        summaries = catalogue.take_summaries()
        names = os.listdir(self.folder)  # noqa: PTH208 - tens of thousands
        self._doomed = [os.path.join(self.folder, one) for one in names if one.endswith(DOOMED)]  # noqa: PTH118 - the same
        for entry in catalogue.topics():
            topic = Topic(entry.name, entry.id, entry.configs)
            self._extend(topic, entry.partitions)
            if entry.going:
                self._doom(topic)
                catalogue.forget(entry.name)
                continue
            for number, log in enumerate(topic.partitions):
                log.summary = summaries.get((entry.name, number))
            self.topics[entry.name] = topic
        self._adopt(names)

    def _adopt(self, names: list[str]) -> None:
        """Make topics of folders that are in no list: the list was lost, and the records are not."""
        found: dict[str, int] = {}
        for one in names:
            match = _FOLDER.fullmatch(one)
            if match is None or match[1] in self.topics or fault_of(match[1]) is not None:
                continue
            if os.path.isdir(os.path.join(self.folder, one)):  # noqa: PTH112, PTH118 - the same
                found[match[1]] = max(found.get(match[1], 0), int(match[2]) + 1)
        for name, partitions in found.items():
            self.create(name, partitions, {})
            self._say(f"{name}: found in the folder and not in the list of topics; its configs are the defaults now")

    def close(self) -> None:
        """Write what is only in memory and say that the end was a good one; may be called twice."""
        catalogue, self._catalogue = self._catalogue, None
        if catalogue is None:
            return
        if self._round is not None:
            self._round.close()
            self._round = None
        told = []
        for topic in self.topics.values():
            for number, log in enumerate(topic.partitions):
                log.close()
                if log.summary is not None:
                    told.append((topic.name, number, log.summary))
        try:
            catalogue.save_summaries(told)
        except sqlite3.Error as exc:
            logger.warning("How long the logs are could not be written (%s); the next start looks at each", exc)
        catalogue.close()
        self._files.close()

    # -- topics

    def create(self, name: str, partitions: int, configs: Mapping[str, str]) -> Topic:
        """Make a topic. Raises ``LogFault`` where there is one of that name, or where it cannot be kept."""
        if name in self.topics:
            raise LogFault(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
        if _FOLDS_CASE and name.casefold() in {one.casefold() for one in self.topics}:
            raise LogFault(
                ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic '{name}' differs from another one in its case only, which files here cannot"
            )
        topic = Topic(name, uuid4(), dict(configs))
        self._extend(topic, partitions)
        self._save(topic, partitions)
        self.topics[name] = topic
        return topic

    def grow(self, name: str, total: int) -> None:
        """Give a topic more partitions. Raises ``LogFault``."""
        topic = self.topics[name]
        self._save(topic, total)
        self._extend(topic, total)

    def set_configs(self, name: str, configs: Mapping[str, str]) -> None:
        """Change a topic's configs to *configs*, all of them. Raises ``LogFault``."""
        topic = self.topics[name]
        before, topic.configs = topic.configs, dict(configs)
        try:
            self._save(topic, len(topic.partitions))
        except LogFault:
            topic.configs = before
            raise
        settings = LogSettings.of(configs)
        for log in topic.partitions:
            log.settings = settings
        self._next_round_ms = 0

    def delete(self, name: str) -> None:
        """Delete a topic. Its files go little by little. Raises ``LogFault``."""
        topic = self.topics[name]
        try:
            self._kept.going(name)
            self._doom(topic)
            self._kept.forget(name)
        except (sqlite3.Error, OSError) as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"Topic '{name}' cannot be deleted: {exc}") from exc
        del self.topics[name]
        self._next_round_ms = 0

    @property
    def _kept(self) -> Catalogue:
        if self._catalogue is None:
            raise RuntimeError("The logs are not open")
        return self._catalogue

    def _save(self, topic: Topic, partitions: int) -> None:
        try:
            self._kept.save(topic.name, topic.id, partitions, topic.configs)
        except sqlite3.Error as exc:
            raise LogFault(ErrorCode.KAFKA_STORAGE_ERROR, f"Topic '{topic.name}' cannot be kept: {exc}") from exc

    def _extend(self, topic: Topic, total: int) -> None:
        settings = LogSettings.of(topic.configs)
        for number in range(len(topic.partitions), total):
            name = f"{topic.name}-{number}"
            folder = os.path.join(self.folder, name)  # noqa: PTH118 - tens of thousands
            topic.partitions.append(PartitionLog(self._files, folder, name, settings, say=self._say))

    def _doom(self, topic: Topic) -> None:
        """Take a topic's folders out of the way, to be deleted in small steps."""
        for log in topic.partitions:
            log.abandon()
            doomed = f"{log.folder}.{topic.id.hex}{DOOMED}"
            if os.path.exists(log.folder):  # noqa: PTH110 - tens of thousands
                os.replace(log.folder, doomed)  # noqa: PTH105 - the same
                self._doomed.append(doomed)

    def _say(self, repair: str) -> None:
        self.repairs.append(repair)
        logger.warning("%s", repair)

    # -- care

    def tidy(self, now_ms: int) -> bool:
        """Do one small step of what the logs need by themselves; answer whether there is more to do now.

        Rolling, retention, compaction, deleted topics' files, checkpoints, and opening what a crash has left unseen.
        """
        if self._catalogue is None:
            return False
        if self._round is None:
            if 0 < self._next_round_ms - now_ms <= ROUND_MS:  # more would mean that the clock was put back
                return False
            self._next_round_ms = now_ms + ROUND_MS
            self._round = self._steps(now_ms)
        until = time.perf_counter() + STEP_S
        while time.perf_counter() < until:
            try:
                next(self._round)
            except StopIteration:
                self._round = None
                return False
        return True

    def _steps(self, now_ms: int) -> Generator[None, None, None]:
        while self._doomed:
            yield from self._remove(self._doomed.pop())
        for topic in list(self.topics.values()):
            for log in list(topic.partitions):
                yield from cared_for(log, now_ms)

    def _remove(self, folder: str) -> Iterator[None]:
        try:
            for name in os.listdir(folder):  # noqa: PTH208 - plain strings, see files.py
                self._files.remove(os.path.join(folder, name))  # noqa: PTH118 - the same
                yield
            os.rmdir(folder)  # noqa: PTH106 - the same
        except OSError as exc:
            logger.warning("The folder %s of a deleted topic cannot be removed: %s", folder, exc)
