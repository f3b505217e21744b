"""Creates, grows, alters, purges and deletes topics. Each act is told to the journal, and answers with what there is afterwards."""

from kafka import KafkaAdminClient

from embedded_server.contracts.kafka import (
    AddPartitions,
    AlterConfigs,
    ConfigEntry,
    CreateTopic,
    Deleted,
    DeleteTopic,
    PurgeTopic,
    TopicInfo,
)
from embedded_server.core.profiles import require_typed
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.holdings import topic_wire
from embedded_server.kafka.holdings.acts import Acts
from embedded_server.kafka.holdings.topics import Topics
from embedded_server.kafka.holdings.wire import Wire
from embedded_server.kafka.problems import NumberTooLarge

SLOW_S = 60.0
"""A cluster of many brokers takes its time to create or to delete."""


class TopicChanges:
    """Changes the topics of clusters, by the connection's id. Every act raises `ConnectionReadOnly` where nothing may be changed."""

    def __init__(self, acts: Acts, clients: Clients, topics: Topics) -> None:
        self._acts = acts
        self._clients = clients
        self._topics = topics

    async def create(self, connection: str, request: CreateTopic) -> TopicInfo:
        """Create a topic, or only have the cluster check it. Raises `TopicExists` and for what it does not like."""
        profile = await self._acts.begin(connection)

        def act(admin: KafkaAdminClient) -> TopicInfo:
            return topic_wire.create(Wire(admin), request)

        made = await self._clients.admin(connection, act, topic=request.name, timeout_s=SLOW_S)
        if request.validate_only:
            return made
        details = {"partitions": made.partitions, "replication": made.replication, "configs": request.configs}
        self._acts.done(profile, "topic", request.name, "created", details)
        return await self._topics.one(connection, request.name)

    async def grow(self, connection: str, request: AddPartitions) -> TopicInfo:
        """Raise a topic's number of partitions. Raises `PartitionsInvalid` where it is not more than there are."""
        profile = await self._acts.begin(connection)

        def act(admin: KafkaAdminClient) -> int:
            return topic_wire.grow(Wire(admin), request)

        before = await self._clients.admin(connection, act, topic=request.topic, timeout_s=SLOW_S)
        self._acts.done(profile, "topic", request.topic, "grown", {"partitions": request.total, "before": before})
        return await self._topics.one(connection, request.topic)

    async def alter(self, connection: str, request: AlterConfigs) -> list[ConfigEntry]:
        """Set some settings and give others back to the default. Raises `ConfigInvalid` with the cluster's words; then none is changed."""
        profile = await self._acts.begin(connection)

        def act(admin: KafkaAdminClient) -> list[ConfigEntry]:
            return topic_wire.alter(Wire(admin), request)

        entries = await self._clients.admin(connection, act, topic=request.topic)
        self._acts.done(profile, "topic", request.topic, "altered", {"set": request.set, "reset": request.reset})
        return entries

    async def purge(self, connection: str, request: PurgeTopic) -> Deleted:
        """Delete records from the start, or only count them.

        Raises `NameNotTyped` on production, `NotKept` for a compacted topic, `NothingToDelete` or `NumberTooLarge`.
        """
        profile = await self._acts.begin(connection)
        if not 0 <= request.before_time < 2**63:
            raise NumberTooLarge
        if not request.dry_run:
            require_typed(profile, request.topic, request.typed_name)

        def act(admin: KafkaAdminClient) -> int:
            return topic_wire.purge(Wire(admin), request)

        records = await self._clients.admin(connection, act, topic=request.topic, timeout_s=SLOW_S)
        if request.dry_run:
            return Deleted(records)
        told = {"before_time": request.before_time} if request.before_time else {}
        self._acts.done(profile, "topic", request.topic, "purged", {"records": records, "before": request.before, **told})
        return Deleted(records)

    async def delete(self, connection: str, request: DeleteTopic) -> Deleted:
        """Delete a topic with all its records. Raises `NameNotTyped` on production."""
        profile = await self._acts.begin(connection)
        require_typed(profile, request.topic, request.typed_name)

        def act(admin: KafkaAdminClient) -> int | None:
            return topic_wire.delete(Wire(admin), request.topic)

        records = await self._clients.admin(connection, act, topic=request.topic, timeout_s=SLOW_S)
        self._acts.done(profile, "topic", request.topic, "deleted", {"records": records})
        return Deleted(records)
