"""Kafka: clusters, topics, consumer groups, and the records that go to them and come from them. Runs without FastAPI."""
