"""The window's side of the Kafka API: one typed method per route. *connection* is always a connection's id."""

from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from desktop.services.broker import PATIENT_S, BrokerService
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import (
    AddPartitions,
    AlterConfigs,
    BulkProduce,
    ClusterInfo,
    ConfigEntry,
    CopyRequest,
    CreateTopic,
    DecodedRecord,
    DecodeRequest,
    Deleted,
    DeleteGroup,
    DeleteTopic,
    GroupDetail,
    GroupPage,
    LagHistory,
    LocalSchema,
    PartitionFor,
    ProduceOutcome,
    PurgeTopic,
    ReadRequest,
    Record,
    RecordTemplate,
    RemoveMember,
    ResetRequest,
    ResetResult,
    SchemaText,
    SearchRequest,
    SubjectInfo,
    TopicDetail,
    TopicInfo,
    TopicPage,
    TopicReading,
)

if TYPE_CHECKING:
    from desktop.services.api import ApiClient

TOPIC_SORTS: Final = ("name", "messages", "bytes", "rate", "partitions")


class KafkaService(BrokerService[Record, RecordTemplate]):
    """Asks the server about Kafka, and tells it what to do there. Every method raises what `ApiClient` raises."""

    def __init__(self, api: "ApiClient") -> None:
        super().__init__(api, "/kafka", Record, list[RecordTemplate])

    # -- what a cluster holds

    async def cluster(self, connection: str) -> ClusterInfo:
        """Answer a cluster at a glance."""
        return await self._api.get(_path(connection, "cluster"), ClusterInfo)

    async def topics(
        self,
        connection: str,
        *,
        search: str = "",
        sort: str = "name",
        descending: bool = False,
        internal: bool = False,
        page: int = 1,
        page_size: int = 100,
        around: str = "",
    ) -> TopicPage:
        """Answer one page of the topics, the one with *around* on it where that is listed; *internal* takes Kafka's own in too."""
        return await self._api.get(
            _path(connection, "topics"),
            TopicPage,
            search=search or None,
            sort=sort,
            descending="true" if descending else "false",
            internal="true" if internal else "false",
            page=page,
            page_size=page_size,
            around=around or None,
        )

    async def topic(self, connection: str, name: str) -> TopicDetail:
        """Answer one topic whole."""
        return await self._api.get(_path(connection, "topic"), TopicDetail, name=name)

    async def config_names(self, connection: str) -> list[ConfigEntry]:
        """Answer the settings that a new topic can have, with their defaults and what they are for."""
        return await self._api.get(_path(connection, "config-names"), list[ConfigEntry])

    async def groups(self, connection: str, *, search: str = "", page: int = 1, page_size: int = 100, around: str = "") -> GroupPage:
        """Answer one page of the consumer groups, the one with *around* on it where that is listed."""
        query = {"search": search or None, "page": page, "page_size": page_size, "around": around or None}
        return await self._api.get(_path(connection, "groups"), GroupPage, **query)

    async def group(self, connection: str, group_id: str) -> GroupDetail:
        """Answer one group whole: its members, what they have, and how far it is."""
        return await self._api.get(_path(connection, "group"), GroupDetail, id=group_id)

    async def lag(self, connection: str, group_id: str) -> LagHistory:
        """Answer a group's lag over time; asking keeps the server sampling it."""
        return await self._api.get(_path(connection, "lag"), LagHistory, group=group_id)

    # -- topics: making and altering

    async def create_topic(self, connection: str, request: CreateTopic) -> TopicInfo:
        """Create a topic, or with ``validate_only`` ask whether it could be."""
        return await self._api.post(_path(connection, "topics"), request, TopicInfo, timeout_s=PATIENT_S)

    async def add_partitions(self, connection: str, request: AddPartitions) -> TopicInfo:
        """Raise a topic's number of partitions."""
        return await self._api.post(_path(connection, "partitions"), request, TopicInfo, timeout_s=PATIENT_S)

    async def alter_configs(self, connection: str, request: AlterConfigs) -> list[ConfigEntry]:
        """Set some of a topic's settings; answers all as they are then."""
        return await self._api.post(_path(connection, "configs"), request, list[ConfigEntry], timeout_s=PATIENT_S)

    async def purge_topic(self, connection: str, request: PurgeTopic) -> Deleted:
        """Delete records from the start of a topic's partitions."""
        return await self._api.post(_path(connection, "purge"), request, Deleted, timeout_s=PATIENT_S)

    async def delete_topic(self, connection: str, request: DeleteTopic) -> Deleted:
        """Delete a topic with all its records."""
        return await self._api.post(_path(connection, "delete-topic"), request, Deleted, timeout_s=PATIENT_S)

    # -- groups: repairing

    async def reset(self, connection: str, request: ResetRequest) -> ResetResult:
        """Set a group's committed offsets, or with ``dry_run`` only tell what would be set."""
        return await self._api.post(_path(connection, "reset"), request, ResetResult, timeout_s=PATIENT_S)

    async def delete_group(self, connection: str, request: DeleteGroup) -> None:
        """Delete a group, or its offsets in some partitions."""
        await self._api.post(_path(connection, "delete-group"), request, timeout_s=PATIENT_S)

    async def remove_member(self, connection: str, request: RemoveMember) -> None:
        """Take a member out of a group."""
        await self._api.post(_path(connection, "remove-member"), request, timeout_s=PATIENT_S)

    # -- records

    async def produce(self, connection: str, record: Record) -> ProduceOutcome:
        """Produce one record; returns once the broker has answered."""
        return await self._api.post(_path(connection, "produce"), record, ProduceOutcome, timeout_s=PATIENT_S)

    async def bulk(self, connection: str, request: BulkProduce) -> Job:
        """Begin to produce many."""
        return await self._api.post(_path(connection, "bulk"), request, Job)

    async def partition_for(self, connection: str, request: PartitionFor) -> int:
        """Answer which partition a key goes to."""
        return await self._api.post(_path(connection, "partition-for"), request, int)

    async def record(self, connection: str, seq: int) -> Record:
        """Answer a record of the journal as one to produce again."""
        return await self._api.get(_path(connection, "record"), Record, timeout_s=PATIENT_S, seq=seq)

    async def read(self, connection: str, request: ReadRequest) -> Job:
        """Begin to read a topic: no group is joined, nothing is committed."""
        return await self._api.post(_path(connection, "read"), request, Job)

    async def search(self, connection: str, request: SearchRequest) -> Job:
        """Begin to look through a topic."""
        return await self._api.post(_path(connection, "search"), request, Job)

    async def copy(self, connection: str, request: CopyRequest) -> Job:
        """Begin to copy records to another topic."""
        return await self._api.post(_path(connection, "copy"), request, Job)

    # -- how bytes are read

    async def decode(self, connection: str, request: DecodeRequest) -> DecodedRecord:
        """Read a record of the journal as its topic is read, or as *request* says."""
        return await self._api.post(_path(connection, "decode"), request, DecodedRecord, timeout_s=PATIENT_S)

    async def readings(self, connection: str) -> list[TopicReading]:
        """Answer how topics are read, where it was chosen."""
        return await self._api.get(_path(connection, "readings"), list[TopicReading])

    async def save_reading(self, connection: str, reading: TopicReading) -> list[TopicReading]:
        """Choose how a topic is read."""
        return await self._api.put(_path(connection, "readings"), reading, list[TopicReading])

    async def local_schemas(self) -> list[LocalSchema]:
        """Answer the user's own schemas."""
        return await self._api.get("/kafka/schemas", list[LocalSchema])

    async def save_local_schema(self, schema: LocalSchema) -> list[LocalSchema]:
        """Keep a schema."""
        return await self._api.put("/kafka/schemas", schema, list[LocalSchema])

    async def remove_local_schema(self, schema_id: str) -> list[LocalSchema]:
        """Forget a schema."""
        return await self._api.post("/kafka/schemas/remove", {"id": schema_id}, list[LocalSchema])

    async def subjects(self, connection: str, search: str = "") -> list[SubjectInfo]:
        """Answer the Schema Registry's subjects."""
        return await self._api.get(_path(connection, "subjects"), list[SubjectInfo], search=search or None)

    async def schema(
        self, connection: str, *, schema_id: int | None = None, subject: str | None = None, version: int | None = None
    ) -> SchemaText:
        """Answer a schema of the registry, by its id or by subject and version (its newest where none is named)."""
        return await self._api.get(_path(connection, "schema"), SchemaText, id=schema_id, subject=subject, version=version)


def export_route(connection: str) -> str:
    """Answer where a connection's records are exported, as they are read."""
    return _path(connection, "export")


def _path(connection: str, act: str) -> str:
    return f"/kafka/{quote(connection, safe='')}/{act}"


_services: Final["WeakKeyDictionary[ApiClient, KafkaService]"] = WeakKeyDictionary()


def kafka_service(api: "ApiClient") -> KafkaService:
    """Answer the one service that speaks through *api*, so that its drafts outlive every rebuilding of the window."""
    return _services.setdefault(api, KafkaService(api))
