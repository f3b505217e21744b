"""The server's own hub, and clients of other people's SSE and WebSocket streams."""
