"""Transactions of the embedded Kafka broker: producers' ids and epochs, and the markers that end what they wrote."""
