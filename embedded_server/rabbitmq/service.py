"""The rabbitmq capability put together: links, what brokers hold, and their messages. Runs in a script without FastAPI."""

import asyncio
from pathlib import Path
from typing import Final

from embedded_server.contracts.connections import Health
from embedded_server.contracts.rabbitmq import BindingInfo
from embedded_server.contracts.server import Part, PartState
from embedded_server.core.jobs import Jobs
from embedded_server.core.parts import idle_part
from embedded_server.core.profiles import Resolve
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.links import Links
from embedded_server.rabbitmq.holdings.holdings import Holdings
from embedded_server.rabbitmq.messages.service import Messages

JOBS_END_S: Final = 1.0
"""At the server's end the parts have few seconds in all."""


class RabbitService:
    """All that is done with RabbitMQ. Nothing connects until something is asked of it."""

    def __init__(self, journal: Journal, resolve: Resolve, data_dir: Path, jobs: Jobs) -> None:
        self._jobs = jobs
        self._resolve = resolve
        self.links = Links(resolve)
        self.holdings = Holdings(journal, resolve, self.links, jobs, data_dir)
        self.messages = Messages(journal, self.links, jobs, data_dir, bindings_of=self._bindings_of, known=self.holdings.known)
        self._part = idle_part("rabbitmq")

    # -- a part of the server

    async def start(self) -> None:
        """Read what is kept. Connects nowhere."""
        await self.holdings.start()
        await self.messages.start()
        self._part = idle_part("rabbitmq", PartState.RUNNING)

    async def stop(self) -> None:
        """Stop every job and close every link: taps end, and what was not acknowledged goes back. May be called twice."""
        await self._jobs.stop_all(limit_s=JOBS_END_S)
        await self.links.close()
        await self.holdings.stop()
        await self.messages.stop()
        self._part = idle_part("rabbitmq")

    def status(self) -> Part:
        """Tell how it fares."""
        return self._part

    # -- connections

    def health(self, connection: str) -> Health:
        """Answer how a connection fares."""
        return self.links.health(connection)

    async def reconnect(self, connection: str) -> None:
        """Begin to connect anew, also after a refusal; `health` tells how that goes."""
        await self.links.reconnect(connection)

    async def disconnect(self, connection: str) -> None:
        """Stop the connection's jobs and close its links; they stay closed until `reconnect`."""
        profile = await self._resolve(connection)
        await self._jobs.stop_all(connection)
        await self.links.disconnect(connection, profile.name)

    async def drop(self, connection: str, *, removed: bool = False) -> None:
        """Stop the connection's jobs and close its links: its settings have changed, or it is *removed*."""
        await self._jobs.stop_all(connection)
        await asyncio.gather(self.links.drop(connection), self.holdings.drop(connection, removed=removed))

    async def _bindings_of(self, connection: str, vhost: str, queue: str) -> list[BindingInfo]:
        return await self.holdings.inventory.bindings(connection, vhost, queue=queue)
