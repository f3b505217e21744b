"""The broker as the management API sees it: one node with a name, an age and a clock for its rates."""

import time
from typing import Final

from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.server import AmqpServer
from embedded_server.brokers.management.rates import Rates
from embedded_server.core.version import VERSION

NODE_NAME: Final = "switchroom@localhost"
PRODUCT: Final = "Switchroom"
PRODUCT_VERSION: Final = VERSION
SPOKEN_VERSION: Final = "3.10.8"
"""The RabbitMQ whose API this is, so that clients know what to expect."""


class Node:
    """The broker, the ports it answers at, and what must happen after a change."""

    def __init__(self, server: AmqpServer, port: int) -> None:
        self.server = server
        self.port = port
        self.started_at = time.monotonic()
        self.rates = Rates(server.broker)

    @property
    def broker(self) -> Broker:
        """The broker itself."""
        return self.server.broker

    def asked(self) -> None:
        """Somebody asks: bring figures up to date, and look at them for a while."""
        for vhost in self.broker.vhosts.values():
            vhost.tally()
        self.rates.asked()

    def changed(self) -> None:
        """Something was changed through the API: make it durable before that is answered, and let connections send."""
        self.broker.flush()
        self.server.schedule_turn()
