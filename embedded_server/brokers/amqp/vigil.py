"""The clock of one connection: heartbeats, and an end to what takes too long."""

import logging
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp import codec
from embedded_server.brokers.clock import Timer

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.connection import Connection

logger = logging.getLogger(__name__)

HANDSHAKE_LIMIT_S: Final = 10.0
CLOSE_LIMIT_S: Final = 5.0


class Vigil:
    """Ends a connection that does not get on with its handshake or its closing, or has been silent for two heartbeats."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection
        broker = connection.broker
        self._clock = broker.clock
        self._timers = broker.timers
        self.heartbeat_s = 0
        self.heard_at = self._clock.now()
        """When the client sent something last."""
        self.spoke = False
        """The broker has sent something since the last heartbeat was due."""
        self._heartbeat_timer: Timer | None = None
        self._limit_timer: Timer | None = None
        self.limit(HANDSHAKE_LIMIT_S)

    def limit(self, seconds: float) -> None:
        """What the connection does now must be over in *seconds*."""
        self.lift_limit()
        self._limit_timer = self._timers.call_at(self._clock.now() + seconds, self._on_limit)

    def lift_limit(self) -> None:
        """It is over."""
        if self._limit_timer is not None:
            self._limit_timer.cancel()
            self._limit_timer = None

    def beat(self, interval_s: int) -> None:
        """Keep up heartbeats of *interval_s*; 0 for none."""
        self.heartbeat_s = interval_s
        if interval_s:
            self._on_heartbeat()

    def stop(self) -> None:
        """The connection has ended; may be called twice."""
        self.lift_limit()
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()

    def _on_limit(self) -> None:
        """The handshake or the closing took too long."""
        logger.info("Connection from %s ended: it took too long (%s)", self._connection.peer, self._connection.state.value)
        self._connection.finish()

    def _on_heartbeat(self) -> None:
        """Send a heartbeat where nothing else was sent; end a connection that has been silent for two intervals."""
        connection, now = self._connection, self._clock.now()
        if now - self.heard_at > 2 * self.heartbeat_s and not connection.blocked:
            logger.info("Connection from %s ended: no heartbeat for %d s", connection.peer, 2 * self.heartbeat_s)
            connection.finish()
            return
        if not self.spoke:
            connection.send(codec.HEARTBEAT)
        self.spoke = False
        self._heartbeat_timer = self._timers.call_at(now + self.heartbeat_s / 2, self._on_heartbeat)
