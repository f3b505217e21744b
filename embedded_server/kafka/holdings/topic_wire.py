"""Changes topics by requests of Kafka's protocol, and tells in words what a cluster does not like. Everything here blocks."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from kafka import errors
from kafka.protocol.admin import (
    AlterConfigsRequest,
    CreatePartitionsRequest,
    CreateTopicsRequest,
    DeleteRecordsRequest,
    DeleteTopicsRequest,
    IncrementalAlterConfigsRequest,
)

from embedded_server.contracts.kafka import AddPartitions, AlterConfigs, ConfigEntry, ConfigSource, CreateTopic, PurgeTopic, TopicInfo
from embedded_server.kafka.holdings.configs import TOPIC, entry_of, named_in, read_configs, value_of
from embedded_server.kafka.holdings.figures import Place, read_figures, read_offsets
from embedded_server.kafka.holdings.layout import Topic, layout_of, require_topic
from embedded_server.kafka.holdings.problems import (
    ConfigInvalid,
    NothingToDelete,
    NotKept,
    PartitionNotThere,
    PartitionsInvalid,
    ReplicationInvalid,
    TopicDeletionOff,
    TopicExists,
    TopicNameInvalid,
)
from embedded_server.kafka.holdings.wire import PAUSE_S, SETTLING_S, Wire, raise_for, settled

TIMEOUT_MS: Final = 30_000
NO_TOPIC: Final = "switchroom.settings-of-a-new-topic"
"""A name to ask about; it is never created."""
_SET: Final = 0
_DELETE: Final = 1
"""Operations of IncrementalAlterConfigs (KIP-339)."""


def create(wire: Wire, request: CreateTopic) -> TopicInfo:
    """Create a topic and wait until it can be used (CreateTopics, api key 19). Answers what it is, or would be."""
    has_defaults = wire.offers(CreateTopicsRequest, 4) >= 0  # Kafka 2.4; before, a number had to be given
    topic = CreateTopicsRequest.CreatableTopic(
        name=request.name,
        num_partitions=request.partitions if has_defaults or request.partitions > 0 else 1,
        replication_factor=request.replication if has_defaults or request.replication > 0 else 1,
        assignments=[],
        configs=[
            CreateTopicsRequest.CreatableTopic.CreatableTopicConfig(name=name, value=value) for name, value in request.configs.items()
        ],
    )
    asked = CreateTopicsRequest(topics=[topic], timeout_ms=TIMEOUT_MS, validate_only=request.validate_only)
    answer = _controller(wire, asked, lambda response: response.topics)
    try:
        raise_for(answer.error_code, getattr(answer, "error_message", None))
    except errors.KafkaError as exc:
        raise _not_created(wire, exc, request) from exc
    if request.validate_only:
        partitions, replication = getattr(answer, "num_partitions", -1), getattr(answer, "replication_factor", -1)
        return TopicInfo(
            request.name, partitions=max(partitions, request.partitions, 0), replication=max(replication, request.replication, 0)
        )
    return _wait(wire, request.name, lambda topic: topic is not None and topic.is_whole).info()


def would_be_settings(wire: Wire) -> list[ConfigEntry]:
    """Answer a new topic's settings as the cluster would give them, without creating any (CreateTopics from version 5 on, Kafka 2.4)."""
    if wire.offers(CreateTopicsRequest, 5) < 0:
        return []
    topic = CreateTopicsRequest.CreatableTopic(name=NO_TOPIC, num_partitions=-1, replication_factor=-1, assignments=[], configs=[])
    asked = CreateTopicsRequest(topics=[topic], timeout_ms=TIMEOUT_MS, validate_only=True)
    answer = _controller(wire, asked, lambda response: response.topics)
    raise_for(answer.error_code, answer.error_message)
    return sorted((entry_of(config) for config in answer.configs or ()), key=lambda entry: entry.name)


def grow(wire: Wire, request: AddPartitions) -> int:
    """Add partitions and wait until they can be used (CreatePartitions, api key 37). Answers how many there were."""
    before = len(require_topic(wire.metadata([request.topic]), request.topic).partitions)
    wanted = CreatePartitionsRequest.CreatePartitionsTopic(name=request.topic, count=request.total, assignments=None)
    asked = CreatePartitionsRequest(topics=[wanted], timeout_ms=TIMEOUT_MS, validate_only=False)
    answer = _controller(wire, asked, lambda response: response.results)
    try:
        raise_for(answer.error_code, answer.error_message)
    except errors.InvalidPartitionsError as exc:
        raise PartitionsInvalid(topic=request.topic, partitions=request.total, now=before, detail=_words(exc)) from exc
    _wait(wire, request.topic, lambda topic: topic is not None and topic.is_whole and len(topic.partitions) >= request.total)
    return before


def alter(wire: Wire, request: AlterConfigs) -> list[ConfigEntry]:
    """Change settings, all or none. Answers them as they are then."""
    if wire.offers(IncrementalAlterConfigsRequest) >= 0:
        entries = [(name, _SET, value) for name, value in request.set.items()] + [(name, _DELETE, None) for name in request.reset]
        asked = IncrementalAlterConfigsRequest(resources=[(TOPIC, request.topic, entries)], validate_only=False)
    else:
        asked = AlterConfigsRequest(resources=[(TOPIC, request.topic, list(_all_of(wire, request).items()))], validate_only=False)
    for answer in wire.ask(asked).responses:
        try:
            raise_for(answer.error_code, answer.error_message)
        except (errors.InvalidConfigurationError, errors.InvalidRequestError) as exc:
            raise _refused(request.topic, _words(exc), [*request.set, *request.reset]) from exc
    return _altered(wire, request)


def purge(wire: Wire, request: PurgeTopic) -> int:
    """Delete records up to an offset or a time, or all (DeleteRecords, api key 21). Answers how many went, or would go."""
    topic = require_topic(wire.metadata([request.topic]), request.topic)
    figures = read_figures(wire, [topic], with_bytes=False)
    if figures.failure is not None:
        raise figures.failure
    upto = _purged_up_to(wire, topic, request, figures.ends)
    for (name, number), offset in upto.items():
        if (name, number) not in figures.ends:
            raise PartitionNotThere(topic=name, partition=number)
        start, end = figures.starts[name, number], figures.ends[name, number]
        if not start <= offset <= end:
            raise NothingToDelete(topic=name, partition=number, offset=offset, start=start, end=end)
    if request.dry_run:
        return sum(offset - figures.starts[place] for place, offset in upto.items())
    try:
        lows = _delete_records(wire, topic, upto)
    except errors.PolicyViolationError as exc:
        policy = value_of(read_configs(wire, [topic.name])[topic.name], "cleanup.policy")
        raise NotKept(topic=topic.name, policy=policy, detail=_words(exc)) from exc
    return sum(max(0, low - figures.starts[place]) for place, low in lows.items())


def _purged_up_to(wire: Wire, topic: Topic, request: PurgeTopic, ends: dict[Place, int]) -> dict[Place, int]:
    """Answer, by partition, the first offset that stays."""
    if request.before_time:
        found = read_offsets(wire, [topic], dict.fromkeys(ends, request.before_time))
        return {place: found[place] if found.get(place, -1) >= 0 else end for place, end in ends.items()}
    return {(topic.name, number): offset for number, offset in request.before.items()} or dict(ends)


def delete(wire: Wire, name: str) -> int | None:
    """Delete a topic (DeleteTopics, api key 20), and answer how many records it had, None where nobody could count them."""
    topic = require_topic(wire.metadata([name]), name)
    figures = read_figures(wire, [topic], with_bytes=False)
    named = DeleteTopicsRequest.DeleteTopicState(name=name)
    asked = DeleteTopicsRequest(topics=[named], timeout_ms=TIMEOUT_MS)
    answer = _controller(wire, asked, lambda response: response.responses)
    try:
        raise_for(answer.error_code, getattr(answer, "error_message", None))
    except errors.TopicDeletionDisabledError as exc:
        raise TopicDeletionOff(detail=_words(exc)) from exc
    _wait(wire, name, lambda found: found is None)
    counted = [figures.ends[place] - figures.starts[place] for place in figures.ends if place in figures.starts]
    return sum(counted) if len(counted) == len(topic.partitions) else None


# -- inside


def _controller(wire: Wire, request: Any, results: Callable[[Any], Any]) -> Any:
    """Ask the controller, also the next one where it has moved, and answer the one result."""

    def ask() -> Any:
        answer = next(iter(results(wire.ask_controller(request))))
        if answer.error_code == errors.NotControllerError.errno:
            raise errors.NotControllerError
        return answer

    return settled(ask)


def _wait(wire: Wire, name: str, until: Callable[[Topic | None], bool]) -> Topic:
    """Wait until the brokers know of a change: they learn of it a moment after it was acknowledged."""
    end = time.monotonic() + SETTLING_S
    while True:
        topic = layout_of(wire.metadata([name])).topics.get(name)
        if until(topic) or time.monotonic() > end:
            return topic or Topic(name, internal=False, partitions=())
        time.sleep(PAUSE_S)


def _not_created(wire: Wire, exc: errors.KafkaError, request: CreateTopic) -> Exception:
    name, words = request.name, _words(exc)
    match exc:
        case errors.TopicAlreadyExistsError():
            return TopicExists(topic=name, detail=words)
        case errors.InvalidTopicError():
            return TopicNameInvalid(topic=name[:249], detail=words)
        case errors.InvalidPartitionsError():
            return PartitionsInvalid(topic=name, partitions=request.partitions, now=0, detail=words)
        case errors.InvalidReplicationFactorError():
            return ReplicationInvalid(topic=name, replication=request.replication, brokers=len(wire.brokers()), detail=words)
        case errors.InvalidConfigurationError():
            return _refused(name, words, request.configs)
    said: Exception = exc
    return said


def _refused(topic: str, words: str, asked: Iterable[str]) -> ConfigInvalid:
    return ConfigInvalid(topic=topic, words=words, config=named_in(words, asked), detail=words)


def _all_of(wire: Wire, request: AlterConfigs) -> dict[str, str | None]:
    """Answer all that the topic is to set: before Kafka 2.3 what is not named is reset."""
    now = read_configs(wire, [request.topic])[request.topic]
    kept = {entry.name: entry.value for entry in now if entry.source is ConfigSource.TOPIC and entry.name not in request.reset}
    return {**kept, **request.set}


def _altered(wire: Wire, request: AlterConfigs) -> list[ConfigEntry]:
    """Read the settings once the brokers know of the change."""
    end = time.monotonic() + SETTLING_S
    while True:
        entries = read_configs(wire, [request.topic])[request.topic]
        own = {entry.name for entry in entries if entry.source is ConfigSource.TOPIC}
        if (request.set.keys() <= own and not own & set(request.reset)) or time.monotonic() > end:
            return entries
        time.sleep(PAUSE_S)


def _delete_records(wire: Wire, topic: Topic, upto: dict[Place, int]) -> dict[Place, int]:
    """Answer where each partition begins afterwards."""
    by_leader: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for partition in topic.partitions:
        place = (topic.name, partition.number)
        if place in upto:
            by_leader[partition.leader].append((partition.number, upto[place]))
    asked = [(node, DeleteRecordsRequest(topics=[(topic.name, parts)], timeout_ms=TIMEOUT_MS)) for node, parts in by_leader.items()]
    lows: dict[Place, int] = {}
    for answer in wire.ask_all(asked):
        for one in answer.topics:
            for partition in one.partitions:
                raise_for(partition.error_code)
                lows[one.name, partition.partition_index] = partition.low_watermark
    return lows


def _words(exc: BaseException) -> str:
    return str(exc.args[0]) if exc.args and exc.args[0] else type(exc).__name__
