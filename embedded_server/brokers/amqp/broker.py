"""The broker without sockets: virtual hosts, users, and the connections that have something to say.

A shell feeds bytes to connections and lets timers run. After any of this it ends the turn: ``end_turn`` writes what must be durable and
only then lets the answers out.
"""

import hmac
import logging
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp.clock import Clock, SystemClock, Timers
from embedded_server.brokers.amqp.store import NullStore, Store, StoreFailed
from embedded_server.brokers.amqp.vhost import VHost

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel
    from embedded_server.brokers.amqp.connection import Connection

logger = logging.getLogger(__name__)

DEFAULT_VHOST: Final = "/"
RETRY_WRITE_S: Final = 1.0
DEFAULT_USER: Final = "guest"


class Broker:
    """All that connections share."""

    def __init__(self, *, store: Store | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.timers = Timers(self.clock)
        self.store = store or NullStore()
        self.vhosts = {DEFAULT_VHOST: VHost(DEFAULT_VHOST, store=self.store, clock=self.clock, timers=self.timers)}
        self.connections: set[Connection] = set()
        self.blocked = ""
        """Why publishers are asked to wait; empty while they are not."""
        self._users = {DEFAULT_USER: DEFAULT_USER}
        self._store_fails = False
        self._speaking: dict[Connection, None] = {}
        self._confirming: dict[Channel, None] = {}

    def authenticate(self, user: str, password: str) -> bool:
        """Whether *user* exists and has this password."""
        known = self._users.get(user)
        return known is not None and hmac.compare_digest(known.encode(), password.encode(errors="surrogateescape"))

    # -- turns

    def has_output(self, connection: "Connection") -> None:
        """*connection* has bytes to send once the turn ends."""
        self._speaking[connection] = None

    @property
    def speaking(self) -> bool:
        """Some connection has bytes to send."""
        return bool(self._speaking)

    def has_confirms(self, channel: "Channel") -> None:
        """*channel* owes its publisher confirms once the turn ends."""
        self._confirming[channel] = None

    def end_turn(self) -> list["Connection"]:
        """Make the turn durable and confirm it; the connections that have bytes to send."""
        written = self.flush()
        confirming, self._confirming = self._confirming, {}
        for channel in confirming:
            channel.publisher.confirm(written=written)
        speaking, self._speaking = self._speaking, {}
        return list(speaking)

    def flush(self) -> bool:
        """Write all changes so far; whether that worked. Where it did not, publishers are asked to wait."""
        try:
            self.store.commit()
        except StoreFailed as exc:
            if not self._store_fails:
                self._store_fails = True
                logger.error("Cannot write to the broker's store: %s", exc)  # noqa: TRY400 - the reason is all there is to tell
                self.block(str(exc))
            self.timers.call_at(self.clock.now() + RETRY_WRITE_S, lambda: None)  # the turn after it writes again
            return False
        if self._store_fails:
            self._store_fails = False
            logger.info("The broker's store can be written again")
            self.unblock()
        return True

    # -- flow

    def block(self, reason: str) -> None:
        """Ask publishers to wait (``connection.blocked``)."""
        self.blocked = reason
        for connection in self.connections:
            connection.tell_blocked(reason)

    def unblock(self) -> None:
        """Let publishers go on."""
        self.blocked = ""
        for connection in self.connections:
            connection.tell_blocked("")

    def close(self) -> None:
        """Tell every client that the broker goes, and write what is left."""
        for connection in list(self.connections):
            connection.shut_down()
        self.end_turn()
        self.store.close()
