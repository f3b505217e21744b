"""The RabbitMQ panel: what a broker holds, and the messages that go to it and come from it."""

from desktop.views.rabbitmq.panel import build

__all__ = ["build"]
