"""Connections: named profiles of brokers, kept without their secrets, which live in the keyring of this machine."""

from embedded_server.connections.embedded import embedded_settings
from embedded_server.connections.hooks import Embedded, Hooks, LinkHooks
from embedded_server.connections.service import ConnectionService

__all__ = ["ConnectionService", "Embedded", "Hooks", "LinkHooks", "embedded_settings"]
