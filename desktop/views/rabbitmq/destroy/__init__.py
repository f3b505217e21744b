"""Purging and deleting, once one has been asked."""
