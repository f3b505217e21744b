"""The cluster of one broker: DescribeCluster, DescribeLogDirs, DescribeTopicPartitions, and what moves leaders and replicas."""

import contextlib
import shutil
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka import operations
from embedded_server.brokers.kafka.codec import NO_TOPIC_ID
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.logs import Topic

BROKERS: Final = 1
"""The kind of endpoint that is here; the other one is controllers."""
MAX_PARTITIONS_TOLD: Final = 2_000
TOPIC_BITS: Final = sum(1 << one for one in operations.TOPIC)


class Cluster:
    """Answers as the one broker there is."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    def describe(self, request: Request) -> Answer:
        """The brokers."""
        broker, body = self._broker, request.body
        if request.version >= 1 and body.endpoint_type != BROKERS:
            why = "This endpoint appears to be a BROKER, not a CONTROLLER."
            return {"error_code": ErrorCode.MISMATCHED_ENDPOINT_TYPE, "error_message": why, "cluster_id": "", "brokers": []}
        return {
            "error_code": ErrorCode.NONE,
            "cluster_id": broker.cluster_id,
            "controller_id": broker.node_id,
            "brokers": [{"broker_id": broker.node_id, "host": broker.host, "port": broker.port, "is_fenced": False}],
            "authorized_operations": operations.told(operations.CLUSTER, wanted=bool(body.include_cluster_authorized_operations)),
        }

    def log_dirs(self, request: Request) -> Answer:
        """How much each partition holds, and how much room there is."""
        wanted = request.body.topics
        topics = self._broker.logs.topics
        if wanted is None:
            chosen = [(topic, range(len(topic.partitions))) for topic in topics.values()]
        else:
            chosen = [(topics[one.topic], one.partitions) for one in wanted if one.topic in topics]
        usage = shutil.disk_usage(self._broker.logs.folder)
        result = {
            "error_code": ErrorCode.NONE,
            "log_dir": str(self._broker.logs.folder),
            "topics": [{"name": topic.name, "partitions": _held(topic, numbers)} for topic, numbers in chosen],
            "total_bytes": usage.total,
            "usable_bytes": usage.free,
        }
        return {"error_code": ErrorCode.NONE, "results": [result]}

    def topic_partitions(self, request: Request) -> Answer:
        """Topics with their partitions, page by page (KIP-966)."""
        body = request.body
        room = min(max(body.response_partition_limit, 1), MAX_PARTITIONS_TOLD)
        topics = self._broker.logs.topics
        names = sorted({one.name for one in body.topics} or topics)
        first = 0
        if body.cursor is not None:
            names = [name for name in names if name >= body.cursor.topic_name]
            first = max(body.cursor.partition_index, 0) if names and names[0] == body.cursor.topic_name else 0
        told: list[dict[str, Any]] = []
        for name in names:
            topic = topics.get(name)
            if topic is None:
                told.append(_unknown(name))
                continue
            numbers = range(first, len(topic.partitions))[:room]
            told.append(self._partitions(topic, numbers))
            room -= len(numbers)
            behind = first + len(numbers)
            first = 0
            if behind < len(topic.partitions):
                return {"topics": told, "next_cursor": {"topic_name": name, "partition_index": behind}}
            if room <= 0 and name != names[-1]:
                following = names[names.index(name) + 1]
                return {"topics": told, "next_cursor": {"topic_name": following, "partition_index": 0}}
        return {"topics": told, "next_cursor": None}

    def _partitions(self, topic: "Topic", numbers: range) -> dict[str, Any]:
        node = [self._broker.node_id]
        return {
            "error_code": ErrorCode.NONE,
            "name": topic.name,
            "topic_id": topic.id,
            "is_internal": topic.internal,
            "topic_authorized_operations": TOPIC_BITS,
            "partitions": [
                {
                    "error_code": ErrorCode.NONE,
                    "partition_index": number,
                    "leader_id": self._broker.node_id,
                    "leader_epoch": topic.partitions[number].told_epoch,
                    "replica_nodes": node,
                    "isr_nodes": node,
                    "eligible_leader_replicas": [],
                    "last_known_elr": [],
                    "offline_replicas": [],
                }
                for number in numbers
            ],
        }

    def elect_leaders(self, request: Request) -> Answer:
        """Every partition is led by the one broker already."""
        asked = request.body.topic_partitions
        if asked is None:
            return {"error_code": ErrorCode.NONE, "replica_election_results": []}
        results = [
            {"topic": one.topic, "partition_result": [self._elected(one.topic, number) for number in one.partitions]} for one in asked
        ]
        return {"error_code": ErrorCode.NONE, "replica_election_results": results}

    def _elected(self, topic: str, number: int) -> dict[str, Any]:
        if topic not in self._broker.logs.topics:
            code, why = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such topic as {topic}"
        elif self._broker.partition(topic, number) is None:
            code, why = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"No such partition as {topic}-{number}"
        else:
            code, why = ErrorCode.ELECTION_NOT_NEEDED, "Leader election not needed for topic partition."
        return {"partition_id": number, "error_code": code, "error_message": why}

    def reassign(self, request: Request) -> Answer:
        """A partition may be assigned to the broker it is on, and to no other."""
        responses = [
            {"name": one.name, "partitions": [self._reassigned(one.name, asked) for asked in one.partitions]} for one in request.body.topics
        ]
        return {"error_code": ErrorCode.NONE, "error_message": None, "responses": responses}

    def _reassigned(self, topic: str, asked: Any) -> dict[str, Any]:
        number, replicas = asked.partition_index, asked.replicas
        code, why = ErrorCode.NONE, None
        stranger = next((one for one in replicas or () if one != self._broker.node_id), None)
        if topic not in self._broker.logs.topics:
            code, why = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find a topic named {topic}."
        elif self._broker.partition(topic, number) is None:
            code, why = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"Unable to find partition {topic}:{number}."
        elif replicas is None:
            code, why = ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, "No partition reassignment is in progress."
        elif not replicas:
            code, why = ErrorCode.INVALID_REPLICA_ASSIGNMENT, "The manual partition assignment includes an empty replica list."
        elif stranger is not None:
            code = ErrorCode.INVALID_REPLICA_ASSIGNMENT
            why = f"The manual partition assignment includes broker {stranger}, but no such broker is registered."
        return {"partition_index": number, "error_code": code, "error_message": why}

    def reassignments(self, _: Request) -> Answer:
        """Nothing is on the move."""
        return {"error_code": ErrorCode.NONE, "error_message": None, "topics": []}

    def move_log_dirs(self, request: Request) -> Answer:
        """There is one folder; a partition may be told to stay in it."""
        results: dict[str, list[dict[str, int]]] = {}
        for folder in request.body.dirs:
            is_ours = folder.path == str(self._broker.logs.folder)
            for topic in folder.topics:
                for number in topic.partitions:
                    is_there = self._broker.partition(topic.name, number) is not None
                    code = (
                        ErrorCode.LOG_DIR_NOT_FOUND if not is_ours else ErrorCode.NONE if is_there else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                    )
                    results.setdefault(topic.name, []).append({"partition_index": number, "error_code": code})
        return {"results": [{"topic_name": name, "partitions": partitions} for name, partitions in results.items()]}


def _held(topic: "Topic", numbers: Iterable[int]) -> list[dict[str, Any]]:
    """What partitions hold; a log that cannot be opened is left out, as Kafka leaves out what is on a failed disk."""
    told = []
    for number in numbers:
        if 0 <= number < len(topic.partitions):
            with contextlib.suppress(LogFault):
                size = topic.partitions[number].bytes
                told.append({"partition_index": number, "partition_size": size, "offset_lag": 0, "is_future_key": False})
    return told


def _unknown(name: str) -> dict[str, Any]:
    code = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    return {"error_code": code, "name": name, "topic_id": NO_TOPIC_ID, "partitions": [], "topic_authorized_operations": TOPIC_BITS}


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    cluster = Cluster(broker)
    return {
        ApiKey.DESCRIBE_CLUSTER: cluster.describe,
        ApiKey.DESCRIBE_LOG_DIRS: cluster.log_dirs,
        ApiKey.DESCRIBE_TOPIC_PARTITIONS: cluster.topic_partitions,
        ApiKey.ELECT_LEADERS: cluster.elect_leaders,
        ApiKey.ALTER_PARTITION_REASSIGNMENTS: cluster.reassign,
        ApiKey.LIST_PARTITION_REASSIGNMENTS: cluster.reassignments,
        ApiKey.ALTER_REPLICA_LOG_DIRS: cluster.move_log_dirs,
    }
