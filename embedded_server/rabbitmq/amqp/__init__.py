"""AMQP 0-9-1 towards any broker: links, channels and typed fields. Nothing else imports pika."""
