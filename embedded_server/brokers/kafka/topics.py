"""CreateTopics, DeleteTopics and CreatePartitions, with Kafka's checks in Kafka's words (its ReplicationControlManager)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from embedded_server.brokers.kafka import configs, names
from embedded_server.brokers.kafka.codec import NO_TOPIC_ID
from embedded_server.brokers.kafka.config_answers import created_entries
from embedded_server.brokers.kafka.config_rules import InvalidConfig
from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.logs import INTERNAL
from embedded_server.brokers.kafka.metadata import NUM_PARTITIONS
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker
    from embedded_server.brokers.kafka.log.logs import Topic

MAX_PARTITIONS: Final = 10_000
"""So many one request may make, as in Kafka."""
DEFAULT: Final = -1
IDS_FROM: Final = 6


@dataclass(frozen=True, slots=True)
class Plan:
    """A topic that may be made."""

    partitions: int
    configs: dict[str, str]


class Topics:
    """Makes, grows and deletes topics."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker

    # -- creation

    def create(self, request: Request) -> Answer:
        """Make topics, or only say whether they could be made."""
        body = request.body
        asked = [topic.name for topic in body.topics]
        doubled = {name for name, times in Counter(asked).items() if times > 1}
        topics = [
            {"name": name, "error_code": ErrorCode.INVALID_REQUEST, "error_message": "Duplicate topic name."} for name in sorted(doubled)
        ]
        made = 0
        for topic in body.topics:
            if topic.name in doubled:
                continue
            told, partitions = self._created(topic, MAX_PARTITIONS - made, validate_only=bool(body.validate_only))
            made += partitions
            topics.append(told)
        return {"topics": topics}

    def _created(self, asked: Any, room: int, *, validate_only: bool) -> tuple[dict[str, Any], int]:
        try:
            plan = self._plan(asked, room)
            topic_id = NO_TOPIC_ID
            if not validate_only:
                topic_id = self._broker.logs.create(asked.name, plan.partitions, plan.configs).id
        except LogFault as fault:
            return {"name": asked.name, "topic_id": NO_TOPIC_ID, "error_code": fault.code, "error_message": str(fault), "configs": []}, 0
        told = {
            "name": asked.name,
            "topic_id": topic_id,
            "error_code": ErrorCode.NONE,
            "error_message": None,
            "num_partitions": plan.partitions,
            "replication_factor": 1,
            "configs": created_entries(plan.configs),
        }
        return told, plan.partitions

    def _plan(self, asked: Any, room: int) -> Plan:
        """What is to be made. Raises ``LogFault``."""
        others = self._broker.logs.topics
        fault = names.fault_of(asked.name)
        if fault is not None:
            raise LogFault(ErrorCode.INVALID_TOPIC_EXCEPTION, fault)
        if asked.name in INTERNAL:
            raise LogFault(ErrorCode.INVALID_TOPIC_EXCEPTION, f"The embedded broker makes {asked.name} itself, when it is needed.")
        if asked.name in others:
            raise LogFault(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{asked.name}' already exists.")
        collision = names.collision_of(asked.name, others)
        if collision is not None:
            raise LogFault(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic '{asked.name}' collides with existing topic: {collision}")
        settings = _settings(asked)
        partitions = self._assigned(asked) if asked.assignments else _counted(asked)
        if partitions > room:
            raise LogFault(ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request.")
        return Plan(partitions, settings)

    def _assigned(self, asked: Any) -> int:
        if asked.replication_factor != DEFAULT:
            raise LogFault(
                ErrorCode.INVALID_REQUEST, "A manual partition assignment was specified, but replication factor was not set to -1."
            )
        if asked.num_partitions != DEFAULT:
            raise LogFault(ErrorCode.INVALID_REQUEST, "A manual partition assignment was specified, but numPartitions was not set to -1.")
        seen: set[int] = set()
        for one in asked.assignments:
            if one.partition_index in seen:
                raise LogFault(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT, f"Found multiple manual partition assignments for partition {one.partition_index}"
                )
            seen.add(one.partition_index)
            self._check_brokers(one.broker_ids)
        if seen != set(range(len(seen))):
            raise LogFault(ErrorCode.INVALID_REPLICA_ASSIGNMENT, "partitions should be a consecutive 0-based integer sequence")
        return len(seen)

    def _check_brokers(self, brokers: list[int]) -> None:
        if not brokers:
            raise LogFault(ErrorCode.INVALID_REPLICA_ASSIGNMENT, "The manual partition assignment includes an empty replica list.")
        for broker in brokers:
            if broker != self._broker.node_id:
                raise LogFault(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                    f"The manual partition assignment includes broker {broker}, but no such broker is registered.",
                )
        if len(brokers) > 1:
            raise LogFault(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"The manual partition assignment includes the broker {brokers[0]} more than once.",
            )

    # -- growth

    def grow(self, request: Request) -> Answer:
        """Give topics more partitions, or only say whether they could have them."""
        validate_only = bool(request.body.validate_only)
        return {"results": [self._grown(one, validate_only=validate_only) for one in request.body.topics]}

    def _grown(self, asked: Any, *, validate_only: bool) -> dict[str, Any]:
        try:
            self._check_growth(asked)
            if not validate_only:
                self._broker.logs.grow(asked.name, asked.count)
        except LogFault as fault:
            return {"name": asked.name, "error_code": fault.code, "error_message": str(fault)}
        return {"name": asked.name, "error_code": ErrorCode.NONE, "error_message": None}

    def _check_growth(self, asked: Any) -> None:
        topic = self._broker.logs.topics.get(asked.name)
        if topic is None:
            raise LogFault(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"There is no topic '{asked.name}'.")
        there = len(topic.partitions)
        if asked.count == there:
            raise LogFault(ErrorCode.INVALID_PARTITIONS, f"Topic already has {there} partition(s).")
        if asked.count < there:
            raise LogFault(
                ErrorCode.INVALID_PARTITIONS,
                f"The topic {asked.name} currently has {there} partition(s); {asked.count} would not be an increase.",
            )
        if topic.internal:
            raise LogFault(ErrorCode.INVALID_REQUEST, f"The internal topic {asked.name} has one partition here.")
        more = asked.count - there
        if more > MAX_PARTITIONS:
            raise LogFault(ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request.")
        if asked.assignments is not None:
            if len(asked.assignments) != more:
                raise LogFault(
                    ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                    f"Attempted to add {more} additional partition(s), but only {len(asked.assignments)} assignment(s) were specified.",
                )
            for one in asked.assignments:
                self._check_brokers(one.broker_ids)

    # -- deletion

    def delete(self, request: Request) -> Answer:
        """Delete topics by their names or ids."""
        if request.version < IDS_FROM:
            return {"responses": [self._deleted(name, None) for name in request.body.topic_names]}
        return {"responses": [self._deleted(one.name, one.topic_id) for one in request.body.topics]}

    def _deleted(self, name: str | None, topic_id: Any) -> dict[str, Any]:
        told = {"name": name, "topic_id": topic_id or NO_TOPIC_ID}
        if name is not None and topic_id is not None:
            return told | {"error_code": ErrorCode.INVALID_REQUEST, "error_message": "You may not specify both topic name and topic id."}
        if name is None and topic_id is None:
            return told | {"error_code": ErrorCode.INVALID_REQUEST, "error_message": "Neither topic name nor id were specified."}
        topic = self._broker.logs.topics.get(name) if name is not None else self._broker.topic_of(topic_id)
        if topic is None:
            unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION if name is not None else ErrorCode.UNKNOWN_TOPIC_ID
            what = "topic-partition" if name is not None else "topic ID"
            return told | {"error_code": unknown, "error_message": f"This server does not host this {what}."}
        try:
            self._forget(topic)
        except LogFault as fault:
            return told | {"error_code": fault.code, "error_message": str(fault)}
        return {"name": topic.name, "topic_id": topic.id, "error_code": ErrorCode.NONE}

    def _forget(self, topic: "Topic") -> None:
        if topic.internal:
            raise LogFault(
                ErrorCode.INVALID_REQUEST, f"{topic.name} is the broker's own; without it groups and transactions would be lost."
            )
        logs = list(topic.partitions)
        self._broker.logs.delete(topic.name)
        for log in logs:
            self._broker.grew(log)
        tell: list[Callable[[Topic], None]] = self._broker.on_topic_deleted
        for one in tell:
            one(topic)


def _settings(asked: Any) -> dict[str, str]:
    nothing = [one.name for one in asked.configs if one.value is None]
    if nothing:
        raise LogFault(ErrorCode.INVALID_CONFIG, f"Null value not supported for topic configs: {','.join(nothing)}")
    settings = configs.tidied({one.name: one.value for one in asked.configs})
    try:
        configs.validate(settings)
    except InvalidConfig as exc:
        raise LogFault(ErrorCode.INVALID_CONFIG, str(exc)) from exc
    return settings


def _counted(asked: Any) -> int:
    copies, partitions = asked.replication_factor, asked.num_partitions
    if copies < DEFAULT or copies == 0:
        raise LogFault(ErrorCode.INVALID_REPLICATION_FACTOR, "Replication factor must be larger than 0, or -1 to use the default value.")
    if partitions < DEFAULT or partitions == 0:
        raise LogFault(ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value.")
    if copies > 1:
        raise LogFault(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            f"Unable to replicate the partition {copies} time(s): The target replication factor of {copies} cannot be reached because "
            "only 1 broker(s) are registered or some brokers have all their log directories cordoned.",
        )
    return NUM_PARTITIONS if partitions == DEFAULT else int(partitions)


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """What this module answers."""
    topics = Topics(broker)
    return {ApiKey.CREATE_TOPICS: topics.create, ApiKey.DELETE_TOPICS: topics.delete, ApiKey.CREATE_PARTITIONS: topics.grow}
