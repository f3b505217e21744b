"""Which queues take dead letters, worked out from what the other queues name as their dead letter exchange."""

from collections.abc import Iterable

from embedded_server.contracts.rabbitmq import BindingInfo, QueueInfo

EXCHANGE = "x-dead-letter-exchange"
ROUTING_KEY = "x-dead-letter-routing-key"


def dead_letter_exchanges(queues: Iterable[QueueInfo]) -> frozenset[str]:
    """Answer the exchanges that *queues* send their dead letters to; the default one has no name."""
    return frozenset(str(queue.arguments[EXCHANGE]) for queue in queues if EXCHANGE in queue.arguments)


def takers_of_dead_letters(queues: Iterable[QueueInfo], bindings: Iterable[BindingInfo]) -> frozenset[str]:
    """Answer the queues that dead letters reach: through a binding of such an exchange, or straight by name."""
    queues = list(queues)
    sources = dead_letter_exchanges(queues) - {""}
    bound = {one.destination for one in bindings if one.to_queue and one.source in sources}
    straight = {
        str(queue.arguments[ROUTING_KEY]) for queue in queues if queue.arguments.get(EXCHANGE) == "" and ROUTING_KEY in queue.arguments
    }
    return frozenset(bound | straight)
