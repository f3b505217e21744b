"""The settings of topics: names, types, defaults, what values they take, and what they do here."""

from collections.abc import Mapping
from typing import Final

from embedded_server.brokers.kafka.config_rules import (
    FOREVER,
    ConfigDef,
    ConfigType,
    InvalidConfig,
    flag,
    number,
    one_of,
    ratio,
    replicas,
    some_of,
)

_INT, _LONG, _BOOLEAN, _STRING, _LIST = ConfigType.INT, ConfigType.LONG, ConfigType.BOOLEAN, ConfigType.STRING, ConfigType.LIST

_TIERED: Final = "Of tiered storage, which is not to be had here."

_TABLE: Final = (
    ConfigDef(
        "cleanup.policy",
        _LIST,
        "delete",
        "What happens to old records: delete drops whole segments by retention.ms and retention.bytes, compact keeps the newest record of "
        "each key; both may be named.",
        some_of("compact", "delete"),
        "log.cleanup.policy",
    ),
    ConfigDef(
        "retention.ms",
        _LONG,
        "604800000",
        "How long records are kept where cleanup.policy is delete; -1 keeps them for ever.",
        number(_LONG, -1),
    ),
    ConfigDef(
        "retention.bytes",
        _LONG,
        "-1",
        "How many bytes of a partition are kept where cleanup.policy is delete; -1 sets no limit.",
        number(_LONG),
        "log.retention.bytes",
    ),
    ConfigDef(
        "max.message.bytes",
        _INT,
        "1048588",
        "The largest batch of records a producer may send, after its compression.",
        number(_INT, 0),
        "message.max.bytes",
    ),
    ConfigDef(
        "compression.type",
        _STRING,
        "producer",
        "How batches are compressed in the log; producer keeps what was sent.",
        one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
        "compression.type",
    ),
    ConfigDef(
        "message.timestamp.type",
        _STRING,
        "CreateTime",
        "Whose time a record has: the producer's, or that of its arrival.",
        one_of("CreateTime", "LogAppendTime"),
        "log.message.timestamp.type",
    ),
    ConfigDef(
        "message.timestamp.before.max.ms",
        _LONG,
        str(FOREVER),
        "How far a record's time may lie before the broker's, where message.timestamp.type is CreateTime.",
        number(_LONG, 0),
        "log.message.timestamp.before.max.ms",
    ),
    ConfigDef(
        "message.timestamp.after.max.ms",
        _LONG,
        "3600000",
        "How far a record's time may lie behind the broker's, where message.timestamp.type is CreateTime.",
        number(_LONG, 0),
        "log.message.timestamp.after.max.ms",
    ),
    ConfigDef(
        "min.insync.replicas",
        _INT,
        "1",
        "How many replicas must have a record before acks=all is acknowledged. There is one replica here: with more, acks=all is refused.",
        number(_INT, 1),
        "min.insync.replicas",
    ),
    ConfigDef(
        "segment.bytes",
        _INT,
        "1073741824",
        "The size at which a partition begins a new file; old records go by whole files.",
        number(_INT, 1 << 20),
        "log.segment.bytes",
    ),
    ConfigDef(
        "segment.ms",
        _LONG,
        "604800000",
        "The time after which a partition begins a new file even where the last one is not full.",
        number(_LONG, 1),
    ),
    ConfigDef(
        "delete.retention.ms",
        _LONG,
        "86400000",
        "How long the tombstones of a compacted topic are kept.",
        number(_LONG, 0),
        "log.cleaner.delete.retention.ms",
    ),
    ConfigDef(
        "min.cleanable.dirty.ratio",
        ConfigType.DOUBLE,
        "0.5",
        "The share of a compacted partition that must be new before it is compacted again.",
        ratio,
        "log.cleaner.min.cleanable.ratio",
    ),
    ConfigDef(
        "min.compaction.lag.ms",
        _LONG,
        "0",
        "How long a record stays uncompacted at least.",
        number(_LONG, 0),
        "log.cleaner.min.compaction.lag.ms",
    ),
    ConfigDef(
        "max.compaction.lag.ms",
        _LONG,
        str(FOREVER),
        "How long a record stays uncompacted at most.",
        number(_LONG, 1),
        "log.cleaner.max.compaction.lag.ms",
    ),
    ConfigDef(
        "compression.gzip.level",
        _INT,
        "-1",
        "The level where compression.type is gzip. Accepted, and the usual level used.",
        number(_INT, 1, 9, also=-1),
        "compression.gzip.level",
    ),
    ConfigDef(
        "compression.lz4.level",
        _INT,
        "9",
        "The level where compression.type is lz4. Accepted, and the usual level used.",
        number(_INT, 1, 17),
        "compression.lz4.level",
    ),
    ConfigDef(
        "compression.zstd.level",
        _INT,
        "3",
        "The level where compression.type is zstd. Accepted, and the usual level used.",
        number(_INT, -131072, 22),
        "compression.zstd.level",
    ),
    ConfigDef(
        "segment.jitter.ms", _LONG, "0", "Spreads the time of new files over brokers. Accepted, without effect here.", number(_LONG, 0)
    ),
    ConfigDef(
        "segment.index.bytes",
        _INT,
        "10485760",
        "The size of a segment's index. Accepted, without effect here.",
        number(_INT, 4),
        "log.index.size.max.bytes",
    ),
    ConfigDef(
        "index.interval.bytes",
        _INT,
        "4096",
        "How many bytes lie between two entries of the index. Accepted, without effect here.",
        number(_INT, 0),
        "log.index.interval.bytes",
    ),
    ConfigDef(
        "flush.messages",
        _LONG,
        str(FOREVER),
        "After how many records the file is forced to the disk. Accepted, and left to the system here.",
        number(_LONG, 1),
        "log.flush.interval.messages",
    ),
    ConfigDef(
        "flush.ms",
        _LONG,
        str(FOREVER),
        "After what time the file is forced to the disk. Accepted, and left to the system here.",
        number(_LONG, 0),
    ),
    ConfigDef(
        "file.delete.delay.ms",
        _LONG,
        "60000",
        "How long the file of dropped records stays. Accepted; here it goes at once.",
        number(_LONG, 0),
        "log.segment.delete.delay.ms",
    ),
    ConfigDef(
        "preallocate",
        _BOOLEAN,
        "false",
        "Whether a new file gets its whole size at once. Accepted, without effect here.",
        flag,
        "log.preallocate",
    ),
    ConfigDef(
        "unclean.leader.election.enable",
        _BOOLEAN,
        "false",
        "Whether a replica that lags may lead. Accepted; there is one replica here.",
        flag,
        "unclean.leader.election.enable",
    ),
    ConfigDef(
        "leader.replication.throttled.replicas",
        _LIST,
        "",
        "Replicas whose traffic is slowed at the leader. Accepted; there is one replica here.",
        replicas,
    ),
    ConfigDef(
        "follower.replication.throttled.replicas",
        _LIST,
        "",
        "Replicas whose traffic is slowed at the follower. Accepted; there is one replica here.",
        replicas,
    ),
    ConfigDef("remote.storage.enable", _BOOLEAN, "false", _TIERED, flag),
    ConfigDef("remote.log.copy.disable", _BOOLEAN, "false", _TIERED, flag),
    ConfigDef("remote.log.delete.on.disable", _BOOLEAN, "false", _TIERED, flag),
    ConfigDef("local.retention.ms", _LONG, "-2", _TIERED, number(_LONG, -2), "log.local.retention.ms"),
    ConfigDef(
        "local.retention.bytes",
        _LONG,
        "-2",
        _TIERED,
        number(_LONG, -2),
        "log.local.retention.bytes",
    ),
)

TOPIC_CONFIGS: Final[dict[str, ConfigDef]] = {one.name: one for one in _TABLE}
"""Every setting of a topic that Kafka 4 knows, by name."""


def validate(configs: Mapping[str, str]) -> None:
    """Raise ``InvalidConfig`` where a topic cannot have these settings together."""
    for name in configs:
        if name not in TOPIC_CONFIGS:
            raise InvalidConfig(f"Unknown topic config name: {name}")
    for name, value in configs.items():
        TOPIC_CONFIGS[name].validate(value)
    least, most = (int(configs.get(name, TOPIC_CONFIGS[name].default)) for name in ("min.compaction.lag.ms", "max.compaction.lag.ms"))
    if least > most:
        raise InvalidConfig(f"conflict topic config setting min.compaction.lag.ms ({least}) > max.compaction.lag.ms ({most})")
    if configs.get("remote.storage.enable", "false").strip().lower() == "true":
        raise InvalidConfig("Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")


def tidied(configs: Mapping[str, str]) -> dict[str, str]:
    """The settings without the blanks people type around them."""
    return {name: value.strip() for name, value in configs.items()}
