"""Apache Kafka's own command line programs: what they do and print here is what they do and print with a real Kafka."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded_server.brokers.kafka.configs import TOPIC_CONFIGS
from tests.contract.kafka.java_tools import LIMIT_S, JavaTools, Ran
from tests.helpers.broker_processes import wait_until

TOPICS, CONFIGS, GROUPS = ".TopicCommand", "kafka.admin.ConfigCommand", ".consumer.group.ConsumerGroupCommand"
PRODUCER, CONSUMER, OFFSETS = ".ConsoleProducer", ".consumer.ConsoleConsumer", ".GetOffsetShell"
TRANSACTIONS, REASSIGN = ".TransactionsCommand", ".reassign.ReassignPartitionsCommand"
READ_AS = [f"print.{one}=true" for one in ("timestamp", "partition", "offset", "headers", "key", "value")]
Run = Callable[..., list[str]]


@pytest.fixture
def ran(java: JavaTools, bootstrap: str) -> Callable[..., Ran]:
    """Runs a program against the broker."""

    def ran(main: str, *arguments: str, given: str = "") -> Ran:
        return java.run(main, "--bootstrap-server", bootstrap, *arguments, given=given)

    return ran


@pytest.fixture
def run(ran: Callable[..., Ran]) -> Run:
    """Runs a program that must not fail; what it prints."""

    def run(main: str, *arguments: str, given: str = "") -> list[str]:
        found = ran(main, *arguments, given=given)
        assert found.status == 0, found.output
        return found.lines

    return run


def _described(run: Run, topic: str) -> list[str]:
    lines = run(TOPICS, "--describe", "--topic", topic)
    lines[0] = re.sub(r"TopicId: \S{22}", "TopicId: ID", lines[0])
    lines[0] = lines[0].replace("min.insync.replicas=1,", "")  # what a Kafka with ELR (KIP-966) sets for all
    return lines


def test_topics_are_made_described_grown_and_deleted(run: Run, ran: Callable[..., Ran], name: str) -> None:
    settings = ("--config", "retention.ms=60000", "--config", "cleanup.policy=compact")
    assert run(TOPICS, "--create", "--topic", name, "--partitions", "2", *settings) == [f"Created topic {name}."]
    head = f"Topic: {name} TopicId: ID PartitionCount: %d ReplicationFactor: 1 Configs: cleanup.policy=compact,retention.ms=60000"
    rows = [f"Topic: {name} Partition: {number} Leader: 1 Replicas: 1 Isr: 1 Elr: LastKnownElr:" for number in range(3)]
    assert _described(run, name) == [head % 2, *rows[:2]]
    assert run(TOPICS, "--alter", "--topic", name, "--partitions", "3") == []
    assert _described(run, name) == [head % 3, *rows]
    assert name in run(TOPICS, "--list", "--exclude-internal")
    for state in ("--under-replicated-partitions", "--unavailable-partitions", "--under-min-isr-partitions"):
        assert run(TOPICS, "--describe", "--topic", name, state) == []
    refused = {
        ("--create", "--topic", name): f"Topic '{name}' already exists.",
        ("--alter", "--topic", name, "--partitions", "2"): f"The topic {name} currently has 3 partition(s); 2 would not be an increase.",
        ("--create", "--topic", f"{name}b", "--config", "retention.ms=x"): "Invalid value x for configuration retention.ms: "
        "Not a number of type LONG",
        ("--delete", "--topic", "no-such"): "Topic 'no-such' does not exist as expected",
    }
    for arguments, why in refused.items():
        assert (found := ran(TOPICS, *arguments)).status == 1
        assert found.lines[-1] == f"Error while executing topic command : {why}"
    assert run(TOPICS, "--delete", "--topic", name) == []
    assert name not in run(TOPICS, "--list")


def test_settings_are_described_set_and_given_back(run: Run, ran: Callable[..., Ran], topic: str) -> None:
    told = f"Dynamic configs for topic {topic} are:"
    mine = "cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, "
    mine += "DEFAULT_CONFIG:log.cleanup.policy=delete}"
    kept = "retention.ms=-1 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=-1}"
    done = [f"Completed updating config for topic {topic}."]
    assert run(CONFIGS, "--alter", "--topic", topic, "--add-config", "cleanup.policy=[compact,delete]") == done
    assert run(CONFIGS, "--describe", "--topic", topic) == [told, mine, kept]
    assert run(CONFIGS, "--alter", "--topic", topic, "--delete-config", "cleanup.policy") == done
    assert run(CONFIGS, "--describe", "--topic", topic) == [told, kept]
    everything = run(CONFIGS, "--describe", "--topic", topic, "--all")
    assert [line.partition("=")[0] for line in everything[1:]] == sorted(TOPIC_CONFIGS)
    refused = ran(CONFIGS, "--alter", "--topic", topic, "--add-config", "bad.name=1")
    assert refused.status == 1
    assert "InvalidConfigurationException: Unknown topic config name: bad.name" in refused.lines[-1]
    assert run(CONFIGS, "--describe", "--broker", "1") == ["Dynamic configs for broker 1 are:"]
    (port,) = (line for line in run(CONFIGS, "--describe", "--broker", "1", "--all") if line.startswith("advertised.listeners="))
    assert "://127.0.0.1:" in port


def test_the_console_writes_and_reads_keys_headers_and_nulls(run: Run, topic: str) -> None:
    started = time.time() * 1000
    parts = [part for one in ("parse.key=true", "parse.headers=true", "null.marker=NULL") for part in ("--reader-property", one)]
    run(PRODUCER, "--topic", topic, *parts, given="h1:v1,h2:\tkey\tvalue\nNULL\tkey\tNULL\nNULL\tNULL\tx y\n")
    for codec in ("gzip", "snappy", "lz4", "zstd"):
        run(PRODUCER, "--topic", topic, "--compression-codec", codec, given=f"{codec}\n")
    shown = [part for one in (*READ_AS, "null.literal=<null>") for part in ("--formatter-property", one)]
    found = run(CONSUMER, "--topic", topic, "--from-beginning", "--max-messages", "7", *shown)
    times = [float(line.partition(" ")[0].removeprefix("CreateTime:")) for line in found[:7]]
    assert all(started - 1000 <= one <= time.time() * 1000 + 1000 for one in times)
    assert [line.partition(" ")[2] for line in found[:7]] == [
        "Partition:0 Offset:0 h1:v1,h2: key value",
        "Partition:0 Offset:1 NO_HEADERS key <null>",
        "Partition:0 Offset:2 NO_HEADERS <null> x y",
        *(f"Partition:0 Offset:{at} NO_HEADERS <null> {codec}" for at, codec in enumerate(("gzip", "snappy", "lz4", "zstd"), 3)),
    ]
    assert found[7] == "Processed a total of 7 messages"
    assert run(CONSUMER, "--topic", topic, "--partition", "0", "--offset", "4", "--max-messages", "2") == [
        "snappy",
        "lz4",
        "Processed a total of 2 messages",
    ]


def _with_a_group(run: Run, topic: str, group: str) -> None:
    """Six records, of which the group has read two and the group's member has left."""
    run(PRODUCER, "--topic", topic, given="a\nb\nc\nd\ne\nf\n")
    committed = ("--isolation-level", "read_committed", "--max-messages", "2")
    assert run(CONSUMER, "--topic", topic, "--group", group, "--from-beginning", *committed)[:2] == ["a", "b"]


RESETS = {
    ("--to-earliest",): 0,
    ("--to-latest",): 6,
    ("--to-offset", "4"): 4,
    ("--shift-by", "-1"): 3,
    ("--to-datetime", "2020-01-01T00:00:00.000"): 0,
    ("--to-offset", "5"): 5,
    ("--by-duration", "PT1H"): 0,
    ("--to-offset", "4000"): 6,
    ("--to-current",): 6,
}


def test_groups_are_described_and_their_offsets_moved(run: Run, topic: str) -> None:
    group = f"g-{topic}"
    _with_a_group(run, topic, group)
    assert group in run(GROUPS, "--list")
    assert f"{group} Empty" in run(GROUPS, "--list", "--state")
    assert f"{group} Classic" in run(GROUPS, "--list", "--type")
    nobody = f"Consumer group '{group}' has no active members."
    assert run(GROUPS, "--describe", "--group", group) == [
        nobody,
        "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID",
        f"{group} {topic} 0 2 6 4 - - -",
    ]
    assert run(GROUPS, "--describe", "--group", group, "--state")[2].split()[3:] == ["-", "Empty", "0"]
    assert run(GROUPS, "--describe", "--group", group, "--members", "--verbose")[0] == nobody
    asked = ("--reset-offsets", "--group", group, "--topic", topic)
    for way, offset in RESETS.items():
        moved = ["GROUP TOPIC PARTITION NEW-OFFSET", f"{group} {topic} 0 {offset}"]
        assert run(GROUPS, *asked, *way, "--dry-run") == moved
        assert run(GROUPS, *asked, *way, "--execute") == moved
        assert run(GROUPS, "--describe", "--group", group)[2] == f"{group} {topic} 0 {offset} 6 {6 - offset} - - -"


def test_offsets_and_groups_are_deleted(run: Run, topic: str) -> None:
    group = f"g-{topic}"
    _with_a_group(run, topic, group)
    missing = "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition."
    head = [f"Request succeeded for deleting offsets from group {group}.", "TOPIC PARTITION STATUS"]
    assert run(GROUPS, "--delete-offsets", "--group", group, "--topic", topic) == [*head, f"{topic} 0 Successful"]
    assert run(GROUPS, "--delete-offsets", "--group", group, "--topic", "no-such") == [*head, f"no-such - Error: {missing}"]
    assert run(GROUPS, "--delete", "--group", group) == [f"Deletion of requested consumer groups ('{group}') was successful."]
    assert group not in run(GROUPS, "--list")
    gone = "org.apache.kafka.common.errors.GroupIdNotFoundException: The group id does not exist."
    assert run(GROUPS, "--delete", "--group", group)[1] == f"* Group '{group}' could not be deleted due to: {gone}"
    assert run(GROUPS, "--describe", "--group", group)[0].endswith(f"GroupIdNotFoundException: Group {group} not found.")


def test_offsets_are_told_and_records_deleted(run: Run, topic: str, tmp_path: Path) -> None:
    for text in "abc":
        run(PRODUCER, "--topic", topic, given=f"{text}\n")
    wanted = tmp_path / "offsets.json"
    wanted.write_text(json.dumps({"partitions": [{"topic": topic, "partition": 0, "offset": 1}], "version": 1}))
    assert run(".DeleteRecordsCommand", "--offset-json-file", str(wanted))[-1] == f"partition: {topic}-0 low_watermark: 1"
    times = {"-1": "3", "-2": "1", "-3": "2", "-4": "1", "1000": "1", "latest": "3"}
    assert {time: run(OFFSETS, "--topic", topic, "--time", time) for time in times} == {
        time: [f"{topic}:0:{offset}"] for time, offset in times.items()
    }
    assert [run(OFFSETS, "--topic", topic, "--time", tiered) for tiered in ("-5", "-6")] == [[], []]
    (held,) = (line for line in run(".LogDirsCommand", "--describe", "--topic-list", topic) if line.startswith("{"))
    (partition,) = json.loads(held)["brokers"][0]["logDirs"][0]["partitions"]
    assert (partition["partition"], partition["offsetLag"], partition["isFuture"]) == (f"{topic}-0", 0, False)
    assert partition["size"] > 0


def _state(run: Run, transactional_id: str) -> str:
    (found,) = (row for row in map(str.split, run(TRANSACTIONS, "list")) if row[0] == transactional_id)
    return found[3]


def test_transactions_are_written_and_told(run: Run, ran: Callable[..., Ran], java: JavaTools, bootstrap: str, topic: str) -> None:
    load = ("--topic", topic, "--num-records", "300", "--record-size", "100", "--throughput", "-1")
    transaction = ("--transactional-id", f"t-{topic}", "--transaction-duration-ms", "20")
    sent = java.run(".ProducerPerformance", *load, *transaction, "--command-property", f"bootstrap.servers={bootstrap}")
    assert (sent.status, sent.output[:17]) == (0, "300 records sent,"), sent.output
    wait_until(lambda: _state(run, f"t-{topic}") == "CompleteCommit", LIMIT_S, "the transaction is complete")
    _, told = run(TRANSACTIONS, "describe", "--transactional-id", f"t-{topic}")
    broker, name, _, _, state, timeout, started, lasted = told.split()[:8]
    assert (broker, name, state, timeout) == ("1", f"t-{topic}", "CompleteCommit", "60000")
    assert int(started) > 0
    assert int(lasted) >= 0
    assert len(run(TRANSACTIONS, "describe-producers", "--topic", topic, "--partition", "0")) == 2
    assert len(run(TRANSACTIONS, "find-hanging", "--topic", topic)) == 1
    (gone,) = ran(TRANSACTIONS, "describe", "--transactional-id", "no-such").lines
    assert gone.startswith("Failed to describe transaction state of transactional-id `no-such`")
    (none,) = ran(TRANSACTIONS, "abort", "--topic", topic, "--partition", "0", "--start-offset", "5").lines
    assert none == f"Could not find any open transactions starting at offset 5 on partition {topic}-0"


def test_the_cluster_tells_what_it_is(run: Run, ran: Callable[..., Ran], java: JavaTools, bootstrap: str, topic: str) -> None:
    told = java.run(".ClusterTool", "cluster-id", "--bootstrap-server", bootstrap).output
    assert re.fullmatch(r"Cluster ID: \S{22}", told)
    assert "127.0.0.1" in java.run(".ClusterTool", "list-endpoints", "--bootstrap-server", bootstrap).lines[1]
    assert "Produce(0): 0 to 13 [usable: 13]," in run(".BrokerApiVersionsCommand")
    run(".FeatureCommand", "describe")
    refused = ran(".AclCommand", "--list")
    assert refused.status == 1
    assert "SecurityDisabledException: No Authorizer is configured on the broker" in refused.lines[0]
    led = run(".LeaderElectionCommand", "--election-type", "PREFERRED", "--topic", topic, "--partition", "0")
    assert led == [f"Valid replica already elected for partitions {topic}-0"]


def test_a_partition_is_assigned_where_it_is(run: Run, topic: str, tmp_path: Path) -> None:
    wanted = tmp_path / "assignment.json"
    wanted.write_text(json.dumps({"partitions": [{"topic": topic, "partition": 0, "replicas": [1]}], "version": 1}))
    file = ("--reassignment-json-file", str(wanted))
    assert run(REASSIGN, "--list") == ["No partition reassignments found."]
    assert run(REASSIGN, "--execute", *file)[-1] == f"Successfully started partition reassignment for {topic}-0"
    assert f"Reassignment of partition {topic}-0 is completed." in run(REASSIGN, "--verify", *file)
