"""What the Kafka panel knows without a window: places, readings as typed, records as the journal holds them."""

import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.core.kafka_reads import ReadDraft, offsets_of, prepare_read, start_words
from desktop.core.kafka_record import SeenRecord, kcat_command, seen_of, time_words
from desktop.core.kafka_spots import CLUSTER, Place, Spot, base_filter, kept_text, spot_of
from desktop.core.kafka_words import messages_in, partition_state, topic_chips, topic_facts, topic_state
from embedded_server.contracts.connections import KafkaSettings, SaslMechanism
from embedded_server.contracts.kafka import ConfigEntry, ConfigSource, From, PartitionInfo, ReadRequest, Start, TopicDetail, TopicInfo


@given(st.sampled_from(Place), st.text())
def test_a_place_is_kept_as_text(place: Place, name: str) -> None:
    assert spot_of(kept_text(Spot(place, name))) == Spot(place, name)


@pytest.mark.parametrize("text", ["", "[]", "{}", '["moon", "x"]', "null", "3"])
def test_text_that_is_no_place_is_none(text: str) -> None:
    assert spot_of(text) is None


def test_the_cluster_lists_every_record_of_the_connection() -> None:
    assert base_filter("my shop", CLUSTER) == 'connection:"my shop" kind:record'


def test_a_dot_in_a_topics_name_is_no_pattern() -> None:
    assert base_filter("a", Spot(Place.TOPIC, "a.b")).endswith("subject:/^a\\.b\\[/")


@given(st.dictionaries(st.integers(0, 10_000), st.integers(0, 2**63 - 1), min_size=1, max_size=20))
def test_offsets_by_partition_are_read_as_they_were_written(offsets: dict[int, int]) -> None:
    assert offsets_of(", ".join(f"{partition}:{offset}" for partition, offset in offsets.items())) == offsets


@given(st.text(max_size=30))
def test_any_text_is_a_reading_or_a_fault(text: str) -> None:
    for start in From:
        prepared = prepare_read(ReadDraft(start, place=text, partitions=text), "orders", 6)
        assert (prepared.request is None) != (prepared.fault is None)


def test_a_reading_of_what_comes_from_now_on_goes_on() -> None:
    prepared = prepare_read(ReadDraft(From.END), "orders")
    assert prepared.request == ReadRequest("orders", [], Start(From.END), follow=True)


def test_an_offset_stays_exact() -> None:
    prepared = prepare_read(ReadDraft(From.OFFSET, place=str(2**63 - 1)), "orders")
    assert prepared.request is not None
    assert prepared.request.start.offset == 2**63 - 1
    assert start_words(prepared.request) == "From offset 9,223,372,036,854,775,807"


def test_a_result_is_called_by_where_it_began() -> None:
    assert start_words(ReadRequest("orders", [0, 1, 2], Start(From.OLDEST))) == "From the oldest, partition 0-2"


@pytest.mark.parametrize("headers", [{}, {"headers": 3}, {"headers": [1, None]}, {"key_base64": "!"}, {"offset": "x", "partition": None}])
def test_headers_that_are_not_as_they_should_be_are_read_all_the_same(headers: dict[str, object]) -> None:
    seen = seen_of(headers)
    assert seen.headers == []
    assert seen.offset == -1


def test_a_key_of_bytes_is_itself_again() -> None:
    assert seen_of({"key_base64": "AAH/", "key_null": False}).key == b"\x00\x01\xff"
    assert seen_of({"key": "", "key_null": False}).key == b""
    assert seen_of({"key": None, "key_null": True}).key is None


def test_a_record_without_a_timestamp_has_none() -> None:
    assert time_words(seen_of({"timestamp": -1})) == "none"


def test_the_kcat_command_reads_one_record_and_names_no_secret() -> None:
    seen = seen_of({"topic": "it's mine", "partition": 3, "offset": 7})
    settings = KafkaSettings("k1:9093,k2:9093", tls=True, mechanism=SaslMechanism.PLAIN, user="ada", ca_file="/etc/ca.pem")
    parts = shlex.split(kcat_command(seen, "unused", settings))
    assert parts[:4] == ["kcat", "-C", "-b", "k1:9093,k2:9093"]
    assert parts[parts.index("-t") + 1] == "it's mine"
    assert "security.protocol=SASL_SSL" in parts
    assert "sasl.password=" in parts


def test_what_asks_for_attention_comes_first() -> None:
    assert topic_state(TopicInfo("a", offline=1, under_replicated=2)).tone == "bad"
    assert topic_state(TopicInfo("a", under_replicated=2, rate=3.0)).tone == "warn"
    assert topic_state(TopicInfo("a", rate=3.0)).tone == "run"
    assert partition_state(PartitionInfo(0, -1, [1], [])).tone == "bad"
    assert partition_state(PartitionInfo(0, 1, [1, 2], [1])).tip == "Not in sync: 2"


def test_records_that_nobody_told_of_are_not_counted_as_none() -> None:
    assert messages_in(PartitionInfo(0, 1, [1], [1])) is None
    assert messages_in(PartitionInfo(0, 1, [1], [1], start=7, end=9)) == 2


def test_a_time_of_zero_is_1970_and_none_is_none() -> None:
    seen = SeenRecord("orders", 0, 1)
    assert time_words(replace(seen, timestamp=-1)) == "none"
    assert "1970" in time_words(replace(seen, timestamp=0)) or "1969" in time_words(replace(seen, timestamp=0))


def test_the_list_says_which_topics_are_compacted() -> None:
    topic = TopicInfo("t", partitions=6, bytes=1024, cleanup_policy="compact,delete")
    assert topic_facts(topic) == ["6 partitions", "1.0 kB", "compact"]
    for plain in (replace(topic, cleanup_policy="delete"), replace(topic, cleanup_policy=""), replace(topic, internal=True)):
        assert topic_facts(plain) == ["6 partitions", "1.0 kB"]


def test_a_chip_shows_no_sensitive_value() -> None:
    configs = [ConfigEntry("x.password", None, ConfigSource.TOPIC, sensitive=True)]
    assert topic_chips(TopicDetail(TopicInfo("t"), [], configs))[-1].tip == "x.password = ••••"
