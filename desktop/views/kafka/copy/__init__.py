"""Copying records to another topic or another cluster."""
