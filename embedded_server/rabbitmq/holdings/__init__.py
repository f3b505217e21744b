"""What brokers hold, read and changed: virtual hosts, exchanges, queues, bindings and clients."""
