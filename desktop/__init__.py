"""The window: a client of the server, speaking HTTP and one WebSocket to it."""
