"""Kafka over HTTP: what a cluster holds, its consumer groups, and how both are changed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from embedded_server.api.dependencies import ConnectionId, ServicesDep
from embedded_server.contracts.kafka import (
    AddPartitions,
    AlterConfigs,
    ClusterInfo,
    ConfigEntry,
    CreateTopic,
    Deleted,
    DeleteGroup,
    DeleteTopic,
    GroupDetail,
    GroupPage,
    LagHistory,
    PurgeTopic,
    RemoveMember,
    ResetRequest,
    ResetResult,
    TopicDetail,
    TopicInfo,
    TopicPage,
)
from embedded_server.kafka.holdings.groups import GroupQuery
from embedded_server.kafka.holdings.holdings import Holdings
from embedded_server.kafka.holdings.topics import MAX_PAGE, TopicQuery, TopicSort

router = APIRouter(prefix="/kafka/{connection}", tags=["kafka"])

Search = Annotated[str, Query(max_length=255, description="A part of the name, upper and lower case alike.")]
Page = Annotated[int, Query(ge=1, description="From 1; beyond the last one is the last one.")]
PageSize = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many on a page.")]


def _holdings(services: ServicesDep) -> Holdings:
    return services.kafka.holdings


HoldingsDep = Annotated[Holdings, Depends(_holdings)]

# -- what there is


@router.get("/cluster", summary="Look at a cluster")
async def cluster(holdings: HoldingsDep, connection: ConnectionId) -> ClusterInfo:
    """Answer its brokers and figures; what could not be asked for is said in ``missing``."""
    return await holdings.cluster(connection)


@router.get("/topics", summary="List topics")
async def topics(
    holdings: HoldingsDep,
    connection: ConnectionId,
    search: Search = "",
    sort: Annotated[TopicSort, Query(description="By the name, or by a figure.")] = TopicSort.NAME,
    descending: Annotated[bool, Query(description="The last, or the highest, first.")] = False,
    internal: Annotated[bool, Query(description="Kafka's own topics as well.")] = False,
    page: Page = 1,
    page_size: PageSize = 100,
    around: Annotated[str, Query(description="A topic: the page that it stands on, where it is listed.")] = "",
) -> TopicPage:
    """Answer one page. By name it is cheap however many there are; by a figure the cluster has to tell that of all of them."""
    return await holdings.topics.page(connection, TopicQuery(search, sort, descending, internal, page, page_size, around))


@router.get("/topic", summary="Read a topic")
async def topic(
    holdings: HoldingsDep, connection: ConnectionId, name: Annotated[str, Query(description="The topic's name.")]
) -> TopicDetail:
    """Answer one topic whole: its partitions, its settings, and the groups that have offsets in it."""
    return await holdings.topic(connection, name)


@router.get("/config-names", summary="Read a new topic's settings")
async def config_names(holdings: HoldingsDep, connection: ConnectionId) -> list[ConfigEntry]:
    """Answer every setting that a topic can have, with its default here and what it is for."""
    return await holdings.topics.new_settings(connection)


@router.get("/groups", summary="List consumer groups")
async def groups(
    holdings: HoldingsDep,
    connection: ConnectionId,
    search: Search = "",
    page: Page = 1,
    page_size: PageSize = 100,
    around: Annotated[str, Query(description="A group: the page that it stands on, where it is listed.")] = "",
) -> GroupPage:
    """Answer one page with states and lag, in the order of their ids."""
    return await holdings.groups.page(connection, GroupQuery(search, page, page_size, around))


@router.get("/group", summary="Read a consumer group")
async def group(holdings: HoldingsDep, connection: ConnectionId, id: Annotated[str, Query(description="The group's id.")]) -> GroupDetail:
    """Answer one group whole: its members, what they are assigned, and how far it is in each partition."""
    return await holdings.groups.detail(connection, id)


@router.get("/lag", summary="Read a group's lag over time")
async def lag(holdings: HoldingsDep, connection: ConnectionId, group: Annotated[str, Query(description="The group's id.")]) -> LagHistory:
    """Answer the lag as it was seen. A group is sampled from the first time on that somebody asks, until ten minutes after the last."""
    return await holdings.lag.of(connection, group)


# -- changing topics


@router.post("/topics", summary="Create a topic")
async def create_topic(holdings: HoldingsDep, connection: ConnectionId, request: CreateTopic) -> TopicInfo:
    """Create a topic, or with ``validate_only`` have the cluster say whether it would."""
    return await holdings.changes.create(connection, request)


@router.post("/partitions", summary="Add partitions")
async def add_partitions(holdings: HoldingsDep, connection: ConnectionId, request: AddPartitions) -> TopicInfo:
    """Raise a topic's number of partitions. It cannot be taken back."""
    return await holdings.changes.grow(connection, request)


@router.post("/configs", summary="Alter a topic's settings")
async def alter_configs(holdings: HoldingsDep, connection: ConnectionId, request: AlterConfigs) -> list[ConfigEntry]:
    """Set some settings and give others back to the default; answers them all."""
    return await holdings.changes.alter(connection, request)


@router.post("/purge", summary="Purge a topic")
async def purge_topic(holdings: HoldingsDep, connection: ConnectionId, request: PurgeTopic) -> Deleted:
    """Delete records from the start of a topic's partitions. On a production connection its name has to be typed."""
    return await holdings.changes.purge(connection, request)


@router.post("/delete-topic", summary="Delete a topic")
async def delete_topic(holdings: HoldingsDep, connection: ConnectionId, request: DeleteTopic) -> Deleted:
    """Delete a topic with all its records. On a production connection its name has to be typed."""
    return await holdings.changes.delete(connection, request)


# -- changing groups


@router.post("/reset", summary="Reset a group's offsets")
async def reset_offsets(holdings: HoldingsDep, connection: ConnectionId, request: ResetRequest) -> ResetResult:
    """Set a group's offsets, or with ``dry_run`` tell where they would be set. Refused while the group has members."""
    return await holdings.group_acts.reset(connection, request)


@router.post("/delete-group", status_code=204, summary="Delete a consumer group")
async def delete_group(holdings: HoldingsDep, connection: ConnectionId, request: DeleteGroup) -> None:
    """Delete a group, or only its offsets in some partitions. Refused while it has members, or reads these topics."""
    await holdings.group_acts.delete(connection, request)


@router.post("/remove-member", status_code=204, summary="Remove a member")
async def remove_member(holdings: HoldingsDep, connection: ConnectionId, request: RemoveMember) -> None:
    """Take a member out of its group; its client joins again if it lives."""
    await holdings.group_acts.remove_member(connection, request)
