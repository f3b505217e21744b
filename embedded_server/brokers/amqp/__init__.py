"""AMQP 0-9-1: a sans-I/O core and a thin asyncio shell."""
