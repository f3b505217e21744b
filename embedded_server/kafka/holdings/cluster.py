"""A cluster at a glance: its brokers, what they lead and hold, and what could not be asked."""

from collections import Counter
from typing import Any, Final

from kafka import KafkaAdminClient, errors
from kafka.protocol.admin import DescribeLogDirsRequest, ListGroupsRequest

from embedded_server.contracts.connections import ConnectionKind
from embedded_server.contracts.kafka import BrokerInfo, ClusterInfo
from embedded_server.contracts.problems import ProblemDetails
from embedded_server.core.profiles import Profile
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.layout import Layout
from embedded_server.kafka.holdings.wire import Wire, raise_for

SWITCHROOM: Final = "Switchroom"
"""How the embedded broker's cluster id begins."""


class _Seen:
    """What one look at the cluster found."""

    def __init__(self, wire: Wire, layout: Layout) -> None:
        self.layout = layout
        self.version = wire.version
        nodes = [broker.id for broker in self.layout.brokers]
        self.failure: errors.KafkaError | None = None
        self.bytes = self._bytes(wire, nodes)
        self.groups = self._groups(wire, nodes)

    def _bytes(self, wire: Wire, nodes: list[int]) -> dict[int, int]:
        if wire.offers(DescribeLogDirsRequest) < 0:
            return {}
        answers = wire.ask_each([(node, DescribeLogDirsRequest(topics=None)) for node in nodes])
        return {
            node: sum(part.partition_size for folder in answer.results for topic in folder.topics for part in topic.partitions)
            for node, answer in zip(nodes, answers, strict=True)
            if self._is_good(answer)
        }

    def _groups(self, wire: Wire, nodes: list[int]) -> int | None:
        answers = wire.ask_each([(node, ListGroupsRequest()) for node in nodes])
        good = [self._is_good(answer) for answer in answers]  # all are looked at: each may say why
        if not all(good):
            return None
        return len({group.group_id for answer in answers for group in answer.groups})

    def _is_good(self, answer: Any) -> bool:
        """Whether this is an answer; the first that is none is remembered."""
        if isinstance(answer, BaseException):
            if not isinstance(answer, errors.KafkaError):
                raise answer
            self.failure = self.failure or answer
            return False
        codes = [getattr(answer, "error_code", 0) or 0, *(one.error_code for one in getattr(answer, "results", ()))]
        try:
            raise_for(next((code for code in codes if code), 0))
        except errors.KafkaError as exc:
            self.failure = self.failure or exc
            return False
        return True


async def look(clients: Clients, connection: str, layout: Layout) -> ClusterInfo:
    """Answer the figures of the cluster that is laid out so. Raises a `UserFacingError` where it cannot be reached."""

    def ask(admin: KafkaAdminClient) -> _Seen:
        return _Seen(Wire(admin), layout)

    seen = await clients.admin(connection, ask)
    missing = None if seen.failure is None else (await clients.problem(connection, seen.failure)).problem()
    return _info(seen, await clients.profile(connection), missing)


def _info(seen: _Seen, profile: Profile, missing: ProblemDetails | None) -> ClusterInfo:
    layout = seen.layout
    partitions = [partition for topic in layout.topics.values() for partition in topic.partitions]
    leaders = Counter(partition.leader for partition in partitions)
    ours = profile.spec.kind is ConnectionKind.EMBEDDED or layout.id.casefold().startswith(SWITCHROOM.casefold())
    return ClusterInfo(
        id=layout.id,
        product=SWITCHROOM if ours else "Apache Kafka",
        version=".".join(str(part) for part in seen.version[:2]),
        brokers=[
            BrokerInfo(
                id=broker.id,
                host=broker.host,
                port=broker.port,
                rack=broker.rack,
                controller=broker.id == layout.controller,
                leaders=leaders[broker.id],
                bytes=seen.bytes.get(broker.id),
            )
            for broker in layout.brokers
        ],
        topics=len(layout.topics),
        internal=sum(topic.internal for topic in layout.topics.values()),
        partitions=len(partitions),
        under_replicated=sum(len(one.in_sync) < len(one.replicas) for one in partitions),
        offline=sum(one.leader < 0 for one in partitions),
        groups=seen.groups,
        registry=profile.spec.kafka.registry_url if profile.spec.kafka is not None else "",
        missing=missing,
    )
