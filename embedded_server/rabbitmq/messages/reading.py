"""What every way of reading shares: a channel that is opened anew when the connection was lost, and a pump into the journal."""

from collections.abc import Awaitable, Callable
from typing import Final

from embedded_server.core.jobs import RunningJob
from embedded_server.core.reach.problems import LinkProblem
from embedded_server.rabbitmq.amqp.channel import Channel, open_channel
from embedded_server.rabbitmq.amqp.links import Links, Purpose
from embedded_server.rabbitmq.messages.pump import Pump

MAX_PREFETCH: Final = 65_535

Begin = Callable[[Channel], Awaitable[Pump]]
"""Declares what is to be read on a fresh channel, begins to consume, and answers where the messages go."""


async def read_on(links: Links, job: RunningJob, begin: Begin, *, limit: int = 0, on_lost: Callable[[], None] | None = None) -> None:
    """Read until the job is stopped or *limit* messages are there, through lost connections. Raises what trying again does not mend."""
    while not job.stopping.is_set():
        link = await job.unless_stopped(links.regained(job.connection, job.vhost, Purpose.READ))
        if link is None:
            return
        try:
            channel = await open_channel(link)
            try:
                pump = await begin(channel)
                job.running()
                await pump.run(limit)
            finally:
                await channel.close()
        except LinkProblem as exc:
            if exc.final:
                raise
            job.waiting(exc)
            if on_lost is not None:
                on_lost()
        else:
            return
