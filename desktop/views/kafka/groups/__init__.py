"""A consumer group: who is in it, how far it is, how its lag went, and setting its offsets."""
