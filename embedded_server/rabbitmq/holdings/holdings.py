"""All that reads and changes what brokers hold, put together: one for the whole server."""

from pathlib import Path
from typing import Final

from embedded_server.contracts.rabbitmq import Overview
from embedded_server.core.jobs import Jobs
from embedded_server.core.profiles import Resolve
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.links import Links
from embedded_server.rabbitmq.holdings.acts import Acts
from embedded_server.rabbitmq.holdings.administration import Administrator
from embedded_server.rabbitmq.holdings.declare import Declarer
from embedded_server.rabbitmq.holdings.destroy import Destroyer
from embedded_server.rabbitmq.holdings.inventory import Inventory
from embedded_server.rabbitmq.holdings.known import KnownNames
from embedded_server.rabbitmq.holdings.queues import Queues
from embedded_server.rabbitmq.holdings.topology import TopologyReader
from embedded_server.rabbitmq.management.pool import ManagementPool
from embedded_server.rabbitmq.transfer.moves import Mover

KNOWN_FILE: Final = "rabbitmq-known.json"


class Holdings:
    """What brokers hold, by the connection's id."""

    def __init__(self, journal: Journal, resolve: Resolve, links: Links, jobs: Jobs, data_dir: Path) -> None:
        self._links = links
        self.known = KnownNames(data_dir / KNOWN_FILE)
        self.pool = ManagementPool(resolve, links.require_connected)
        self.acts = Acts(resolve, journal.append)
        self.inventory = Inventory(resolve, self.pool, links.channel, self.known)
        self.queues = Queues(resolve, self.pool, links.channel, self.known)
        self.topology = TopologyReader(self.inventory, self.queues, self.pool, links.channel)
        self.declarer = Declarer(self.acts, self.pool, links.channel, self.known)
        self.destroyer = Destroyer(self.acts, links.channel, self.known)
        self.administrator = Administrator(self.acts, self.pool)
        self.mover = Mover(self.acts, links, journal, jobs)
        self.acts.on_change += [self.pool.forget, self.topology.forget]

    async def start(self) -> None:
        """Read what is known from earlier."""
        await self.known.start()

    async def stop(self) -> None:
        """Close what is open. May be called twice."""
        await self.pool.close()
        await self.known.stop()

    async def overview(self, connection: str) -> Overview:
        """Look at a broker, and begin to connect: whoever looks at it wants to know whether they can act there."""
        overview = await self.inventory.overview(connection)
        await self._links.begin(connection)
        return overview

    async def drop(self, connection: str, *, removed: bool = False) -> None:
        """Forget how a connection was spoken to: its settings have changed; and where it was *removed*, all that is known of it."""
        await self.pool.drop(connection)
        self.topology.forget(connection)
        if removed:
            self.known.drop(connection)
