"""What Kafka clusters hold: topics, settings, consumer groups and their lag, listed and changed."""
