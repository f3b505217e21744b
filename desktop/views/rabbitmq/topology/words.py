"""What a node is in words: for tool tips and for screen readers."""

from desktop.core.i18n import tr, trn
from desktop.core.rabbitmq_graph import Facts, Kind, Node
from desktop.core.rabbitmq_words import depth_words, exchange_chips, queue_chips, queue_state
from desktop.core.states import rate_text

MOST_LINES = 12


def node_words(node: Node, facts: Facts) -> str:
    """Say what *node* is and how it fares."""
    match node.kind:
        case Kind.EXCHANGE:
            return _exchange_words(node, facts)
        case Kind.QUEUE:
            return _queue_words(node, facts)
    return _consumer_words(node)


def _exchange_words(node: Node, facts: Facts) -> str:
    info = facts.exchanges.get(node.key)
    lines = [tr("Exchange {name}, {type}", name=node.title, type=node.word)]
    if info is not None:
        if info.rate_in is not None:
            lines.append(tr("in {rate}", rate=rate_text(info.rate_in)) + ", " + tr("out {rate}", rate=rate_text(info.rate_out)))
        lines.append(" · ".join(chip.text for chip in exchange_chips(info)))
    return "\n".join(lines)


def _queue_words(node: Node, facts: Facts) -> str:
    queue = facts.queues.get(node.key)
    lines = [tr("Queue {name}", name=node.title)]
    if queue is not None:
        state = queue_state(queue, takes_dead_letters=node.key in facts.dead)
        lines += [f"{state.word}: {state.tip}" if state.tip else state.word, depth_words(queue)]
        lines.append(" · ".join(chip.text for chip in queue_chips(queue)))
    return "\n".join(line for line in lines if line)


def _consumer_words(node: Node) -> str:
    lines = [trn("{n} consumer at {name}", "{n} consumers at {name}", len(node.consumers), name=node.title)]
    lines += [f"{one.queue}: {one.tag} ({one.peer})" for one in node.consumers[:MOST_LINES]]
    if len(node.consumers) > MOST_LINES:
        lines.append(trn("and {n} more", "and {n} more", len(node.consumers) - MOST_LINES))
    return "\n".join(lines)
