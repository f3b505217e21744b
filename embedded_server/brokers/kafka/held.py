"""What the broker holds in memory for its connections, within a limit: answers no socket takes, and requests that do not come to an end."""

import logging
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from embedded_server.brokers.clock import Clock
    from embedded_server.brokers.kafka.connection import Connection

logger = logging.getLogger(__name__)

MAX_UNSENT_BYTES: Final = 128 << 20
"""Of answers that sockets do not take, over all connections."""
MAX_UNREAD_BYTES: Final = 512 << 20
"""Of requests of which the rest has not come."""
SMALL_BYTES: Final = 1 << 16
"""Not worth counting."""
STUCK_S: Final = 10.0
"""Who takes nothing, or sends nothing, for so long has to leave where others lack the room."""


class Held:
    """Counts one of the two, by connection."""

    def __init__(self, clock: "Clock", limit: int) -> None:
        self._clock = clock
        self._limit = limit
        self._bytes: dict[Connection, int] = {}
        self._since: dict[Connection, float] = {}
        self._sum = 0

    def set(self, connection: "Connection", size: int) -> None:
        """So many bytes are held for *connection* now; it counts as alive with each change."""
        before = self._bytes.get(connection, 0)
        size = size if size > SMALL_BYTES else 0
        if size == before:
            return
        self._sum += size - before
        if size:
            self._bytes[connection] = size
            self._since[connection] = self._clock.now()
        else:
            del self._bytes[connection], self._since[connection]

    def room(self) -> int:
        """Bytes that may be held in addition; the stuck ones lose their connections where there is no room otherwise."""
        if self._sum >= self._limit:
            self._drop_stuck()
        return max(self._limit - self._sum, 0)

    def _drop_stuck(self) -> None:
        until = self._clock.now() - STUCK_S
        for connection in [one for one, since in self._since.items() if since <= until and not one.finished]:
            size = self._bytes[connection]
            logger.warning("%s has to leave: %d bytes are held for it, and nothing has moved for %d s", connection.peer, size, STUCK_S)
            connection.close()
