"""What the server's parts stand on: child processes, parent watch, log capture. No capability."""
