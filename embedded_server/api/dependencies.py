"""What every router gets handed: the server's services, and the session that asks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Path
from fastapi.requests import HTTPConnection

from embedded_server.contracts.sessions import Session
from embedded_server.settings import Settings

if TYPE_CHECKING:  # the capabilities are heavy, and none is needed to make a router
    from embedded_server.brokers import EmbeddedBrokers
    from embedded_server.connections import ConnectionService
    from embedded_server.core.jobs import Jobs
    from embedded_server.core.parts import Supervisor
    from embedded_server.journal import Feeds, Journal
    from embedded_server.kafka.service import KafkaService
    from embedded_server.rabbitmq.service import RabbitService
    from embedded_server.sessions import Sessions
    from embedded_server.streams import Hub, StreamManager
    from embedded_server.tasks import TaskService


@dataclass(frozen=True)
class Services:
    """Everything the app composed, at ``app.state.services``."""

    settings: Settings
    started_at: int
    journal: "Journal"
    feeds: "Feeds"
    sessions: "Sessions"
    brokers: "EmbeddedBrokers"
    tasks: "TaskService"
    hub: "Hub"
    streams: "StreamManager"
    connections: "ConnectionService"
    jobs: "Jobs"
    rabbitmq: "RabbitService"
    kafka: "KafkaService"
    supervisor: "Supervisor"
    """Starts, stops and restarts the parts, and knows how each fares."""


def services_of(connection: HTTPConnection) -> Services:
    """Answer the app's services, for HTTP and WebSocket alike."""
    return cast("Services", connection.app.state.services)


ServicesDep = Annotated[Services, Depends(services_of)]
ConnectionId = Annotated[str, Path(description="A connection's id, as the list of connections gives it.")]


async def current_session(connection: HTTPConnection, services: ServicesDep) -> Session:
    """Answer the session whose token the request carries; raises `NotSignedIn` where there is none."""
    from embedded_server.api.security import bearer_token

    return await services.sessions.authenticate(bearer_token(connection.headers.get("authorization", "")))


def tasks_begun(services: ServicesDep) -> None:
    """Refuse for the moment between the server's first answer and the tasks' start: what is known of them is not read yet."""
    services.supervisor.require("tasks")


CurrentSession = Annotated[Session, Depends(current_session)]
"""The session that asks. ``services.sessions.closed(session.id)`` is an `asyncio.Event` set when it ends."""
