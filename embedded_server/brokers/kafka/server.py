"""The Kafka broker on a socket."""

import socket

from embedded_server.brokers.kafka.broker import Broker
from embedded_server.brokers.kafka.connection import Connection
from embedded_server.brokers.shell import Shell


class KafkaServer(Shell[Broker]):
    """Serves Kafka's protocol, in which the broker tells its clients where to connect."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, Connection)

    async def start(self, listening: socket.socket) -> None:
        """Take clients from a socket that listens."""
        self.broker.host, self.broker.port = listening.getsockname()[:2]
        await super().start(listening)
