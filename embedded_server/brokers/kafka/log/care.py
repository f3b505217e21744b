"""What a log needs by itself, in small steps: checkpoints, rolling by age, retention, compaction."""

import logging
from collections.abc import Iterator

from embedded_server.brokers.kafka.log.partition import PartitionLog

logger = logging.getLogger(__name__)


def cared_for(log: PartitionLog, now_ms: int) -> Iterator[None]:
    """Do what *log* needs now, a little with each step. A file that cannot be written is said, and tried again in the next round."""
    if log.summary is not None and not log.summary.bytes:
        return
    if not log.is_open:
        log.open()
        yield
    log.checkpoint_or_say()
    log.expire_producers(now_ms)
    yield
