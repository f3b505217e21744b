"""Consumer groups: a page of them with their lag, or one whole with members and offsets."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from kafka import KafkaAdminClient, errors

from embedded_server.contracts.kafka import GroupDetail, GroupInfo, GroupMember, GroupOffset, GroupPage
from embedded_server.core.fresh import Fresh
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.figures import Place
from embedded_server.kafka.holdings.group_described import DEAD, Described, describe_groups
from embedded_server.kafka.holdings.group_wire import CLASSIC, Committed, Listed, Ranges, committed_offsets, list_groups, ranges_of
from embedded_server.kafka.holdings.paging import page_of, page_with
from embedded_server.kafka.holdings.problems import GroupUnknown
from embedded_server.kafka.holdings.wire import Wire, settled

UNKNOWN_STATE: Final = "Unknown"


class GroupQuery(NamedTuple):
    """Which groups are asked for."""

    search: str = ""
    """A part of the id, upper and lower case alike."""
    page: int = 1
    page_size: int = 100
    around: str = ""
    """The page that this group stands on, where it is among them, instead of *page*."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All that one look at some groups found."""

    listed: dict[str, Listed]
    described: dict[str, Described]
    committed: dict[str, dict[Place, Committed]]
    ranges: Ranges

    def info(self, id_: str) -> GroupInfo:
        """Answer a group as the list shows it."""
        listed, described, committed = self.listed.get(id_, Listed(id_)), self.described.get(id_), self.committed.get(id_)
        state = listed.state or UNKNOWN_STATE
        if described is not None and (described.state != DEAD or not listed.state):
            state = described.state
        lags = [self.ranges.lag(place, one) for place, one in (committed or {}).items()]
        return GroupInfo(
            id=id_,
            state=state,
            type=listed.type or (described.type if described is not None else CLASSIC),
            protocol_type=(described.protocol_type if described is not None else "") or listed.protocol_type,
            members=None if described is None else len(described.members),
            topics=None if committed is None else len({topic for topic, _ in committed}),
            lag=None if committed is None else sum(lag for lag in lags if lag is not None),
        )


class Groups:
    """Reads the consumer groups of clusters, by the connection's id."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lists: dict[str, Fresh] = {}

    def forget(self, connection: str) -> None:
        """Let whoever asks from now on have a new answer."""
        self._lists.pop(connection, None)

    async def page(self, connection: str, query: GroupQuery) -> GroupPage:
        """Answer one page in the order of ids. Raises what the cluster refuses."""
        listed = await self._listed(connection)
        wanted = query.search.casefold()
        matching = [group for group in listed if wanted in group.id.casefold()]
        page = page_with((group.id for group in matching), query.around, query.page_size) or query.page
        cut = page_of(matching, page, query.page_size)
        seen = await self.look(connection, cut.items, whole=False)
        return GroupPage([seen.info(group.id) for group in cut.items], cut.page, cut.pages, len(matching), len(listed))

    async def detail(self, connection: str, id_: str) -> GroupDetail:
        """Answer one group whole. Raises `GroupUnknown` or what the cluster refuses."""
        listed = {group.id: group for group in await self._listed(connection)}
        seen = await self.look(connection, [listed.get(id_, Listed(id_))], whole=True)
        described, committed = seen.described.get(id_), seen.committed.get(id_, {})
        if id_ not in listed and not committed and (described is None or described.state == DEAD):
            raise GroupUnknown(group=id_)
        members = list(described.members) if described is not None else []
        return GroupDetail(
            group=seen.info(id_),
            coordinator=described.coordinator if described is not None else -1,
            assignor=described.assignor if described is not None else "",
            members=members,
            offsets=offsets_of(members, committed, seen.ranges),
            epoch=described.epoch if described is not None else None,
        )

    async def listed(self, connection: str, id_: str) -> Listed:
        """Answer a group as it is listed; where it is not, nothing is known of it. Raises what the cluster refuses."""
        return next((group for group in await self._listed(connection) if group.id == id_), Listed(id_))

    async def reading(self, connection: str, topic: str) -> list[str]:
        """Answer the groups that have committed something in *topic*. Raises what the cluster refuses."""
        listed = await self._listed(connection)

        def ask(admin: KafkaAdminClient) -> list[str]:
            committed = committed_offsets(Wire(admin), listed)
            return sorted(id_ for id_, offsets in committed.items() if any(name == topic for name, _ in offsets))

        return await self._clients.admin(connection, lambda admin: settled(lambda: ask(admin)))

    async def look(self, connection: str, groups: Sequence[Listed], *, whole: bool) -> Seen:
        """Look at some groups: members, offsets, and where the partitions end.

        Kafka tells nothing of a consumer group to whom it hides one of its topics; unless *whole* is wanted, its members are unknown then.
        """

        def ask(admin: KafkaAdminClient) -> Seen:
            wire = Wire(admin)
            committed = committed_offsets(wire, groups)
            try:
                described = describe_groups(wire, groups)
            except errors.TopicAuthorizationFailedError:
                if whole:
                    raise
                described = {}
            places = {place for offsets in committed.values() for place in offsets}
            assigned = {place for group in described.values() for place in _assigned(group.members)}
            return Seen({group.id: group for group in groups}, described, committed, ranges_of(wire, places | assigned))

        if not groups:
            return Seen({}, {}, {}, Ranges())
        return await self._clients.admin(connection, lambda admin: settled(lambda: ask(admin)))

    async def _listed(self, connection: str) -> list[Listed]:
        async def ask() -> list[Listed]:
            return await self._clients.admin(connection, lambda admin: settled(lambda: list_groups(Wire(admin))))

        return await self._lists.setdefault(connection, Fresh()).get("groups", ask)


def offsets_of(members: Sequence[GroupMember], committed: dict[Place, Committed], ranges: Ranges) -> list[GroupOffset]:
    """Answer how far a group is in each partition it has committed in or is assigned, in their order."""
    holders = {place: member.id for member in members for place in _assigned([member])}
    found = []
    for topic, partition in sorted(committed.keys() | holders.keys()):
        place = (topic, partition)
        one = committed.get(place)
        found.append(
            GroupOffset(
                topic=topic,
                partition=partition,
                committed=one.offset if one is not None else None,
                start=ranges.starts.get(place),
                end=ranges.ends.get(place),
                lag=ranges.lag(place, one),
                metadata=one.metadata if one is not None else "",
                member=holders.get(place, ""),
            )
        )
    return found


def _assigned(members: Sequence[GroupMember]) -> list[Place]:
    return [(one.topic, partition) for member in members for one in member.assignment for partition in one.partitions]
