"""How exchanges, queues and bindings are made, deleted and emptied, clients closed and the firehose switched."""

from dataclasses import dataclass, field
from enum import StrEnum

from embedded_server.contracts.rabbitmq.messages import Header


@dataclass(frozen=True, slots=True)
class DeclareExchange:
    """Declare an exchange. Declaring it again with the same arguments changes nothing."""

    vhost: str
    name: str
    type: str = "direct"
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    arguments: list[Header] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DeclareQueue:
    """Declare a queue; an empty name lets the broker choose one."""

    vhost: str
    name: str
    durable: bool = True
    auto_delete: bool = False
    arguments: list[Header] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BindingRequest:
    """Bind, or unbind, a queue or an exchange."""

    vhost: str
    source: str
    destination: str
    to_queue: bool = True
    routing_key: str = ""
    arguments: list[Header] = field(default_factory=list)
    properties_key: str = ""
    """For unbinding: the management API's name for it, where it was listed. JSON does not show every type an argument has."""


class Target(StrEnum):
    """What a destructive act is aimed at."""

    QUEUE = "queue"
    EXCHANGE = "exchange"
    MESSAGES = "messages"
    """All ready messages of a queue."""


@dataclass(frozen=True, slots=True)
class Destroy:
    """Delete a queue or an exchange, or purge a queue. Answered with how many messages went."""

    vhost: str
    target: Target
    name: str
    typed_name: str = ""
    """What the user typed; on a production connection it must be the name."""
    if_empty: bool = False
    if_unused: bool = False


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What is gone."""

    messages: int


@dataclass(frozen=True, slots=True)
class Declared:
    """The object is there."""

    name: str


@dataclass(frozen=True, slots=True)
class CloseClient:
    """Close a client's connection; the client is told the reason."""

    name: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tracing:
    """Switch a virtual host's firehose on or off."""

    vhost: str
    on: bool
