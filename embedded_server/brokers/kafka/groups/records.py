"""Groups and offsets as Apache Kafka writes them into ``__consumer_offsets``, so that Kafka's own tools can read them.

Source: OffsetCommitKey, OffsetCommitValue, GroupMetadataKey and GroupMetadataValue among Kafka's message definitions.
"""

from dataclasses import dataclass
from typing import Final

from embedded_server.brokers.kafka.groups.group import Group
from embedded_server.brokers.kafka.groups.member import Member
from embedded_server.brokers.kafka.internal_topic import Pair
from embedded_server.brokers.kafka.primitives import BadFields, Reader, Writer

OFFSET_KEYS: Final = (0, 1)
GROUP_KEY: Final = 2
VALUE_VERSION: Final = 3
EXPIRING_VERSION: Final = 1
"""The only version of an offset's value that has a time to end of its own."""
NEVER: Final = -1


@dataclass(frozen=True, slots=True)
class Place:
    """A partition whose offset a group commits."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Committed:
    """How far a group has come in a partition."""

    offset: int
    leader_epoch: int
    metadata: str
    committed_ms: int
    expires_ms: int = NEVER
    """A time of its own to be forgotten, from clients of old."""


@dataclass(frozen=True, slots=True)
class OffsetKey:
    """Whose offset it is."""

    group: str
    place: Place


@dataclass(frozen=True, slots=True)
class GroupKey:
    """Which group is described."""

    group: str


def offset_pair(group: str, place: Place, committed: Committed | None) -> Pair:
    """A committed offset, or that there is none any more."""
    key = Writer().int16(1).string(group).string(place.topic).int32(place.partition).done()
    if committed is None:
        return key, None
    expires = committed.expires_ms != NEVER
    writer = Writer().int16(EXPIRING_VERSION if expires else VALUE_VERSION).int64(committed.offset)
    if not expires:
        writer.int32(committed.leader_epoch)
    writer.string(committed.metadata).int64(committed.committed_ms)
    return key, (writer.int64(committed.expires_ms) if expires else writer).done()


def group_pair(group: Group, assignments: dict[str, bytes]) -> Pair:
    """A group as it will be with these assignments."""
    writer = Writer().int16(VALUE_VERSION).string(group.protocol_type or "").int32(group.generation)
    writer.string(group.protocol).string(group.leader).int64(group.state_since_ms).int32(len(group.members))
    for one in group.members.values():
        writer.string(one.member_id).string(one.instance_id).string(one.client_id).string(one.client_host)
        writer.int32(one.rebalance_timeout).int32(one.session_timeout)
        writer.blob(one.metadata(group.protocol)).blob(assignments.get(one.member_id, b""))
    return _group_key(group.name), writer.done()


def gone_group_pair(group: str) -> Pair:
    """That there is no such group any more."""
    return _group_key(group), None


def _group_key(group: str) -> bytes:
    return Writer().int16(GROUP_KEY).string(group).done()


def read_key(data: bytes) -> OffsetKey | GroupKey | None:
    """What a record is about; ``None`` for what a newer Kafka keeps. Raises ``BadFields``."""
    reader = Reader(data)
    version = reader.int16()
    if version in OFFSET_KEYS:
        return OffsetKey(reader.text(), Place(reader.text(), reader.int32()))
    return GroupKey(reader.text()) if version == GROUP_KEY else None


def read_offset(data: bytes) -> Committed:
    """A committed offset. Raises ``BadFields``."""
    reader = Reader(data)
    version = reader.int16()
    if not 0 <= version <= VALUE_VERSION:
        raise BadFields(f"Offsets of version {version} are not known")
    offset = reader.int64()
    epoch = reader.int32() if version == VALUE_VERSION else -1
    metadata, committed_ms = reader.text(), reader.int64()
    return Committed(offset, epoch, metadata, committed_ms, reader.int64() if version == EXPIRING_VERSION else NEVER)


def read_group(name: str, data: bytes, now_ms: int) -> Group:
    """A group, stable with its members or empty. Raises ``BadFields``."""
    reader = Reader(data)
    version = reader.int16()
    if not 0 <= version <= VALUE_VERSION:
        raise BadFields(f"Groups of version {version} are not known")
    group = Group(name, now_ms)
    group.protocol_type = reader.text() or None
    group.generation = reader.int32()
    group.protocol, group.leader = reader.string(), reader.string()
    since = reader.int64() if version >= 2 else -1
    members = [_read_member(reader, version, group.protocol or "") for _ in range(reader.count())]
    group.restore(members, since if since >= 0 else now_ms)
    return group


def _read_member(reader: Reader, version: int, protocol: str) -> Member:
    member_id = reader.text()
    instance_id = reader.string() if version >= 3 else None
    client_id, client_host = reader.text(), reader.text()
    rebalance = reader.int32() if version >= 1 else -1
    session = reader.int32()
    subscription, assignment = reader.blob(), reader.blob()
    limits = (session, rebalance if rebalance >= 0 else session)
    return Member(member_id, instance_id, client_id, client_host, *limits, ((protocol, subscription),), assignment)
