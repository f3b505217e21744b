"""The management API of RabbitMQ and of the embedded broker: one client, and its answers as values."""
