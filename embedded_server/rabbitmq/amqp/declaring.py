"""What a channel declares, binds, deletes and purges: each of pika's calls as a coroutine that answers once the broker has."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class QueueDeclared:
    """A queue is there, and how much is in it now."""

    name: str
    messages: int
    consumers: int


class Declaring(ABC):
    """The part of a channel that changes what the broker holds. Each raises the `ChannelClosed` that a refusal stands for."""

    _pika: Any

    @abstractmethod
    async def _call(self, start: Callable[[Callable[[Any], None]], object]) -> Any:
        """Run one of pika's calls; answer its reply's frame."""

    async def declare_queue(
        self,
        name: str,
        *,
        passive: bool = False,
        durable: bool = True,
        exclusive: bool = False,
        auto_delete: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> QueueDeclared:
        """Declare a queue, or with *passive* ask whether it is there; an empty name lets the broker choose."""
        frame = await self._call(
            lambda done: self._pika.queue_declare(
                name,
                passive=passive,
                durable=durable,
                exclusive=exclusive,
                auto_delete=auto_delete,
                arguments=dict(arguments or {}),
                callback=done,
            )
        )
        return QueueDeclared(frame.method.queue, frame.method.message_count, frame.method.consumer_count)

    async def declare_exchange(
        self,
        name: str,
        type: str = "direct",
        *,
        passive: bool = False,
        durable: bool = True,
        auto_delete: bool = False,
        internal: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        """Declare an exchange, or with *passive* ask whether it is there."""
        await self._call(
            lambda done: self._pika.exchange_declare(
                name,
                exchange_type=type,
                passive=passive,
                durable=durable,
                auto_delete=auto_delete,
                internal=internal,
                arguments=dict(arguments or {}),
                callback=done,
            )
        )

    async def delete_queue(self, name: str, *, if_unused: bool = False, if_empty: bool = False) -> int:
        """Delete a queue; answer how many messages went with it."""
        frame = await self._call(lambda done: self._pika.queue_delete(name, if_unused=if_unused, if_empty=if_empty, callback=done))
        return int(frame.method.message_count)

    async def delete_exchange(self, name: str, *, if_unused: bool = False) -> None:
        """Delete an exchange."""
        await self._call(lambda done: self._pika.exchange_delete(name, if_unused=if_unused, callback=done))

    async def purge(self, name: str) -> int:
        """Remove a queue's ready messages; answer how many there were."""
        frame = await self._call(lambda done: self._pika.queue_purge(name, callback=done))
        return int(frame.method.message_count)

    async def bind_queue(self, queue: str, exchange: str, routing_key: str = "", arguments: Mapping[str, Any] | None = None) -> None:
        """Bind a queue to an exchange."""
        await self._call(lambda done: self._pika.queue_bind(queue, exchange, routing_key, dict(arguments or {}), callback=done))

    async def unbind_queue(self, queue: str, exchange: str, routing_key: str = "", arguments: Mapping[str, Any] | None = None) -> None:
        """Take such a binding away."""
        await self._call(lambda done: self._pika.queue_unbind(queue, exchange, routing_key, dict(arguments or {}), callback=done))

    async def bind_exchange(self, destination: str, source: str, routing_key: str = "", arguments: Mapping[str, Any] | None = None) -> None:
        """Bind an exchange to another one."""
        await self._call(lambda done: self._pika.exchange_bind(destination, source, routing_key, dict(arguments or {}), callback=done))

    async def unbind_exchange(
        self, destination: str, source: str, routing_key: str = "", arguments: Mapping[str, Any] | None = None
    ) -> None:
        """Take such a binding away."""
        await self._call(lambda done: self._pika.exchange_unbind(destination, source, routing_key, dict(arguments or {}), callback=done))
