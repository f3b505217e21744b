"""The server: everything that touches brokers, tasks and streams. Never imports Qt."""
