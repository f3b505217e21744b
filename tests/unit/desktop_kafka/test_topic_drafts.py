"""The forms over topics: what is typed, checked, and made a request of."""

from dataclasses import replace

import pytest

from desktop.core.kafka_configs import ConfigDraft, changes_of, check_config, entry_words, own_rows, refused_config, row_faults, value_words
from desktop.core.kafka_topic import CreateDraft, Place, PurgeWay, grown_to, plan_purge, prepare_topic
from embedded_server.contracts.kafka import AlterConfigs, ConfigEntry, ConfigSource, CreateTopic, PartitionInfo
from embedded_server.contracts.problems import ProblemDetails

RETENTION = ConfigEntry("retention.ms", "86400000", ConfigSource.TOPIC, type="long", default="604800000")
SEGMENT = ConfigEntry("segment.bytes", "100", ConfigSource.DEFAULT, type="int", default="100")
KNOWN = {one.name: one for one in (RETENTION, SEGMENT)}
PARTITIONS = [PartitionInfo(0, 1, [1], [1], start=100, end=1000), PartitionInfo(1, 1, [1], [1], start=0, end=50)]


def test_what_is_typed_becomes_a_topic_and_what_is_not_is_left_to_the_broker() -> None:
    draft = CreateDraft(
        " orders ",
        "3",
        "",
        "compact",
        {"retention.ms": "7d", "max.message.bytes": "1 MiB", "compression.type": "zstd"},
        (ConfigDraft("segment.bytes", "200"), ConfigDraft()),
    )
    configs = {
        "cleanup.policy": "compact",
        "retention.ms": "604800000",
        "max.message.bytes": "1048576",
        "compression.type": "zstd",
        "segment.bytes": "200",
    }
    assert prepare_topic(draft, KNOWN).request == CreateTopic("orders", 3, -1, configs)
    assert prepare_topic(CreateDraft("orders"), {}).request == CreateTopic("orders")


def test_every_fault_of_a_topic_is_told_at_once() -> None:
    draft = CreateDraft("a b", "0", "many", "", {"retention.ms": "7 weeks"}, (ConfigDraft("segment.bytes", "x"),))
    prepared = prepare_topic(draft, KNOWN)
    assert prepared.request is None
    assert set(prepared.faults) == {Place.NAME, Place.PARTITIONS, Place.REPLICATION, "retention.ms"}
    assert set(prepared.row_faults) == {0}


def test_a_setting_with_a_field_of_its_own_is_not_set_twice() -> None:
    draft = CreateDraft("orders", common={"retention.ms": "7d"}, others=(ConfigDraft("retention.ms", "1"),))
    assert set(prepare_topic(draft, KNOWN).row_faults) == {0}


@pytest.mark.parametrize(
    ("type_", "text", "holds"),
    [
        ("int", "2147483647", True),
        ("int", "2147483648", False),
        ("long", "2147483648", True),
        ("long", "1.5", False),
        ("double", "0.5", True),
        ("double", "half", False),
        ("boolean", "true", True),
        ("boolean", "yes", False),
        ("list", "anything", True),
    ],
)
def test_a_value_is_checked_by_its_type(type_: str, text: str, holds: bool) -> None:
    assert (check_config(type_, text) is None) is holds


def test_only_what_differs_is_changed() -> None:
    configs = [RETENTION, SEGMENT]
    rows = own_rows(configs)
    assert rows == (ConfigDraft("retention.ms", "86400000"),)
    assert changes_of("t", rows, configs) == AlterConfigs("t")
    assert changes_of("t", [replace(rows[0], reset=True)], configs) == AlterConfigs("t", {}, ["retention.ms"])
    changed = [replace(rows[0], value="1"), ConfigDraft("segment.bytes", "7")]
    assert changes_of("t", changed, configs) == AlterConfigs("t", {"retention.ms": "1", "segment.bytes": "7"})


def test_a_setting_stands_in_one_row_alone() -> None:
    rows = [ConfigDraft("segment.bytes", "1"), ConfigDraft("segment.bytes", "2"), ConfigDraft("", "3"), ConfigDraft("unknown", "x")]
    assert set(row_faults(rows, KNOWN)) == {1, 2}


def test_values_are_written_with_the_unit_their_name_tells() -> None:
    assert value_words("retention.ms", "604800000") == "604800000 (7d)"
    assert value_words("segment.bytes", "1073741824") == "1073741824 (1 GiB)"
    assert value_words("segment.bytes", "-1") == "-1"
    assert value_words("retention.bytes", "-1") == value_words("max.compaction.lag.ms", str(2**63 - 1)) == "no limit"


def test_a_sensitive_setting_is_hidden_and_never_set_to_what_hides_it() -> None:
    secret = ConfigEntry("x.password", None, ConfigSource.TOPIC, sensitive=True)
    assert entry_words(secret) == "••••"
    assert entry_words(replace(secret, sensitive=False)) == "\u2013"
    assert entry_words(RETENTION) == "86400000 (1d)"
    assert own_rows([secret, RETENTION]) == (ConfigDraft("retention.ms", "86400000"),)


def test_partitions_grow_and_never_shrink() -> None:
    assert grown_to("6", 3) == (6, None)
    assert grown_to("3", 3) == grown_to("", 3) == (None, None)
    assert grown_to("2", 3)[1] is not None
    assert grown_to("x", 3)[1] is not None


def test_a_purge_counts_what_goes_in_each_partition() -> None:
    assert plan_purge(PurgeWay.ALL, PARTITIONS).total == 950
    assert plan_purge(PurgeWay.ALL, PARTITIONS).before == {}
    newest = plan_purge(PurgeWay.KEEP, PARTITIONS, "100")
    assert (newest.before, newest.counts) == ({0: 900}, {0: 800})
    offsets = plan_purge(PurgeWay.OFFSETS, PARTITIONS, offsets={0: "500", 1: ""})
    assert (offsets.before, offsets.counts) == ({0: 500}, {0: 400})


def test_a_purge_beyond_the_end_is_refused_before_anybody_is_asked() -> None:
    assert plan_purge(PurgeWay.OFFSETS, PARTITIONS, offsets={1: "51"}).fault is not None
    assert plan_purge(PurgeWay.KEEP, PARTITIONS, "x").fault is not None
    assert plan_purge(PurgeWay.OFFSETS, PARTITIONS, offsets={1: "50"}).counts == {1: 50}


def test_a_refused_setting_is_the_one_that_the_server_names() -> None:
    assert refused_config(ProblemDetails("x", "t", 422, params={"config": "retention.bytes"})) == "retention.bytes"
    assert refused_config(ProblemDetails("x", "t", 422)) == ""
