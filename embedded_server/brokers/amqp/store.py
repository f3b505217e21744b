"""What outlives the broker: durable topology, and persistent messages in durable queues.

The core tells a store each change as it happens; the changes are written together when ``commit`` is called, once per turn of the loop
and before anything the turn answered leaves. So a confirm on the wire means a message in the file. Nothing answers an acknowledgement:
that a message left its queue may be written a moment later. A broker killed in that moment delivers the message again, as RabbitMQ does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from embedded_server.brokers.amqp.exchange import Binding, Exchange
from embedded_server.brokers.amqp.message import Entry, Message

if TYPE_CHECKING:
    from embedded_server.brokers.amqp.queue import Queue


class StoreFailed(Exception):
    """The changes of this turn could not be written; they are kept and tried again with the next ones."""


@dataclass(frozen=True, slots=True)
class StoredQueue:
    """A durable queue as it was when the broker ended."""

    id: int
    name: str
    auto_delete: bool
    arguments: dict[str, object]
    delivered_up_to: int
    """Messages up to this number may have been delivered before."""


@dataclass(frozen=True, slots=True)
class StoredBacklog:
    """Which messages waited in a durable queue, by number and in order; their contents are read when their turn comes."""

    queue_id: int
    numbers: Sequence[int]
    sizes: Sequence[int]
    """Bytes of each body."""


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A persistent message in a durable queue."""

    message: Message
    expires_at: float | None
    """Calendar time."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that a store holds of one virtual host."""

    exchanges: list[Exchange] = field(default_factory=list)
    queues: list[StoredQueue] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    backlogs: list[StoredBacklog] = field(default_factory=list)


class Store(Protocol):
    """Where a virtual host keeps what must survive."""

    def load(self) -> Snapshot:
        """Everything kept so far."""
        ...

    def save_exchange(self, exchange: Exchange) -> None:
        """Keep a durable exchange."""
        ...

    def delete_exchange(self, exchange: Exchange) -> None:
        """Forget an exchange and the bindings from it."""
        ...

    def save_queue(self, queue: "Queue") -> None:
        """Keep a durable queue; gives it its ``store_id``."""
        ...

    def delete_queue(self, queue: "Queue") -> None:
        """Forget a queue and its entries."""
        ...

    def save_binding(self, binding: Binding) -> None:
        """Keep a binding between durable ends."""
        ...

    def delete_binding(self, binding: Binding) -> None:
        """Forget a binding."""
        ...

    def add(self, queue: "Queue", entry: Entry) -> None:
        """Keep *entry* and, the first time, its message."""
        ...

    def remove(self, queue: "Queue", entry: Entry) -> None:
        """Forget *entry* and, the last time, its message."""
        ...

    def forget(self, queue: "Queue", numbers: Iterable[int]) -> None:
        """Forget the entries of these messages, as ``remove`` does."""
        ...

    def delivered(self, queue: "Queue", entry: Entry) -> None:
        """*entry* was handed to a client, so that it is a redelivery after a crash."""
        ...

    def read(self, queue: "Queue", numbers: Sequence[int]) -> list[StoredEntry]:
        """The entries of these messages, numbered in ascending order; raises ``StoreFailed`` where they cannot be read."""
        ...

    def commit(self, *, everything: bool = True) -> bool:
        """Write all changes, or only where some may not wait; whether some are left. Raises ``StoreFailed`` where it cannot be."""
        ...

    def close(self) -> None:
        """Write what is left and let go of the file."""
        ...


class NullStore:
    """Keeps nothing: for tests, and for a broker that is meant to forget."""

    def load(self) -> Snapshot:
        """Nothing."""
        return Snapshot()

    def save_exchange(self, exchange: Exchange) -> None:
        """Nothing is kept."""

    def delete_exchange(self, exchange: Exchange) -> None:
        """Nothing is kept."""

    def save_queue(self, queue: "Queue") -> None:
        """Nothing is kept."""

    def delete_queue(self, queue: "Queue") -> None:
        """Nothing is kept."""

    def save_binding(self, binding: Binding) -> None:
        """Nothing is kept."""

    def delete_binding(self, binding: Binding) -> None:
        """Nothing is kept."""

    def add(self, queue: "Queue", entry: Entry) -> None:
        """Nothing is kept."""

    def remove(self, queue: "Queue", entry: Entry) -> None:
        """Nothing is kept."""

    def forget(self, queue: "Queue", numbers: Iterable[int]) -> None:
        """Nothing is kept."""

    def delivered(self, queue: "Queue", entry: Entry) -> None:
        """Nothing is kept."""

    def read(self, queue: "Queue", numbers: Sequence[int]) -> list[StoredEntry]:  # noqa: ARG002 - the protocol's signature
        """Nothing, though nobody asks."""
        return []

    def commit(self, *, everything: bool = True) -> bool:  # noqa: ARG002 - the protocol's signature
        """Nothing is kept."""
        return False

    def close(self) -> None:
        """Nothing is kept."""
