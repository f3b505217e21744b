"""Names that are on a RabbitMQ, to complete what is typed."""

from desktop.core.i18n import tr
from desktop.services.rabbitmq import RabbitService
from desktop.views.widgets.name_line import MOST_OFFERS, Ask, Offer


def exchanges_of(service: RabbitService, connection: str, vhost: str) -> Ask:
    """Complete the names of exchanges, with their types."""

    async def ask(_typed: str) -> list[Offer]:
        exchanges = await service.exchanges(connection, vhost)
        return [(exchange.name, exchange.type) for exchange in exchanges if exchange.name]

    return ask


def queues_of(service: RabbitService, connection: str, vhost: str) -> Ask:
    """Complete the names of queues: the broker is asked for those that match alone, as it may have thousands."""

    async def ask(typed: str) -> list[Offer]:
        page = await service.queues(connection, vhost=vhost, search=typed, page_size=MOST_OFFERS)
        return [(queue.name, "" if queue.type == "classic" else queue.type) for queue in page.queues]

    return ask


def keys_of(service: RabbitService, connection: str, vhost: str, exchange: str) -> Ask:
    """Complete routing keys: those an exchange is bound with, or the queues for the default exchange."""
    if not exchange:
        return queues_of(service, connection, vhost)

    async def ask(_typed: str) -> list[Offer]:
        bindings = await service.bindings(connection, vhost, exchange=exchange)
        found: dict[str, str] = {}
        for binding in bindings:
            found.setdefault(binding.routing_key, tr("to {name}", name=binding.destination))
        return [(key, note) for key, note in found.items() if key]

    return ask
