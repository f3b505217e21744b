"""The rabbitmq capability against a broker that already runs, as a script would use it."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from embedded_server.contracts.connections import ConnectionKind, ConnectionSpec, Environment, RabbitSettings, Secret
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import Declared, DeclareExchange, DeclareQueue, FieldType, Header
from embedded_server.core.jobs import Jobs
from embedded_server.core.profiles import Profile
from embedded_server.journal import Journal
from embedded_server.rabbitmq.amqp.channel import Channel
from embedded_server.rabbitmq.amqp.content import encode_content
from embedded_server.rabbitmq.amqp.receiver import Delivery
from embedded_server.rabbitmq.holdings.holdings import Holdings
from embedded_server.rabbitmq.service import RabbitService
from tests.helpers.broker_processes import EmbeddedBroker, RealRabbitMQ

C = "c1"
"""The connection's id."""
_TYPES = {bool: FieldType.BOOLEAN, int: FieldType.INTEGER, float: FieldType.FLOAT, str: FieldType.STRING}


def profile_of(
    port: int,
    management_url: str = "",
    *,
    environment: Environment = Environment.DEVELOPMENT,
    read_only: bool = False,
    password: str = "guest",
    **settings: Any,
) -> Profile:
    """A connection to loopback. Without a management URL the management API is not used."""
    place = management_url.rpartition("@")[2]
    url = f"{urlsplit(management_url).scheme}://{place}" if "@" in management_url else management_url
    rabbitmq = RabbitSettings("127.0.0.1", port, management=bool(url), management_url=url, **settings)
    spec = ConnectionSpec("shop", ConnectionKind.RABBITMQ, environment=environment, read_only=read_only, rabbitmq=rabbitmq)
    return Profile(C, spec, {Secret.PASSWORD: password})


def typed(**values: Any) -> list[Header]:
    """Typed arguments; an underscore in a name stands for a hyphen."""
    return [Header(name.replace("_", "-"), _TYPES[type(value)], value) for name, value in values.items()]


@dataclass
class Side:
    """The capability, and what a test often does with it."""

    profile: Profile
    service: RabbitService
    journal: Journal
    jobs: Jobs

    @property
    def holdings(self) -> Holdings:
        return self.service.holdings

    def change(self, **spec: Any) -> None:
        """Change the connection's settings."""
        self.profile = replace(self.profile, spec=replace(self.profile.spec, **spec))

    async def channel(self, *, confirms: bool = False) -> Channel:
        return await self.service.links.channel(C, "/", confirms=confirms)

    async def queue(self, name: str = "", **arguments: Any) -> str:
        return (await self.holdings.declarer.declare_queue(C, DeclareQueue("/", name, arguments=typed(**arguments)))).name

    async def exchange(self, name: str, type_: str = "direct", **arguments: Any) -> Declared:
        return await self.holdings.declarer.declare_exchange(C, DeclareExchange("/", name, type_, arguments=typed(**arguments)))

    async def publish(self, queue: str, *bodies: bytes, exchange: str = "", content: bytes | None = None) -> None:
        """Publish persistent messages and wait until the broker has them."""
        from embedded_server.contracts.rabbitmq import Properties

        header = encode_content(Properties(delivery_mode=2)) if content is None else content
        async with await self.channel(confirms=True) as channel:
            for body in bodies[:-1]:
                channel.publish(exchange, queue, body, header)
            if bodies:
                await channel.publish_confirmed(exchange, queue, bodies[-1], header, mandatory=False)

    async def drain(self, queue: str) -> list[Delivery]:
        """Take all messages out of a queue."""
        found: list[Delivery] = []
        async with await self.channel() as channel:
            while (delivery := await channel.get(queue, no_ack=True)) is not None:
                found.append(delivery)
        return found

    async def bodies(self, queue: str) -> list[bytes]:
        return [delivery.body for delivery in await self.drain(queue)]

    async def over(self, job: Job) -> Job:
        """Wait until a job is over."""
        running = self.jobs.job(job.id)
        await running.ended()
        return running.snapshot()

    async def statuses(self, filter: str) -> list[tuple[str, str]]:
        """Subject and status of the journal's events that match."""
        await self.journal.flush()
        return [(row.subject, row.status) for row in (await self.journal.query(filter, limit=10_000)).rows]


@contextlib.asynccontextmanager
async def capability(profile: Profile, folder: Path) -> AsyncIterator[Side]:
    """Run the capability until the block ends."""
    journal, jobs = Journal(folder / "journal.db"), Jobs()
    journal.open()

    async def resolve(_: str) -> Profile:
        return side.profile

    side = Side(profile, RabbitService(journal, resolve, folder, jobs), journal, jobs)
    await side.service.start()
    try:
        yield side
    finally:
        await side.service.stop()
        journal.close()


def profile_for(broker: EmbeddedBroker | RealRabbitMQ, **settings: Any) -> Profile:
    """A connection to a broker of the tests, with its management API."""
    return profile_of(broker.port, broker.management_url, **settings)
