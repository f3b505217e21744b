"""The test of a connection: a walk from its host's name to its management API that says at which step it fails and what to try."""

from embedded_server.rabbitmq.walk.walk import walk

__all__ = ["walk"]
