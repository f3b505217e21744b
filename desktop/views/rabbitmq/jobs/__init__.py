"""Jobs of a connection: how far they are, and stopping them."""
