"""RabbitMQ over HTTP: what a broker holds, and how that is changed."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from embedded_server.api.dependencies import ConnectionId, ServicesDep
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    BindingRequest,
    ChannelInfo,
    ClientInfo,
    CloseClient,
    ConsumerInfo,
    Declared,
    DeclareExchange,
    DeclareQueue,
    Destroy,
    Destroyed,
    ExchangeInfo,
    MoveRequest,
    Overview,
    QueueInfo,
    QueuePage,
    RedriveRequest,
    Route,
    RouteQuery,
    Topology,
    Tracing,
)
from embedded_server.rabbitmq.holdings.holdings import Holdings
from embedded_server.rabbitmq.holdings.queues import MAX_PAGE, PageQuery, QueueSort

router = APIRouter(prefix="/rabbitmq/{connection}", tags=["rabbitmq"])

VHost = Annotated[str, Query(description="A virtual host's name; empty is all of them.")]
OneVHost = Annotated[str, Query(description="A virtual host's name.")]
QueueName = Annotated[str, Query(description="A queue's name; empty is any.")]
ExchangeName = Annotated[str, Query(description="An exchange's name; empty is any.")]
MAX_PICTURE: Final = MAX_PAGE


def _holdings(services: ServicesDep) -> Holdings:
    return services.rabbitmq.holdings


HoldingsDep = Annotated[Holdings, Depends(_holdings)]

# -- what there is


@router.get("/overview", summary="Look at a broker")
async def overview(holdings: HoldingsDep, connection: ConnectionId) -> Overview:
    """Answer its virtual hosts and figures. Without its management API it says what is missing, and why."""
    return await holdings.overview(connection)


@router.get("/queues", summary="List queues")
async def queues(
    holdings: HoldingsDep,
    connection: ConnectionId,
    vhost: VHost = "",
    search: Annotated[str, Query(max_length=255, description="A part of the name, upper and lower case alike.")] = "",
    sort: Annotated[QueueSort, Query(description="By the name, or by a figure.")] = QueueSort.NAME,
    descending: Annotated[bool, Query(description="The last, or the highest, first.")] = False,
    page: Annotated[int, Query(ge=1, description="From 1; beyond the last one is the last one.")] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Queues on a page.")] = 100,
) -> QueuePage:
    """Answer one page. By name it is cheap however many queues there are; by a figure the broker has to look at all of them."""
    return await holdings.queues.page(connection, PageQuery(vhost, search, sort, descending, page, page_size))


@router.get("/queue", summary="Read a queue")
async def queue(
    holdings: HoldingsDep, connection: ConnectionId, vhost: OneVHost, name: Annotated[str, Query(description="The queue's name.")]
) -> QueueInfo:
    """Answer one queue with its counts as they are now."""
    return await holdings.queues.one(connection, vhost, name)


@router.get("/exchanges", summary="List exchanges")
async def exchanges(holdings: HoldingsDep, connection: ConnectionId, vhost: VHost = "") -> list[ExchangeInfo]:
    """Answer exchanges in the order of their names, the default one first."""
    return await holdings.inventory.exchanges(connection, vhost)


@router.get("/bindings", summary="List bindings")
async def bindings(
    holdings: HoldingsDep, connection: ConnectionId, vhost: VHost = "", exchange: ExchangeName = "", queue: QueueName = ""
) -> list[BindingInfo]:
    """Answer bindings, of an exchange (from it and to it), of a queue, or all."""
    return await holdings.inventory.bindings(connection, vhost, exchange, queue)


@router.get("/topology", summary="Read a virtual host's topology")
async def topology(
    holdings: HoldingsDep,
    connection: ConnectionId,
    vhost: OneVHost,
    search: Annotated[str, Query(max_length=255, description="A part of a queue's name.")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_PICTURE, description="Queues, at most.")] = 200,
) -> Topology:
    """Answer up to *limit* queues, what leads to them and who consumes them."""
    return await holdings.topology.topology(connection, vhost, search, limit)


@router.get("/clients", summary="List clients")
async def clients(holdings: HoldingsDep, connection: ConnectionId) -> list[ClientInfo]:
    """Answer the connections of all clients."""
    return await holdings.inventory.clients(connection)


@router.get("/channels", summary="List channels")
async def channels(
    holdings: HoldingsDep, connection: ConnectionId, client: Annotated[str, Query(description="A client's name.")] = ""
) -> list[ChannelInfo]:
    """Answer channels, of one client or of all."""
    return await holdings.inventory.channels(connection, client)


@router.get("/consumers", summary="List consumers")
async def consumers(holdings: HoldingsDep, connection: ConnectionId, vhost: VHost = "", queue: QueueName = "") -> list[ConsumerInfo]:
    """Answer consumers with what their channels hold: who has a queue's unacknowledged messages."""
    return await holdings.inventory.consumers(connection, vhost, queue)


@router.post("/route", summary="Preview a route")
async def route(holdings: HoldingsDep, connection: ConnectionId, query: RouteQuery) -> Route:
    """Answer which queues a message would reach, by the bindings as they are now. Nothing is published."""
    return await holdings.topology.route(connection, query)


# -- changing it


@router.post("/exchanges", summary="Declare an exchange")
async def declare_exchange(holdings: HoldingsDep, connection: ConnectionId, request: DeclareExchange) -> Declared:
    """Declare an exchange; one that is there with the same settings stays as it is."""
    return await holdings.declarer.declare_exchange(connection, request)


@router.post("/queues", summary="Declare a queue")
async def declare_queue(holdings: HoldingsDep, connection: ConnectionId, request: DeclareQueue) -> Declared:
    """Declare a queue; without a name the broker chooses one."""
    return await holdings.declarer.declare_queue(connection, request)


@router.post("/bindings", status_code=204, summary="Bind")
async def bind(holdings: HoldingsDep, connection: ConnectionId, request: BindingRequest) -> None:
    """Bind a queue or an exchange to an exchange."""
    await holdings.declarer.bind(connection, request)


@router.post("/unbind", status_code=204, summary="Unbind")
async def unbind(holdings: HoldingsDep, connection: ConnectionId, request: BindingRequest) -> None:
    """Take a binding away."""
    await holdings.declarer.unbind(connection, request)


@router.post("/destroy", summary="Delete or purge")
async def destroy(holdings: HoldingsDep, connection: ConnectionId, request: Destroy) -> Destroyed:
    """Delete a queue or an exchange, or purge a queue. On a production connection its name has to be typed."""
    return await holdings.destroyer.destroy(connection, request)


@router.post("/close-client", status_code=204, summary="Close a client's connection")
async def close_client(holdings: HoldingsDep, connection: ConnectionId, request: CloseClient) -> None:
    """Close a client's connection; the client is told the reason, and mostly comes back."""
    await holdings.administrator.close_client(connection, request.name, request.reason)


@router.get("/definitions", summary="Export definitions")
async def export_definitions(holdings: HoldingsDep, connection: ConnectionId, vhost: VHost = "") -> dict[str, Any]:
    """Answer all that is declared, as RabbitMQ writes it; without a virtual host also users, with the hashes of their passwords."""
    return await holdings.administrator.definitions(connection, vhost)


@router.post("/definitions", status_code=204, summary="Import definitions")
async def import_definitions(holdings: HoldingsDep, connection: ConnectionId, definitions: dict[str, Any], vhost: VHost = "") -> None:
    """Declare all that the definitions name. Nothing is deleted."""
    await holdings.administrator.import_definitions(connection, definitions, vhost)


@router.put("/tracing", status_code=204, summary="Switch the firehose")
async def trace(holdings: HoldingsDep, connection: ConnectionId, request: Tracing) -> None:
    """Let the broker copy every message of a virtual host to ``amq.rabbitmq.trace``, or no longer."""
    await holdings.administrator.trace(connection, request.vhost, on=request.on)


# -- moving messages


@router.post("/move", status_code=202, summary="Move messages")
async def move(holdings: HoldingsDep, connection: ConnectionId, request: MoveRequest) -> Job:
    """Begin to move messages out of a queue: each copy is confirmed before its original is let go."""
    return await holdings.mover.move(connection, request)


@router.post("/redrive", status_code=202, summary="Redrive dead letters")
async def redrive(holdings: HoldingsDep, connection: ConnectionId, request: RedriveRequest) -> Job:
    """Begin to send dead-lettered messages back to where they first died."""
    return await holdings.mover.redrive(connection, request)
