"""Publishing again what a broker left unconfirmed."""

from collections.abc import Awaitable, Callable

from desktop.services.rabbitmq import RabbitService
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.rabbitmq import BulkPublish, Message


def resend_request(job: Job) -> BulkPublish:
    """Ask for a publish's unconfirmed messages to be sent again; the rest of the request is not looked at."""
    return BulkPublish(Message(job.vhost, "", ""), count=job.counts.get("unconfirmed", 1), resend_of=job.id)


def resender(service: RabbitService) -> Callable[[Job], Awaitable[Job]]:
    """Answer the act that asks for it."""

    async def resend(job: Job) -> Job:
        return await service.bulk(job.connection, resend_request(job))

    return resend
