"""What is done with messages: publish, tap, consume, get, and the journal events of each."""
