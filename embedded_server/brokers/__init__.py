"""The embedded brokers: real wire protocols on loopback, in a process of their own."""
