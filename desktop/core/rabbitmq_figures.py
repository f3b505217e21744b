"""Which figures belong to a place of a broker, by name, as the broker tells them."""

from typing import Final

from desktop.core.i18n import N_
from embedded_server.contracts.rabbitmq import ExchangeInfo, Overview, QueueInfo, VHostInfo

Figures = dict[str, float | None]

RATES: Final = frozenset({"publish_rate", "deliver_rate", "ack_rate", "rate_in", "rate_out"})
TITLES: Final = {
    "ready": N_("Ready"),
    "unacked": N_("Unacked"),
    "consumers": N_("Consumers"),
    "publish_rate": N_("In"),
    "deliver_rate": N_("Out"),
    "rate_in": N_("In"),
    "rate_out": N_("Out"),
    "queues": N_("Queues"),
    "connections": N_("Clients"),
}
TONES: Final = {
    "ready": "accent",
    "unacked": "warn",
    "consumers": "ok",
    "publish_rate": "run",
    "deliver_rate": "ok",
    "rate_in": "run",
    "rate_out": "ok",
    "queues": "accent",
    "connections": "accent",
}
TIPS: Final = {
    "ready": N_("Messages that wait to be delivered"),
    "unacked": N_("Messages that were delivered and not acknowledged yet"),
    "consumers": N_("Who takes messages now"),
    "publish_rate": N_("Messages that come in"),
    "deliver_rate": N_("Messages that are delivered"),
    "rate_in": N_("Messages published to it"),
    "rate_out": N_("Messages it routed on"),
    "queues": N_("Queues the broker holds"),
    "connections": N_("Connections that clients hold to the broker"),
}


def figures_of(value: object) -> Figures:
    """Answer the figures of what the broker says of a place."""
    match value:
        case QueueInfo():
            return {
                "ready": value.ready,
                "unacked": value.unacked,
                "consumers": value.consumers,
                "publish_rate": value.publish_rate,
                "deliver_rate": value.deliver_rate,
            }
        case ExchangeInfo():
            return {"rate_in": value.rate_in, "rate_out": value.rate_out}
        case VHostInfo():
            return {
                "ready": value.ready,
                "unacked": value.unacked,
                "publish_rate": value.publish_rate,
                "deliver_rate": value.deliver_rate,
            }
        case Overview():
            return {
                "ready": value.ready,
                "unacked": value.unacked,
                "publish_rate": value.publish_rate,
                "deliver_rate": value.deliver_rate,
                "queues": value.queues,
                "connections": value.connections,
            }
    return {}
