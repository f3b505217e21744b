"""Who answers which request."""

from typing import TYPE_CHECKING

from embedded_server.brokers.kafka import (
    api_versions,
    cluster,
    config_requests,
    coordinators,
    fetch,
    metadata,
    offsets,
    produce,
    refusals,
    topics,
)
from embedded_server.brokers.kafka.request import Handler
from embedded_server.brokers.kafka.versions import ApiKey

if TYPE_CHECKING:
    from embedded_server.brokers.kafka.broker import Broker


def handlers(broker: "Broker") -> dict[ApiKey, Handler]:
    """The handlers of *broker*, of which each takes a request and answers it."""
    return {
        **api_versions.handlers(broker),
        **metadata.handlers(broker),
        **produce.handlers(broker),
        **fetch.handlers(broker),
        **offsets.handlers(broker),
        **topics.handlers(broker),
        **config_requests.handlers(broker),
        **cluster.handlers(broker),
        **coordinators.handlers(broker),
        **refusals.handlers(broker),
    }
