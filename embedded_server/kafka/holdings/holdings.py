"""All that reads and changes what clusters hold, put together: one for the whole server."""

from dataclasses import replace

from embedded_server.contracts.kafka import ClusterInfo, TopicDetail
from embedded_server.contracts.problems import UserFacingError
from embedded_server.core.profiles import Resolve
from embedded_server.journal import Journal
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings.acts import Acts
from embedded_server.kafka.holdings.changes import TopicChanges
from embedded_server.kafka.holdings.cluster import look
from embedded_server.kafka.holdings.group_acts import GroupActs
from embedded_server.kafka.holdings.groups import Groups
from embedded_server.kafka.holdings.lag import LagHistories
from embedded_server.kafka.holdings.topics import Topics


class Holdings:
    """What clusters hold, by the connection's id."""

    def __init__(self, journal: Journal, resolve: Resolve, clients: Clients) -> None:
        self._clients = clients
        self.acts = Acts(resolve, journal.append)
        self.topics = Topics(clients)
        self.groups = Groups(clients)
        self.changes = TopicChanges(self.acts, clients, self.topics)
        self.group_acts = GroupActs(self.acts, clients)
        self.lag = LagHistories(clients, self.groups.listed)
        self.acts.on_change += [self.topics.forget, self.groups.forget]

    async def stop(self) -> None:
        """Sample no longer. May be called twice."""
        await self.lag.stop()

    def drop(self, connection: str) -> None:
        """Forget what was seen of a connection: its settings have changed, or it is gone."""
        self.topics.drop(connection)
        self.groups.forget(connection)
        self.lag.drop(connection)

    async def cluster(self, connection: str) -> ClusterInfo:
        """Look at a cluster. Raises why it cannot be reached."""
        return await look(self._clients, connection, await self.topics.layout(connection))

    async def topic(self, connection: str, name: str) -> TopicDetail:
        """Answer one topic whole, with the groups that have offsets in it where these may be listed."""
        detail = await self.topics.detail(connection, name)
        try:
            return replace(detail, groups=await self.groups.reading(connection, name))
        except UserFacingError as exc:
            return replace(detail, missing=detail.missing or exc.problem())
