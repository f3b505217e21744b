"""Topics made, grown, configured and deleted; what cannot be is refused in the same words."""

from typing import Any
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.versions import ApiKey
from tests.contract.kafka.ask import ask

TOPIC, BROKER, CLIENT_METRICS, GROUP = 2, 4, 16, 32
SET, DELETE, APPEND, SUBTRACT = range(4)


@pytest.fixture
def topic(admin: KafkaAdminClient, name: str) -> str:
    """A fresh topic that sets nothing."""
    admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}})
    admin.wait_for_topics([name])
    return name


def _topic(
    name: str, partitions: int = 1, copies: int = 1, configs: dict[str, str | None] | None = None, **assigned: Any
) -> dict[str, Any]:
    told = [{"name": key, "value": value} for key, value in (configs or {}).items()]
    assignments = [{"partition_index": number, "broker_ids": brokers} for number, brokers in assigned.get("on", ())]
    return {"name": name, "num_partitions": partitions, "replication_factor": copies, "configs": told, "assignments": assignments}


def _create(bootstrap: str, *topics: dict[str, Any], validate_only: bool = False) -> Any:
    return ask(bootstrap, ApiKey.CREATE_TOPICS, 7, topics=list(topics), timeout_ms=10_000, validate_only=validate_only).topics[0]


def _alter(bootstrap: str, name: str, *changes: tuple[int, str, str | None], kind: int = TOPIC, validate_only: bool = False) -> Any:
    told = [{"name": key, "config_operation": operation, "value": value} for operation, key, value in changes]
    resource = {"resource_type": kind, "resource_name": name, "configs": told}
    return ask(bootstrap, ApiKey.INCREMENTAL_ALTER_CONFIGS, 1, resources=[resource], validate_only=validate_only).responses[0]


def _configs(bootstrap: str, name: str, *keys: str) -> dict[str, tuple[str, int]]:
    resource = {"resource_type": TOPIC, "resource_name": name, "configuration_keys": list(keys) or None}
    (found,) = ask(bootstrap, ApiKey.DESCRIBE_CONFIGS, 4, resources=[resource], include_synonyms=True).results
    assert found.error_code == 0, found.error_message
    return {one.name: (one.value, one.config_source) for one in found.configs}


REFUSED: list[tuple[dict[str, Any], ErrorCode, str]] = [
    (_topic("", 1), ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed"),
    (_topic("..", 1), ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: '..' is not allowed"),
    (
        _topic("a b", 1),
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
    ),
    (_topic("r0", 0), ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value."),
    (_topic("r1", 1, 0), ErrorCode.INVALID_REPLICATION_FACTOR, "Replication factor must be larger than 0, or -1 to use the default value."),
    (
        _topic("r2", 1, 3),
        ErrorCode.INVALID_REPLICATION_FACTOR,
        (
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because only 1 broker(s) "
            "are registered or some brokers have all their log directories cordoned."
        ),
    ),
    (_topic("r3", 1, configs={"nonsense": "1"}), ErrorCode.INVALID_CONFIG, "Unknown topic config name: nonsense"),
    (_topic("r4", 1, configs={"retention.ms": None}), ErrorCode.INVALID_CONFIG, "Null value not supported for topic configs: retention.ms"),
    (_topic("r5", 20_000_000), ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request."),
    (
        _topic("r6", 1, -1, on=[(0, [1])]),
        ErrorCode.INVALID_REQUEST,
        "A manual partition assignment was specified, but numPartitions was not set to -1.",
    ),
    (
        _topic("r7", -1, -1, on=[(0, [5])]),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "The manual partition assignment includes broker 5, but no such broker is registered.",
    ),
    (
        _topic("r8", -1, -1, on=[(1, [1])]),
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "partitions should be a consecutive 0-based integer sequence",
    ),
]


@pytest.mark.parametrize(("topic", "error", "words"), REFUSED, ids=lambda one: one["name"] if isinstance(one, dict) else "")
def test_topics_that_cannot_be_are_refused(bootstrap: str, topic: dict[str, Any], error: ErrorCode, words: str) -> None:
    told = _create(bootstrap, topic)
    assert (told.error_code, told.error_message[: len(words)]) == (error, words)


def test_a_topic_is_made_once_and_may_be_tried_before(bootstrap: str, admin: KafkaAdminClient, name: str) -> None:
    tried = _create(bootstrap, _topic(name, 3, configs={"retention.ms": "5000"}), validate_only=True)
    assert (tried.error_code, tried.num_partitions, tried.replication_factor) == (0, 3, 1)
    assert ("retention.ms", "5000", 1) in [(one.name, one.value, one.config_source) for one in tried.configs]
    assert name not in admin.list_topics()
    assert _create(bootstrap, _topic(name, -1, -1)).num_partitions == 1
    told = _create(bootstrap, _topic(name))
    assert (told.error_code, told.error_message) == (ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")


def test_two_topics_of_one_name_are_refused_both(bootstrap: str, name: str) -> None:
    told = _create(bootstrap, _topic(name), _topic(name))
    assert (told.error_code, told.error_message) == (ErrorCode.INVALID_REQUEST, "Duplicate topic name.")


def test_names_that_differ_in_dot_and_underscore_collide(bootstrap: str, name: str) -> None:
    assert _create(bootstrap, _topic(f"{name}.x")).error_code == 0
    told = _create(bootstrap, _topic(f"{name}_x"))
    assert (told.error_code, told.error_message) == (
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        f"Topic '{name}_x' collides with existing topic: {name}.x",
    )


def test_partitions_are_added_and_never_taken_away(bootstrap: str, admin: KafkaAdminClient, topic: str) -> None:
    def grow(count: int, on: list[list[int]] | None = None, *, validate_only: bool = False) -> tuple[int, str | None]:
        assignments = None if on is None else [{"broker_ids": brokers} for brokers in on]
        asked = {"name": topic, "count": count, "assignments": assignments}
        (told,) = ask(bootstrap, ApiKey.CREATE_PARTITIONS, 3, topics=[asked], timeout_ms=10_000, validate_only=validate_only).results
        return told.error_code, told.error_message

    assert grow(3, validate_only=True) == (0, None)
    assert grow(3) == (0, None)
    assert len(admin.describe_topics([topic])[0]["partitions"]) == 3
    assert grow(3) == (ErrorCode.INVALID_PARTITIONS, "Topic already has 3 partition(s).")
    assert grow(1) == (ErrorCode.INVALID_PARTITIONS, f"The topic {topic} currently has 3 partition(s); 1 would not be an increase.")
    assert grow(5, [[1]]) == (
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.",
    )


def test_topics_are_deleted_by_name_and_by_id(bootstrap: str, topic: str) -> None:
    (found,) = ask(bootstrap, ApiKey.METADATA, 12, topics=[{"name": topic}], allow_auto_topic_creation=False).topics
    unknown = uuid4()
    asked = [{"name": None, "topic_id": found.topic_id}, {"name": "no-such"}, {"name": None, "topic_id": unknown}]
    told = ask(bootstrap, ApiKey.DELETE_TOPICS, 6, topics=asked, timeout_ms=10_000).responses
    by_name = {one.name: (one.error_code, one.error_message) for one in told}
    assert by_name == {
        topic: (0, None),
        "no-such": (ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This server does not host this topic-partition."),
        None: (ErrorCode.UNKNOWN_TOPIC_ID, "This server does not host this topic ID."),
    }


WRONG: list[tuple[str, str, str]] = [
    ("retention.ms", "abc", "Invalid value abc for configuration retention.ms: Not a number of type LONG"),
    ("retention.ms", "-5", "Invalid value -5 for configuration retention.ms: Value must be at least -1"),
    ("cleanup.policy", "foo", "Invalid value foo for configuration cleanup.policy: String must be one of: compact, delete"),
    (
        "compression.type",
        "foo",
        "Invalid value foo for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer",
    ),
    ("preallocate", "{x}", "Invalid value {x} for configuration preallocate: Expected value to be either true or false"),
    ("min.cleanable.dirty.ratio", "2", "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1"),
    ("segment.bytes", "10", "Invalid value 10 for configuration segment.bytes: Value must be at least 1048576"),
    ("max.message.bytes", "99999999999", "Invalid value 99999999999 for configuration max.message.bytes: Not a number of type INT"),
    (
        "compression.gzip.level",
        "11",
        "Invalid value 11 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
    ),
    ("nonsense", "1", "Unknown topic config name: nonsense"),
    (
        "remote.storage.enable",
        "true",
        "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
    ),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG)
def test_values_that_cannot_be_are_refused_and_change_nothing(bootstrap: str, topic: str, key: str, value: str, words: str) -> None:
    told = _alter(bootstrap, topic, (SET, key, value))
    assert (told.error_code, told.error_message) == (ErrorCode.INVALID_CONFIG, words)
    assert 1 not in [source for _, source in _configs(bootstrap, topic).values()]


def test_settings_are_changed_one_by_one_and_given_back(bootstrap: str, topic: str) -> None:
    assert _alter(bootstrap, topic, (SET, "retention.ms", "1000"), (APPEND, "cleanup.policy", "compact")).error_code == 0
    assert _configs(bootstrap, topic, "retention.ms", "cleanup.policy") == {
        "retention.ms": ("1000", 1),
        "cleanup.policy": ("delete,compact", 1),
    }
    assert _alter(bootstrap, topic, (DELETE, "retention.ms", None), (SUBTRACT, "cleanup.policy", "delete")).error_code == 0
    assert _configs(bootstrap, topic, "retention.ms", "cleanup.policy") == {
        "retention.ms": ("604800000", 5),
        "cleanup.policy": ("compact", 1),
    }


def test_settings_are_replaced_whole_by_the_old_request(bootstrap: str, topic: str) -> None:
    _alter(bootstrap, topic, (SET, "retention.ms", "1000"))
    resource = {"resource_type": TOPIC, "resource_name": topic, "configs": [{"name": "segment.ms", "value": "7000"}]}
    (told,) = ask(bootstrap, ApiKey.ALTER_CONFIGS, 2, resources=[resource], validate_only=False).responses
    assert told.error_code == 0
    assert _configs(bootstrap, topic, "retention.ms", "segment.ms") == {"retention.ms": ("604800000", 5), "segment.ms": ("7000", 1)}


def test_requests_about_settings_that_make_no_sense_are_refused(bootstrap: str, topic: str) -> None:
    cases = [
        (_alter(bootstrap, topic, (APPEND, "retention.ms", "1")), ErrorCode.INVALID_CONFIG),
        (_alter(bootstrap, topic, (SET, "retention.ms", None)), ErrorCode.INVALID_REQUEST),
        (_alter(bootstrap, topic, (SET, "retention.ms", "1"), (DELETE, "retention.ms", None)), ErrorCode.INVALID_REQUEST),
        (_alter(bootstrap, "no-such", (SET, "retention.ms", "1")), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION),
        (_alter(bootstrap, "..", (SET, "retention.ms", "1")), ErrorCode.INVALID_TOPIC_EXCEPTION),
        (_alter(bootstrap, "7", (SET, "log.retention.ms", "1"), kind=BROKER), ErrorCode.INVALID_REQUEST),
        (_alter(bootstrap, "x", (SET, "log.retention.ms", "1"), kind=BROKER), ErrorCode.INVALID_REQUEST),
        (_alter(bootstrap, "1", (SET, "auto.create.topics.enable", "false"), kind=BROKER), ErrorCode.INVALID_REQUEST),
        (_alter(bootstrap, topic, (SET, "a", "b"), kind=99), ErrorCode.INVALID_REQUEST),
    ]
    assert [(told.error_code, told.error_message) for told, error in cases if told.error_code != error] == []


@pytest.mark.parametrize(("kind", "resource"), [(BROKER, "1"), (BROKER, ""), (CLIENT_METRICS, "metrics"), (GROUP, "group")])
def test_what_was_never_set_may_be_given_back_anywhere(bootstrap: str, kind: int, resource: str) -> None:
    key = {BROKER: "log.cleaner.threads", CLIENT_METRICS: "interval.ms", GROUP: "consumer.session.timeout.ms"}[kind]
    assert _alter(bootstrap, resource, (DELETE, key, None), kind=kind).error_code == 0


def test_every_setting_of_a_topic_has_kafkas_type_and_default(bootstrap: str, topic: str) -> None:
    from embedded_server.brokers.kafka.configs import TOPIC_CONFIGS

    resource = {"resource_type": TOPIC, "resource_name": topic, "configuration_keys": None}
    (found,) = ask(bootstrap, ApiKey.DESCRIBE_CONFIGS, 4, resources=[resource], include_documentation=True).results
    assert {one.name: (one.value, one.config_type) for one in found.configs} == {
        one.name: (one.default, one.type) for one in TOPIC_CONFIGS.values()
    }
    assert all(one.documentation and not one.read_only and not one.is_sensitive for one in found.configs)
