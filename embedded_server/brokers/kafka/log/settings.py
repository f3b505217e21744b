"""The settings of a topic that its log keeps to, read once from the texts a topic is configured with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

DAY_MS: Final = 24 * 60 * 60 * 1000
FOREVER: Final = 2**63 - 1
CODECS: Final = {"uncompressed": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
"""``compression.type`` to the number in a batch's attributes; ``producer`` keeps what was sent."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """With the defaults of Apache Kafka 4. Times in ms, sizes in bytes; -1 means without limit."""

    segment_bytes: int = 1 << 30
    segment_ms: int = 7 * DAY_MS
    retention_ms: int = 7 * DAY_MS
    retention_bytes: int = -1
    deletes: bool = True
    compacts: bool = False
    delete_retention_ms: int = DAY_MS
    min_cleanable_dirty_ratio: float = 0.5
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = FOREVER
    max_message_bytes: int = 1_048_588
    append_time: bool = False
    timestamp_before_max_ms: int = FOREVER
    timestamp_after_max_ms: int = 60 * 60 * 1000
    codec: int | None = None
    """What records are compressed with here; none keeps them as sent."""

    @classmethod
    def of(cls, configs: Mapping[str, str]) -> Self:
        """Read the texts of *configs*, all of them valid; what is not told keeps its default."""
        default = cls()
        policy = {one.strip() for one in configs.get("cleanup.policy", "delete").split(",")}

        def number(name: str, otherwise: int) -> int:
            return int(configs.get(name, otherwise))

        return cls(
            segment_bytes=number("segment.bytes", default.segment_bytes),
            segment_ms=number("segment.ms", default.segment_ms),
            retention_ms=number("retention.ms", default.retention_ms),
            retention_bytes=number("retention.bytes", default.retention_bytes),
            deletes="delete" in policy,
            compacts="compact" in policy,
            delete_retention_ms=number("delete.retention.ms", default.delete_retention_ms),
            min_cleanable_dirty_ratio=float(configs.get("min.cleanable.dirty.ratio", default.min_cleanable_dirty_ratio)),
            min_compaction_lag_ms=number("min.compaction.lag.ms", default.min_compaction_lag_ms),
            max_compaction_lag_ms=number("max.compaction.lag.ms", default.max_compaction_lag_ms),
            max_message_bytes=number("max.message.bytes", default.max_message_bytes),
            append_time=configs.get("message.timestamp.type") == "LogAppendTime",
            timestamp_before_max_ms=number("message.timestamp.before.max.ms", default.timestamp_before_max_ms),
            timestamp_after_max_ms=number("message.timestamp.after.max.ms", default.timestamp_after_max_ms),
            codec=CODECS.get(configs.get("compression.type", "producer")),
        )


DEFAULTS: Final = LogSettings()
