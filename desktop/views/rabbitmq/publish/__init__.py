"""Publishing a message, once or many times."""
