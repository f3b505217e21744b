"""The broker's two coordinators, of groups and of transactions, and the requests they answer.

What they know is read back when somebody first asks, or a moment after the start: the broker does not wait for it.
"""

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.kafka.groups import admin_handlers, coordinator, member_handlers, offset_handlers
from embedded_server.brokers.kafka.groups.coordinator import Groups
from embedded_server.brokers.kafka.internal_topic import InternalTopic
from embedded_server.brokers.kafka.log.logs import Topic
from embedded_server.brokers.kafka.request import Handler
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


class Coordinators:
    """Both, over the topics they keep what they know in."""

    def __init__(self, broker: "Broker") -> None:
        self._broker = broker
        self.groups_topic = InternalTopic(broker.logs, coordinator.TOPIC, broker.grew)
        self.transactions_topic = InternalTopic(broker.logs, transactions_coordinator.TOPIC, broker.grew)
        broker.timers.call_at(broker.clock.now() + LOAD_AFTER_S, self.load)

    @cached_property
    def groups(self) -> Groups:
        """The groups."""
        return Groups(self.groups_topic, self._broker.clock, self._broker.timers)

    @cached_property
    def transactions(self) -> Transactions:
        """The transactions; offsets that wait for one are known first."""
        _ = self.groups
        ids = ProducerIds(self._broker.logs.folder)
        return Transactions(self.transactions_topic, ids, self.markers, self._broker.clock, self._broker.timers)

    @cached_property
    def markers(self) -> Markers:
        """What ends transactions in partitions."""
        return Markers(self._broker, self.groups_topic.name, lambda one, commit: self.groups.offsets.end_transaction(one, commit=commit))

    def load(self) -> None:
        """Go on with what was under way: sessions that end, transactions that are to be completed or aborted."""
        _ = self.transactions

    def may_begin(self, topic: str, partition: int, producer_id: int, epoch: int) -> bool:
        """Whether a producer may begin its transaction in a partition now."""
        return self.transactions.may_begin(topic, partition, producer_id, epoch)

    def topic_deleted(self, topic: Topic) -> None:
        """A topic is gone."""
        self.groups.topics_deleted([topic.name])


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """The handlers of both; who produces into a transaction and who deletes a topic asks and tells them from now on."""
    coordinators = Coordinators(broker)
    broker.may_begin = coordinators.may_begin
    broker.on_topic_deleted.append(coordinators.topic_deleted)
    return {
        **member_handlers.handlers(coordinators),
        **offset_handlers.handlers(broker, coordinators),
        **admin_handlers.handlers(broker, coordinators),
        **transaction_handlers.handlers(broker, coordinators),
    }
