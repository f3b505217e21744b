"""Exchanges: which destinations a message goes to."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from embedded_server.brokers.amqp.errors import as_binary, precondition
from embedded_server.brokers.amqp.figures import ExchangeFigures
from embedded_server.brokers.amqp.properties import type_name
from embedded_server.core.topics import TopicTree

_MATCH_MODES: Final = ("all", "any", "all-with-x", "any-with-x")

Headers = Callable[[], Mapping[str, Any]]
"""Decodes a message's headers, for those exchanges that look at them."""


class ExchangeType(StrEnum):
    """How an exchange matches."""

    DIRECT = "direct"
    FANOUT = "fanout"
    TOPIC = "topic"
    HEADERS = "headers"


class DestinationKind(StrEnum):
    """What a binding leads to."""

    QUEUE = "queue"
    EXCHANGE = "exchange"


class Destination(NamedTuple):
    """A queue or an exchange by name."""

    kind: DestinationKind
    name: str


class Binding(NamedTuple):
    """A rule that leads from an exchange to a destination."""

    source: str
    destination: Destination
    routing_key: str
    arguments: Mapping[str, Any]

    @property
    def key(self) -> tuple[Destination, str, str]:
        """What makes it the same binding as another one of its source."""
        return self.destination, self.routing_key, repr(sorted(self.arguments.items()))


class Exchange(ABC):
    """A named exchange and its bindings."""

    type: ExchangeType
    by_key_alone = True
    """The routing key alone decides, so the answer may be remembered."""

    def __init__(
        self,
        name: str,
        *,
        durable: bool = True,
        auto_delete: bool = False,
        internal: bool = False,
        arguments: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.durable = durable
        self.auto_delete = auto_delete
        self.internal = internal
        self.arguments = arguments or {}
        self.figures = ExchangeFigures()
        self.bindings: dict[tuple[Destination, str, str], Binding] = {}

    @property
    def alternate(self) -> str | None:
        """The exchange that gets what matches nothing here."""
        name = self.arguments.get("alternate-exchange")
        return name if isinstance(name, str) else None

    def bind(self, binding: Binding) -> bool:
        """Add *binding*; whether it is new."""
        if binding.key in self.bindings:
            return False
        self.bindings[binding.key] = binding
        return True

    def unbind(self, binding: Binding) -> bool:
        """Remove *binding*; whether it was there."""
        return self.bindings.pop(binding.key, None) is not None

    def has(self, binding: Binding) -> bool:
        """Whether *binding* is there."""
        return binding.key in self.bindings

    def bindings_to(self, destination: Destination) -> list[Binding]:
        """The bindings that lead to *destination*."""
        return [binding for binding in self.bindings.values() if binding.destination == destination]

    @abstractmethod
    def match(self, routing_key: str, headers: Headers) -> Iterable[Destination]:
        """Destinations of a message; one may come twice."""


class DirectExchange(Exchange):
    """The routing keys are equal."""

    type = ExchangeType.DIRECT

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self._by_key: dict[str, list[Destination]] = {}

    def match(self, routing_key: str, headers: Headers) -> Iterable[Destination]:  # noqa: ARG002 - one signature for all types
        """Destinations bound with this very key."""
        return self._by_key.get(routing_key, ())

    def bind(self, binding: Binding) -> bool:
        """Add *binding*; whether it is new."""
        is_new = super().bind(binding)
        if is_new:
            self._by_key.setdefault(binding.routing_key, []).append(binding.destination)
        return is_new

    def unbind(self, binding: Binding) -> bool:
        """Remove *binding*; whether it was there."""
        if not super().unbind(binding):
            return False
        destinations = self._by_key[binding.routing_key]
        destinations.remove(binding.destination)
        if not destinations:
            del self._by_key[binding.routing_key]
        return True


class FanoutExchange(Exchange):
    """Every binding matches."""

    type = ExchangeType.FANOUT

    def match(self, routing_key: str, headers: Headers) -> Iterable[Destination]:  # noqa: ARG002 - one signature for all types
        """All destinations."""
        return [binding.destination for binding in self.bindings.values()]


class TopicExchange(Exchange):
    """The key matches a pattern of words."""

    type = ExchangeType.TOPIC

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        self._tree: TopicTree[Destination] = TopicTree()

    def match(self, routing_key: str, headers: Headers) -> Iterable[Destination]:  # noqa: ARG002 - one signature for all types
        """Destinations whose pattern fits."""
        return self._tree.match(routing_key)

    def bind(self, binding: Binding) -> bool:
        """Add *binding*; whether it is new."""
        is_new = super().bind(binding)
        if is_new:
            self._tree.add(binding.routing_key, binding.destination)
        return is_new

    def unbind(self, binding: Binding) -> bool:
        """Remove *binding*; whether it was there."""
        was_there = super().unbind(binding)
        if was_there:
            self._tree.remove(binding.routing_key, binding.destination)
        return was_there


class HeadersExchange(Exchange):
    """The message's headers match the binding's arguments."""

    type = ExchangeType.HEADERS
    by_key_alone = False

    def bind(self, binding: Binding) -> bool:
        """Add *binding*; whether it is new. Raises ``AmqpError`` for an ``x-match`` that does not exist."""
        mode = binding.arguments.get("x-match", "all")
        if not isinstance(mode, str):
            shown = str(mode).lower() if isinstance(mode, bool) else str(mode)
            raise precondition(f"Invalid x-match field type {type_name(mode)} (value {shown}); expected longstr")
        if mode not in _MATCH_MODES:
            expected = "expected all, any, all-with-x, or any-with-x"
            raise precondition(f"Invalid x-match field value {as_binary(mode.encode())}; {expected}")
        return super().bind(binding)

    def match(self, routing_key: str, headers: Headers) -> Iterator[Destination]:  # noqa: ARG002 - one signature for all types
        """Destinations whose arguments fit."""
        present = headers()
        return (b.destination for b in self.bindings.values() if headers_match(b.arguments, present))


def headers_match(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> bool:
    """Whether *present* satisfies a binding's arguments (``x-match``: all, any, all-with-x, any-with-x)."""
    mode = wanted.get("x-match", "all")
    with_x = isinstance(mode, str) and mode.endswith("-with-x")
    tests = (
        name in present and (value is None or _same(value, present[name]))
        for name, value in wanted.items()
        if name != "x-match" and (with_x or not name.startswith("x-"))
    )
    return any(tests) if mode in {"any", "any-with-x"} else all(tests)


def _same(one: object, other: object) -> bool:
    """Equal and of one class, as RabbitMQ has it: to Python True, 1 and 1.0 are the same."""
    return one == other and all(isinstance(one, kind) == isinstance(other, kind) for kind in (bool, float))


_TYPES: Final[Mapping[ExchangeType, type[Exchange]]] = {
    cls.type: cls for cls in (DirectExchange, FanoutExchange, TopicExchange, HeadersExchange)
}


def make_exchange(
    name: str,
    kind: ExchangeType,
    *,
    durable: bool = True,
    auto_delete: bool = False,
    internal: bool = False,
    arguments: Mapping[str, Any] | None = None,
) -> Exchange:
    """An exchange of *kind* without bindings."""
    return _TYPES[kind](name, durable=durable, auto_delete=auto_delete, internal=internal, arguments=arguments)
