"""What the window talks through: HTTP and WebSocket clients, the server's host, keyring, settings. No widgets."""
