"""Which topics a consumer has subscribed to, out of what its assignor gets (ConsumerProtocolSubscription in Kafka's messages)."""

from typing import Final

from embedded_server.brokers.kafka.primitives import BadFields, Reader

CONSUMER: Final = "consumer"
"""The protocol type of consumers; Kafka Connect's workers, for one, have another."""


def topics_of(metadata: bytes) -> frozenset[str] | None:
    """The topics; ``None`` where it cannot be read."""
    try:
        reader = Reader(metadata)
        reader.int16()
        return frozenset(reader.text() for _ in range(reader.count()))
    except BadFields:
        return None
