"""Where a search or a copy of the newest records starts: exactly those, over all partitions, by their timestamps."""

from embedded_server.contracts.kafka import From, Isolation, Start
from embedded_server.core.jobs import RunningJob
from embedded_server.kafka.clients.clients import Clients
from embedded_server.kafka.records.newest import Newest
from embedded_server.kafka.records.plan import Bounds
from embedded_server.kafka.records.reader import Span


async def narrowed(
    clients: Clients, job: RunningJob, topic: str, start: Start, spans: list[Span], isolation: Isolation = Isolation.READ_UNCOMMITTED
) -> list[Span]:
    """Answer *spans*, which go back by the count in each partition, cut to the newest of all. Raises what reading raises."""
    if start.at is not From.NEWEST:
        return spans
    free = [span for span in spans if span.partition not in start.offsets]
    ends = {span.partition: span.end or 0 for span in free}
    bounds = Bounds({span.partition: span.start for span in free}, ends)
    found = await Newest(clients, job, topic, start.count, isolation).gather(bounds, list(ends))
    oldest: dict[int, int] = {}
    for one in found:
        oldest[one.partition] = min(one.offset, oldest.get(one.partition, one.offset))
    cut = [Span(span.partition, oldest.get(span.partition, span.end or 0), span.end) if span in free else span for span in spans]
    job.total = sum((span.end or 0) - span.start for span in cut)
    return cut
