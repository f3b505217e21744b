"""Producing records: one or many, and what the broker answered."""
