"""Metadata: the broker, its topics and their partitions; topics are made when somebody asks for them."""

import logging
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka import names, operations
from embedded_server.brokers.kafka.codec import NO_TOPIC_ID
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.logs import INTERNAL, Topic
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.partition import PartitionLog

logger = logging.getLogger(__name__)

NUM_PARTITIONS: Final = 1
"""``num.partitions``: so many a topic gets that is made because somebody asked for it."""
CREATION_TOLD_FROM: Final = 4


class Metadata:
    """Answers where partitions are: all of them here."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    def answer(self, request: Request) -> Answer:
        """Tell of the topics asked for, or of all."""
        body, version = request.body, request.version
        creates = version < CREATION_TOLD_FROM or body.allow_auto_topic_creation
        with_rights = bool(body.include_topic_authorized_operations)
        if body.topics is None or (version == 0 and not body.topics):
            topics = [self._told(topic, with_rights=with_rights, opening=False) for topic in self._broker.logs.topics.values()]
        else:
            topics = [self._asked(one, creates=creates, with_rights=with_rights) for one in body.topics]
        broker = self._broker
        return {
            "brokers": [{"node_id": broker.node_id, "host": broker.host, "port": broker.port}],
            "cluster_id": broker.cluster_id,
            "controller_id": broker.node_id,
            "topics": topics,
            "authorized_operations": operations.told(operations.CLUSTER, wanted=bool(body.include_cluster_authorized_operations)),
        }

    def _asked(self, asked: Any, *, creates: bool, with_rights: bool) -> dict[str, Any]:
        if asked.name is None or asked.topic_id is not None:  # Kafka's Java client sends an empty name with an id
            by_id = self._broker.topic_of(asked.topic_id)
            if by_id is None:
                return {"error_code": ErrorCode.UNKNOWN_TOPIC_ID, "name": None, "topic_id": asked.topic_id}
            return self._told(by_id, with_rights=with_rights)
        topic = self._broker.logs.topics.get(asked.name)
        if topic is None:
            made = self._made(asked.name) if creates else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            if not isinstance(made, Topic):
                is_wrong = names.fault_of(asked.name) is not None
                code = ErrorCode.INVALID_TOPIC_EXCEPTION if is_wrong else made
                return {"error_code": code, "name": asked.name, "topic_id": NO_TOPIC_ID, "is_internal": asked.name in INTERNAL}
            topic = made
        return self._told(topic, with_rights=with_rights)

    def _made(self, name: str) -> Topic | ErrorCode:
        if name in INTERNAL:
            return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        if names.fault_of(name) is not None or names.collision_of(name, self._broker.logs.topics) is not None:
            return ErrorCode.INVALID_TOPIC_EXCEPTION
        try:
            return self._broker.logs.create(name, NUM_PARTITIONS, {})
        except LogFault as fault:
            logger.warning("The topic %s was asked for and cannot be made: %s", name, fault)
            return fault.code

    def _told(self, topic: Topic, *, with_rights: bool, opening: bool = True) -> dict[str, Any]:
        return {
            "error_code": ErrorCode.NONE,
            "name": topic.name,
            "topic_id": topic.id,
            "is_internal": topic.internal,
            "partitions": [self._partition(number, log, opening=opening) for number, log in enumerate(topic.partitions)],
            "authorized_operations": operations.told(operations.TOPIC, wanted=with_rights),
        }

    def _partition(self, number: int, log: "PartitionLog", *, opening: bool) -> dict[str, Any]:
        node = [self._broker.node_id]
        return {
            "error_code": ErrorCode.NONE,
            "partition_index": number,
            "leader_id": self._broker.node_id,
            "leader_epoch": log.told_epoch if opening or log.is_open else -1,
            "replica_nodes": node,
            "isr_nodes": node,
            "offline_replicas": [],
        }


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    return {ApiKey.METADATA: Metadata(broker).answer}
