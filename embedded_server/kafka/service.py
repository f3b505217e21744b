"""The kafka capability put together: clients, records, what clusters hold, and how bytes are read. Runs in a script without FastAPI."""

import asyncio
from pathlib import Path
from typing import Final

from embedded_server.contracts.connections import Health
from embedded_server.contracts.server import Part, PartState
from embedded_server.core.jobs import Jobs
from embedded_server.core.parts import idle_part
from embedded_server.core.profiles import Resolve
from embedded_server.journal import Journal
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.copy import Copies
from embedded_server.kafka.decoding.service import Decoding
from embedded_server.kafka.holdings.holdings import Holdings
from embedded_server.kafka.records.export import RecordExport
from embedded_server.kafka.records.service import Records
from embedded_server.kafka.search.search import Searches

JOBS_END_S: Final = 1.0
"""At the server's end the parts have few seconds in all."""


class KafkaService:
    """All that is done with Kafka. Nothing connects until something is asked of it."""

    def __init__(self, journal: Journal, resolve: Resolve, data_dir: Path, jobs: Jobs) -> None:
        self._jobs = jobs
        self._resolve = resolve
        self.clients = Clients(resolve)
        self.decoding = Decoding(journal, resolve, data_dir)
        self.records = Records(journal, self.clients, jobs, data_dir, self.decoding, self.decoding)
        self.holdings = Holdings(journal, resolve, self.clients)
        self.search = Searches(journal, self.clients, self.records, self.decoding)
        self.copies = Copies(journal, self.clients, self.records, self.decoding)
        self.export = RecordExport(journal, resolve, self.decoding)
        self._part = idle_part("kafka")

    # -- a part of the server

    async def start(self) -> None:
        """Read what is kept. Connects nowhere."""
        await self.decoding.start()
        await self.records.start()
        self._part = idle_part("kafka", PartState.RUNNING)

    async def stop(self) -> None:
        """Stop every job and close every client. May be called twice."""
        await self._jobs.stop_all(limit_s=JOBS_END_S)
        await self.holdings.stop()
        await self.clients.close()
        await self.records.stop()
        await self.decoding.stop()
        self._part = idle_part("kafka")

    def status(self) -> Part:
        """Tell how it fares."""
        return self._part

    # -- connections

    def health(self, connection: str) -> Health:
        """Answer how a connection fares."""
        return self.clients.health(connection)

    async def reconnect(self, connection: str) -> None:
        """Begin to connect anew, also after a refusal; `health` tells how that goes."""
        await self.clients.reconnect(connection)

    async def disconnect(self, connection: str) -> None:
        """Stop the connection's jobs and close its clients; they stay closed until `reconnect`."""
        profile = await self._resolve(connection)
        await self._jobs.stop_all(connection)
        await self.clients.disconnect(connection, profile.name)

    async def drop(self, connection: str, *, removed: bool = False) -> None:
        """Stop the connection's jobs and close its clients: its settings have changed, or it is *removed*."""
        await self._jobs.stop_all(connection)
        self.holdings.drop(connection)
        await asyncio.gather(self.clients.drop(connection), self.records.drop(connection), self.decoding.drop(connection, removed=removed))
