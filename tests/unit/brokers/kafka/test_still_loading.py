"""A broker that has much to read back about groups: others are served in between, and who asks about groups is told to ask again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded_server.brokers.kafka import coordinators
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups import coordinator
from embedded_server.brokers.kafka.groups.records import Committed, Place, offset_pair
from embedded_server.brokers.kafka.internal_topic import InternalTopic
from embedded_server.brokers.kafka.log.logs import Logs
from embedded_server.brokers.kafka.versions import ApiKey
from tests.helpers.kafka_batches import By, Rec, batch
from tests.unit.brokers.kafka.peer import Bench, Peer

LOADING = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
COMMITS = 100
STEP = 10
GROUP = "readers"
MEMBER = {"group_id": GROUP, "generation_id": 1, "member_id": "m", "group_instance_id": None}
TXN = {"transactional_id": "payments", "producer_id": 5, "producer_epoch": 0}
ONE = {
    "name": "orders",
    "partitions": [{"partition_index": 0, "committed_offset": 7, "committed_leader_epoch": -1, "committed_metadata": ""}],
}
JOIN = {
    **{key: MEMBER[key] for key in ("group_id", "member_id", "group_instance_id")},
    "session_timeout_ms": 10_000,
    "rebalance_timeout_ms": 10_000,
    "protocol_type": "consumer",
    "protocols": [{"name": "range", "metadata": b""}],
    "reason": None,
}
COMMIT = {"group_id": GROUP, "generation_id_or_member_epoch": -1, "member_id": "", "group_instance_id": None, "topics": [ONE]}
MARKER = {
    "producer_id": 5,
    "producer_epoch": 0,
    "transaction_result": True,
    "topics": [{"name": "orders", "partition_indexes": [0]}],
    "coordinator_epoch": 0,
}
ASKED: list[tuple[ApiKey, int, dict[str, Any]]] = [
    (ApiKey.JOIN_GROUP, 5, JOIN),
    (ApiKey.JOIN_GROUP, 9, JOIN),
    (ApiKey.SYNC_GROUP, 5, {**MEMBER, "protocol_type": None, "protocol_name": None, "assignments": []}),
    (ApiKey.HEARTBEAT, 4, MEMBER),
    (ApiKey.LEAVE_GROUP, 4, {"group_id": GROUP, "members": [{"member_id": "m", "group_instance_id": None, "reason": None}]}),
    (ApiKey.OFFSET_COMMIT, 8, COMMIT),
    (ApiKey.TXN_OFFSET_COMMIT, 3, {**TXN, **MEMBER, "topics": [ONE]}),
    (ApiKey.OFFSET_FETCH, 1, {"group_id": GROUP, "topics": [{"name": "orders", "partition_indexes": [0]}]}),
    (ApiKey.OFFSET_FETCH, 7, {"group_id": GROUP, "topics": None, "require_stable": False}),
    (ApiKey.OFFSET_FETCH, 8, {"groups": [{"group_id": GROUP, "topics": None}], "require_stable": False}),
    (ApiKey.OFFSET_DELETE, 0, {"group_id": GROUP, "topics": [{"name": "orders", "partitions": [{"partition_index": 0}]}]}),
    (ApiKey.LIST_GROUPS, 4, {"states_filter": []}),
    (ApiKey.DESCRIBE_GROUPS, 5, {"groups": [GROUP], "include_authorized_operations": False}),
    (ApiKey.DELETE_GROUPS, 2, {"groups_names": [GROUP]}),
    (ApiKey.INIT_PRODUCER_ID, 4, {**TXN, "transaction_timeout_ms": 1000}),
    (
        ApiKey.ADD_PARTITIONS_TO_TXN,
        3,
        {
            **{f"v3_and_below_{key}": value for key, value in TXN.items()},
            "v3_and_below_topics": [{"name": "orders", "partitions": [0]}],
        },
    ),
    (ApiKey.ADD_OFFSETS_TO_TXN, 3, {**TXN, "group_id": GROUP}),
    (ApiKey.END_TXN, 3, {**TXN, "committed": True}),
    (ApiKey.WRITE_TXN_MARKERS, 1, {"markers": [MARKER]}),
    (ApiKey.LIST_TRANSACTIONS, 0, {"state_filters": [], "producer_id_filters": []}),
    (ApiKey.DESCRIBE_TRANSACTIONS, 0, {"transactional_ids": ["payments"]}),
]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A broker that comes back to many commits of few offsets."""
    folder = tmp_path / "kafka"
    logs = Logs(folder)
    logs.open()
    logs.create("orders", 2, {})
    logs.create("bills", 1, {})
    topic = InternalTopic(logs, coordinator.TOPIC, lambda _: None)
    for number in range(COMMITS):
        place = Place(("orders", "bills")[number % 2], 0)
        topic.append([offset_pair(GROUP, place, Committed(number, -1, "", 1_790_000_000_000))], now_ms=1_790_000_000_000)
    logs.close()
    monkeypatch.setattr(coordinators, "STEP_RECORDS", STEP)
    made = Bench(folder)
    yield made
    made.close()


@pytest.fixture
def peer(bench: Bench) -> Peer:
    return bench.client()


def codes_in(value: Any) -> set[int]:
    """Every error code of an answer, however deep."""
    if isinstance(value, dict):
        own = {code for key, code in value.items() if key.endswith("error_code")}
        return own.union(*map(codes_in, value.values()))
    return set().union(*map(codes_in, value)) if isinstance(value, list) else set()


def fetched(peer: Peer) -> dict[str, int]:
    answer = peer.ask(ApiKey.OFFSET_FETCH, 7, group_id=GROUP, topics=None, require_stable=False)
    assert answer.error_code in (0, LOADING)
    return {topic.name: topic.partitions[0].committed_offset for topic in answer.topics} if not answer.error_code else {}


def turns_until_loaded(bench: Bench, peer: Peer) -> int:
    turns = 0
    while not fetched(peer):
        bench.pass_time(0.01)
        turns += 1
        assert turns < 10 * COMMITS
    return turns


@pytest.mark.parametrize(("key", "version", "fields"), ASKED, ids=[f"{key.name}-{version}" for key, version, _ in ASKED])
def test_who_asks_meanwhile_is_told_to_ask_again(bench: Bench, peer: Peer, key: ApiKey, version: int, fields: dict[str, Any]) -> None:
    assert codes_in(peer.ask(key, version, **fields).to_dict()) - {0} == {LOADING}
    turns_until_loaded(bench, peer)
    if key is not ApiKey.JOIN_GROUP:  # which waits for other members then
        assert LOADING not in codes_in(peer.ask(key, version, **fields).to_dict())


def test_it_loads_in_short_turns_and_serves_others_in_between(bench: Bench, peer: Peer) -> None:
    other = bench.client()
    assert fetched(peer) == {}
    bench.pass_time(0.01)
    assert other.produce("orders").error_code == 0
    assert turns_until_loaded(bench, peer) + 1 >= COMMITS // STEP - 1
    assert fetched(peer) == {"orders": COMMITS - 2, "bills": COMMITS - 1}


def test_it_begins_by_itself(bench: Bench, peer: Peer) -> None:
    bench.pass_time(coordinators.LOAD_AFTER_S)
    for _ in range(3 * COMMITS // STEP):
        bench.pass_time(0.01)
    assert fetched(peer) == {"orders": COMMITS - 2, "bills": COMMITS - 1}


def test_a_coordinator_is_found_meanwhile(peer: Peer) -> None:
    assert fetched(peer) == {}
    found = peer.ask(ApiKey.FIND_COORDINATOR, 4, key_type=0, coordinator_keys=[GROUP])
    assert found.coordinators[0].error_code == 0


def test_a_producer_in_a_transaction_is_told_to_try_again(peer: Peer) -> None:
    records = batch([Rec()], By(5, 0, 0, transactional=True))
    assert peer.produce("orders", records).error_code == ErrorCode.NOT_ENOUGH_REPLICAS


def test_offsets_of_a_topic_deleted_meanwhile_are_forgotten(bench: Bench, peer: Peer) -> None:
    assert fetched(peer) == {}
    answer = peer.ask(ApiKey.DELETE_TOPICS, 5, topic_names=["bills"], timeout_ms=1000)
    assert answer.responses[0].error_code == 0
    turns_until_loaded(bench, peer)
    assert fetched(peer) == {"orders": COMMITS - 2}
