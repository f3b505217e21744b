"""Producing again what nobody acknowledged."""

from collections.abc import Awaitable, Callable

from desktop.services.kafka import KafkaService
from embedded_server.contracts.jobs import Job
from embedded_server.contracts.kafka import BulkProduce, Record


def resender(service: KafkaService) -> Callable[[Job], Awaitable[Job]]:
    """Answer the act that asks for the unacknowledged records of a job; the rest of its request is not looked at."""

    async def resend(job: Job) -> Job:
        request = BulkProduce(Record(job.target), count=job.counts.get("unacknowledged", 1), resend_of=job.id)
        return await service.bulk(job.connection, request)

    return resend
