"""The embedded brokers: real wire protocols on loopback, in a process of their own."""

from embedded_server.brokers.process import EmbeddedBrokers

__all__ = ["EmbeddedBrokers"]
