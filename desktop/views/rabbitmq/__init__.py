"""The RabbitMQ panel."""
