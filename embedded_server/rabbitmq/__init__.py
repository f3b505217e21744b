"""RabbitMQ, and every broker that speaks AMQP 0-9-1 as it does: what a broker holds, and its messages. Usable without FastAPI."""
