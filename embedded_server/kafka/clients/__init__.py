"""Clients of Kafka clusters: settings to kafka-python's configuration, admin, producers and consumers, and how connections fare."""
