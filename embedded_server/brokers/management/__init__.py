"""The management API: the part of RabbitMQ's HTTP API that tools use, over the embedded broker, in RabbitMQ's own JSON."""
