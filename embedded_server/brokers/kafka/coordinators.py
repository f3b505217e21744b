"""The broker's two coordinators, of groups and of transactions, and the requests they answer.

What they know is read back when somebody first asks, or a moment after the start: the broker does not wait for it. Where it is much,
that takes many short turns, so that other clients are served in between; who asks meanwhile is told to ask again.
"""

import logging
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.kafka.errors import ErrorCode
from embedded_server.brokers.kafka.groups import admin_handlers, coordinator, member_handlers, offset_handlers
from embedded_server.brokers.kafka.groups.coordinator import Groups
from embedded_server.brokers.kafka.internal_topic import InternalTopic
from embedded_server.brokers.kafka.log.faults import LogFault
from embedded_server.brokers.kafka.log.logs import Topic
from embedded_server.brokers.kafka.request import Handler
from embedded_server.brokers.kafka.still_loading import gated
from embedded_server.brokers.kafka.transactions import coordinator as transactions_coordinator
from embedded_server.brokers.kafka.transactions import handlers as transaction_handlers
from embedded_server.brokers.kafka.transactions.coordinator import Transactions
from embedded_server.brokers.kafka.transactions.markers import Markers
from embedded_server.brokers.kafka.transactions.producer_ids import ProducerIds
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker

logger = logging.getLogger(__name__)

LOAD_AFTER_S: Final = 0.2
STEP_RECORDS: Final = 1_000
"""Read back in one turn: some 10 ms."""
STEP_PAUSE_S: Final = 0.001


class Coordinators:
    """Both, over the topics they keep what they know in."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker
        self.groups_topic = InternalTopic(broker.logs, coordinator.TOPIC, broker.grew)
        self.transactions_topic = InternalTopic(broker.logs, transactions_coordinator.TOPIC, broker.grew)
        self._deleted: list[str] = []
        """Topics that went before their offsets were known."""
        self._begin()
        broker.timers.call_at(broker.clock.now() + LOAD_AFTER_S, self.load)

    def _begin(self) -> None:
        clock, timers = self._broker.clock, self._broker.timers
        self._groups = groups = Groups(self.groups_topic, clock, timers)
        self.markers = Markers(self._broker, self.groups_topic.name, lambda one, commit: groups.offsets.end_transaction(one, commit=commit))
        """What ends transactions in partitions."""
        ids = ProducerIds(self._broker.logs.folder)
        self._transactions = Transactions(self.transactions_topic, ids, self.markers, clock, timers)
        self._loading: Iterator[None] | None = None
        self._is_loaded = False

    @property
    def groups(self) -> Groups:
        """The groups, all of them once ``is_ready``."""
        self.is_ready()
        return self._groups

    @property
    def transactions(self) -> Transactions:
        """The transactions, all of them once ``is_ready``."""
        self.is_ready()
        return self._transactions

    def load(self) -> None:
        """Begin, unless somebody has asked before."""
        self.is_ready()

    def is_ready(self) -> bool:
        """Whether all is read back; the first to ask begins, and where there is little waits for it."""
        if self._loading is None:
            self._loading = self._load()
            self._load_on()
        return self._is_loaded

    def _load(self) -> Iterator[None]:
        """Go on with what was under way: sessions that end, transactions that are to be completed or aborted."""
        yield from self._groups.load()
        yield from self._transactions.load()  # the offsets that wait for one are known by now
        self._is_loaded = True
        if self._deleted:
            self._groups.topics_deleted(self._deleted)

    def _load_on(self) -> None:
        try:
            for _ in islice(self._loading or (), STEP_RECORDS):
                pass
        except Exception:
            self._begin()  # anew, when somebody asks next
            raise
        if not self._is_loaded:
            self._broker.timers.call_at(self._broker.clock.now() + STEP_PAUSE_S, self._load_on)

    def may_begin(self, topic: str, partition: int, producer_id: int, epoch: int) -> bool:
        """Whether a producer may begin its transaction in a partition now. Raises ``LogFault`` where that is not known yet."""
        if not self.is_ready():
            raise LogFault(ErrorCode.NOT_ENOUGH_REPLICAS, "Transactions are being loaded")  # as Kafka has it, producers try again
        return self._transactions.may_begin(topic, partition, producer_id, epoch)

    def topic_deleted(self, topic: Topic) -> None:
        """A topic is gone."""
        if self.is_ready():
            self._groups.topics_deleted([topic.name])
        else:
            self._deleted.append(topic.name)


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """The handlers of both; who produces into a transaction and who deletes a topic asks and tells them from now on."""
    coordinators = Coordinators(broker)
    broker.may_begin = coordinators.may_begin
    broker.on_topic_deleted.append(coordinators.topic_deleted)
    answering: dict[ApiKey, Handler] = {
        **member_handlers.handlers(coordinators),
        **offset_handlers.handlers(broker, coordinators),
        **admin_handlers.handlers(broker, coordinators),
        **transaction_handlers.handlers(broker, coordinators),
    }
    return gated(answering, coordinators.is_ready)
