"""The broker without sockets: its topics, its clients' connections, and which of them have something to say.

A shell feeds bytes to connections and lets timers run. After any of this it ends the turn: ``end_turn`` answers the readers that waited
for what has come meanwhile, and tells which connections have something to send.
"""

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final
from uuid import UUID

from embedded_server.brokers.clock import Clock, SystemClock, Timers
from embedded_server.brokers.kafka.handlers import handlers
from embedded_server.brokers.kafka.held import MAX_UNREAD_BYTES, MAX_UNSENT_BYTES, Held
from embedded_server.brokers.kafka.identity import cluster_id
from embedded_server.brokers.kafka.log.logs import Logs, Topic
from embedded_server.brokers.kafka.request import Answer, Handler, Request
from embedded_server.brokers.kafka.versions import TOLD_FROM_ZERO, VERSIONS, ApiKey
from embedded_server.brokers.kafka.waiting import Waiting

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.connection import Connection
    from embedded_server.brokers.kafka.log.partition import PartitionLog

logger = logging.getLogger(__name__)

NODE_ID: Final = 1
TIDY_SOON_S: Final = 0.02
"""Between two steps of work on the logs, so that clients come in between."""
TIDY_LATER_S: Final = 1.0

MayBegin = Callable[[str, int, int, int], bool]
"""Asked with topic, partition, producer id and epoch."""


class Broker:
    """All that connections share. *logs* are open."""

    def __init__(self, logs: Logs, *, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.timers = Timers(self.clock)
        self.logs = logs
        self.node_id = NODE_ID
        self.host = "127.0.0.1"
        self.port = 0
        """Where clients are told to connect; the shell sets both."""
        self.cluster_id = cluster_id(logs.folder)
        self.connections: set[Connection] = set()
        self.unsent = Held(self.clock, MAX_UNSENT_BYTES)
        """Answers they do not take."""
        self.unread = Held(self.clock, MAX_UNREAD_BYTES)
        """Requests they have not sent all of."""
        self.waiting = Waiting(self)
        """Readers that wait for records to come."""
        self._ids: dict[UUID, str] = {}
        self._speaking: dict[Connection, None] = {}
        self.on_topic_deleted: list[Callable[[Topic], None]] = []
        """Called once a topic is gone."""
        self.may_begin: MayBegin | None = None
        """Whether a producer has added a partition to its transaction."""
        self._handlers: dict[ApiKey, Handler] = handlers(self)
        self.timers.call_at(self.clock.now() + TIDY_LATER_S, self._tidy)

    @property
    def now_ms(self) -> int:
        """The calendar's time, in ms since the Unix epoch."""
        return int(self.clock.wall() * 1000)

    # -- topics

    def topic_of(self, topic_id: UUID) -> Topic | None:
        """The topic of an id, which tells a topic from another one of the same name before it."""
        name = self._ids.get(topic_id)
        topic = self.logs.topics.get(name) if name is not None else None
        if topic is not None and topic.id == topic_id:
            return topic
        self._ids = {topic.id: topic.name for topic in self.logs.topics.values()}
        return self.logs.topics.get(self._ids.get(topic_id, ""))

    def partition(self, topic: str, number: int) -> "PartitionLog | None":
        """A partition's log, where there is such a partition."""
        found = self.logs.topics.get(topic)
        return found.partitions[number] if found is not None and 0 <= number < len(found.partitions) else None

    def grew(self, log: "PartitionLog") -> None:
        """Records or the end of a transaction were appended to *log*: its readers need wait no longer. To be told by whoever appends."""
        self.waiting.grew(log)

    # -- requests

    def handle(self, request: Request) -> Answer:
        """Answer a request. Raises ``Malformed``."""
        return self._handlers[request.key](request)

    def versions(self, *, only: ApiKey | None = None) -> list[dict[str, int]]:
        """The requests answered here, with their versions."""
        return [
            {"api_key": key, "min_version": 0 if key in TOLD_FROM_ZERO else VERSIONS[key][0], "max_version": VERSIONS[key][1]}
            for key in sorted(self._handlers)
            if only in (None, key)
        ]

    def answers(self, key: int) -> bool:
        """Whether there is a handler for it."""
        return key in self._handlers

    # -- turns

    def speaks(self, connection: "Connection") -> None:
        """A connection has something to send."""
        self._speaking[connection] = None

    def end_turn(self) -> "Iterable[Connection]":
        """End the turn; answer the connections that have something to send."""
        self.waiting.look()
        speaking, self._speaking = self._speaking, {}
        return speaking

    @property
    def speaking(self) -> bool:
        """Whether another turn is due."""
        return bool(self._speaking)

    def close(self) -> None:
        """End all connections and close the logs; may be called twice."""
        for connection in list(self.connections):
            connection.close()
        self.logs.close()

    def _tidy(self) -> None:
        delay = TIDY_LATER_S
        try:
            if self.logs.tidy(self.now_ms):
                delay = TIDY_SOON_S
        except Exception:
            logger.exception("The logs could not be looked after")
        self.timers.call_at(self.clock.now() + delay, self._tidy)
