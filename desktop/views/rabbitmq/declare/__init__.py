"""Declaring exchanges, queues and bindings."""
