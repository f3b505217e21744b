"""Topics, records and brokers in words with their colours: the same in the list, the head and the tables."""

from typing import Final

from desktop.core.formatting import NS_PER_MS, duration, number, size
from desktop.core.i18n import N_, tr, trn
from desktop.core.kafka_configs import HIDDEN
from desktop.core.states import Chip, State, size_text
from embedded_server.contracts.kafka import ClusterInfo, ConfigEntry, ConfigSource, PartitionInfo, RecordStatus, TopicDetail, TopicInfo

DAY_MS: Final = 86_400_000
_TOLD: Final = {
    "cleanup.policy": N_("cleanup {value}"),
    "retention.ms": N_("keeps {value}"),
    "retention.bytes": N_("keeps {value} a partition"),
    "min.insync.replicas": N_("min ISR {value}"),
    "compression.type": N_("compression {value}"),
    "max.message.bytes": N_("records to {value}"),
}
"""Settings that get a chip where the topic sets them; the first two always."""
_ALWAYS: Final = ("cleanup.policy", "retention.ms")
_STATUSES: Final = {
    RecordStatus.ACKNOWLEDGED: (N_("acknowledged"), "ok"),
    RecordStatus.REFUSED: (N_("refused"), "bad"),
    RecordStatus.UNACKNOWLEDGED: (N_("unacknowledged"), "warn"),
    RecordStatus.TAILED: (N_("tailed"), "run"),
    RecordStatus.READ: (N_("read"), "wait"),
    RecordStatus.FOUND: (N_("found"), "ok"),
    RecordStatus.COPIED: (N_("copied"), "ok"),
}
_COSTS: Final = {
    RecordStatus.ACKNOWLEDGED: N_("Produced from here, and the broker has it"),
    RecordStatus.REFUSED: N_("Produced from here: the broker would not have it"),
    RecordStatus.UNACKNOWLEDGED: N_("Produced from here: the connection was lost before an answer, so it may be there or not"),
    RecordStatus.TAILED: N_("Read live: no group was joined, nothing was committed"),
    RecordStatus.READ: N_("Read: no group was joined, nothing was committed"),
    RecordStatus.FOUND: N_("Found by a search: no group was joined, nothing was committed"),
    RecordStatus.COPIED: N_("Copied here, and the broker has it"),
}


def status_word(status: str) -> str:
    """Answer a record's status in a word; one that nobody knows as it stands."""
    return tr(_STATUSES[RecordStatus(status)][0]) if status in _STATUSES else status


def status_tone(status: str) -> str | None:
    """Answer the colour of a record's status."""
    return _STATUSES[RecordStatus(status)][1] if status in _STATUSES else None


def cost_of(status: str) -> str:
    """Say how a record came here, and what that did to the cluster."""
    return tr(_COSTS[RecordStatus(status)]) if status in _COSTS else ""


def topic_state(topic: TopicInfo) -> State:
    """Answer how a topic fares: what asks for attention comes first."""
    if topic.offline:
        tip = trn(
            "{n} partition has no leader: it can be neither read nor written.",
            "{n} partitions have no leader: they can be neither read nor written.",
            topic.offline,
        )
        return State(tr("offline"), "bad", tip)
    if topic.under_replicated:
        tip = trn(
            "{n} partition has fewer replicas in sync than it should.",
            "{n} partitions have fewer replicas in sync than they should.",
            topic.under_replicated,
        )
        return State(tr("under-replicated"), "warn", tip)
    if topic.internal:
        return State(tr("internal"), "wait", tr("Kafka keeps its own records here."))
    if topic.rate:
        return State(tr("written"), "run", tr("Records come in."))
    return State(tr("quiet"), "ok", tr("Every partition has its leader; nothing comes in now."))


def topic_facts(topic: TopicInfo) -> list[str]:
    """Answer what the list says of a topic in few words; that it is compacted too, since then its records are fewer than its offsets."""
    facts = [trn("1 partition", "{n} partitions", topic.partitions)]
    if topic.bytes is not None:
        facts.append(size_text(topic.bytes))
    if "compact" in topic.cleanup_policy and not topic.internal:
        facts.append("compact")
    return facts


def topic_chips(detail: TopicDetail) -> list[Chip]:
    """Answer a topic's features: its replication, how it is cleaned, how long it keeps, what differs from the default."""
    topic, configs = detail.topic, {one.name: one for one in detail.configs}
    chips = []
    if topic.replication > 0:
        chips.append(Chip(tr("replication {n}", n=topic.replication), tr("Each record is kept by so many brokers")))
    own = [one for one in detail.configs if is_changed(one)]
    told = [name for name in _TOLD if name in configs and (name in _ALWAYS or is_changed(configs[name]))]
    chips.extend(_config_chip(configs[name]) for name in told)
    if own:
        names = "\n".join(f"{one.name} = {HIDDEN if one.sensitive else one.value}" for one in own)
        chips.append(Chip(trn("{n} setting of its own", "{n} settings of its own", len(own)), names))
    return chips


def _config_chip(entry: ConfigEntry) -> Chip:
    tip = "\n".join(part for part in (f"{entry.name} = {entry.value}", entry.documentation) if part)
    return Chip(tr(_TOLD[entry.name], value=_short(entry)), tip)


def _short(entry: ConfigEntry) -> str:
    """Write a setting's value in as little room as it takes to be understood."""
    value = entry.value or ""
    if value == "-1":
        return tr("everything")
    if value.isdigit() and entry.name.endswith(".ms"):
        ms = int(value)
        return tr("{n} d", n=ms // DAY_MS) if ms >= DAY_MS and not ms % DAY_MS else duration(ms * NS_PER_MS)
    return size(int(value)) if value.isdigit() and entry.name.endswith(".bytes") else value


def is_changed(entry: ConfigEntry) -> bool:
    """Whether the topic itself sets it."""
    return entry.source is ConfigSource.TOPIC


def partition_state(partition: PartitionInfo) -> State:
    """Answer how a partition fares."""
    if partition.leader < 0:
        return State(tr("offline"), "bad", tr("It has no leader: it can be neither read nor written."))
    missing = set(partition.replicas) - set(partition.in_sync)
    if missing:
        tip = tr("Not in sync: {brokers}", brokers=", ".join(map(str, sorted(missing))))
        return State(tr("under-replicated"), "warn", tip)
    return State(tr("in sync"), "ok", tr("Every replica has all records."))


def messages_in(partition: PartitionInfo) -> int | None:
    """Answer how many records a partition holds at most; None where its offsets are not known."""
    if partition.start is None or partition.end is None:
        return None
    return max(0, partition.end - partition.start)


def cluster_state(cluster: ClusterInfo) -> State:
    """Answer how a cluster fares."""
    if cluster.offline:
        return State(tr("offline partitions"), "bad", trn("{n} partition has no leader", "{n} partitions have no leader", cluster.offline))
    if cluster.under_replicated:
        tip = trn("{n} partition is not fully replicated", "{n} partitions are not fully replicated", cluster.under_replicated)
        return State(tr("under-replicated"), "warn", tip)
    return State(tr("healthy"), "ok", tr("Every partition has its leader and all its replicas."))


def cluster_facts(cluster: ClusterInfo) -> str:
    """Say in a line which cluster it is."""
    controller = next((broker.id for broker in cluster.brokers if broker.controller), None)
    version = f"{cluster.product} {cluster.version}".strip()
    parts = [
        version,
        tr("cluster {id}", id=cluster.id) if cluster.id else "",
        tr("controller {n}", n=controller) if controller is not None else "",
    ]
    if cluster.registry:
        parts.append(tr("Schema Registry {address}", address=cluster.registry))
    return "  ·  ".join(part for part in parts if part)


def record_words(count: int | None) -> str:
    """Say how many records there are at most."""
    return "" if count is None else trn("1 record", "{n} records", count) if count < 10_000 else tr("{n} records", n=number(count))
