"""From what a user asks to read to offsets: where each partition starts and ends."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kafka import KafkaAdminClient, errors
from kafka.admin import OffsetSpec, OffsetTimestamp
from kafka.protocol.consumer import IsolationLevel
from kafka.structs import TopicPartition

from embedded_server.contracts.kafka import From, Isolation, Start
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.records.problems import EndInvalid, PartitionOutOfRange, RecordLimitInvalid, StartInvalid
from embedded_server.kafka.records.reader import Span

MAX_NEWEST: Final = 100_000


class Bounds:
    """The offsets that a topic's partitions have now."""

    def __init__(self, starts: Mapping[int, int], ends: Mapping[int, int]) -> None:
        self.starts = dict(starts)
        self.ends = dict(ends)


def check_reading(start: Start, limit: int, until: Mapping[int, int], until_time: int) -> None:
    """Raise for numbers that nobody means."""
    if limit < 0:
        raise RecordLimitInvalid(limit=limit)
    if start.at is From.NEWEST and not 0 < start.count <= MAX_NEWEST and not start.offsets:
        raise StartInvalid(what=f"the newest {start.count}", most=MAX_NEWEST)
    if start.at is From.OFFSET and not 0 <= start.offset < 2**63:
        raise StartInvalid(what=f"offset {start.offset}", most=MAX_NEWEST)
    if start.at is From.TIME and not 0 <= start.time < 2**63:
        raise StartInvalid(what=f"time {start.time}", most=MAX_NEWEST)
    for offset in start.offsets.values():
        if not 0 <= offset < 2**63:
            raise StartInvalid(what=f"offset {offset}", most=MAX_NEWEST)
    for offset in until.values():
        if not 0 <= offset < 2**63:
            raise EndInvalid(what=f"offset {offset}")
    if not 0 <= until_time < 2**63:
        raise EndInvalid(what=f"time {until_time}")


async def partitions_of(
    clients: Clients, connection: str, topic: str, wanted: Sequence[int] = (), bounded: Iterable[int] = ()
) -> list[int]:
    """Answer the topic's partitions, or those wanted of them; those *bounded* have an offset of their own to start or end at.

    Raises `TopicUnknown`, and `PartitionOutOfRange` for one of either that is not there.
    """
    there = sorted(await clients.admin(connection, lambda admin: _described(admin, topic), topic=topic))
    for partition in (*wanted, *bounded):
        if partition not in there:
            raise PartitionOutOfRange(topic=topic, partition=partition, last=there[-1])
    return sorted(set(wanted)) or there


def _described(admin: KafkaAdminClient, topic: str) -> list[int]:
    for one in admin.describe_topics([topic]):
        kind = errors.for_code(one["error_code"])
        if kind is not errors.NoError:
            raise kind({topic})
        return [int(part["partition_index"]) for part in one["partitions"]]
    raise errors.UnknownTopicOrPartitionError({topic})


async def bounds_of(
    clients: Clients, connection: str, topic: str, partitions: Sequence[int], isolation: Isolation = Isolation.READ_UNCOMMITTED
) -> Bounds:
    """Answer where the partitions start and end now; with ``read_committed`` they end before the first open transaction."""
    places = [TopicPartition(topic, partition) for partition in partitions]
    level = IsolationLevel.READ_COMMITTED if isolation is Isolation.READ_COMMITTED else IsolationLevel.READ_UNCOMMITTED

    def ask(admin: KafkaAdminClient) -> tuple[dict[int, int], dict[int, int]]:
        starts = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST), isolation_level=level)
        return _offsets(starts), _offsets(ends)

    starts, ends = await clients.admin(connection, ask, topic=topic)
    return Bounds(starts, ends)


async def at_time(clients: Clients, connection: str, topic: str, partitions: Sequence[int], time_ms: int) -> dict[int, int]:
    """Answer, by partition, the first offset at or after a time; partitions without one are left out."""
    places = {TopicPartition(topic, partition): OffsetTimestamp(time_ms) for partition in partitions}
    found = await clients.admin(connection, lambda admin: admin.list_partition_offsets(places), topic=topic)
    return {partition: offset for partition, offset in _offsets(found).items() if offset >= 0}


def _offsets(found: Mapping[TopicPartition, Any]) -> dict[int, int]:
    return {place.partition: int(one.offset) for place, one in found.items() if one is not None}


async def spans_of(
    clients: Clients,
    connection: str,
    topic: str,
    partitions: Sequence[int],
    start: Start,
    *,
    until: Mapping[int, int] | None = None,
    until_time: int = 0,
    isolation: Isolation = Isolation.READ_UNCOMMITTED,
    follow: bool = False,
    back: int = 0,
) -> tuple[list[Span], int]:
    """Answer what is to be read of each partition, and how many of the offsets asked for are deleted already.

    *back* is how many offsets each partition goes back for the newest; 0 is ``start.count``.
    """
    bounds = await bounds_of(clients, connection, topic, partitions, isolation)
    times: dict[int, int] = {}
    if start.at is From.TIME:
        times = await at_time(clients, connection, topic, partitions, start.time)
    last_times = await at_time(clients, connection, topic, partitions, until_time) if until_time else None
    spans: list[Span] = []
    deleted = 0
    for partition in partitions:
        low, high = bounds.starts.get(partition, 0), bounds.ends.get(partition, 0)
        wished = start.offsets.get(partition, _wished(start, low, high, times.get(partition, high), back or start.count))
        begin = min(max(wished, low), high)
        deleted += max(0, begin - wished)
        end: int | None = None if follow else high
        for bound in ((until or {}).get(partition), (last_times or {}).get(partition)):
            if bound is not None:
                end = bound if end is None else min(end, bound)
        spans.append(Span(partition, begin, None if end is None else max(begin, end)))
    return spans, deleted


def _wished(start: Start, low: int, high: int, at_time: int, back: int) -> int:
    if start.at is From.OLDEST:
        return low
    if start.at is From.END:
        return high
    if start.at is From.OFFSET:
        return start.offset
    if start.at is From.TIME:
        return at_time
    return max(low, high - back)
