"""The embedded Kafka broker: a sans-I/O core with a thin asyncio shell, over logs on disk."""
