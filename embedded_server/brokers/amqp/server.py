"""The AMQP broker on a socket."""

from embedded_server.brokers.amqp.broker import Broker
from embedded_server.brokers.amqp.connection import Connection
from embedded_server.brokers.shell import Shell


class AmqpServer(Shell[Broker]):
    """Serves AMQP: a turn is one commit."""

    def __init__(self, broker: Broker) -> None:
        super().__init__(broker, Connection)
