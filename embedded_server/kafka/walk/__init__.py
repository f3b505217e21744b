"""The test of a connection to Kafka: a walk from its brokers' names to its topics that says at which step it fails and what to try."""

from embedded_server.kafka.walk.walk import walk

__all__ = ["walk"]
