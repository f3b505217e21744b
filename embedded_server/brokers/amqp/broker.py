"""The broker without sockets: virtual hosts, users, and the connections that have something to say.

A shell feeds bytes to connections and lets timers run. After any of this it ends the turn: ``end_turn`` writes what must be durable and
only then lets the answers out.
"""

import logging
from collections.abc import Callable, Iterable
from enum import Enum
from typing import TYPE_CHECKING, Final

from embedded_server.brokers.amqp.accounts import Accounts, Kept, MemoryAccounts
from embedded_server.brokers.amqp.store import Store, StoreFailed
from embedded_server.brokers.amqp.stores import NullStores, Stores
from embedded_server.brokers.amqp.users import Users
from embedded_server.brokers.amqp.vhost import VHost
from embedded_server.brokers.clock import Clock, SystemClock, Timer, Timers

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.channel import Channel
    from embedded_server.brokers.amqp.connection import Connection

logger = logging.getLogger(__name__)

RETRY_WRITE_S: Final = 1.0
WRITE_LATER_S: Final = 0.05
LOOK_AT_DISK_S: Final = 5.0
LOW_ON_DISK: Final = "low on disk"
"""RabbitMQ's word for it."""


class Alarm(Enum):
    """What makes publishers wait."""

    STORE = "Cannot write to the broker's store"
    DISK = "There is too little room on the disk"


class Broker:
    """All that connections share.

    Without *stores* nothing outlives it, but what *store* keeps of the default virtual host.
    """

    def __init__(
        self,
        *,
        store: Store | None = None,
        stores: Stores | None = None,
        accounts: Accounts | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.timers = Timers(self.clock)
        self.connections: set[Connection] = set()
        self.blocked = ""
        """Why publishers are asked to wait; empty while they are not."""
        self._stores = stores or NullStores(store)
        self._pages = self._stores.pages
        self._accounts = accounts or MemoryAccounts()
        kept = self._accounts.load()
        self._pages.sweep()  # nobody else is on this folder: the accounts' file would have been locked
        self.users = Users(self._accounts, kept)
        self.users.on_change.append(self._refresh_access)
        self.vhosts: dict[str, VHost] = {one.name: self._made(one) for one in kept.vhosts}
        self._alarms: dict[Alarm, str] = {}
        self._look_at_disk_at = self.clock.now()
        self._later: Timer | None = None
        """Writes what could wait."""
        self._speaking: dict[Connection, None] = {}
        self._confirming: dict[Channel, None] = {}

    # -- virtual hosts and users

    def add_vhost(self, name: str, *, description: str = "", tags: Iterable[str] = ()) -> VHost:
        """Make the virtual host *name*, or change what is said of it. Nobody may connect to a new one before they are permitted to."""
        vhost = self.vhosts.get(name)
        if vhost is None:
            vhost = self.vhosts[name] = self._made(Kept.VHost(name))
            logger.info("Virtual host %r was made", name)
        vhost.description, vhost.tags = description, tuple(dict.fromkeys(tags))
        self._save(vhost)
        return vhost

    def delete_vhost(self, name: str) -> None:
        """Delete a virtual host with all that is in it; its clients' connections are closed. Raises ``KeyError`` where there is none."""
        vhost = self.vhosts[name]
        for connection in self._connections(lambda one: one.vhost is vhost):
            connection.force_close(f"vhost '{name}' is deleted")
        del self.vhosts[name]
        vhost.close()
        self._stores.remove(name)
        self.users.forget_vhost(name)
        self._accounts.delete_vhost(name)
        logger.info("Virtual host %r was deleted", name)

    def set_tracing(self, name: str, *, on: bool) -> None:
        """Turn a virtual host's firehose on or off, over restarts too. Raises ``KeyError`` where there is no such virtual host."""
        vhost = self.vhosts[name]
        vhost.set_tracing(on=on)
        self._save(vhost)

    def delete_user(self, name: str) -> None:
        """Delete a user, their permissions and their connections; raises ``NoSuchUser``."""
        self.users.remove(name)
        for connection in self._connections(lambda one: one.user == name):
            connection.force_close(f"user '{name}' is deleted")

    def _made(self, kept: Kept.VHost) -> VHost:
        vhost = VHost(kept.name, store=self._stores.open(kept.name), clock=self.clock, timers=self.timers, pages=self._pages)
        vhost.description, vhost.tags = kept.description, kept.tags
        vhost.set_tracing(on=kept.tracing)
        return vhost

    def _save(self, vhost: VHost) -> None:
        self._accounts.save_vhost(Kept.VHost(vhost.name, vhost.description, vhost.tags, vhost.tracing))

    def _connections(self, chosen: Callable[["Connection"], bool]) -> "list[Connection]":
        return [connection for connection in self.connections if connection.opened and chosen(connection)]

    def _refresh_access(self) -> None:
        for connection in self.connections:
            connection.refresh_access()

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

    def flush(self, *, everything: bool = False) -> bool:
        """Write the changes so far; whether that worked. Where it did not, publishers are asked to wait.

        What nobody was promised, that messages left their queues, is written a moment later unless *everything* is asked for.
        """
        self._look_at_the_disk()
        waits = False
        try:
            for vhost in self.vhosts.values():
                waits = vhost.store.commit(everything=everything) or waits
        except StoreFailed as exc:
            self.alarm(Alarm.STORE, str(exc))
            self.timers.call_at(self.clock.now() + RETRY_WRITE_S, lambda: None)  # the turn after it writes again
            return False
        self.alarm(Alarm.STORE, "")
        if waits and self._later is None:
            self._later = self.timers.call_at(self.clock.now() + WRITE_LATER_S, self._write_later)
        return True

    def _write_later(self) -> None:
        self._later = None
        self.flush(everything=True)

    def _look_at_the_disk(self) -> None:
        now = self.clock.now()
        if now < self._look_at_disk_at:
            return
        self._look_at_disk_at = now + LOOK_AT_DISK_S
        low = self._pages.is_overfull() or self._pages.is_disk_low()
        self.alarm(Alarm.DISK, LOW_ON_DISK if low else "")
        if low:
            self.timers.call_at(self._look_at_disk_at, lambda: None)  # the turn after it looks again

    # -- flow

    def alarm(self, source: Alarm, reason: str) -> None:
        """Let *source* complain, or with no *reason* be content again. Publishers wait for as long as there is a complaint."""
        if self._alarms.get(source, "") == reason:
            return
        if reason:
            logger.error("Publishers are asked to wait: %s: %s", source.value, reason)
            self._alarms[source] = reason
        else:
            logger.info("No longer: %s", source.value)
            del self._alarms[source]
        first = next(iter(self._alarms.values()), "")
        if first and not self.blocked:
            self.block(first)
        elif not first:
            self.unblock()

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
        for vhost in self.vhosts.values():
            vhost.store.close()
        self._accounts.close()
        self._pages.close()
