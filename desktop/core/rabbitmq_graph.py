"""What a virtual host's topology is as a graph: exchanges, queues and groups of consumers, and what leads from one to another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_dead import EXCHANGE, ROUTING_KEY, takers_of_dead_letters
from desktop.core.rabbitmq_words import exchange_name, is_system
from embedded_server.contracts.rabbitmq import BindingInfo, ConsumerInfo, ExchangeInfo, QueueInfo, Topology

ALTERNATE: Final = "alternate-exchange"
FOLD_ABOVE: Final = 40
"""With more queues than this, consumers are told in their queue's box: their lines would hide the bindings."""


class Kind(StrEnum):
    """What a node stands for."""

    EXCHANGE = "exchange"
    QUEUE = "queue"
    CONSUMER = "consumer"


class Tie(StrEnum):
    """Why something leads from one node to another."""

    BINDING = "binding"
    DEAD = "dead"
    """A queue's dead letters go there."""
    ALTERNATE = "alternate"
    """What no binding of an exchange takes goes there."""
    TAKES = "takes"
    """A consumer takes from a queue."""


@dataclass(frozen=True, slots=True)
class Node:
    """One box. Its key stays the same while the broker has it."""

    key: str
    kind: Kind
    name: str
    """The name on the wire; for consumers the first tag of the group."""
    title: str
    word: str = ""
    """An exchange's type; how many consumers a group has."""
    consumers: tuple[ConsumerInfo, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """One line; every binding between the same two is in it."""

    source: str
    target: str
    tie: Tie
    keys: tuple[str, ...] = ()
    """A routing key each, or the arguments that a headers exchange compares."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges in an order that depends on nothing but names, so that the same topology is drawn the same."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()

    def by_key(self) -> dict[str, Node]:
        """Answer the nodes by their keys."""
        return {node.key: node for node in self.nodes}


@dataclass(frozen=True, slots=True)
class Facts:
    """What changes from second to second, by node: drawing it anew needs no new layout."""

    exchanges: Mapping[str, ExchangeInfo] = field(default_factory=dict)
    queues: Mapping[str, QueueInfo] = field(default_factory=dict)
    dead: frozenset[str] = frozenset()
    """Keys of the queues that take dead letters."""
    deepest: int = 0
    """Ready messages of the fullest queue."""


def exchange_key(name: str) -> str:
    """Answer the key of an exchange's node."""
    return f"e:{name}"


def queue_key(name: str) -> str:
    """Answer the key of a queue's node."""
    return f"q:{name}"


def facts_of(topology: Topology) -> Facts:
    """Answer the figures to draw."""
    return Facts(
        {exchange_key(one.name): one for one in topology.exchanges},
        {queue_key(one.name): one for one in topology.queues},
        frozenset(queue_key(name) for name in takers_of_dead_letters(topology.queues, topology.bindings)),
        max((queue.ready or 0 for queue in topology.queues), default=0),
    )


def graph_of(topology: Topology, looked_at: str = "") -> Graph:
    """Answer the graph. Exchanges that every broker has are in it where they are used, or *looked_at* is their key."""
    queues = {queue.name: queue for queue in topology.queues}
    exchanges = {exchange.name: exchange for exchange in topology.exchanges}
    edges = [*_bindings(topology.bindings, exchanges, queues), *_dead(queues, exchanges), *_alternates(exchanges)]
    if looked_at == exchange_key("") and "" in exchanges:
        edges += [Edge(looked_at, queue_key(name), Tie.BINDING) for name in queues]
    groups = [] if len(queues) > FOLD_ABOVE else _groups(topology.consumers, queues)
    edges += [Edge(queue_key(queue), group.key, Tie.TAKES) for group in groups for queue in sorted({one.queue for one in group.consumers})]
    used = {end for edge in edges for end in (edge.source, edge.target)} | {looked_at}
    nodes = [
        Node(exchange_key(one.name), Kind.EXCHANGE, one.name, exchange_name(one.name), one.type)
        for one in exchanges.values()
        if not is_system(one) or exchange_key(one.name) in used
    ]
    nodes += [Node(queue_key(name), Kind.QUEUE, name, name) for name in queues]
    order = (Kind.EXCHANGE, Kind.QUEUE, Kind.CONSUMER)
    return Graph(
        tuple(sorted([*nodes, *groups], key=lambda node: (order.index(node.kind), node.name, node.key))),
        tuple(sorted(edges, key=lambda edge: (edge.source, edge.target, edge.tie))),
    )


def around(graph: Graph, key: str) -> Graph:
    """Answer the part of *graph* that *key* has to do with: what reaches it, what it reaches, and its next neighbours."""
    kept = path_of(graph, key) | neighbours_of(graph, key)
    return Graph(
        tuple(node for node in graph.nodes if node.key in kept),
        tuple(edge for edge in graph.edges if edge.source in kept and edge.target in kept),
    )


def neighbours_of(graph: Graph, key: str) -> frozenset[str]:
    """Answer *key* and the nodes an edge leads to or comes from."""
    return frozenset(
        {key} | {edge.target for edge in graph.edges if edge.source == key} | {e.source for e in graph.edges if e.target == key}
    )


def path_of(graph: Graph, key: str) -> frozenset[str]:
    """Answer *key*, all that reaches it and all that it reaches; whoever merely shares an exchange with it is not there."""
    onward: dict[str, list[str]] = defaultdict(list)
    back: dict[str, list[str]] = defaultdict(list)
    for edge in graph.edges:
        onward[edge.source].append(edge.target)
        back[edge.target].append(edge.source)
    return frozenset(_reached(key, onward) | _reached(key, back))


def _reached(start: str, leads: Mapping[str, list[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for following in leads.get(waiting.pop(), ()):
            if following not in seen:
                seen.add(following)
                waiting.append(following)
    return seen


def label_of(edge: Edge) -> str:
    """Answer what stands at an edge; nothing where there is nothing to tell."""
    keys = [key for key in edge.keys if key]
    return keys[0] if len(keys) == 1 == len(edge.keys) else trn("{n} key", "{n} keys", len(edge.keys)) if keys else ""


def edge_words(edge: Edge, nodes: Mapping[str, Node]) -> str:
    """Say what an edge is, for its tool tip."""
    ends = f"{nodes[edge.source].title} → {nodes[edge.target].title}"
    match edge.tie:
        case Tie.DEAD:
            return f"{ends}\n{tr('Dead letters: what is rejected, expires or does not fit goes there.')}"
        case Tie.ALTERNATE:
            return f"{ends}\n{tr('Alternate exchange: messages go there that no binding takes.')}"
        case Tie.TAKES:
            return ends
    return "\n".join([ends, *(key or tr("(empty routing key)") for key in edge.keys)])


# -- what the edges are made of


def _bindings(bindings: Iterable[BindingInfo], exchanges: Mapping[str, ExchangeInfo], queues: Mapping[str, QueueInfo]) -> list[Edge]:
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in bindings:
        is_there = one.destination in (queues if one.to_queue else exchanges)
        if one.source and one.source in exchanges and is_there:
            target = queue_key(one.destination) if one.to_queue else exchange_key(one.destination)
            keys[exchange_key(one.source), target].add(_key_text(one))
    return [Edge(source, target, Tie.BINDING, tuple(sorted(found))) for (source, target), found in keys.items()]


def _key_text(binding: BindingInfo) -> str:
    compared = [f"{name}={value}" for name, value in sorted(binding.arguments.items())]
    return ", ".join(compared) if compared and not binding.routing_key else binding.routing_key


def _dead(queues: Mapping[str, QueueInfo], exchanges: Mapping[str, ExchangeInfo]) -> list[Edge]:
    edges: list[Edge] = []
    for queue in queues.values():
        if EXCHANGE not in queue.arguments:
            continue
        exchange, key = str(queue.arguments[EXCHANGE]), str(queue.arguments.get(ROUTING_KEY, ""))
        if exchange and exchange in exchanges:
            edges.append(Edge(queue_key(queue.name), exchange_key(exchange), Tie.DEAD, (key,) if key else ()))
        elif not exchange and key in queues:
            edges.append(Edge(queue_key(queue.name), queue_key(key), Tie.DEAD, (key,)))
    return edges


def _alternates(exchanges: Mapping[str, ExchangeInfo]) -> list[Edge]:
    named = ((one, str(one.arguments.get(ALTERNATE, ""))) for one in exchanges.values())
    return [Edge(exchange_key(one.name), exchange_key(other), Tie.ALTERNATE) for one, other in named if other and other in exchanges]


def _groups(consumers: Iterable[ConsumerInfo], queues: Mapping[str, QueueInfo]) -> list[Node]:
    """Put the consumers of one client together, and clients of one host that take from the same queues."""
    by_client: dict[str, list[ConsumerInfo]] = defaultdict(list)
    for one in consumers:
        if one.queue in queues:
            by_client[one.connection or one.peer].append(one)
    together: dict[tuple[str, tuple[str, ...]], list[list[ConsumerInfo]]] = defaultdict(list)
    for client in sorted(by_client):
        found = by_client[client]
        together[_host_of(found[0]), tuple(sorted({one.queue for one in found}))].append(found)
    return [_group(host, taken, clients) for (host, taken), clients in sorted(together.items())]


def _group(host: str, taken: tuple[str, ...], clients: list[list[ConsumerInfo]]) -> Node:
    members = tuple(sorted((one for client in clients for one in client), key=lambda one: (one.queue, one.tag)))
    first = members[0]
    title = host if len(clients) > 1 else _client_name(first)
    return Node(f"c:{host}|{'|'.join(taken)}", Kind.CONSUMER, first.tag, title or first.tag, f"\u00d7{len(members)}", members)


def _host_of(consumer: ConsumerInfo) -> str:
    name = _client_name(consumer)
    return name.rpartition(":")[0] or name


def _client_name(consumer: ConsumerInfo) -> str:
    """Answer what a client calls itself, or where it comes from."""
    return consumer.peer or consumer.connection.partition(" -> ")[0]
