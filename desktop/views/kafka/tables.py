"""The columns of the tables beside the records: partitions, configs, groups of a topic, brokers."""

from dataclasses import dataclass
from typing import Final

from desktop.core.i18n import N_, tr
from desktop.core.kafka_configs import entry_words, value_words
from desktop.core.kafka_group import group_state
from desktop.core.kafka_words import is_changed, messages_in, partition_state
from desktop.core.states import UNKNOWN, count_text, rate_text, size_text
from desktop.views.widgets.small_table import SmallColumn
from embedded_server.contracts.kafka import BrokerInfo, ConfigEntry, ConfigSource, GroupDetail, PartitionInfo

DOC_CHARS: Final = 400


def _whole(value: int | None) -> str:
    return UNKNOWN if value is None else f"{value:,}"


def _ids(ids: list[int]) -> str:
    return ", ".join(map(str, ids))


PARTITIONS: Final = (
    SmallColumn[PartitionInfo](N_("Partition"), 68, lambda row: str(row.partition), mono=True, right=True),
    SmallColumn[PartitionInfo](
        N_("State"),
        96,
        lambda row: partition_state(row).word,
        tone=lambda row: partition_state(row).tone,
        tip=lambda row: partition_state(row).tip,
        share=1,
    ),
    SmallColumn[PartitionInfo](N_("Leader"), 60, lambda row: str(row.leader) if row.leader >= 0 else UNKNOWN, mono=True, right=True),
    SmallColumn[PartitionInfo](
        N_("Replicas"),
        76,
        lambda row: _ids(row.replicas),
        mono=True,
        tip=lambda row: tr("Brokers that are to keep it: {ids}", ids=_ids(row.replicas)),
        share=1,
    ),
    SmallColumn[PartitionInfo](
        N_("In sync"),
        76,
        lambda row: _ids(row.in_sync),
        mono=True,
        tip=lambda row: tr("Replicas in sync (ISR): {ids}", ids=_ids(row.in_sync)),
        share=1,
    ),
    SmallColumn[PartitionInfo](
        N_("Start"),
        92,
        lambda row: _whole(row.start),
        mono=True,
        right=True,
        share=1,
        tip=lambda _: tr("The first offset that is still there"),
    ),
    SmallColumn[PartitionInfo](
        N_("End"),
        92,
        lambda row: _whole(row.end),
        mono=True,
        right=True,
        share=1,
        tip=lambda _: tr("The offset that the next record will have"),
    ),
    SmallColumn[PartitionInfo](
        N_("Records"), 76, lambda row: count_text(messages_in(row)), right=True, tip=lambda row: _whole(messages_in(row))
    ),
    SmallColumn[PartitionInfo](N_("Size"), 68, lambda row: size_text(row.bytes), right=True),
    SmallColumn[PartitionInfo](N_("In"), 72, lambda row: rate_text(row.rate), right=True),
)

_SOURCES: Final = {
    ConfigSource.DEFAULT: (N_("default"), "wait"),
    ConfigSource.TOPIC: (N_("topic"), "accent"),
    ConfigSource.BROKER: (N_("broker"), "run"),
    ConfigSource.STATIC: (N_("broker's file"), "run"),
    ConfigSource.OTHER: (N_("other"), "wait"),
}


def _config_tip(row: ConfigEntry) -> str:
    doc = row.documentation if len(row.documentation) <= DOC_CHARS else f"{row.documentation[:DOC_CHARS]}…"
    parts = [row.name, doc, tr("The broker sets it: it cannot be changed here") if row.read_only else ""]
    return "\n".join(part for part in parts if part)


CONFIGS: Final = (
    SmallColumn[ConfigEntry](
        N_("Set by"),
        96,
        lambda row: tr(_SOURCES[row.source][0]),
        tone=lambda row: _SOURCES[row.source][1],
        tip=lambda row: tr("Differs from the default") if is_changed(row) else "",
    ),
    SmallColumn[ConfigEntry](N_("Name"), 220, lambda row: row.name, mono=True, tip=_config_tip, share=2),
    SmallColumn[ConfigEntry](N_("Value"), 140, entry_words, mono=True, tip=lambda row: row.value or "", share=2),
    SmallColumn[ConfigEntry](
        N_("Default"),
        120,
        lambda row: value_words(row.name, row.default) if row.default is not None else UNKNOWN,
        mono=True,
        tip=lambda row: row.default or "",
        share=1,
    ),
)


@dataclass(frozen=True, slots=True)
class TopicGroup:
    """A group as far as it reads one topic."""

    id: str
    state: str
    members: int
    """Those that have a partition of the topic."""
    partitions: int
    """Those it has committed an offset in."""
    lag: int | None

    @classmethod
    def of(cls, detail: GroupDetail, topic: str) -> "TopicGroup":
        """Answer what a group has to do with *topic*."""
        offsets = [one for one in detail.offsets if one.topic == topic]
        lags = [one.lag for one in offsets if one.lag is not None]
        members = sum(any(part.topic == topic and part.partitions for part in member.assignment) for member in detail.members)
        committed = sum(one.committed is not None for one in offsets)
        return cls(detail.group.id, detail.group.state, members, committed, sum(lags) if lags else None)


GROUPS: Final = (
    SmallColumn[TopicGroup](N_("State"), 128, lambda row: group_state(row.state)[0], tone=lambda row: group_state(row.state)[1]),
    SmallColumn[TopicGroup](N_("Group"), 0, lambda row: row.id, mono=True, tip=lambda row: row.id),
    SmallColumn[TopicGroup](
        N_("Members"), 76, lambda row: count_text(row.members), right=True, tip=lambda _: tr("Members that have a partition of this topic")
    ),
    SmallColumn[TopicGroup](
        N_("Partitions"),
        84,
        lambda row: count_text(row.partitions),
        right=True,
        tip=lambda _: tr("Partitions it has committed an offset in"),
    ),
    SmallColumn[TopicGroup](N_("Lag"), 92, lambda row: count_text(row.lag), right=True, tip=lambda row: _whole(row.lag)),
)

BROKERS: Final = (
    SmallColumn[BrokerInfo](N_("Broker"), 68, lambda row: str(row.id), mono=True, right=True),
    SmallColumn[BrokerInfo](
        N_("Role"),
        104,
        lambda row: tr("controller") if row.controller else tr("broker"),
        tone=lambda row: "accent" if row.controller else "ok",
    ),
    SmallColumn[BrokerInfo](
        N_("Address"), 0, lambda row: f"{row.host}:{row.port}", mono=True, tip=lambda _: tr("The address that it advertises to its clients")
    ),
    SmallColumn[BrokerInfo](N_("Rack"), 84, lambda row: row.rack or UNKNOWN, mono=True, tip=lambda row: row.rack),
    SmallColumn[BrokerInfo](N_("Leads"), 76, lambda row: count_text(row.leaders), right=True, tip=lambda _: tr("Partitions it leads")),
    SmallColumn[BrokerInfo](N_("Size"), 76, lambda row: size_text(row.bytes), right=True, tip=lambda _: tr("What its logs take on disk")),
)
