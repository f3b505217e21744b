"""Jobs on the wire: work that goes on in the server, shows its progress and can be stopped."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from embedded_server.contracts.problems import ProblemDetails


class JobKind(StrEnum):
    """What a job does."""

    PUBLISH = "publish"
    TAP = "tap"
    FIREHOSE = "firehose"
    CONSUME = "consume"
    STREAM_READ = "stream-read"
    MOVE = "move"
    REDRIVE = "redrive"
    PRODUCE = "produce"
    TAIL = "tail"
    READ = "read"
    """Of a Kafka topic, up to where it ended when the job began."""
    SEARCH = "search"
    COPY = "copy"


KAFKA_JOBS: Final = frozenset({JobKind.PRODUCE, JobKind.TAIL, JobKind.READ, JobKind.SEARCH, JobKind.COPY})
RABBITMQ_JOBS: Final = frozenset(JobKind) - KAFKA_JOBS


class JobState(StrEnum):
    """How far it is."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting"
    """The connection is lost; it goes on when it is back."""
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    """By the user."""
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self in {JobState.DONE, JobState.STOPPED, JobState.FAILED}


@dataclass(frozen=True, slots=True)
class Job:
    """A job and how far it is. The server forgets one that is over after the newest hundred."""

    id: str
    kind: JobKind
    connection: str
    """The connection's id."""
    vhost: str
    source: str
    """What it reads: a queue, an exchange or a topic; empty for a publish."""
    target: str
    """What it publishes to, as exchange and routing key or as a topic; empty where it only reads."""
    state: JobState
    done: int = 0
    """Messages dealt with; of a search those it has looked at."""
    total: int = -1
    """Messages in all; -1 where nobody knows."""
    rate: float = 0.0
    """Messages a second, over the last second."""
    started_at: int = 0
    """Nanoseconds since the Unix epoch, like every time on the wire."""
    ended_at: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """The summary: ``confirmed``, ``refused``, ``returned``, ``unconfirmed``, ``moved``, ``skipped``, ``left``, ``hits``,
    ``bytes`` … as far as they apply."""
    dry_run: bool = False
    filter: str = ""
    """The journal's filter that lists the events of this job."""
    problem: ProblemDetails | None = None
    next_offsets: dict[int, int] = field(default_factory=dict)
    """Of a search that ended early, by partition: the offset at which it would have gone on."""
