"""The RabbitMQ capability: AMQP through pika and the management API through httpx; runs in a script without FastAPI."""
