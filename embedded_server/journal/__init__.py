"""The append-only journal, its filter language and its feeds."""
