"""The four figures above the Tasks table, from the server's minute of seconds."""

from dataclasses import dataclass

from embedded_server.contracts.tasks import TaskStats

RECENT_S = 5
"""A rate is the mean of this many seconds: calm enough to read, quick enough to follow."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the tiles show. None where there is nothing to measure."""

    throughput: float
    """Tasks finished a second."""
    failure_percent: float | None
    """Failed of finished, over the whole minute."""
    wait_ms: float | None
    """The last second's 95th percentile in which a task started."""
    online: int
    known: int


def figures_of(stats: TaskStats) -> Figures:
    """Sum *stats* up."""
    recent = stats.throughput[-RECENT_S:]
    finished = sum(stats.throughput)
    return Figures(
        throughput=sum(recent) / len(recent) if recent else 0.0,
        failure_percent=min(sum(stats.failures) / finished * 100, 100.0) if finished > 0 else None,
        wait_ms=next((wait for wait in reversed(stats.wait_p95_ms) if wait > 0), None),
        online=round(stats.workers_online[-1]) if stats.workers_online else 0,
        known=stats.workers_known,
    )


def workers_tone(figures: Figures) -> str:
    """Answer the state colour of the workers' tile."""
    if figures.online == 0:
        return "bad" if figures.known else "wait"
    return "ok" if figures.online >= figures.known else "warn"
