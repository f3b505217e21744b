"""What a log needs by itself, in small steps: checkpoints, rolling by age, retention, compaction."""

import logging
import os
from collections.abc import Iterator
from typing import Final

from embedded_server.brokers.kafka.log.compaction import compacted
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.keys import MAX_KEYS
from embedded_server.brokers.kafka.log.segment import Segment
from embedded_server.brokers.kafka.log.stored import StoredLog

logger = logging.getLogger(__name__)

REST_MS: Final = 60_000
"""After a disk that would not take it, a log is left alone for so long."""


def cared_for(log: StoredLog, now_ms: int) -> Iterator[None]:
    """Do what *log* needs now, a little with each step. What cannot be done is said, and rests: other logs are not to wait."""
    if (log.summary is not None and not log.summary.bytes) or now_ms < log.rests_until_ms:
        return
    try:
        yield from _steps(log, now_ms)
    except (OSError, LogFault) as exc:
        log.rests_until_ms = now_ms + REST_MS
        logger.warning("%s: its files cannot be looked after now: %s", log.name, exc)
    except Exception:
        log.rests_until_ms = now_ms + REST_MS
        logger.exception("%s: its files cannot be looked after", log.name)


def _steps(log: StoredLog, now_ms: int) -> Iterator[None]:
    if not log.is_open:
        log.open()
        yield
    if log.is_gone or not log.segments.end:
        return
    log.expire_producers(now_ms)
    log.checkpoint_or_say()
    yield
    if log.segments.active.size and now_ms - log.segments.active.first_at_ms > log.settings.segment_ms:
        log.roll(now_ms)
        yield
    retain(log, now_ms)
    yield
    if log.settings.compacts:
        yield from compacted(log, now_ms, max_keys=MAX_KEYS)


def retain(log: StoredLog, now_ms: int) -> None:
    """Delete the segments ``retention.ms`` and ``retention.bytes`` do not keep. Raises ``LogFault`` and ``OSError``."""
    if not log.settings.deletes:
        return
    gone = max(_too_old(log, now_ms), _too_much(log), key=len)
    if not gone:
        return
    if len(gone) == len(log.segments):  # the active one, too: another takes its place
        log.roll(now_ms)
    log.drop(gone)


def _too_old(log: StoredLog, now_ms: int) -> list[Segment]:
    limit = log.settings.retention_ms
    gone: list[Segment] = []
    if limit < 0:
        return gone
    for segment in log.segments:
        if not segment.size and segment is log.segments.active:
            break
        newest = segment.newest()
        if now_ms - (newest if newest >= 0 else _changed_ms(segment)) <= limit:
            break
        gone.append(segment)
    return gone


def _too_much(log: StoredLog) -> list[Segment]:
    limit = log.settings.retention_bytes
    gone: list[Segment] = []
    over = log.segments.size - limit
    if limit < 0:
        return gone
    for segment in log.segments:
        if over < segment.size or not segment.size:
            break
        over -= segment.size
        gone.append(segment)
    return gone


def _changed_ms(segment: Segment) -> int:
    return os.stat(segment.path).st_mtime_ns // 1_000_000  # noqa: PTH116 - plain strings, see files.py
