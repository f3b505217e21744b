"""Creating, altering, purging and deleting topics."""
