"""Fetch requests to the leaders of a topic's partitions, one ahead of what is being decoded (Kafka's protocol, Fetch v4 to v12)."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kafka import errors
from kafka.future import Future
from kafka.net.selector import NetworkSelector
from kafka.protocol.consumer import FetchRequest, ListOffsetsRequest
from kafka.structs import TopicPartition

from embedded_server.contracts.kafka import Isolation
from embedded_server.kafka.clients.manager import Manager
from embedded_server.kafka.records.batches import Aborted, next_offset_of
from embedded_server.kafka.records.problems import TopicGone

PARTITION_BYTES: Final = 1024**2
RESPONSE_BYTES: Final = 16 * 1024**2
WAIT_MS: Final = 500
AGAIN_S: Final = 0.1
"""After a broker said that it does not lead the partition."""
GONE_S: Final = 3.0
"""A topic that the cluster does not know for so long has been deleted: while a broker starts, it may not know it yet."""
_EARLIEST: Final = -2
_MOVED: Final = (
    errors.NotLeaderForPartitionError,
    errors.FencedLeaderEpochError,
    errors.UnknownLeaderEpochError,
    errors.LeaderNotAvailableError,
    errors.ReplicaNotAvailableError,
    errors.KafkaStorageError,
    errors.OffsetNotAvailableError,
    errors.UnknownTopicOrPartitionError,
    errors.UnknownTopicIdError,
    errors.InconsistentTopicIdError,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one partition answered; with ``moved_to`` its position is gone, and that is the nearest one there is."""

    partition: int
    asked: int
    """The position it was asked for."""
    data: bytes = b""
    aborted: list[Aborted] | None = None
    moved_to: int | None = None


class Fetching:
    """The fetches of one reading, on the thread that drives *net*."""

    def __init__(self, net: NetworkSelector, manager: Manager, topic: str, isolation: Isolation) -> None:
        self._net = net
        self._manager = manager
        self._topic = topic
        self._isolation = 1 if isolation is Isolation.READ_COMMITTED else 0
        self._under_way: dict[Any, tuple[Future, dict[int, int]]] = {}
        self._ahead: dict[int, int] = {}
        """Behind what has come and is being taken."""
        self._brought: set[int] = set()
        self._pause_until: dict[Any, float] = {}
        self._unknown_since = 0.0
        self._topic_id: Any = None

    def start(self) -> None:
        """Learn who leads the partitions. Raises what the brokers answer, and `TopicGone`."""
        self._manager.cluster.add_topic(self._topic)
        self._refresh()
        self._topic_id = self._manager.cluster.topic_id(self._topic)
        if self._topic in self._manager.cluster.unauthorized_topics:
            raise errors.TopicAuthorizationFailedError({self._topic})

    def partitions(self) -> set[int]:
        """Answer the partitions that the cluster tells of."""
        return set(self._manager.cluster.partitions_for_topic(self._topic) or ())

    def next(self, positions: Mapping[int, int], limit_s: float) -> Iterator[Fetched]:
        """Answer what has come for the partitions at *positions*; nothing where nothing came within *limit_s*. Fetches the next meanwhile.

        Raises what ends the reading: a broker's refusal, a lost connection, `TopicGone`.
        """
        self._check_topic()
        self._ahead = {}
        self._send(positions)
        futures = [future for future, _ in self._under_way.values()]
        if not futures:
            self._net.poll(timeout_ms=AGAIN_S * 1000)
            return
        if not any(future.is_done for future in futures):
            self._wait(futures, limit_s)
        for node, (future, asked) in list(self._under_way.items()):
            if not future.is_done:
                continue
            del self._under_way[node]
            if future.failed():
                self._note_failed(node, future.exception)
                continue
            fetched = self._taken(future.value, asked)
            self._brought = {one.partition for one in fetched}
            self._ahead |= {one.partition: next_offset_of(one.data, one.asked) for one in fetched if one.moved_to is None}
            self._send({partition: self._ahead.get(partition, position) for partition, position in positions.items()})
            yield from fetched

    # -- inside

    def _wait(self, futures: list[Future], limit_s: float) -> None:
        any_done = Future()

        def wake(_: object) -> None:
            if not any_done.is_done:
                any_done.success(None)

        for future in futures:
            future.add_both(wake)
        self._net.poll(timeout_ms=limit_s * 1000, future=any_done)

    def _send(self, positions: Mapping[int, int]) -> None:
        cluster, now = self._manager.cluster, time.monotonic()
        busy = {partition for _, asked in self._under_way.values() for partition in asked}
        by_node: dict[Any, dict[int, int]] = {}
        for partition, position in positions.items():
            leader = cluster.leader_for_partition(TopicPartition(self._topic, partition))
            if leader is None or leader == -1:
                self._want_metadata(now)
            elif partition not in busy and leader not in self._under_way and self._pause_until.get(leader, 0.0) <= now:
                by_node.setdefault(leader, {})[partition] = position
        for node, asked in by_node.items():
            self._under_way[node] = (self._manager.send(self._request(asked), node_id=node), asked)
        if by_node:
            self._net.poll(timeout_ms=0)  # on the wire before anything is decoded

    def _request(self, asked: Mapping[int, int]) -> FetchRequest:
        cluster, kind = self._manager.cluster, FetchRequest.FetchTopic
        partitions = []
        for partition, position in sorted(asked.items(), key=lambda item: self._turn(item[0])):
            epoch = cluster.leader_epoch_for_partition(TopicPartition(self._topic, partition))
            partitions.append(
                kind.FetchPartition(
                    partition=partition,
                    current_leader_epoch=-1 if epoch is None else epoch,
                    fetch_offset=position,
                    last_fetched_epoch=-1,
                    partition_max_bytes=PARTITION_BYTES,
                )
            )
        return FetchRequest(
            max_wait_ms=WAIT_MS,
            min_bytes=1,
            max_bytes=RESPONSE_BYTES,
            isolation_level=self._isolation,
            session_id=0,
            session_epoch=-1,
            topics=[kind(topic=self._topic, partitions=partitions)],
            forgotten_topics_data=[],
            rack_id="",
            min_version=4,
            max_version=12,
        )

    def _turn(self, partition: int) -> tuple[bool, int]:
        """Those that brought nothing last time come first: an answer has room for some of them only."""
        return (partition in self._brought, partition)

    def _taken(self, response: Any, asked: Mapping[int, int]) -> list[Fetched]:
        if response.API_VERSION >= 7 and response.error_code:
            raise _refused(response.error_code)
        taken: list[Fetched] = []
        for topic in response.responses:
            for answer in topic.partitions:
                one = self._one(answer, asked.get(answer.partition_index, -1))
                if one is not None:
                    taken.append(one)
        return taken

    def _one(self, answer: Any, position: int) -> Fetched | None:
        kind = errors.for_code(answer.error_code)
        if kind is errors.NoError:
            if not answer.records:
                return None
            aborted = None
            if self._isolation:
                aborted = [Aborted(one.producer_id, one.first_offset) for one in answer.aborted_transactions or ()]
            return Fetched(answer.partition_index, position, bytes(answer.records), aborted)
        if kind is errors.OffsetOutOfRangeError:
            return Fetched(answer.partition_index, position, moved_to=self._nearest(answer.partition_index, position))
        if kind is errors.TopicAuthorizationFailedError:
            raise kind({self._topic})
        if not issubclass(kind, (*_MOVED, errors.RetriableError)):
            raise kind(f"partition {answer.partition_index}")
        self._pause_leader(answer.partition_index)
        return None

    def _pause_leader(self, partition: int) -> None:
        now = time.monotonic()
        leader = self._manager.cluster.leader_for_partition(TopicPartition(self._topic, partition))
        self._pause_until[leader] = now + AGAIN_S
        self._want_metadata(now)

    def _nearest(self, partition: int, position: int) -> int:
        """Answer the partition's oldest offset where *position* is before it, else its end."""
        start = self._list_offset(partition, _EARLIEST)
        return start if position < start else self._list_offset(partition, -1)

    def _list_offset(self, partition: int, timestamp: int) -> int:
        kind = ListOffsetsRequest.ListOffsetsTopic
        asked = kind.ListOffsetsPartition(partition_index=partition, current_leader_epoch=-1, timestamp=timestamp)
        request = ListOffsetsRequest(
            replica_id=-1, isolation_level=self._isolation, topics=[kind(name=self._topic, partitions=[asked])], min_version=1
        )
        leader = self._manager.cluster.leader_for_partition(TopicPartition(self._topic, partition))
        future = self._manager.send(request, node_id=leader)
        self._net.poll(future=future)
        if future.failed():
            raise future.exception
        answer = future.value.topics[0].partitions[0]
        if answer.error_code:
            raise _refused(answer.error_code)
        return int(answer.offset)

    def _note_failed(self, node: Any, exc: BaseException) -> None:
        """One broker of several may be gone for a while; where it is the only one, the connection is lost."""
        others = [broker for broker in self._manager.cluster.brokers() if broker.node_id != node]
        if not others or not isinstance(exc, errors.RetriableError):
            raise exc
        now = time.monotonic()
        self._pause_until[node] = now + 10 * AGAIN_S
        self._want_metadata(now)

    # -- metadata

    def _want_metadata(self, now: float) -> None:
        if not self._manager.cluster.metadata_refresh_in_progress and self._pause_until.get("metadata", 0.0) <= now:
            self._pause_until["metadata"] = now + AGAIN_S
            self._manager.cluster.request_update()

    def _refresh(self) -> None:
        future = self._manager.call_soon(self._manager.cluster.refresh_metadata)
        self._net.poll(future=future)
        if future.failed():
            raise future.exception

    def _check_topic(self) -> None:
        """Notice that the topic is gone, or that another one has taken its name: its offsets mean something else."""
        cluster = self._manager.cluster
        found = cluster.topic_id(self._topic)
        if self._topic_id is not None and found is not None and found != self._topic_id:
            raise TopicGone(topic=self._topic)
        if cluster.partitions_for_topic(self._topic):
            self._unknown_since = 0.0
            return
        now = time.monotonic()
        self._unknown_since = self._unknown_since or now
        if now - self._unknown_since > GONE_S:
            raise TopicGone(topic=self._topic)
        self._want_metadata(now)


def _refused(code: int) -> errors.BrokerResponseError:
    return errors.for_code(code)()
