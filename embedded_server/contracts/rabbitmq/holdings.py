"""What a broker has: virtual hosts, exchanges, queues, bindings, clients, channels and consumers."""

from dataclasses import dataclass, field
from typing import Any

from embedded_server.contracts.problems import ProblemDetails


@dataclass(frozen=True, slots=True)
class VHostInfo:
    """A virtual host; the tree's second level."""

    name: str
    ready: int | None = None
    unacked: int | None = None
    publish_rate: float | None = None
    deliver_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """A broker at a glance."""

    product: str
    version: str
    node: str
    management: bool
    """Whether the management API answers; where not, ``missing`` says why and what the panel goes without."""
    vhosts: list[VHostInfo]
    ready: int | None = None
    unacked: int | None = None
    publish_rate: float | None = None
    deliver_rate: float | None = None
    ack_rate: float | None = None
    connections: int | None = None
    channels: int | None = None
    consumers: int | None = None
    queues: int | None = None
    exchanges: int | None = None
    missing: ProblemDetails | None = None


@dataclass(frozen=True, slots=True)
class ExchangeInfo:
    """An exchange. The default one has no name."""

    name: str
    vhost: str
    type: str
    durable: bool
    auto_delete: bool
    internal: bool
    arguments: dict[str, Any] = field(default_factory=dict)
    rate_in: float | None = None
    rate_out: float | None = None


@dataclass(frozen=True, slots=True)
class QueueInfo:
    """A queue and what is in it."""

    name: str
    vhost: str
    type: str = "classic"
    """``classic``, ``quorum`` or ``stream``."""
    durable: bool = True
    exclusive: bool = False
    auto_delete: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    ready: int | None = None
    unacked: int | None = None
    bytes: int | None = None
    consumers: int | None = None
    publish_rate: float | None = None
    deliver_rate: float | None = None
    ack_rate: float | None = None
    policy: str = ""
    idle_since: str = ""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of a broker's queues."""

    queues: list[QueueInfo]
    page: int
    """From 1."""
    pages: int
    matching: int
    """Queues that match the search."""
    total: int
    """Queues there are."""


@dataclass(frozen=True, slots=True)
class BindingInfo:
    """From an exchange to a queue or to an exchange. Bindings of the default exchange are left out: every queue has one."""

    vhost: str
    source: str
    destination: str
    to_queue: bool
    routing_key: str
    arguments: dict[str, Any] = field(default_factory=dict)
    properties_key: str = ""
    """The management API's name for it."""


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """A client's connection to the broker."""

    name: str
    user: str
    vhost: str
    peer: str
    state: str
    product: str
    """What the client says of itself, such as ``pika 1.4.4``."""
    channels: int | None = None
    tls: bool = False
    connected_at: int = 0
    rate_in: float | None = None
    """Bytes a second from the client."""
    rate_out: float | None = None
    given_name: str = ""
    """What its program called the connection, such as ``web-1``."""


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """A channel of a client's connection."""

    name: str
    connection: str
    number: int
    vhost: str
    user: str
    state: str
    prefetch: int | None = None
    global_prefetch: int | None = None
    unacked: int | None = None
    unconfirmed: int | None = None
    consumers: int | None = None
    confirm: bool = False
    transactional: bool = False


@dataclass(frozen=True, slots=True)
class ConsumerInfo:
    """A consumer, and so who holds a queue's unacknowledged messages."""

    tag: str
    queue: str
    vhost: str
    connection: str
    channel: str
    peer: str
    ack_required: bool
    exclusive: bool
    active: bool
    prefetch: int
    channel_unacked: int | None = None
    """Unacknowledged messages on its channel; the broker does not tell them apart by consumer."""
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Topology:
    """One virtual host's exchanges, queues, bindings and consumers, for the picture and the route preview."""

    vhost: str
    exchanges: list[ExchangeInfo]
    queues: list[QueueInfo]
    bindings: list[BindingInfo]
    consumers: list[ConsumerInfo]
    total_queues: int
    """More than ``queues`` holds where the picture asked for fewer."""
