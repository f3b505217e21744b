"""The Kafka panel."""
