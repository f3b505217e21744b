"""The coordinators' topics on disk, looked at by Kafka's own program for them: groups, offsets and transactions are what it knows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka import KafkaAdminClient

from embedded_server.brokers.kafka.transactions.transaction import State
from tests.contract.kafka.members import LIMIT_S, Confluent, settled, together
from tests.helpers.broker_processes import EmbeddedBroker
from tests.helpers.kafka_processes import NEEDS_KAFKA, RealKafka, has_kafka

pytestmark = pytest.mark.real_broker
TOPIC = "orders"


@pytest.fixture(scope="module")
def tools() -> Iterator[RealKafka]:
    if not has_kafka():
        pytest.skip(NEEDS_KAFKA)
    found = RealKafka()  # it is not started: its programs alone are wanted
    yield found
    found.stop()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a broker leaves that has had groups and transactions."""
    folder = tmp_path_factory.mktemp("brokers")
    broker = EmbeddedBroker(folder)
    broker.start()
    try:
        with KafkaAdminClient(bootstrap_servers=broker.kafka) as admin:
            admin.create_topics({TOPIC: {"num_partitions": 2, "replication_factor": 1}})
            with together(member := Confluent(broker.kafka, "readers", [TOPIC], **{"client.id": "a-client", "group.instance.id": "desk"})):
                settled([member], [2])
            _commit(broker.kafka, "by-hand", 7)
            _commit(broker.kafka, "short-lived", 1)
            admin.delete_groups(["short-lived"])
        for name, keep in (("payments", True), ("refunds", False)):
            _transact(broker.kafka, name, keep=keep)
    finally:
        assert broker.stop() == 0, broker.stderr
    (found,) = {path.parent for path in folder.rglob("__consumer_offsets-0")}
    return found


def _commit(bootstrap: str, group: str, offset: int) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group})
    consumer.commit(offsets=[TopicPartition(TOPIC, 1, offset, "by hand")], asynchronous=False)
    consumer.close()


def _transact(bootstrap: str, name: str, *, keep: bool) -> None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"g-{name}"})
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name, "transaction.timeout.ms": 45_000})
    producer.init_transactions(LIMIT_S)
    producer.begin_transaction()
    producer.produce(TOPIC, b"value", partition=0)
    producer.flush(LIMIT_S)
    producer.send_offsets_to_transaction([TopicPartition(TOPIC, 0, 3)], consumer.consumer_group_metadata(), LIMIT_S)
    (producer.commit_transaction if keep else producer.abort_transaction)(LIMIT_S)
    consumer.close()


def dump(tools: RealKafka, folder: Path, decoder: str) -> tuple[str, list[tuple[dict[str, Any], dict[str, Any] | None]]]:
    """What the program says, and each record's key and value in it; None where the record takes it away."""
    files = ",".join(sorted(str(path) for path in folder.glob("*.log")))
    told = tools.run_tool("org.apache.kafka.tools.DumpLogSegments", "--files", files, decoder)
    assert not re.search(r"isvalid: false|Found invalid|could not|Error", told), told
    pairs = re.findall(r"^\| offset: .* key: (\{.*\}) payload: (.*)$", told, re.MULTILINE)
    return told, [(json.loads(key), None if value == "<DELETE>" else json.loads(value)) for key, value in pairs]


def test_groups_and_offsets_are_what_kafkas_own_program_expects(tools: RealKafka, logs: Path) -> None:
    told, pairs = dump(tools, logs / "__consumer_offsets-0", "--offsets-decoder")
    groups = [value["data"] for key, value in pairs if value and key == {"type": "2", "data": {"group": "readers"}}]
    stable = groups[-1]
    assert (stable["protocolType"], stable["protocol"], stable["generation"]) == ("consumer", "range", 1)
    (member,) = stable["members"]
    assert (member["memberId"], member["groupInstanceId"], member["clientId"]) == (stable["leader"], "desk", "a-client")
    assert (member["clientHost"], member["sessionTimeout"]) == ("/127.0.0.1", 10_000)
    assert member["subscription"]["topics"] == [TOPIC]
    assert member["assignment"]["assignedPartitions"] == [{"topic": TOPIC, "partitions": [0, 1]}]
    offsets = [
        (key["data"]["group"], key["data"]["partition"], value and value["data"]["offset"]) for key, value in pairs if key["type"] == "1"
    ]
    assert offsets == [("by-hand", 1, 7), ("short-lived", 1, 1), ("short-lived", 1, None), ("g-payments", 0, 3), ("g-refunds", 0, 3)]
    assert ({"type": "2", "data": {"group": "short-lived"}}, None) in pairs
    assert re.findall(r"endTxnMarker: (\w+)", told) == ["COMMIT", "ABORT"]


def test_transactions_are_what_kafkas_own_program_expects(tools: RealKafka, logs: Path) -> None:
    _, pairs = dump(tools, logs / "__transaction_state-0", "--transaction-log-decoder")
    for name, prepared, complete in (
        ("payments", State.PREPARE_COMMIT, State.COMPLETE_COMMIT),
        ("refunds", State.PREPARE_ABORT, State.COMPLETE_ABORT),
    ):
        told = [value["data"] for key, value in pairs if value and key == {"type": "0", "data": {"transactionalId": name}}]
        states = [one["transactionStatus"] for one in told]
        assert (states[0], set(states[1:-2]), states[-2:]) == (State.EMPTY, {State.ONGOING}, [prepared, complete])
        assert {one["transactionTimeoutMs"] for one in told} == {45_000}
        assert [one["topic"] for one in told[-2]["transactionPartitions"]] == ["__consumer_offsets", TOPIC]
        assert [told[0]["transactionPartitions"], told[-1]["transactionPartitions"]] == [None, None]
        assert 0 < told[-1]["transactionStartTimestampMs"] <= told[-1]["transactionLastUpdateTimestampMs"]
