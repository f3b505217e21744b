"""Settings as DescribeConfigs and CreateTopics tell them: the topic's own before the broker's, with where each comes from."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka.config_rules import ConfigSource, ConfigType
from embedded_server.brokers.kafka.configs import TOPIC_CONFIGS
from embedded_server.brokers.kafka.connection import MAX_REQUEST_BYTES
from embedded_server.brokers.kafka.fetch import MAX_BYTES
from embedded_server.brokers.kafka.log.logs import ROUND_MS
from embedded_server.brokers.kafka.metadata import NUM_PARTITIONS

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker

_INT, _LONG, _BOOLEAN, _STRING, _LIST = ConfigType.INT, ConfigType.LONG, ConfigType.BOOLEAN, ConfigType.STRING, ConfigType.LIST
_BROKER: Final[tuple[tuple[str, ConfigType, str, str], ...]] = (
    ("auto.create.topics.enable", _BOOLEAN, "true", "Whether a topic is made when a client asks for it."),
    ("num.partitions", _INT, str(NUM_PARTITIONS), "How many partitions such a topic has."),
    ("default.replication.factor", _INT, "1", "How many replicas a topic has; there is one broker."),
    ("delete.topic.enable", _BOOLEAN, "true", "Whether topics can be deleted."),
    ("socket.request.max.bytes", _INT, str(MAX_REQUEST_BYTES), "The largest request that is taken."),
    ("fetch.max.bytes", _INT, str(MAX_BYTES), "The most that is sent in one answer to Fetch, a first batch that is larger aside."),
    ("log.retention.hours", _INT, "168", "How long records are kept where their topic says nothing."),
    ("log.retention.check.interval.ms", _LONG, str(ROUND_MS), "How often the logs are looked at for what is to go."),
    ("log.roll.hours", _INT, "168", "The time after which a partition begins a new file where its topic says nothing."),
    ("compression.type", _STRING, "producer", "How batches are compressed in the log where their topic says nothing."),
)


def topic_entries(
    own: Mapping[str, str], wanted: list[str] | None = None, *, synonyms: bool = False, docs: bool = False
) -> list[dict[str, Any]]:
    """A topic's settings: all, or those *wanted*."""
    entries = []
    for one in TOPIC_CONFIGS.values():
        if wanted is not None and one.name not in wanted:
            continue
        value = own.get(one.name)
        told = [] if value is None else [{"name": one.name, "value": value, "source": ConfigSource.TOPIC}]
        if one.broker_name:
            told.append({"name": one.broker_name, "value": one.default, "source": ConfigSource.DEFAULT})
        source = ConfigSource.DEFAULT if value is None else ConfigSource.TOPIC
        entry = _entry(one.name, one.default if value is None else value, source)
        entries.append(entry | {"config_type": one.type, "synonyms": told if synonyms else [], "documentation": one.doc if docs else None})
    return entries


def broker_entries(broker: "Broker", wanted: list[str] | None, *, synonyms: bool, docs: bool) -> list[dict[str, Any]]:
    """The broker's settings, none of which can be changed: all, or those *wanted*."""
    address = f"PLAINTEXT://{broker.host}:{broker.port}"
    static = (
        ("node.id", _INT, str(broker.node_id), "The broker's number."),
        ("broker.id", _INT, str(broker.node_id), "The broker's number."),
        ("log.dirs", _LIST, str(broker.logs.folder), "Where the logs are."),
        ("listeners", _LIST, address, "Where it listens."),
        ("advertised.listeners", _LIST, address, "Where clients are told to connect."),
    )
    known = {name for name, *_ in _BROKER}
    of_topics = ((one.broker_name, one.type, one.default, one.doc) for one in TOPIC_CONFIGS.values() if one.broker_name not in {"", *known})
    entries = []
    for source, table in ((ConfigSource.STATIC_BROKER, static), (ConfigSource.DEFAULT, (*_BROKER, *of_topics))):
        for name, kind, value, doc in table:
            if wanted is None or name in wanted:
                told = [{"name": name, "value": value, "source": source}] if synonyms else []
                entry = _entry(name, value, source, read_only=True)
                entries.append(entry | {"config_type": kind, "synonyms": told, "documentation": doc if docs else None})
    return entries


def _entry(name: str, value: str, source: ConfigSource, *, read_only: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "read_only": read_only, "config_source": source, "is_sensitive": False}


_CREATED: Final = ("name", "value", "read_only", "config_source", "is_sensitive")


def created_entries(own: Mapping[str, str]) -> list[dict[str, Any]]:
    """A new topic's settings as CreateTopics tells them."""
    return [{field: entry[field] for field in _CREATED} for entry in topic_entries(own)]
