"""The window's side of the RabbitMQ API: one typed method per route. *connection* is always a connection's id."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from weakref import WeakKeyDictionary

from desktop.services.broker import PATIENT_S, BrokerService
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import (
    BindingInfo,
    BindingRequest,
    BulkPublish,
    ChannelInfo,
    ClientInfo,
    ConsumeRequest,
    ConsumerInfo,
    Declared,
    DeclareExchange,
    DeclareQueue,
    Destroy,
    Destroyed,
    ExchangeInfo,
    GetRequest,
    Got,
    Message,
    MoveRequest,
    Overview,
    PublishOutcome,
    PublishTemplate,
    QueueInfo,
    QueuePage,
    RedriveRequest,
    Route,
    RouteQuery,
    StreamRead,
    TapRequest,
    Topology,
)

if TYPE_CHECKING:
    from desktop.services.api import ApiClient

QUEUE_SORTS: Final = ("name", "ready", "unacked", "publish_rate", "deliver_rate", "consumers")


class RabbitService(BrokerService[Message, PublishTemplate]):
    """Asks the server about RabbitMQ, and tells it what to do there. Every method raises what `ApiClient` raises."""

    def __init__(self, api: "ApiClient") -> None:
        super().__init__(api, "/rabbitmq", Message, list[PublishTemplate])

    # -- what a broker holds

    async def overview(self, connection: str) -> Overview:
        """Answer a broker at a glance."""
        return await self._api.get(_path(connection, "overview"), Overview)

    async def queues(
        self,
        connection: str,
        *,
        vhost: str | None = None,
        search: str = "",
        sort: str = "name",
        descending: bool = False,
        page: int = 1,
        page_size: int = 100,
    ) -> QueuePage:
        """Answer one page of the queues; *sort* is one of `QUEUE_SORTS`."""
        return await self._api.get(
            _path(connection, "queues"),
            QueuePage,
            vhost=vhost,
            search=search or None,
            sort=sort,
            descending="true" if descending else "false",
            page=page,
            page_size=page_size,
        )

    async def queue(self, connection: str, vhost: str, name: str) -> QueueInfo:
        """Answer one queue with its counts as they are now."""
        return await self._api.get(_path(connection, "queue"), QueueInfo, vhost=vhost, name=name)

    async def exchanges(self, connection: str, vhost: str | None = None) -> list[ExchangeInfo]:
        """Answer the exchanges."""
        return await self._api.get(_path(connection, "exchanges"), list[ExchangeInfo], vhost=vhost)

    async def bindings(
        self, connection: str, vhost: str | None = None, *, exchange: str | None = None, queue: str | None = None
    ) -> list[BindingInfo]:
        """Answer the bindings, of one exchange or of one queue where asked so."""
        return await self._api.get(_path(connection, "bindings"), list[BindingInfo], vhost=vhost, exchange=exchange, queue=queue)

    async def topology(self, connection: str, vhost: str, *, search: str = "", limit: int = 200) -> Topology:
        """Answer what the picture shows of a virtual host."""
        return await self._api.get(_path(connection, "topology"), Topology, vhost=vhost, search=search or None, limit=limit)

    async def clients(self, connection: str) -> list[ClientInfo]:
        """Answer the clients' connections to the broker."""
        return await self._api.get(_path(connection, "clients"), list[ClientInfo])

    async def channels(self, connection: str, client: str | None = None) -> list[ChannelInfo]:
        """Answer the channels, of one client where asked so."""
        return await self._api.get(_path(connection, "channels"), list[ChannelInfo], client=client)

    async def consumers(self, connection: str, vhost: str | None = None, queue: str | None = None) -> list[ConsumerInfo]:
        """Answer the consumers, of one queue where asked so."""
        return await self._api.get(_path(connection, "consumers"), list[ConsumerInfo], vhost=vhost, queue=queue)

    async def close_client(self, connection: str, name: str, reason: str = "") -> None:
        """Have the broker close a client's connection."""
        await self._api.post(_path(connection, "close-client"), {"name": name, "reason": reason})

    async def route(self, connection: str, query: RouteQuery) -> Route:
        """Answer which queues a message would reach."""
        return await self._api.post(_path(connection, "route"), query, Route)

    # -- declaring and deleting

    async def declare_exchange(self, connection: str, request: DeclareExchange) -> Declared:
        """Declare an exchange."""
        return await self._api.post(_path(connection, "exchanges"), request, Declared)

    async def declare_queue(self, connection: str, request: DeclareQueue) -> Declared:
        """Declare a queue."""
        return await self._api.post(_path(connection, "queues"), request, Declared)

    async def bind(self, connection: str, request: BindingRequest) -> None:
        """Bind a queue or an exchange."""
        await self._api.post(_path(connection, "bindings"), request)

    async def unbind(self, connection: str, request: BindingRequest) -> None:
        """Take a binding away."""
        await self._api.post(_path(connection, "unbind"), request)

    async def destroy(self, connection: str, request: Destroy) -> Destroyed:
        """Delete a queue or an exchange, or purge a queue."""
        return await self._api.post(_path(connection, "destroy"), request, Destroyed, timeout_s=PATIENT_S)

    async def definitions(self, connection: str, vhost: str | None = None) -> dict[str, Any]:
        """Answer RabbitMQ's definitions, of one virtual host where asked so."""
        return await self._api.get(_path(connection, "definitions"), dict[str, Any], vhost=vhost)

    async def import_definitions(self, connection: str, definitions: dict[str, Any], vhost: str | None = None) -> None:
        """Declare all that *definitions* name."""
        await self._api.post(_path(connection, "definitions"), definitions, timeout_s=PATIENT_S, vhost=vhost)

    async def set_tracing(self, connection: str, vhost: str, *, on: bool) -> None:
        """Turn the broker's tracing, which a firehose tap needs, on or off."""
        await self._api.put(_path(connection, "tracing"), {"vhost": vhost, "on": on})

    # -- messages

    async def publish(self, connection: str, message: Message) -> PublishOutcome:
        """Publish one message; returns once the broker has answered."""
        return await self._api.post(_path(connection, "publish"), message, PublishOutcome, timeout_s=PATIENT_S)

    async def bulk(self, connection: str, request: BulkPublish) -> Job:
        """Begin to publish many."""
        return await self._api.post(_path(connection, "bulk"), request, Job)

    async def tap(self, connection: str, request: TapRequest) -> Job:
        """Begin to copy what passes."""
        return await self._api.post(_path(connection, "tap"), request, Job)

    async def consume(self, connection: str, request: ConsumeRequest) -> Job:
        """Begin to take messages for good."""
        return await self._api.post(_path(connection, "consume"), request, Job)

    async def get_messages(self, connection: str, request: GetRequest) -> Got:
        """Read some messages from a queue's head."""
        return await self._api.post(_path(connection, "get"), request, Got, timeout_s=PATIENT_S)

    async def read_stream(self, connection: str, request: StreamRead) -> Job:
        """Begin to read a stream queue."""
        return await self._api.post(_path(connection, "stream-read"), request, Job)

    async def move(self, connection: str, request: MoveRequest) -> Job:
        """Begin to move messages."""
        return await self._api.post(_path(connection, "move"), request, Job)

    async def redrive(self, connection: str, request: RedriveRequest) -> Job:
        """Begin to send dead-lettered messages back to where they died."""
        return await self._api.post(_path(connection, "redrive"), request, Job)


def _path(connection: str, act: str) -> str:
    return f"/rabbitmq/{quote(connection, safe='')}/{act}"


_services: Final["WeakKeyDictionary[ApiClient, RabbitService]"] = WeakKeyDictionary()


def rabbit_service(api: "ApiClient") -> RabbitService:
    """Answer the one service that speaks through *api*, so that its drafts outlive every rebuilding of the window."""
    return _services.setdefault(api, RabbitService(api))
