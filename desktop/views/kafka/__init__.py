"""The Kafka panel: what a cluster holds, and the records that go to it and come from it."""

from desktop.views.kafka.panel import build

__all__ = ["build"]
