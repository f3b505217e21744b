"""The rows of the broker's tree that stay, and what rows say to a screen reader."""

from dataclasses import dataclass, field
from typing import Any

from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_pages import QueuePages
from desktop.core.rabbitmq_spots import Spot, title_of
from desktop.core.rabbitmq_words import depth_words, queue_state
from embedded_server.contracts.rabbitmq import ExchangeInfo, Overview, QueueInfo, VHostInfo


@dataclass(eq=False)
class Node:
    """A row that stays: everything but the queues, which are rows of their pages."""

    number: int
    spot: Spot
    parent: "Node | None"
    value: Any = None
    children: list["Node"] = field(default_factory=list)
    pages: QueuePages | None = None

    @property
    def row(self) -> int:
        """Which of its parent's rows it is."""
        return self.parent.children.index(self) if self.parent is not None else 0

    def __len__(self) -> int:
        return self.pages.matching if self.pages is not None else len(self.children)


def node_words(node: Node) -> str:
    """Say what a row is, and its figure."""
    title, value = title_of(node.spot), node.value
    if isinstance(value, ExchangeInfo):
        return f"{title}, {value.type}"
    if isinstance(value, VHostInfo):
        return tr("virtual host {name}", name=title) + (f", {tr('{n} ready', n=f'{value.ready:,}')}" if value.ready is not None else "")
    if isinstance(value, Overview):
        return f"{title}, {value.product} {value.version}"
    if isinstance(value, tuple):
        return f"{title}, {trn('{n} queue', '{n} queues', value[0])}"
    return f"{title}, {value:,}" if isinstance(value, int) else title


def queue_words(queue: QueueInfo, *, dead: bool) -> str:
    """Say how a queue fares in one line."""
    parts = [queue.name, queue_state(queue, takes_dead_letters=dead).word, depth_words(queue)]
    return ", ".join(part for part in parts if part)


def queue_tip(queue: QueueInfo, *, dead: bool) -> str:
    """Say how a queue fares and what that means."""
    state = queue_state(queue, takes_dead_letters=dead)
    parts = [queue.name, f"{state.word}: {state.tip}", depth_words(queue)]
    return "\n".join(part for part in parts if part)
