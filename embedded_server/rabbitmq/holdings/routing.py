"""Which queues a message would reach: RabbitMQ's routing, over bindings that were read from it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from embedded_server.contracts.rabbitmq import BindingInfo, FieldType, Header
from embedded_server.core.topics import TopicTree

ALTERNATE: Final = "alternate-exchange"
_MORE_KEYS: Final = ("CC", "BCC")
"""Headers whose texts are routing keys, too."""


class Destination(NamedTuple):
    """What a binding leads to."""

    to_queue: bool
    name: str


class Typed(NamedTuple):
    """A header's value and the class of types within which RabbitMQ compares it."""

    kind: str
    value: Any


@dataclass(frozen=True, slots=True)
class Letter:
    """All of a message that routing looks at."""

    keys: tuple[str, ...]
    headers: Mapping[str, Typed] = field(default_factory=dict)


def letter_of(routing_key: str, headers: Sequence[Header]) -> Letter:
    """Answer what routing looks at. Headers ``CC`` and ``BCC`` name further routing keys."""
    keys = [routing_key]
    for header in headers:
        if header.name in _MORE_KEYS and header.type is FieldType.ARRAY and isinstance(header.value, list):
            keys += [text for item in header.value if isinstance(text := _item_value(item), str)]
    return Letter(tuple(dict.fromkeys(keys)), {header.name: typed_header(header.type, header.value) for header in headers})


def _item_value(item: Any) -> Any:
    return item.value if isinstance(item, Header) else item.get("value") if isinstance(item, dict) else None


class Matcher(ABC):
    """An exchange's bindings, arranged for its type."""

    exact = True

    @abstractmethod
    def match(self, letter: Letter) -> Iterable[Destination]:
        """Destinations of a message; one may come twice."""


class _Direct(Matcher):
    def __init__(self, bindings: Iterable[BindingInfo]) -> None:
        self._by_key: dict[str, list[Destination]] = {}
        for binding in bindings:
            self._by_key.setdefault(binding.routing_key, []).append(_destination(binding))

    def match(self, letter: Letter) -> Iterable[Destination]:
        return [found for key in letter.keys for found in self._by_key.get(key, ())]


class _Fanout(Matcher):
    def __init__(self, bindings: Iterable[BindingInfo]) -> None:
        self._all = list(dict.fromkeys(map(_destination, bindings)))

    def match(self, letter: Letter) -> Iterable[Destination]:  # noqa: ARG002 - one signature for all types
        return self._all


class _Topic(Matcher):
    def __init__(self, bindings: Iterable[BindingInfo]) -> None:
        self._tree: TopicTree[Destination] = TopicTree()
        for binding in bindings:
            self._tree.add(binding.routing_key, _destination(binding))

    def match(self, letter: Letter) -> Iterable[Destination]:
        return [found for key in letter.keys for found in self._tree.match(key)]


class _Headers(Matcher):
    def __init__(self, bindings: Iterable[BindingInfo]) -> None:
        self._all = [
            (_destination(binding), {name: typed_json(value) for name, value in binding.arguments.items()}) for binding in bindings
        ]

    def match(self, letter: Letter) -> Iterable[Destination]:
        return [destination for destination, wanted in self._all if headers_match(wanted, letter.headers)]


class _Unknown(_Fanout):
    """A plug-in's exchange: a message may go to any of its bindings."""

    exact = False


_MATCHERS: Final[Mapping[str, Callable[[Iterable[BindingInfo]], Matcher]]] = {
    "direct": _Direct,
    "fanout": _Fanout,
    "topic": _Topic,
    "headers": _Headers,
}


def matcher_of(type_: str, bindings: Iterable[BindingInfo]) -> Matcher:
    """Arrange *bindings* for an exchange of this type."""
    return _MATCHERS.get(type_, _Unknown)(bindings)


def _destination(binding: BindingInfo) -> Destination:
    return Destination(binding.to_queue, binding.destination)


# -- headers exchanges


def headers_match(wanted: Mapping[str, Typed], present: Mapping[str, Typed]) -> bool:
    """Whether *present* satisfies a binding's arguments (``x-match``: all, any, all-with-x, any-with-x)."""
    mode = wanted["x-match"].value if "x-match" in wanted else "all"
    with_x = isinstance(mode, str) and mode.endswith("-with-x")
    tests = (
        name in present and _satisfies(value, present[name])
        for name, value in wanted.items()
        if name != "x-match" and (with_x or not name.startswith("x-"))
    )
    return any(tests) if mode in {"any", "any-with-x"} else all(tests)


def _satisfies(wanted: Typed, present: Typed) -> bool:
    if wanted.kind == "void":  # asks for the header's presence alone
        return True
    if present.kind == "timestamp" and wanted.kind == "int":  # in the management API's JSON a timestamp is a number
        return bool(wanted.value == present.value)
    return wanted.kind == present.kind and bool(wanted.value == present.value)


_KINDS: Final[Mapping[FieldType, str]] = {
    FieldType.STRING: "text",
    FieldType.INTEGER: "int",
    FieldType.FLOAT: "float",
    FieldType.DECIMAL: "decimal",
    FieldType.BOOLEAN: "bool",
    FieldType.TIMESTAMP: "timestamp",
    FieldType.BYTES: "bytes",
    FieldType.TABLE: "table",
    FieldType.ARRAY: "array",
    FieldType.NULL: "void",
}


def typed_header(type_: FieldType, value: Any) -> Typed:
    """Answer a typed header as RabbitMQ compares it."""
    if type_ is FieldType.TABLE and isinstance(value, list):
        return Typed("table", dict(map(_named, value)))
    if type_ is FieldType.ARRAY and isinstance(value, list):
        return Typed("array", [plain for _, plain in map(_named, value)])
    return Typed(_KINDS[type_], value)


def _named(item: Any) -> tuple[str, Any]:
    header = item if isinstance(item, Header) else Header(str(item.get("name", "")), FieldType(item["type"]), item.get("value"))
    return header.name, typed_header(header.type, header.value).value


def typed_json(value: Any) -> Typed:
    """Answer an argument out of JSON as RabbitMQ compares it."""
    match value:
        case None | "undefined":  # how the management API writes a value of no type; a text of this very word is all but unheard of
            return Typed("void", None)
        case bool():
            return Typed("bool", value)
        case int():
            return Typed("int", value)
        case float():
            return Typed("float", value)
        case str():
            return Typed("text", value)
        case dict():
            return Typed("table", value)
        case _:
            return Typed("array", value)


# -- from exchange to exchange


@dataclass(frozen=True, slots=True)
class Junction:
    """An exchange as routing sees it."""

    name: str
    matcher: Matcher
    alternate: str = ""
    """The exchange that gets what matches nothing here."""


@dataclass(slots=True)
class Walk:
    """Where a message goes. `unknown` exchanges have to be read before the answer is whole."""

    queues: list[str] = field(default_factory=list)
    exchanges: list[str] = field(default_factory=list)
    exact: bool = True
    unknown: list[str] = field(default_factory=list)


def walk(start: str, letter: Letter, junctions: Mapping[str, Junction | None]) -> Walk:
    """Follow a message from exchange to exchange. An exchange that is None does not exist; one that is not there is `Walk.unknown`."""
    found = Walk()
    queues: dict[str, None] = {}
    seen = {start}
    waiting = [start]
    while waiting:
        name = waiting.pop(0)
        if name not in junctions:
            found.unknown.append(name)
            continue
        junction = junctions[name]
        if junction is None:
            continue
        found.exchanges.append(name)
        found.exact &= junction.matcher.exact
        destinations = list(junction.matcher.match(letter))
        if not destinations and junction.alternate:
            destinations = [Destination(to_queue=False, name=junction.alternate)]
        for destination in destinations:
            if destination.to_queue:
                queues[destination.name] = None
            elif destination.name not in seen:
                seen.add(destination.name)
                waiting.append(destination.name)
    found.queues = list(queues)
    return found
