"""The Connections panel: the brokers Switchroom speaks to, how each fares, and the test that says what is wrong."""

from desktop.views.connections.panel import build

__all__ = ["build"]
